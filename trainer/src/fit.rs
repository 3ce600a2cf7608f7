//! The training loop: batches in a seeded order, a falling rate, stopped by the validation part.

use logloop_scoring::Network;
use serde::{Deserialize, Serialize};

use crate::error::TrainerError;
use crate::items::Item;
use crate::loss_weights::LossWeights;
use crate::mlp::Tensors;
use crate::model::LineModel;
use crate::progress::{Pace, Progress};
use crate::rng::Rng;
use crate::split::Split;

/// Share of the entries whose level is hidden in an epoch, so that the model reads the text too.
const LEVEL_DROP_SHARE: f32 = 0.25;
/// Epochs without a better validation loss after which the training stops.
const PATIENCE_EPOCHS: usize = 4;
/// Steps of an epoch, at least: on a small data set the batches are smaller than asked for.
const MIN_STEPS_PER_EPOCH: usize = 32;
/// Share of the rate when going on from a base, whose rows are where they should be already.
const FINE_TUNING_RATE_SHARE: f32 = 0.3;
/// What is left of the rate in the last step.
const LAST_RATE_SHARE: f32 = 0.1;

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
    /// The weights of the best epoch.
    pub tensors: Tensors,
    /// Width of a row, width of the hidden layer.
    pub widths: (usize, usize),
    /// The epoch that was kept, from 1.
    pub best_epoch: usize,
    /// Loss of the epoch that was kept: on the validation part, on the training part where there is none.
    pub best_loss: f32,
    /// Where the training ended.
    pub last: Progress,
}

/// Trains on the split's training part, from a base or from nothing.
pub fn fit(
    items: &[Item],
    split: &Split,
    base: Option<&Network>,
    hyper: Hyperparameters,
    report: &mut dyn FnMut(&Progress),
) -> Result<Fitted, TrainerError> {
    let (mut model, first_rate) = match base {
        Some(network) => (
            LineModel::from_network(network)?,
            hyper.learning_rate * FINE_TUNING_RATE_SHARE,
        ),
        None => (LineModel::new(hyper.seed)?, hyper.learning_rate),
    };
    let weights = LossWeights::new(items, &split.train);
    let batch_size = hyper
        .batch_size
        .min(split.train.len() / MIN_STEPS_PER_EPOCH)
        .max(1);
    let mut pace = Pace::new(hyper.epochs, split.train.len().div_ceil(batch_size));
    let (mut order, mut rng) = (split.train.clone(), Rng::new(hyper.seed, "order"));
    let mut best: Option<Best> = None;
    for epoch in 1..=hyper.epochs {
        rng.shuffle(&mut order);
        for batch in order.chunks(batch_size) {
            let entries: Vec<&[u32]> = batch
                .iter()
                .map(|&index| features(&items[index], &mut rng))
                .collect();
            let rate = first_rate * (1.0 - (1.0 - LAST_RATE_SHARE) * pace.share_done());
            let loss = model.step(&entries, &weights.labels(items, batch), rate)?;
            if !loss.is_finite() {
                return Err(diverged(epoch, hyper.learning_rate));
            }
            report(pace.step(epoch, batch.len(), loss));
        }
        let validation = validation_loss(&model, items, &split.validation, &weights)?;
        report(pace.validated(validation));
        let loss = validation.unwrap_or(pace.progress.loss);
        match &best {
            Some(best) if loss >= best.loss => {
                if epoch - best.epoch >= PATIENCE_EPOCHS {
                    break;
                }
            }
            _ => {
                best = Some(Best {
                    epoch,
                    loss,
                    tensors: model.tensors()?,
                })
            }
        }
    }
    let Some(best) = best.filter(|best| best.is_finite()) else {
        return Err(diverged(hyper.epochs, hyper.learning_rate));
    };
    Ok(Fitted {
        tensors: best.tensors,
        widths: model.widths(),
        best_epoch: best.epoch,
        best_loss: best.loss,
        last: pace.progress,
    })
}

/// The best epoch so far.
struct Best {
    epoch: usize,
    loss: f32,
    tensors: Tensors,
}

impl Best {
    fn is_finite(&self) -> bool {
        self.loss.is_finite()
            && self
                .tensors
                .values()
                .flat_map(|(_, values)| values)
                .all(|value| value.is_finite())
    }
}

/// An entry's features, now and then without its level.
fn features<'a>(item: &'a Item, rng: &mut Rng) -> &'a [u32] {
    if rng.unit() < LEVEL_DROP_SHARE {
        item.without_level()
    } else {
        &item.features
    }
}

/// Loss on entries as they are served; none without any.
fn validation_loss(
    model: &LineModel,
    items: &[Item],
    part: &[usize],
    weights: &LossWeights,
) -> Result<Option<f32>, TrainerError> {
    if part.is_empty() {
        return Ok(None);
    }
    let entries: Vec<&[u32]> = part
        .iter()
        .map(|&index| items[index].features.as_slice())
        .collect();
    Ok(Some(model.loss(&entries, &weights.labels(items, part))?))
}

fn diverged(epoch: usize, rate: f32) -> TrainerError {
    let message = format!(
        "the loss is no longer a number in epoch {epoch}; use a --learning-rate below {rate}, such as {}",
        rate / 10.0
    );
    TrainerError::new("diverged", message)
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
