//! What was logged just before an entry: from labelled logs to answers in which it decides, and says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use logloop_analyzer::analyze::{Analyzer, Decided, Options, Scorer};
use logloop_analyzer::cli::Cli;
use logloop_analyzer::commands;
use logloop_analyzer::serving::{Serving, read_document};
use logloop_records::{AnalysisResults, DataDir, WhyWord};

/// Words that make templates: numbers would be masked.
const WORDS: [&str; 14] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett",
    "kilo", "lima", "mike", "november",
];

const BAD: &str = "link to the mirror went quiet";
const FINE: &str = "link to the mirror is up";

/// A log in which the same kind of step is lost or not: what is logged before it tells. And whether each line is a
/// failure.
fn log(words: &[&str]) -> (String, Vec<bool>) {
    let (mut log, mut labels) = (String::new(), vec![]);
    // No two have more than one word in common: mined, they are statements of their own.
    let word = |at: usize| words[at % words.len()];
    for (at, first) in words.iter().enumerate() {
        for (by, second) in words.iter().enumerate() {
            // Which is which cannot be told by the words.
            let is_lost = (at * at * 31 + by * by * 17 + at * by * 7) % 13 < 6;
            let before = if is_lost { BAD } else { FINE };
            log.push_str(&format!(
                "2026-11-22T10:00:00Z INFO sync: {before}\n2026-11-22T10:00:00Z INFO sync: copy of {first} {second} {} {} let go\n",
                word(at + by),
                word(at + 2 * by)
            ));
            labels.extend([false, is_lost]);
        }
    }
    (log, labels)
}

fn run(program: &str, args: &[&str]) {
    let all: Vec<&str> = [&[program], args].concat();
    if program == "logloop-trainer" {
        let args = all.iter().map(std::ffi::OsString::from);
        assert_eq!(logloop_trainer::run(args), 0);
    } else {
        let code = commands::run(Cli::try_parse_from(all).unwrap()).unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
    }
}

fn train(data: &Path, version: &str) {
    let data = data.to_str().unwrap();
    run(
        "logloop-trainer",
        &[
            "train",
            "--data",
            data,
            "--version",
            version,
            "--models",
            "line",
        ],
    );
    run("logloop-analyzer", &["promote", version, "--data", data]);
}

fn scorer(data: &Path) -> Scorer {
    let data = DataDir::new(data);
    let serving = Serving::new(&data);
    serving
        .apply(&read_document(&data.serving()).unwrap().unwrap())
        .unwrap();
    Scorer::new(serving.loaded().model.clone(), Default::default(), None)
}

/// The answer, and whether each line is said to be a failure in the second pass over the log.
fn answer(text: &str, scorer: &Scorer) -> (AnalysisResults, Vec<bool>) {
    let mut analyzer = Analyzer::new(Options::default(), scorer);
    let summary = logloop_logs::parse_each(text, None, |entry| analyzer.push(&entry));
    let (analysis, mut decided): (_, Decided) = analyzer.finish(&summary, vec![]);
    let mut told = vec![];
    logloop_logs::parse_each(text, None, |entry| {
        told.push(decided.entry(&entry, scorer, None).verdict.is_failure);
    });
    (analysis.results, told)
}

#[test]
fn what_was_logged_before_decides_where_it_tells_more() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    fs::create_dir(&logs).unwrap();
    let (text, labels) = log(&WORDS[..11]);
    fs::write(logs.join("sync.log"), text).unwrap();
    let sidecar: String = labels
        .iter()
        .enumerate()
        .map(|(at, is)| format!("{{\"line\": {}, \"is_failure\": {is}}}\n", at + 1))
        .collect();
    fs::write(logs.join("sync.log.labels.jsonl"), sidecar).unwrap();
    train(dir.path(), "v1");

    // Words that were in no log that was trained on.
    let (text, labels) = log(&WORDS[11..]);
    let scorer = scorer(dir.path());
    let (results, told) = answer(&text, &scorer);
    assert_eq!(told, labels);
    let failing: Vec<u64> = (1..)
        .zip(&labels)
        .filter(|(_, is)| **is)
        .map(|(line, _)| line)
        .collect();
    let mut lines: Vec<u64> = results
        .failures
        .iter()
        .map(|failure| failure.line)
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, failing);
    for failure in &results.failures {
        let why = failure.why.as_ref().unwrap();
        let by: BTreeMap<&str, &WhyWord> = why
            .words
            .iter()
            .filter_map(|word| Some((word.of.as_deref()?, word)))
            .collect();
        let before = by["before"];
        assert_eq!(before.text, BAD);
        assert!(before.contribution > 0.5, "{why:?}");
        let sum = why.words.iter().map(|word| word.contribution).sum::<f32>()
            + why.others.unwrap()
            + why.rest.unwrap();
        let probability = 1.0 / (1.0 + (-sum).exp());
        assert!((probability - why.probability).abs() < 1e-3, "{why:?}");
    }
}
