//! One subject with 10,000 wrong labels moves neither the model nor the gate.

use logloop_records::{
    AnalysisResults, Correction, Failure, Feedback, Interaction, LabelSource, TrainingExample,
};
use logloop_scoring::features::stable_hash;

use crate::contributors::FREE_TEMPLATES;
use crate::fit::Hyperparameters;
use crate::items::{Item, Items};
use crate::metrics::Figures;
use crate::scorer::Scorer;
use crate::testing::world;
use crate::{line, split};

/// What one subject says that is wrong.
const WRONG: usize = 10_000;
/// How far a figure of the gate may move: thumbs do not judge, and held-out corrections do, up to a share of the others'.
const MAX_MOVE_BY_CORRECTIONS: f64 = 0.1;
/// Figures of decisions and ranks, which thumbs do not move at all, and how far they may move those of probabilities.
const DECIDING: &str =
    "failure_f1 failure_precision failure_recall failure_accuracy failure_pr_auc";
const MAX_MOVE_OF_PROBABILITIES: f64 = 0.1;

/// Templates of an honest world, those that judge, and those that the decisions are compared on.
const HONEST: usize = 2_000;
const JUDGES: usize = 500;
const CHECKED: usize = 300;

/// Everybody else: many users whose logs the rules judged rightly, and what judges.
fn honest() -> (Vec<TrainingExample>, Vec<TrainingExample>) {
    let mut all = world(HONEST + JUDGES + CHECKED);
    let check = all.split_off(HONEST + JUDGES);
    for (at, example) in all.iter_mut().enumerate() {
        example.contributor = Some(format!("user {}", at % 40));
        example.interaction_id = Some(format!("upload {}", at % 200));
        example.count = 3;
        if at >= HONEST {
            // Half of what judges is a reviewer's, half other users'.
            example.label_source = if at % 2 == 0 {
                LabelSource::Gold
            } else {
                LabelSource::Correction
            };
            example.held_out = true;
        }
    }
    (all, check)
}

/// What the one subject says: the opposite, of entries that others have too and of entries that nobody else has.
fn wrong(source: LabelSource, held_out: bool) -> Vec<TrainingExample> {
    let known = world(HONEST + JUDGES);
    let new = world(WRONG + HONEST + JUDGES + CHECKED).split_off(HONEST + JUDGES + CHECKED);
    let judges = HONEST..HONEST + JUDGES;
    let lie = |(at, example): (usize, TrainingExample)| TrainingExample {
        is_failure: !example.is_failure,
        severity: if example.is_failure { 0.0 } else { 1.0 },
        label_source: source,
        weight: source.weight(),
        count: 50,
        contributor: Some("mal".to_owned()),
        interaction_id: Some(format!("upload of mal {}", at / 20)),
        held_out: held_out
            && (judges.contains(&at) || stable_hash(&example.template).is_multiple_of(5)),
        ..example
    };
    let all = known.into_iter().chain(new).take(WRONG);
    all.enumerate().map(lie).collect()
}

struct Trained {
    decisions: Vec<bool>,
    gate: Figures,
}

fn trained(examples: &[TrainingExample], check: &[TrainingExample]) -> Trained {
    let items = Items::from_examples(examples);
    let split = split::by_group(&items.training);
    let hyper = Hyperparameters {
        epochs: 5,
        batch_size: 64,
        learning_rate: 0.01,
        seed: 1,
    };
    let trained = line::train(&items.training, &split, None, hyper, &mut |_| {});
    let network = trained.expect("trained").network;
    let checked: Vec<Item> = Items::from_examples(check).training;
    Trained {
        decisions: checked
            .iter()
            .map(|item| network.is_failure(network.score(item.blocks())))
            .collect(),
        gate: Scorer::Model(&network).figures(&items.held_out),
    }
}

#[test]
fn ten_thousand_wrong_labels_of_one_subject_move_nothing() {
    let (mut honest, check) = honest();
    let without = trained(&honest, &check);
    let right = Items::from_examples(&check).training;
    let agree = |decisions: &[bool]| {
        let right = right.iter().map(|item| item.is_failure);
        right.zip(decisions).filter(|(a, b)| a == *b).count()
    };
    assert!(agree(&without.decisions) > CHECKED * 95 / 100, "it learns");
    let before = honest.len();
    for (source, held_out) in [(LabelSource::Thumb, false), (LabelSource::Correction, true)] {
        honest.extend(wrong(source, held_out));
        let with = trained(&honest, &check);
        honest.truncate(before);
        let moved = without.decisions.iter().zip(&with.decisions);
        let moved = moved.filter(|(a, b)| a != b).count();
        assert_eq!(moved, 0, "{source:?}: decisions");
        for (name, figure) in &without.gate.metrics {
            let move_of = (figure - with.gate.metrics[name]).abs();
            let most = match source {
                LabelSource::Correction => MAX_MOVE_BY_CORRECTIONS,
                _ if DECIDING.contains(name.as_str()) => 0.0,
                _ => MAX_MOVE_OF_PROBABILITIES,
            };
            assert!(move_of <= most, "{source:?} {name}: {move_of}");
        }
    }
}

/// From what is stored to what is trained on: the voices of subjects stay apart on the way, and no name is told.
#[test]
fn the_data_set_of_what_is_stored_tells_one_loud_subject_from_many() {
    const LOUD: usize = 400;
    let data = tempfile::tempdir().expect("folder");
    let entries = world(LOUD);
    let mut id = 0u128;
    let mut ask = |subject: &str, corrected: usize| {
        id += 1;
        let id = uuid(id);
        let log: Vec<String> = entries
            .iter()
            .map(|entry| format!("2026-11-22 10:00:00 INFO worker: {}", entry.template))
            .collect();
        let failure = |entry: &TrainingExample| Failure {
            template_id: logloop_logs::template(&entry.template).id,
            level: Some("INFO".to_owned()),
            severity: 0.5,
            ..Failure::default()
        };
        let failures = entries.iter().filter(|entry| entry.is_failure);
        let interaction = Interaction {
            id: id.parse().expect("an id"),
            subject: Some(subject.to_owned()),
            log_content: log.join("\n"),
            analysis_results: AnalysisResults {
                failures: failures.map(failure).collect(),
                ..AnalysisResults::default()
            },
            model_version: "rules".to_owned(),
            ..Interaction::default()
        };
        append(data.path(), "chat_interactions", &interaction);
        let lie = |(at, entry): (usize, &TrainingExample)| {
            let template = logloop_logs::template(&entry.template);
            Correction {
                line: at as u64 + 1,
                is_failure: !entry.is_failure,
                template: template.text,
                template_id: template.id,
                ..Correction::default()
            }
        };
        let said = Feedback {
            interaction_id: id.parse().expect("an id"),
            subject: Some(subject.to_owned()),
            corrections: entries
                .iter()
                .enumerate()
                .take(corrected)
                .map(lie)
                .collect(),
            ..Feedback::default()
        };
        append(data.path(), "chat_feedback", &said);
    };
    for user in 0..5 {
        ask(&format!("user-{user}"), 0);
    }
    ask("mallory", LOUD);
    let stored = crate::dataset::open(data.path(), None).expect("exported");
    let items = Items::read(&stored).expect("read");
    let lies = items.training.iter().filter(|item| item.source.is_strong());
    assert_eq!(lies.count(), FREE_TEMPLATES);
    assert_eq!(items.dropped.capped.over_share, LOUD - FREE_TEMPLATES);
    // What the others were answered is still learned.
    let weak = items
        .training
        .iter()
        .filter(|item| !item.source.is_strong());
    assert_eq!(weak.count(), LOUD - FREE_TEMPLATES);
    let datasets = logloop_records::DataDir::new(data.path()).datasets();
    let examples = logloop_records::dataset::read(&datasets.join(&stored.manifest.id));
    let told = format!("{:?}", examples.expect("read"));
    assert!(
        !told.contains("mallory") && !told.contains("user-1"),
        "a name is told"
    );
}

fn uuid(number: u128) -> String {
    let hex = format!("{number:032x}");
    format!(
        "{}-{}-7{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

fn append(data: &std::path::Path, store: &str, record: &impl serde::Serialize) {
    let path = data.join(store).join(format!("{store}.jsonl"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let line = serde_json::to_string(record).expect("plain data");
    std::fs::write(&path, format!("{before}{line}\n")).expect("written");
}
