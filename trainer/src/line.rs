//! The `line` model from entries: fitted, calibrated, as bytes and as it will serve.

use logloop_scoring::Network;
use logloop_scoring::network::BEFORE;

use crate::course::Course;
use crate::error::TrainerError;
use crate::fit::{self, Fitted, Hyperparameters};
use crate::items::Item;
use crate::message::LeftOut;
use crate::progress::Progress;
use crate::split::Split;
use crate::{calibrate, doubt, heads, neighbours, weights};

/// A trained `line` model.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The bytes of `model.safetensors`.
    pub bytes: Vec<u8>,
    /// The same, ready to score.
    pub network: Network,
    /// How it came about.
    pub fitted: Fitted,
    /// Heads that the data does not suffice for.
    pub left_out: Vec<LeftOut>,
    /// Items that were not trained on, since people's words speak against their labels.
    pub doubted: Vec<usize>,
}

/// Trains on the split's training part, from a base or from nothing, and calibrates on its validation part.
pub fn train(
    items: &[Item],
    split: &Split,
    base: Option<&Network>,
    hyper: Hyperparameters,
    report: &mut dyn FnMut(&Progress),
) -> Result<Trained, TrainerError> {
    train_on(items, split, base, hyper, &mut Course::new(report))
}

/// The same on a device, from a checkpoint where there is one.
pub fn train_on(
    items: &[Item],
    split: &Split,
    base: Option<&Network>,
    hyper: Hyperparameters,
    course: &mut Course<'_>,
) -> Result<Trained, TrainerError> {
    let (split, doubted) = &trusted(items, split, hyper.seed);
    let known = split.train.iter().chain(&split.validation);
    let (classes, left_out) = heads::choose(known.map(|&index| &items[index]));
    let mut fitted = fit::fit_on(items, split, &classes, base, hyper, course)?;
    if let Some(weights) = neighbours::heed(items, &mut fitted.unseen, hyper.seed) {
        let tensor = (vec![weights.len()], weights);
        fitted.tensors.insert(BEFORE.to_owned(), tensor);
    }
    let unseen: Vec<(f32, bool)> = fitted
        .unseen
        .iter()
        .map(|(index, logit)| (*logit, items[*index].is_failure))
        .collect();
    let calibration = calibrate::fit(&unseen, fitted.balance);
    let bytes = weights::to_bytes(&fitted.tensors, fitted.widths, &classes, calibration)?;
    // As it will serve: what is measured is what is published.
    let network = Network::from_safetensors(&bytes).map_err(|error| {
        TrainerError::new("training_failed", format!("the trained network {error}"))
    })?;
    Ok(Trained {
        bytes,
        network,
        fitted,
        left_out,
        doubted: doubted.clone(),
    })
}

/// The split without the labels that people's words speak against, and these; the test part stays as it is.
fn trusted(items: &[Item], split: &Split, seed: u64) -> (Split, Vec<usize>) {
    let mut known = [&split.train[..], &split.validation].concat();
    known.sort_unstable();
    let trusted = doubt::trusted(items, &known, seed);
    let keep = |part: &[usize]| {
        let part = part.iter().copied();
        part.filter(|index| trusted.binary_search(index).is_ok())
            .collect()
    };
    let split = Split {
        train: keep(&split.train),
        validation: keep(&split.validation),
        test: split.test.clone(),
    };
    known.retain(|index| trusted.binary_search(index).is_err());
    (split, known)
}
