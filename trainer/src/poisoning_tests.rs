//! One subject with 10,000 wrong labels moves neither the model nor the gate.

use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::Network;
use logloop_scoring::features::stable_hash;
use logloop_scoring::network::Calibration;

use crate::fit::{Hyperparameters, fit};
use crate::items::{Item, Items};
use crate::metrics::Figures;
use crate::scorer::Scorer;
use crate::testing::world;
use crate::{split, weights};

/// What one subject says that is wrong.
const WRONG: usize = 10_000;
/// How far a figure of the gate may move.
const MAX_GATE_MOVE: f64 = 0.1;

/// Templates of an honest world, those that judge, and those that the decisions are compared on.
const HONEST: usize = 3_000;
const JUDGES: usize = 500;
const CHECKED: usize = 300;

/// Everybody else: many users whose logs the rules judged rightly, and reviewers' gold.
fn honest() -> (Vec<TrainingExample>, Vec<TrainingExample>) {
    let mut all = world(HONEST + JUDGES + CHECKED);
    let check = all.split_off(HONEST + JUDGES);
    for (at, example) in all.iter_mut().enumerate() {
        example.contributor = Some(format!("user {}", at % 40));
        example.interaction_id = Some(format!("upload {}", at % 200));
        example.count = 3;
        if at >= HONEST {
            example.label_source = LabelSource::Gold;
            example.held_out = true;
        }
    }
    (all, check)
}

/// What the one subject says: the opposite, of entries that others have too and of entries that nobody else has.
fn wrong(source: LabelSource, held_out: bool) -> Vec<TrainingExample> {
    let known = world(HONEST);
    let new = world(WRONG + HONEST + JUDGES + CHECKED).split_off(HONEST + JUDGES + CHECKED);
    let lie = |(at, example): (usize, TrainingExample)| TrainingExample {
        is_failure: !example.is_failure,
        severity: if example.is_failure { 0.0 } else { 1.0 },
        label_source: source,
        weight: source.weight(),
        count: 50,
        contributor: Some("mal".to_owned()),
        interaction_id: Some(format!("upload of mal {}", at / 20)),
        held_out: held_out && stable_hash(&example.template).is_multiple_of(5),
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
    let split = split::by_template(&items.training);
    let hyper = Hyperparameters {
        epochs: 6,
        batch_size: 64,
        learning_rate: 0.01,
        seed: 1,
    };
    let fitted = fit(&items.training, &split, None, hyper, &mut |_| {}).expect("trained");
    let bytes = weights::to_bytes(&fitted.tensors, fitted.widths, Calibration::default());
    let network = Network::from_safetensors(&bytes.expect("bytes")).expect("loads");
    let checked: Vec<Item> = Items::from_examples(check).training;
    Trained {
        decisions: checked
            .iter()
            .map(|item| network.is_failure(network.score(&item.features)))
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
            assert!(move_of <= MAX_GATE_MOVE, "{source:?} {name}: {move_of}");
        }
    }
}
