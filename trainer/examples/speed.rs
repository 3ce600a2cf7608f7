//! How fast a line model is trained, and scores: what `tests/bench/models.sh` compares with fastText.
//!
//! `speed TRAIN TEST`: files as fastText reads them, `__label__1 the text` a line. Prints one JSON object: `train` and
//! `score` with lines, seconds and, of the training, distinct entries, epochs, and how
//! often an entry was trained on (`passes`: folds train, too); `f1` on the test.

use std::hint::black_box;
use std::time::Instant;

use logloop_logs::mask;
use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::{Features, Input, Scratch};
use logloop_scoring::{Network, rules};
use logloop_trainer::fit::Hyperparameters;
use logloop_trainer::items::Items;
use logloop_trainer::line;
use logloop_trainer::split::Split;

const HYPER: Hyperparameters = Hyperparameters {
    epochs: 20,
    batch_size: 256,
    learning_rate: 0.01,
    seed: 42,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    logloop_trainer::products::settle();
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [train, test] = &files[..] else {
        return Err("usage: speed TRAIN TEST".into());
    };
    let (train, test) = (
        std::fs::read_to_string(train)?,
        std::fs::read_to_string(test)?,
    );
    let began = Instant::now();
    let examples: Vec<TrainingExample> = labelled(&train).map(example).collect();
    let items = Items::from_examples(&examples).training;
    let split = Split {
        train: (0..items.len()).collect(),
        ..Split::default()
    };
    let trained = line::train(&items, &split, None, HYPER, &mut |_| {})?;
    let training = began.elapsed().as_secs_f64();

    let began = Instant::now();
    let called = score(&trained.network, &test);
    let scoring = began.elapsed().as_secs_f64();
    let labels: Vec<bool> = labelled(&test).map(|(label, _)| label).collect();
    let right = called
        .iter()
        .zip(&labels)
        .filter(|(c, l)| **c && **l)
        .count();
    let named = |of: &[bool]| of.iter().filter(|label| **label).count();
    let told = serde_json::json!({
        "train": {
            "lines": examples.len(), "distinct": items.len(), "epochs": trained.fitted.epochs_run,
            "passes": trained.fitted.entries as f64 / items.len().max(1) as f64, "seconds": training,
        },
        "score": {"lines": labels.len(), "seconds": scoring},
        "f1": 2.0 * right as f64 / (named(&called) + named(&labels)).max(1) as f64,
    });
    println!("{told}");
    Ok(())
}

/// Label and text of each line.
fn labelled(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.lines().filter_map(|line| {
        let (label, text) = line.split_once(' ')?;
        Some((label == "__label__1", text))
    })
}

fn example((is_failure, text): (bool, &str)) -> TrainingExample {
    TrainingExample {
        log_entry: text.to_owned(),
        is_failure,
        severity: 0.7,
        label_source: LabelSource::Gold,
        weight: 1.0,
        template: mask(text),
        count: 1,
        ..TrainingExample::default()
    }
}

/// As an analyzer scores a text that it has not met in this log: masked, judged by the rules, by the network.
fn score(network: &Network, text: &str) -> Vec<bool> {
    let (mut features, mut scratch) = (Features::default(), Scratch::default());
    let called = labelled(text).map(|(_, text)| {
        let template = mask(text);
        let rule = rules::judge(&template, None).score;
        features.set(
            Input {
                template: &template,
                level: None,
                component: None,
                rule: &rule,
            },
            &mut scratch,
        );
        network.is_failure(black_box(network.score(features.blocks())))
    });
    called.collect()
}
