//! The memory of the program itself does not grow with the data set that it trains on.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use logloop_records::{DataDir, LabelSource, TrainingExample, dataset};

/// Text of each example.
const TEXT_BYTES: usize = 2_000;
/// Examples of the small and of the large data set: 8 MB and 128 MB of text.
const ROWS: [usize; 2] = [4_000, 64_000];
/// More than this the peaks do not differ by.
const MAX_GROWTH_MIB: u64 = 40;
/// Between two looks at the peak so far.
const LOOK: Duration = Duration::from_millis(5);

fn example(row: usize) -> TrainingExample {
    let entry = row % 100;
    let is_failure = entry.is_multiple_of(3);
    let said = if is_failure {
        "failed to"
    } else {
        "went on to"
    };
    let letter = |number: usize| char::from(b'a' + (number % 26) as u8);
    // Steps that are prime to 26²: no two entries have one of their three words in common, so that each is a statement.
    let word = |step: usize| {
        let number = entry * step % 676;
        format!("{}{}", letter(number), letter(number / 26))
    };
    let label_source = [LabelSource::Rule, LabelSource::Correction][usize::from(row % 50 == 7)];
    TrainingExample {
        log_entry: format!("{row} {}", letter(entry).to_string().repeat(TEXT_BYTES)),
        level: Some("INFO".to_owned()),
        is_failure,
        severity: if is_failure { 0.8 } else { 0.0 },
        source: "chat_interaction".to_owned(),
        label_source,
        weight: label_source.weight(),
        template: format!(
            "worker {} {said} open {} of {}",
            word(1),
            word(27),
            word(105)
        ),
        interaction_id: Some(format!("upload {}", row / 40)),
        contributor: Some(format!("user {}", row / 400)),
        count: 1,
        ..TrainingExample::default()
    }
}

/// Trains on a data set and gives the peak of resident memory, in MiB.
fn peak_of_training(data: &Path, id: &str) -> u64 {
    let mut training = Command::new(env!("CARGO_BIN_EXE_logloop-trainer"));
    training.args(["train", "--dataset", id, "--epochs", "1", "--threads", "1"]);
    training.args(["--models", "line", "--data"]).arg(data);
    let mut child = training
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(exit) = child.try_wait().expect("a child") {
            assert!(exit.success(), "{id}: {exit}");
            return peak >> 10;
        }
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or_default());
        sleep(LOOK);
    }
}

#[test]
fn sixteen_times_as_many_examples_take_the_same_memory() {
    let data = tempfile::tempdir().expect("folder");
    let datasets = DataDir::new(data.path()).datasets();
    let [small, large] = ROWS.map(|rows| {
        let id = format!("rows-{rows}");
        dataset::make(&datasets, &id, (0..rows).map(example)).expect("a data set");
        peak_of_training(data.path(), &id)
    });
    assert!(small > 0, "a peak was seen");
    assert!(
        large < small + MAX_GROWTH_MIB,
        "{small} MiB for {} examples, {large} MiB for {}",
        ROWS[0],
        ROWS[1]
    );
}
