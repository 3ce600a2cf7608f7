//! From normal traffic to a finding: interactions with many normal transactions, export, training, promotion; then one odd
//! transaction is told with its reason, and nothing of the normal ones.

use std::path::Path;
use std::process::ExitCode;

use chrono::Utc;
use clap::Parser;
use logloop_analyzer::analyze::{Options, Scorer, analyze};
use logloop_analyzer::cli::Cli;
use logloop_analyzer::commands;
use logloop_analyzer::recorder::Recorder;
use logloop_analyzer::serving::{Serving, read_document};
use logloop_operator::jobs::results::{self, Evaluate, Export, Train};
use logloop_records::{AnalysisResults, DataDir, Interaction, store};
use uuid::Uuid;

/// Words that make templates: numbers would be masked.
const WORDS: [&str; 11] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett",
    "kilo",
];

/// What an order says; its payment may be tried again.
fn order(id: u32, retries: u32) -> Vec<String> {
    let mut said = vec![
        "order opened by user".to_owned(),
        "payment asked for".to_owned(),
    ];
    said.extend((0..retries).map(|_| "payment is tried again".to_owned()));
    said.extend([
        "payment accepted".to_owned(),
        "parcel handed over".to_owned(),
        format!("order closed after {id}ms"),
    ]);
    said
}

fn login() -> Vec<String> {
    ["session begins", "password checked", "token issued"]
        .map(str::to_owned)
        .to_vec()
}

/// Transactions, two at a time, their entries in turn.
fn log(transactions: &[(String, Vec<String>)]) -> String {
    let mut log = String::new();
    for pair in transactions.chunks(2) {
        let longest = pair.iter().map(|(_, said)| said.len()).max().unwrap_or(0);
        for step in 0..longest {
            for (id, said) in pair.iter().filter(|(_, said)| step < said.len()) {
                log.push_str(&format!(
                    "2026-11-22T10:00:00Z INFO shop: {} txn_id={id}\n",
                    said[step]
                ));
            }
        }
    }
    log
}

fn normal(seed: u32, many: u32) -> Vec<(String, Vec<String>)> {
    (0..many)
        .map(|n| {
            let id = seed * 1000 + n;
            let said = match id % 5 {
                0 => login(),
                _ => order(id, if id.is_multiple_of(7) { 1 + id % 3 } else { 0 }),
            };
            (id.to_string(), said)
        })
        .collect()
}

/// Failures and others enough for the network that scores entries.
fn entries() -> String {
    let mut log = String::new();
    // No two have more than one word in common: mined, they are statements of their own.
    let word = |at: usize| WORDS[at % WORDS.len()];
    for (n, a) in WORDS.iter().enumerate() {
        for (m, b) in WORDS.iter().enumerate() {
            log.push_str(&format!(
                "2026-11-22T10:00:00Z|INFO|{a}|run|step {b} of {a} for {} and {} done\n",
                word(n + m),
                word(n + 2 * m)
            ));
        }
        log.push_str(&format!(
            "2026-11-22T10:00:00Z|ERROR|{a}|run|step of {a} for {} and {} failed: connection refused\n",
            word(2 * n + 1),
            word(3 * n + 1)
        ));
    }
    log
}

fn keep(recorder: &Recorder, text: &str) {
    let answer = analyze(text, Options::default(), &Scorer::rules());
    assert_eq!(
        answer.results.stats.sequences, None,
        "the rules know of none"
    );
    recorder
        .record(Interaction {
            timestamp: Utc::now(),
            id: Uuid::now_v7(),
            log_content: text.to_owned(),
            analysis_results: answer.results,
            response_text: answer.response_text,
            model_version: "rules".to_owned(),
            ..Interaction::default()
        })
        .unwrap();
}

/// Runs a command as a Job would; what it left as its termination message.
fn job(dir: &Path, program: &str, args: &[&str]) -> String {
    let (message, data) = (dir.join("message"), dir.join("data"));
    let mut all = vec![program, args[0], "--data", data.to_str().unwrap()];
    all.extend(&args[1..]);
    all.extend(["--termination-log", message.to_str().unwrap()]);
    if program == "logloop-trainer" {
        assert_eq!(
            logloop_trainer::run(all.iter().map(std::ffi::OsString::from)),
            0
        );
    } else {
        let code = commands::run(Cli::try_parse_from(all).unwrap()).unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
    }
    std::fs::read_to_string(message).unwrap()
}

#[test]
fn an_odd_transaction_is_told_with_its_reason_and_normal_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let recorder = Recorder::open(data.clone(), "test", store::Options::default()).unwrap();
    keep(&recorder, &entries());
    // Long logs, of which examples are sampled, and short ones.
    (0..6).for_each(|seed| keep(&recorder, &log(&normal(seed, 200))));
    (6..12).for_each(|seed| keep(&recorder, &log(&normal(seed, 40))));

    let exported: Export = results::parse(
        "export",
        &job(
            dir.path(),
            "logloop-analyzer",
            &["export", "--dataset", "d"],
        ),
    )
    .unwrap();
    let train = [
        "train",
        "--dataset",
        "d",
        "--version",
        "v1",
        "--train-all",
        "--epochs",
        "2",
    ];
    let trained: Train =
        results::parse("train", &job(dir.path(), "logloop-trainer", &train)).unwrap();
    assert_eq!(trained.dataset_digest, exported.digest);
    let promote = [
        "logloop-analyzer",
        "promote",
        "v1",
        "--data",
        data.root().to_str().unwrap(),
    ];
    commands::run(Cli::parse_from(promote)).unwrap();

    let serving = Serving::new(&data);
    serving
        .apply(&read_document(&data.serving()).unwrap().unwrap())
        .unwrap();
    let scorer = Scorer::new(serving.loaded().model.clone(), recorder.corrections(), None);
    let answer = |transactions: &[(String, Vec<String>)]| -> (AnalysisResults, String) {
        let answer = analyze(&log(transactions), Options::default(), &scorer);
        (answer.results, answer.response_text)
    };

    let (fine, text) = answer(&normal(77, 60));
    let counts = fine.stats.sequences.expect("they are compared");
    assert_eq!(
        (counts.checked, counts.anomalous, counts.unknown),
        (60, 0, 0)
    );
    assert!(
        fine.anomalies.is_empty() && !text.contains("Not as usual"),
        "{text}"
    );

    let mut lacking = order(1, 0);
    lacking.remove(3);
    let mut stops = order(1, 0);
    stops.truncate(3);
    let mut new = order(1, 0);
    new.insert(3, "customs looked into it".to_owned());
    let mut swapped = order(1, 0);
    swapped.swap(1, 4);
    for (odd, check, words) in [
        (
            lacking,
            "missing",
            "parcel handed over txn_id=<*>\" is missing, which all",
        ),
        (
            stops,
            "ends_early",
            "ends early, after \"payment accepted txn_id=<*>\"",
        ),
        (new, "new_template", "customs looked into it txn_id=<*>"),
        (order(1, 14), "too_often", "14 times, at most 3 in"),
        (swapped, "not_followed", "afterwards, which follows in all"),
    ] {
        let mut all = normal(78, 60);
        all[31] = ("odd-one".to_owned(), odd);
        let (results, text) = answer(&all);
        let counts = results.stats.sequences.expect("they are compared");
        assert_eq!(counts.anomalous, 1, "{check}: {:#?}", results.anomalies);
        let found = &results.anomalies[0];
        assert_eq!(found.transaction_id.as_deref(), Some("odd-one"), "{check}");
        let told = found
            .reasons
            .iter()
            .any(|r| r.check == check && r.text.contains(words));
        assert!(told, "{check}: {:#?}", found.reasons);
        assert!(text.contains("### Not as usual: 1 of 60"), "{text}");
    }
    judged_by_what_people_said(dir.path());
}

/// A log whose transactions people looked at judges the version: it tells the odd ones, and the rules tell none.
fn judged_by_what_people_said(dir: &Path) {
    let mut all = normal(79, 60);
    let odd = [7, 22, 41];
    for at in odd {
        all[at].1.insert(1, "customs looked into it".to_owned());
    }
    let text = log(&all);
    let line_of = |id: &str| {
        let id = format!("txn_id={id}");
        text.lines().position(|line| line.ends_with(&id)).unwrap() + 1
    };
    let mut labels: Vec<_> = (0..all.len())
        .map(|at| (line_of(&all[at].0), odd.contains(&at)))
        .collect();
    labels.sort_unstable();
    let labels: String = labels
        .iter()
        .map(|(line, odd)| format!("{{\"line\":{line},\"is_failure\":{odd},\"held_out\":true}}\n"))
        .collect();
    let logs = dir.join("data/logs");
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::write(logs.join("judged.log"), &text).unwrap();
    std::fs::write(logs.join("judged.log.labels.jsonl"), labels).unwrap();
    job(dir, "logloop-analyzer", &["export", "--dataset", "judges"]);
    let evaluate = [
        "evaluate",
        "--dataset",
        "judges",
        "--version",
        "v1",
        "--against",
        "rules",
    ];
    let told = job(dir, "logloop-trainer", &evaluate);
    let scored: Evaluate = results::parse("evaluate", &told).unwrap();
    for (name, candidate, rules, samples) in [
        ("sequence_recall", 1.0, 0.0, 3),
        ("sequence_f1", 1.0, 0.0, 60),
        ("sequence_alarm_rate", 0.0, 0.0, 57),
    ] {
        assert_eq!(scored.candidate.metrics[name], candidate, "{name}: {told}");
        assert_eq!(scored.serving.metrics[name], rules, "{name}");
        assert_eq!(scored.samples[name], samples, "{name}");
    }
}
