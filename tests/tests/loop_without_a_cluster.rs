//! The whole loop on a data directory, with the command lines that Jobs have, and with what they say at their end read
//! by the operator's own code: both sides of what passes between the parts.

use std::path::Path;
use std::process::ExitCode;

use chrono::Utc;
use clap::Parser;
use logloop_analyzer::analyze::{Options, Scorer, analyze};
use logloop_analyzer::cli::Cli;
use logloop_analyzer::recorder::Recorder;
use logloop_analyzer::serving::{Serving, read_document};
use logloop_operator::jobs::results::{self, Evaluate, Export, Prune, Train};
use logloop_operator::rollout::document::Document;
use logloop_records::store;
use logloop_records::{Correction, DataDir, Feedback, Interaction};
use uuid::Uuid;

/// Words that make templates: numbers would be masked.
const WORDS: [&str; 11] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett",
    "kilo",
];

fn log() -> String {
    let mut log = String::new();
    // No two have more than one word in common: with one or two that differ they would be one statement, and one cannot be
    // learned from and judged by.
    let word = |at: usize| WORDS[at % WORDS.len()];
    for (n, a) in WORDS.iter().enumerate() {
        for (m, b) in WORDS.iter().enumerate() {
            log.push_str(&format!(
                "2026-11-22T10:00:00Z|INFO|{a}|run|step {b} of {a} for {} and {} done in {n}ms\n",
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

/// Runs a command of the analyzer as a Job would; what it left as its termination message.
fn analyzer(dir: &Path, args: &[&str]) -> String {
    let message = dir.join("message");
    let data = dir.join("data");
    let mut all = vec![
        "logloop-analyzer",
        args[0],
        "--data",
        data.to_str().unwrap(),
    ];
    all.extend(&args[1..]);
    all.extend(["--termination-log", message.to_str().unwrap()]);
    let code = logloop_analyzer::commands::run(Cli::try_parse_from(all).unwrap()).unwrap();
    assert_eq!(code, ExitCode::SUCCESS, "{args:?}");
    std::fs::read_to_string(message).unwrap()
}

/// The same for the trainer.
fn trainer(dir: &Path, args: &[&str]) -> String {
    let message = dir.join("message");
    let data = dir.join("data");
    let mut all = vec!["logloop-trainer", args[0], "--data", data.to_str().unwrap()];
    all.extend(&args[1..]);
    all.extend(["--termination-log", message.to_str().unwrap()]);
    let code = logloop_trainer::run(all.iter().map(std::ffi::OsString::from));
    let message = std::fs::read_to_string(message).unwrap();
    assert_eq!(code, 0, "{args:?}: {message}");
    message
}

#[test]
fn what_people_say_reaches_the_model_and_the_model_the_answers() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let recorder = Recorder::open(data.clone(), "test", store::Options::default()).unwrap();
    let text = log();
    let answer = analyze(&text, Options::default(), &Scorer::rules());
    let id = Uuid::now_v7();
    recorder
        .record(Interaction {
            timestamp: Utc::now(),
            id,
            log_content: text.clone(),
            analysis_results: answer.results.clone(),
            response_text: answer.response_text,
            model_version: "rules".to_owned(),
            ..Interaction::default()
        })
        .unwrap();
    // Confirm the failures, and as many of the other lines.
    let failures = answer
        .results
        .failures
        .iter()
        .map(|failure| (failure.line, true));
    let others = (0..40)
        .map(|n| (n * 3 + 1, false))
        .filter(|(line, _)| line % 12 != 0);
    let corrections = failures.chain(others).map(|(line, is_failure)| Correction {
        line,
        is_failure,
        ..Correction::default()
    });
    let said = Feedback {
        timestamp: Utc::now(),
        interaction_id: id,
        corrections: corrections.collect(),
        ..Feedback::default()
    };
    recorder
        .say(id, said, |_| Some(false))
        .unwrap()
        .expect("the interaction is there");

    let exported: Export = results::parse(
        "export",
        &analyzer(dir.path(), &["export", "--dataset", "run-1"]),
    )
    .unwrap();
    assert_eq!(exported.dataset, "run-1");
    assert!(
        exported.examples > 100 && exported.corrections > Some(40),
        "{exported:?}"
    );
    assert!(exported.held_out > Some(0), "{exported:?}");

    let train = [
        "train",
        "--dataset",
        "run-1",
        "--version",
        "run-1",
        "--models",
        "line",
        "--epochs",
        "20",
    ];
    let hyper = [
        "--batch-size",
        "256",
        "--learning-rate",
        "0.01",
        "--seed",
        "42",
        "--device",
        "cpu",
    ];
    let args: Vec<&str> = train.into_iter().chain(hyper).collect();
    let trained: Train = results::parse("train", &trainer(dir.path(), &args)).unwrap();
    assert_eq!(
        (trained.version.as_str(), trained.dataset_digest),
        ("run-1", exported.digest)
    );
    let again: Train = results::parse("train", &trainer(dir.path(), &args)).unwrap();
    assert_eq!(
        again.digest, trained.digest,
        "of two pods the second finds it done"
    );

    let evaluate = [
        "evaluate",
        "--dataset",
        "run-1",
        "--version",
        "run-1",
        "--against",
        "rules",
    ];
    let judged: Evaluate = results::parse("evaluate", &trainer(dir.path(), &evaluate)).unwrap();
    assert_eq!(judged.candidate.digest.as_ref(), Some(&trained.digest));
    assert_eq!(
        (judged.serving.version.as_str(), judged.serving.digest),
        ("rules", None)
    );
    assert!(
        judged.samples["failure_accuracy"] > 0,
        "{:?}",
        judged.samples
    );

    let promote = [
        "logloop-analyzer",
        "promote",
        "run-1",
        "--data",
        data.root().to_str().unwrap(),
    ];
    logloop_analyzer::commands::run(Cli::parse_from(promote)).unwrap();
    let document: Document =
        serde_json::from_slice(&std::fs::read(data.serving()).unwrap()).unwrap();
    assert_eq!(
        document.stable.map(|stable| stable.digest),
        Some(trained.digest)
    );
    let serving = Serving::new(&data);
    serving
        .apply(&read_document(&data.serving()).unwrap().unwrap())
        .unwrap();
    let scorer = Scorer::new(serving.loaded().model.clone(), recorder.corrections(), None);
    assert_eq!(scorer.version(), "run-1");
    // No instance of the template that was corrected.
    let unseen = "2026-11-22T10:00:00Z|ERROR|mike|run|step of mike for lima and alpha failed: connection refused\n\
        2026-11-22T10:00:00Z|INFO|mike|run|step mike of alpha for lima and kilo done in 3ms\n";
    let results = analyze(unseen, Options::default(), &scorer).results;
    assert_eq!(results.stats.total_failures, 1, "{:?}", results.failures);
    assert_eq!(
        (
            results.failures[0].line,
            results.failures[0].scored_by.as_str()
        ),
        (1, "model")
    );

    let plan = format!("sha256:{}", "0".repeat(64));
    let prune = [
        "prune",
        "--max-age",
        "90d",
        "--dry-run",
        "--keep-models",
        "1",
        "--protect-model",
        "run-1",
        "--protect-dataset",
        "run-1",
    ];
    let times = [
        "--cutoff",
        "2026-01-01T00:00:00Z",
        "--not-after",
        "2999-01-01T00:00:00Z",
        "--plan-digest",
        &plan,
    ];
    let args: Vec<&str> = prune.into_iter().chain(times).collect();
    let pruned: Prune = results::parse("prune", &analyzer(dir.path(), &args)).unwrap();
    assert!(pruned.dry_run && pruned.plan_digest == plan);
    assert_eq!(
        (pruned.interactions, pruned.kept_interactions),
        (0, Some(1))
    );
}
