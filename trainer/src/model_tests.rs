use logloop_scoring::features;
use logloop_scoring::network::Calibration;

use candle_core::Tensor;

use super::*;
use crate::items::{Item, Items};
use crate::testing::world;
use crate::wide::Wide;
use crate::{weights, wide_deep};

fn classes() -> Classes {
    Classes::from([(
        "level".to_owned(),
        ["INFO", "WARN"].map(str::to_owned).to_vec(),
    )])
}

/// A model after a few steps, and the items it was trained on.
fn stepped(seed: u64) -> (LineModel, Vec<Item>) {
    let items = Items::from_examples(&world(64)).training;
    let batch: Vec<Blocks<'_>> = items.iter().map(Item::blocks).collect();
    let labels = Labels {
        failure: items
            .iter()
            .map(|item| f32::from(u8::from(item.is_failure)))
            .collect(),
        severity: items.iter().map(|item| item.severity).collect(),
        weight: vec![1.0; items.len()],
        choices: [("level".to_owned(), vec![Some(1); items.len()])].into(),
    };
    let mut model = LineModel::new(&classes(), seed, &Device::Cpu).expect("network");
    for _ in 0..5 {
        model.step(&batch, &labels, 0.01).expect("step");
    }
    (model, items)
}

fn network(model: &LineModel, wide: Wide) -> Network {
    let tensors = wide_deep::join(model.tensors().expect("weights"), wide, 1.0);
    let calibration = Calibration::default();
    let bytes =
        weights::to_bytes(&tensors, model.widths(), &classes(), calibration).expect("bytes");
    Network::from_safetensors(&bytes).expect("loads")
}

/// What the trainer computes in candle is what an analyzer computes by hand.
#[test]
fn serving_scores_as_training_does() {
    let (model, items) = stepped(1);
    let most = vec![65_535; features::MAX_FEATURES];
    let odd = Blocks {
        fields: &most[..60],
        words: &[],
        grams: &most[..500],
        before: &[],
    };
    let batch = items.iter().map(Item::blocks);
    let batch: Vec<Blocks<'_>> = batch.chain([Blocks::default(), odd]).collect();
    let mut wide = Wide::default();
    wide.weights[65_535] = 0.125;
    wide.bias = -0.5;
    let network = network(&model, wide.clone());
    let pooled = Tensor::from_vec(
        model.bag.pool(&batch),
        (batch.len(), model.dim),
        &Device::Cpu,
    );
    let outputs = pooled
        .and_then(|pooled| model.mlp.forward(&pooled))
        .expect("logits");
    let numbers: Vec<Vec<f32>> = outputs.numbers.to_vec2().expect("logits");
    let levels: Vec<Vec<f32>> = outputs.choices["level"].to_vec2().expect("logits");
    for ((entry, trained), levels) in batch.into_iter().zip(numbers).zip(levels) {
        let [failure, severity] = network.logits(entry);
        assert!((failure - trained[0] - wide.logit(entry)).abs() < 1e-5);
        assert!((severity - trained[1]).abs() < 1e-5);
        let (level, probability) = network.classify("level", entry).expect("a head");
        let expect = 1.0 / (1.0 + (levels[0] - levels[1]).exp());
        let expect = if level == "WARN" {
            expect
        } else {
            1.0 - expect
        };
        assert!((probability - expect).abs() < 1e-5);
    }
}

#[test]
fn every_weight_moves() {
    let (model, _) = stepped(1);
    let fresh = LineModel::new(&classes(), 1, &Device::Cpu)
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
    let network = network(&model, Wide::default());
    let again = LineModel::from_network(&network, &classes(), 9, &Device::Cpu).expect("network");
    assert_eq!(
        (again.tensors().expect("weights"), again.widths()),
        (model.tensors().expect("weights"), model.widths())
    );
}

#[test]
fn a_head_with_other_classes_starts_anew() {
    let (model, _) = stepped(1);
    let network = network(&model, Wide::default());
    let other = Classes::from([("level".to_owned(), vec!["A".to_owned(), "B".to_owned()])]);
    let again = LineModel::from_network(&network, &other, 9, &Device::Cpu).expect("network");
    let (old, new) = (
        model.tensors().expect("weights"),
        again.tensors().expect("weights"),
    );
    let changed: Vec<&String> = new
        .iter()
        .filter(|(name, values)| old[*name] != **values)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(changed, ["heads.level.bias", "heads.level.weight"]);
}
