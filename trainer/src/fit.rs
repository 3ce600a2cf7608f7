//! How long to train, and on what: by cross-fitting where the data is small, by a validation part where it is not.

use logloop_scoring::Network;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::TrainerError;
use crate::heads::Classes;
use crate::items::Item;
use crate::mlp::{Labels, Tensors};
use crate::progress::{Pace, Progress};
use crate::split::Split;
use crate::trainer::{Trainer, diverged};
use crate::wide::Wide;
use crate::{folds, wide_deep};

/// Epochs without a better validation loss after which the training stops.
const PATIENCE_EPOCHS: usize = 4;
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
    /// Entries trained on, each time counted.
    pub entries: usize,
}

/// Trains on the split's training part, from a base or from nothing. Without a base and with few items, validation is
/// by cross-fitting, and the network that is kept trains on the validation part too.
pub fn fit(
    items: &[Item],
    split: &Split,
    classes: &Classes,
    base: Option<&Network>,
    hyper: Hyperparameters,
    report: &mut dyn FnMut(&Progress),
) -> Result<Fitted, TrainerError> {
    let mut known: Vec<usize> = split
        .train
        .iter()
        .chain(&split.validation)
        .copied()
        .collect();
    known.sort_unstable();
    let folds = folds::by_template(items, &known);
    if base.is_none() && known.len() <= MAX_CROSS_FIT_ITEMS && folds.len() > 1 {
        cross_fit(items, &known, &folds, classes, hyper, report)
    } else {
        with_validation(items, split, classes, base, hyper, report)
    }
}

/// The best epoch so far, and what was said of entries by networks that did not see them.
struct Judged {
    epoch: usize,
    loss: f32,
    unseen: Vec<(usize, f32)>,
}

/// Several networks, each without one fold: they say after which epoch to stop, and give each item a logit from a
/// network that did not see it. Then one network trains on all for that long.
fn cross_fit(
    items: &[Item],
    known: &[usize],
    folds: &[Vec<usize>],
    classes: &Classes,
    hyper: Hyperparameters,
    report: &mut dyn FnMut(&Progress),
) -> Result<Fitted, TrainerError> {
    let without = |fold: &Vec<usize>| {
        let others: Vec<usize> = known
            .iter()
            .copied()
            .filter(|index| fold.binary_search(index).is_err())
            .collect();
        Trainer::new(items, &others, classes, None, hyper)
    };
    let wide = wide_deep::cross_fit(items, known, folds, hyper.seed);
    let mut trainers = folds.iter().map(without).collect::<Result<Vec<_>, _>>()?;
    let mut last = Trainer::new(items, known, classes, None, hyper)?;
    let steps = trainers.iter().map(Trainer::steps).sum::<usize>() + last.steps();
    let mut pace = Pace::new(hyper.epochs, steps);
    let mut best: Option<Judged> = None;
    let mut epochs_run = 0;
    for epoch in 1..=hyper.epochs {
        epochs_run = epoch;
        let done: Vec<_> = trainers
            .par_iter_mut()
            .zip(folds)
            .map(|(trainer, fold)| {
                let done = trainer.epoch(&mut |_| {})?;
                Ok((done, trainer.judge(fold)?))
            })
            .collect::<Result<_, TrainerError>>()?;
        let (mut loss, mut unseen) = (0.0, Vec::with_capacity(known.len()));
        for ((done, (fold_loss, logits)), fold) in done.into_iter().zip(folds) {
            pace.step(epoch, done);
            loss += fold_loss * fold.len() as f32 / known.len() as f32;
            unseen.extend(fold.iter().copied().zip(logits));
        }
        report(pace.validated(Some(loss)));
        match &best {
            Some(best) if loss >= best.loss => {
                if epoch - best.epoch >= PATIENCE_EPOCHS {
                    break;
                }
            }
            _ => {
                best = Some(Judged {
                    epoch,
                    loss,
                    unseen,
                })
            }
        }
    }
    let best = best.filter(|best| best.loss.is_finite());
    let Judged {
        epoch: best_epoch,
        loss: best_loss,
        mut unseen,
    } = best.ok_or_else(|| diverged(hyper.learning_rate))?;
    for epoch in 1..=best_epoch {
        last.epoch(&mut |done| report(pace.step(epoch, done)))?;
    }
    unseen.sort_unstable_by_key(|(index, _)| *index);
    let labels = last.weights().labels(items, known);
    let share = mix(&wide, &mut unseen, &labels);
    let wide = wide_deep::solve(items, known, &Wide::default(), hyper.seed);
    let tensors = wide_deep::join(last.model.tensors()?, wide, share);
    Ok(Fitted {
        tensors: finite(tensors, hyper)?,
        deep_share: share,
        widths: last.model.widths(),
        best_epoch,
        best_loss,
        unseen,
        balance: last.weights().balance(items, known),
        folds: Some(folds.len()),
        epochs_run,
        entries: pace.entries(),
    })
}

/// One network, stopped by the validation part.
fn with_validation(
    items: &[Item],
    split: &Split,
    classes: &Classes,
    base: Option<&Network>,
    hyper: Hyperparameters,
    report: &mut dyn FnMut(&Progress),
) -> Result<Fitted, TrainerError> {
    let mut trainer = Trainer::new(items, &split.train, classes, base, hyper)?;
    let mut pace = Pace::new(hyper.epochs, trainer.steps());
    let mut best: Option<(usize, f32, Vec<f32>, Tensors)> = None;
    for epoch in 1..=hyper.epochs {
        trainer.epoch(&mut |done| report(pace.step(epoch, done)))?;
        let validation = if split.validation.is_empty() {
            None
        } else {
            Some(trainer.judge(&split.validation)?)
        };
        report(pace.validated(validation.as_ref().map(|(loss, _)| *loss)));
        let (loss, logits) = validation.unwrap_or((pace.progress.loss, Vec::new()));
        match &best {
            Some((best, best_loss, ..)) if loss >= *best_loss => {
                if epoch - best >= PATIENCE_EPOCHS {
                    break;
                }
            }
            _ => best = Some((epoch, loss, logits, trainer.model.tensors()?)),
        }
    }
    let best = best.filter(|(_, loss, ..)| loss.is_finite());
    let (best_epoch, best_loss, logits, tensors) =
        best.ok_or_else(|| diverged(hyper.learning_rate))?;
    let start = base.map(Wide::of).unwrap_or_default();
    let wide = wide_deep::solve(items, &split.train, &start, hyper.seed);
    let validation = &split.validation;
    let of_wide: Vec<f32> = validation
        .iter()
        .map(|&index| wide.logit(items[index].blocks()))
        .collect();
    let mut unseen: Vec<(usize, f32)> = validation.iter().copied().zip(logits).collect();
    let labels = trainer.weights().labels(items, validation);
    let share = mix(&of_wide, &mut unseen, &labels);
    let tensors = wide_deep::join(tensors, wide, share);
    Ok(Fitted {
        tensors: finite(tensors, hyper)?,
        deep_share: share,
        widths: trainer.model.widths(),
        best_epoch,
        best_loss,
        unseen,
        balance: trainer.weights().balance(items, &split.train),
        folds: None,
        epochs_run: pace.progress.epoch,
        entries: pace.entries(),
    })
}

/// Makes the deep part's logits those of both parts; the share that the deep one has.
fn mix(wide: &[f32], unseen: &mut [(usize, f32)], labels: &Labels) -> f32 {
    let deep: Vec<f32> = unseen.iter().map(|(_, logit)| *logit).collect();
    let share = wide_deep::deep_share(wide, &deep, labels);
    for ((_, logit), wide) in unseen.iter_mut().zip(wide) {
        *logit = wide + share * *logit;
    }
    share
}

fn finite(tensors: Tensors, hyper: Hyperparameters) -> Result<Tensors, TrainerError> {
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
