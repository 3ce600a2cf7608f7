//! How long to train, and on what: by cross-fitting where the data is small, by a validation part where it is not.

use logloop_scoring::Network;
use serde::{Deserialize, Serialize};

use crate::course::Course;
use crate::cross_fit::cross_fit;
use crate::error::TrainerError;
use crate::folds;
use crate::heads::Classes;
use crate::items::Item;
use crate::mlp::{Labels, Tensors};
use crate::progress::Progress;
use crate::split::Split;
use crate::times::Shares;
use crate::trainer::diverged;
use crate::validated::with_validation;
use crate::wide_deep;

/// Epochs without a better validation loss after which the training stops.
pub(crate) const PATIENCE_EPOCHS: usize = 4;
/// Items up to which every one is judged by a network that did not see it: a validation part of so few would be noise.
pub const MAX_CROSS_FIT_ITEMS: usize = 20_000;

/// What the user chooses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    /// Passes over the data, at most.
    pub epochs: usize,
    /// Entries of a step, at most.
    pub batch_size: usize,
    /// How far a step goes, at first.
    pub learning_rate: f32,
    /// Decides the first weights and the order.
    pub seed: u64,
}

/// A trained network, and how it came about.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The weights, those of the wide part among them.
    pub tensors: Tensors,
    /// Share of the deep part's failure logit beside it.
    pub deep_share: f32,
    /// Width of a row, width of the hidden layer.
    pub widths: (usize, usize),
    /// The epoch that was kept, from 1.
    pub best_epoch: usize,
    /// Loss after that epoch on entries that were not trained on; on the training part where there are none.
    pub best_loss: f32,
    /// Failure logits of entries that were not trained on, by index.
    pub unseen: Vec<(usize, f32)>,
    /// What a failure counted in the loss for each unit that another entry did, on average.
    pub balance: f32,
    /// Networks that judged what they did not see; none where a validation part did.
    pub folds: Option<usize>,
    /// Epochs until it was clear which one to keep.
    pub epochs_run: usize,
    /// Entries that this attempt trained on, each time counted.
    pub entries: usize,
    /// Where the time of its steps went.
    pub shares: Shares,
}

/// Trains on the split's training part, from a base or from nothing. With few items, validation is by cross-fitting,
/// and the network that is kept trains on the validation part too.
pub fn fit(
    items: &[Item],
    split: &Split,
    classes: &Classes,
    base: Option<&Network>,
    hyper: Hyperparameters,
    report: &mut dyn FnMut(&Progress),
) -> Result<Fitted, TrainerError> {
    fit_on(items, split, classes, base, hyper, &mut Course::new(report))
}

/// The same on a device, from a checkpoint where there is one.
pub fn fit_on(
    items: &[Item],
    split: &Split,
    classes: &Classes,
    base: Option<&Network>,
    hyper: Hyperparameters,
    course: &mut Course<'_>,
) -> Result<Fitted, TrainerError> {
    let mut known: Vec<usize> = split
        .train
        .iter()
        .chain(&split.validation)
        .copied()
        .collect();
    known.sort_unstable();
    let folds = folds::by_group(items, &known);
    if known.len() <= MAX_CROSS_FIT_ITEMS && folds.len() > 1 {
        cross_fit(items, &known, &folds, classes, base, hyper, course)
    } else {
        with_validation(items, split, classes, base, hyper, course)
    }
}

/// Whether a loss takes the place of the best so far. One that is no number does, to be told in the end.
pub(crate) fn is_better(loss: f32, best: f32) -> bool {
    loss < best || loss.is_nan() || best.is_nan()
}

/// Makes the deep part's logits those of both parts; the share that the deep one has.
pub(crate) fn mix(wide: &[f32], unseen: &mut [(usize, f32)], labels: &Labels) -> f32 {
    let deep: Vec<f32> = unseen.iter().map(|(_, logit)| *logit).collect();
    let share = wide_deep::share(wide, &deep, labels);
    for ((_, logit), wide) in unseen.iter_mut().zip(wide) {
        *logit = wide + share * *logit;
    }
    share
}

/// The weights, if all of them are numbers.
pub(crate) fn finite(tensors: Tensors, hyper: Hyperparameters) -> Result<Tensors, TrainerError> {
    let mut values = tensors.values().flat_map(|(_, values)| values);
    if values.all(|value| value.is_finite()) {
        Ok(tensors)
    } else {
        Err(diverged(hyper.learning_rate))
    }
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
