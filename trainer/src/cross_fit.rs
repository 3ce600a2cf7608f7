//! Validation by networks that each did not see one fold, where the data is too small for a part to be put aside.

use logloop_scoring::Network;
use rayon::prelude::*;

use crate::course::{Course, place};
use crate::error::TrainerError;
use crate::fit::{self, Fitted, Hyperparameters, PATIENCE_EPOCHS, finite, mix};
use crate::heads::Classes;
use crate::items::Item;
use crate::progress::Pace;
use crate::state::{Odd, State};
use crate::trainer::{Trainer, diverged};
use crate::wide::Wide;
use crate::wide_deep;

/// The best epoch so far, and what was said of entries by networks that did not see them.
struct Judged {
    epoch: usize,
    loss: f32,
    unseen: Vec<(usize, f32)>,
}

/// Name of the network that is kept, in a state.
const LAST: &str = "last";

/// The networks, and how far they are.
struct CrossFit<'a> {
    known: &'a [usize],
    folds: &'a [Vec<usize>],
    hyper: Hyperparameters,
    trainers: Vec<Trainer<'a>>,
    last: Trainer<'a>,
    pace: Pace,
    best: Option<Judged>,
    epochs_run: usize,
    last_done: usize,
}

/// Several networks, each without one fold: they say after which epoch to stop, and give each item a logit from a
/// network that did not see it. Then one network trains on all for that long. Only that one goes on from a base: what the
/// base learned from is not known, and it may have seen every fold.
pub(crate) fn cross_fit(
    items: &[Item],
    known: &[usize],
    folds: &[Vec<usize>],
    classes: &Classes,
    base: Option<&Network>,
    hyper: Hyperparameters,
    course: &mut Course<'_>,
) -> Result<Fitted, TrainerError> {
    let trainer = |part: &[usize], base: Option<&Network>| {
        Trainer::new(items, part, classes, base, hyper, course.device())
    };
    let fresh = || {
        let without = |fold: &Vec<usize>| {
            let others = known.iter().copied();
            let others: Vec<usize> = others
                .filter(|index| fold.binary_search(index).is_err())
                .collect();
            trainer(&others, None)
        };
        let trainers = folds.iter().map(without).collect::<Result<Vec<_>, _>>()?;
        let last = trainer(known, base)?;
        let steps = trainers.iter().map(Trainer::steps).sum::<usize>() + last.steps();
        Ok(CrossFit {
            known,
            folds,
            hyper,
            trainers,
            last,
            pace: Pace::new(hyper.epochs, steps),
            best: None,
            epochs_run: 0,
            last_done: 0,
        })
    };
    let mut work = course.begin(fresh, CrossFit::restore)?;
    while !work.is_judged() {
        work.judge_epoch(course)?;
        course.keep(|| work.state())?;
    }
    while work.last_done < work.best()?.epoch {
        let epoch = work.last_done + 1;
        let CrossFit { last, pace, .. } = &mut work;
        last.epoch(&mut |done| course.report(pace.step(epoch, done)))?;
        work.last_done = epoch;
        course.keep(|| work.state())?;
    }
    work.fitted(items, base)
}

impl CrossFit<'_> {
    /// Whether it is known how long to train.
    fn is_judged(&self) -> bool {
        let since = self
            .best
            .as_ref()
            .map_or(0, |best| self.epochs_run - best.epoch);
        self.epochs_run >= self.hyper.epochs || since >= PATIENCE_EPOCHS
    }

    fn best(&self) -> Result<&Judged, TrainerError> {
        let best = self.best.as_ref().filter(|best| best.loss.is_finite());
        best.ok_or_else(|| diverged(self.hyper.learning_rate))
    }

    /// One more epoch of all networks, and what they say of the folds that they do not see.
    fn judge_epoch(&mut self, course: &mut Course<'_>) -> Result<(), TrainerError> {
        let done: Vec<_> = self
            .trainers
            .par_iter_mut()
            .zip(self.folds)
            .map(|(trainer, fold)| {
                let done = trainer.epoch(&mut |_| {})?;
                Ok((done, trainer.judge(fold)?))
            })
            .collect::<Result<_, TrainerError>>()?;
        self.epochs_run += 1;
        let epoch = self.epochs_run;
        let count = self.known.len();
        let (mut loss, mut unseen) = (0.0, Vec::with_capacity(count));
        for ((done, (fold_loss, logits)), fold) in done.into_iter().zip(self.folds) {
            self.pace.step(epoch, done);
            loss += fold_loss * fold.len() as f32 / count as f32;
            unseen.extend(fold.iter().copied().zip(logits));
        }
        course.report(self.pace.validated(Some(loss)));
        if self
            .best
            .as_ref()
            .is_none_or(|best| fit::is_better(loss, best.loss))
        {
            self.best = Some(Judged {
                epoch,
                loss,
                unseen,
            });
        }
        Ok(())
    }

    fn fitted(self, items: &[Item], base: Option<&Network>) -> Result<Fitted, TrainerError> {
        let Self {
            known,
            folds,
            hyper,
            last,
            ..
        } = self;
        let Judged {
            epoch: best_epoch,
            loss: best_loss,
            mut unseen,
        } = self.best.ok_or_else(|| diverged(hyper.learning_rate))?;
        unseen.sort_unstable_by_key(|(index, _)| *index);
        let labels = last.weights().labels(items, known);
        let wide = wide_deep::cross_fit(items, known, folds, hyper.seed);
        let share = mix(&wide, &mut unseen, &labels);
        let start = base.map(Wide::of).unwrap_or_default();
        let wide = wide_deep::solve(items, known, &start, hyper.seed);
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
            epochs_run: self.epochs_run,
            entries: self.pace.entries(),
            shares: last.model.times().shares(),
        })
    }

    /// The networks that judge are needed only until they have.
    fn state(&self) -> Result<State, TrainerError> {
        let mut state = State::default();
        if self.is_judged() {
            self.last.save(LAST, &mut state)?;
        } else {
            for (at, trainer) in self.trainers.iter().enumerate() {
                trainer.save(&format!("fold{at}"), &mut state)?;
            }
        }
        if let Some(best) = &self.best {
            state.put("best/loss", vec![best.loss]);
            state.put_indices("best/unseen", best.unseen.iter().map(|(index, _)| *index));
            let logits = best.unseen.iter().map(|(_, logit)| *logit).collect();
            state.put("best/logits", logits);
        }
        state.position.step = self.pace.progress.step;
        state.position.epochs_run = self.epochs_run;
        state.position.best_epoch = self.best.as_ref().map(|best| best.epoch);
        state.position.last_done = self.last_done;
        Ok(state)
    }

    /// Goes on from a state; says at which epoch.
    fn restore(&mut self, state: &State) -> Result<String, Odd> {
        let position = &state.position;
        (self.epochs_run, self.last_done) = (position.epochs_run, position.last_done);
        let best_epoch = position
            .best_epoch
            .filter(|epoch| (1..=self.epochs_run).contains(epoch));
        let epoch = best_epoch.ok_or_else(|| Odd("best epoch".to_owned()))?;
        let unseen = state.indices("best/unseen", self.known.len())?;
        let mut sorted = unseen.clone();
        sorted.sort_unstable();
        if sorted != self.known || self.last_done > epoch {
            return Err(Odd("place".to_owned()));
        }
        let logits = state.floats("best/logits", self.known.len())?;
        self.best = Some(Judged {
            epoch,
            loss: state.floats("best/loss", 1)?[0],
            unseen: unseen.into_iter().zip(logits.iter().copied()).collect(),
        });
        self.pace.resume(position.step, self.epochs_run);
        if self.is_judged() {
            // Before its first epoch it is as it was made.
            if self.last_done > 0 {
                self.last.restore(LAST, state)?;
            }
            let place = place(self.last_done, epoch);
            return Ok(format!("{place} of the network that is kept"));
        }
        for (at, trainer) in self.trainers.iter_mut().enumerate() {
            trainer.restore(&format!("fold{at}"), state)?;
        }
        Ok(place(self.epochs_run, self.hyper.epochs))
    }
}
