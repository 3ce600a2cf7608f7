//! Trains on labelled lines and scores others, fold by fold: what `make quality` compares with other programs.
//!
//! Reads a JSON object a line: `{"fold": 0, "train": true, "text": "…", "level": null, "component": null, "label": true}`;
//! prints one for each row that is not trained on: `{"fold", "row", "score", "called", "rules"}`, `row` counted from 0.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use logloop_logs::mask;
use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::{Features, Input};
use logloop_scoring::rules;
use logloop_trainer::fit::Hyperparameters;
use logloop_trainer::items::Items;
use logloop_trainer::line;
use logloop_trainer::split::Split;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    fold: u32,
    train: bool,
    text: String,
    level: Option<String>,
    component: Option<String>,
    label: bool,
}

#[derive(Default)]
struct Fold {
    train: Vec<Row>,
    test: Vec<(usize, Row)>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    logloop_trainer::products::settle();
    let hyper = Hyperparameters {
        epochs: var("EPOCHS", 20.0) as usize,
        batch_size: var("BATCH", 256.0) as usize,
        learning_rate: var("RATE", 0.01),
        seed: var("SEED", 42.0) as u64,
    };
    let mut folds: BTreeMap<u32, Fold> = BTreeMap::new();
    for (index, line) in std::io::stdin().lock().lines().enumerate() {
        let row: Row = serde_json::from_str(&line?)?;
        let fold = folds.entry(row.fold).or_default();
        if row.train {
            fold.train.push(row)
        } else {
            fold.test.push((index, row))
        }
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut entries, mut spent) = (0, 0.0);
    for (fold, Fold { train, test }) in &folds {
        let began = Instant::now();
        let examples: Vec<TrainingExample> = train.iter().map(example).collect();
        let items = Items::from_examples(&examples).training;
        // The folds are the test: nothing is kept back for another one.
        let split = Split {
            train: (0..items.len()).collect(),
            ..Split::default()
        };
        let trained = line::train(&items, &split, None, hyper, &mut |_| {})?;
        spent += began.elapsed().as_secs_f64();
        entries += train.len() * trained.fitted.epochs_run;
        for (index, row) in test {
            let template = mask(&row.text);
            let rule = rules::score(&template, row.level.as_deref());
            let features = Features::of(Input {
                template: &template,
                level: row.level.as_deref(),
                component: row.component.as_deref(),
                rule: &rule,
            });
            let scores = trained.network.score(features.blocks());
            let rule = rules::score(&row.text, row.level.as_deref());
            writeln!(
                out,
                "{}",
                serde_json::json!({
                    "fold": fold, "row": index, "score": scores.failure, "called": trained.network.is_failure(scores),
                    "rules": rule.is_failure,
                })
            )?;
        }
    }
    eprintln!("{:.0} line-epochs/s", entries as f64 / spent);
    Ok(())
}

fn example(row: &Row) -> TrainingExample {
    TrainingExample {
        log_entry: row.text.clone(),
        component: row.component.clone(),
        level: row.level.clone(),
        is_failure: row.label,
        severity: 0.7,
        label_source: LabelSource::Gold,
        weight: 1.0,
        template: mask(&row.text),
        count: 1,
        ..TrainingExample::default()
    }
}

fn var(name: &str, default: f32) -> f32 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
