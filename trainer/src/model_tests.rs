use logloop_scoring::features;
use logloop_scoring::network::Calibration;

use super::*;
use crate::items::Items;
use crate::testing::world;
use crate::weights;

/// A model after a few steps, and the features it was trained on.
fn stepped(seed: u64) -> (LineModel, Vec<Vec<u32>>) {
    let items = Items::from_examples(&world(64)).training;
    let entries: Vec<Vec<u32>> = items.iter().map(|item| item.features.clone()).collect();
    let batch: Vec<&[u32]> = entries.iter().map(Vec::as_slice).collect();
    let labels = Labels {
        failure: items
            .iter()
            .map(|item| f32::from(u8::from(item.is_failure)))
            .collect(),
        severity: items.iter().map(|item| item.severity).collect(),
        weight: vec![1.0; items.len()],
    };
    let mut model = LineModel::new(seed).expect("network");
    for _ in 0..5 {
        model.step(&batch, &labels, 0.01).expect("step");
    }
    (model, entries)
}

/// Failure and severity logits of each entry, as the training computes them.
fn logits(model: &LineModel, entries: &[&[u32]]) -> Vec<Vec<f32>> {
    let pooled = Tensor::from_vec(
        model.bag.pool(entries),
        (entries.len(), model.dim),
        &Device::Cpu,
    )
    .expect("pooled");
    model
        .mlp
        .forward(&pooled)
        .and_then(|logits| logits.to_vec2())
        .expect("logits")
}

/// What the trainer computes in candle is what an analyzer computes by hand.
#[test]
fn serving_scores_as_training_does() {
    let (model, mut entries) = stepped(1);
    entries.push(vec![]);
    entries.push(features::hash(
        "Never seen: <*> ÄÖÜ",
        Some("FATAL"),
        Some("x.y"),
    ));
    entries.push(vec![65_535; features::MAX_FEATURES]);
    let bytes = weights::to_bytes(
        &model.tensors().expect("weights"),
        model.widths(),
        Calibration::default(),
    )
    .expect("bytes");
    let network = Network::from_safetensors(&bytes).expect("loads");
    let batch: Vec<&[u32]> = entries.iter().map(Vec::as_slice).collect();
    for (entry, trained) in batch.iter().zip(logits(&model, &batch)) {
        for (served, trained) in network.logits(entry).iter().zip(trained) {
            assert!((served - trained).abs() < 1e-5, "{served} {trained}");
        }
    }
}

#[test]
fn every_weight_moves() {
    let (model, _) = stepped(1);
    let fresh = LineModel::new(1)
        .expect("network")
        .tensors()
        .expect("weights");
    for (name, (_, values)) in model.tensors().expect("weights") {
        assert_ne!(values, fresh[&name].1, "{name}");
    }
}

#[test]
fn the_seed_decides_the_weights() {
    let tensors = |seed| stepped(seed).0.tensors().expect("weights");
    assert_eq!(tensors(1), tensors(1));
    assert_ne!(tensors(1), tensors(2));
}

#[test]
fn a_base_is_where_the_training_starts() {
    let (model, _) = stepped(1);
    let tensors = model.tensors().expect("weights");
    let bytes = weights::to_bytes(&tensors, model.widths(), Calibration::default()).expect("bytes");
    let network = Network::from_safetensors(&bytes).expect("loads");
    let again = LineModel::from_network(&network).expect("network");
    assert_eq!(
        (again.tensors().expect("weights"), again.widths()),
        (tensors, model.widths())
    );
}
