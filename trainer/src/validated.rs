//! One network, stopped by the validation part.

use logloop_scoring::Network;

use crate::course::{Course, place};
use crate::error::TrainerError;
use crate::fit::{self, Fitted, Hyperparameters, PATIENCE_EPOCHS, finite, mix};
use crate::heads::Classes;
use crate::items::Item;
use crate::mlp::Tensors;
use crate::progress::Pace;
use crate::split::Split;
use crate::state::{Odd, State};
use crate::trainer::{Trainer, diverged};
use crate::wide::Wide;
use crate::wide_deep;

/// Name of the network in a state.
const NETWORK: &str = "network";
/// Name of the best weights in a state.
const BEST: &str = "best";

/// The best epoch so far.
struct Best {
    epoch: usize,
    loss: f32,
    logits: Vec<f32>,
    tensors: Tensors,
}

/// The network, and how far it is.
struct Validated<'a> {
    validation: &'a [usize],
    hyper: Hyperparameters,
    trainer: Trainer<'a>,
    pace: Pace,
    best: Option<Best>,
    epochs_run: usize,
}

/// Trains on the training part until the validation part's loss no longer falls.
pub(crate) fn with_validation(
    items: &[Item],
    split: &Split,
    classes: &Classes,
    base: Option<&Network>,
    hyper: Hyperparameters,
    course: &mut Course<'_>,
) -> Result<Fitted, TrainerError> {
    let fresh = || {
        let trainer = Trainer::new(items, &split.train, classes, base, hyper, course.device())?;
        Ok(Validated {
            validation: &split.validation,
            hyper,
            pace: Pace::new(hyper.epochs, trainer.steps()),
            trainer,
            best: None,
            epochs_run: 0,
        })
    };
    let mut work = course.begin(fresh, Validated::restore)?;
    while !work.is_done() {
        work.epoch(course)?;
        course.keep(|| work.state())?;
    }
    let start = base.map(Wide::of).unwrap_or_default();
    let wide = wide_deep::solve(items, &split.train, &start, hyper.seed);
    work.fitted(items, split, wide)
}

impl Validated<'_> {
    fn is_done(&self) -> bool {
        let since = self
            .best
            .as_ref()
            .map_or(0, |best| self.epochs_run - best.epoch);
        self.epochs_run >= self.hyper.epochs || since >= PATIENCE_EPOCHS
    }

    fn epoch(&mut self, course: &mut Course<'_>) -> Result<(), TrainerError> {
        let Self { trainer, pace, .. } = self;
        let epoch = self.epochs_run + 1;
        trainer.epoch(&mut |done| course.report(pace.step(epoch, done)))?;
        let judged = if self.validation.is_empty() {
            None
        } else {
            Some(trainer.judge(self.validation)?)
        };
        course.report(pace.validated(judged.as_ref().map(|(loss, _)| *loss)));
        let (loss, logits) = judged.unwrap_or((pace.progress.loss, Vec::new()));
        if self
            .best
            .as_ref()
            .is_none_or(|best| fit::is_better(loss, best.loss))
        {
            let tensors = trainer.model.tensors()?;
            self.best = Some(Best {
                epoch,
                loss,
                logits,
                tensors,
            });
        }
        self.epochs_run = epoch;
        Ok(())
    }

    fn fitted(self, items: &[Item], split: &Split, wide: Wide) -> Result<Fitted, TrainerError> {
        let Self {
            validation,
            hyper,
            trainer,
            ..
        } = self;
        let best = self.best.filter(|best| best.loss.is_finite());
        let best = best.ok_or_else(|| diverged(hyper.learning_rate))?;
        let of_wide = validation
            .iter()
            .map(|&index| wide.logit(items[index].blocks()));
        let of_wide: Vec<f32> = of_wide.collect();
        let mut unseen: Vec<(usize, f32)> = validation.iter().copied().zip(best.logits).collect();
        let labels = trainer.weights().labels(items, validation);
        let share = mix(&of_wide, &mut unseen, &labels);
        let tensors = wide_deep::join(best.tensors, wide, share);
        Ok(Fitted {
            tensors: finite(tensors, hyper)?,
            deep_share: share,
            widths: trainer.model.widths(),
            best_epoch: best.epoch,
            best_loss: best.loss,
            unseen,
            balance: trainer.weights().balance(items, &split.train),
            folds: None,
            epochs_run: self.epochs_run,
            entries: self.pace.entries(),
            shares: trainer.model.times().shares(),
        })
    }

    fn state(&self) -> Result<State, TrainerError> {
        let mut state = State::default();
        self.trainer.save(NETWORK, &mut state)?;
        if let Some(best) = &self.best {
            state.put("best loss", vec![best.loss]);
            state.put("best logits", best.logits.clone());
            state.put_tensors(BEST, best.tensors.clone());
        }
        state.position.step = self.pace.progress.step;
        state.position.epochs_run = self.epochs_run;
        state.position.best_epoch = self.best.as_ref().map(|best| best.epoch);
        Ok(state)
    }

    /// Goes on from a state; says at which epoch.
    fn restore(&mut self, state: &State) -> Result<String, Odd> {
        let position = &state.position;
        self.epochs_run = position.epochs_run;
        let best_epoch = position
            .best_epoch
            .filter(|epoch| (1..=self.epochs_run).contains(epoch));
        let epoch = best_epoch.ok_or_else(|| Odd("best epoch".to_owned()))?;
        self.trainer.restore(NETWORK, state)?;
        let like = self
            .trainer
            .model
            .tensors()
            .map_err(|error| Odd(error.to_string()))?;
        self.best = Some(Best {
            epoch,
            loss: state.floats("best loss", 1)?[0],
            logits: state.floats("best logits", self.validation.len())?.to_vec(),
            tensors: state.tensors(BEST, &like)?,
        });
        self.pace.resume(position.step, self.epochs_run);
        Ok(place(self.epochs_run, self.hyper.epochs))
    }
}
