//! One network over its epochs: batches in a seeded order, a falling rate.

use candle_core::Device;
use logloop_scoring::Network;
use logloop_scoring::features::Blocks;

use crate::error::TrainerError;
use crate::fit::Hyperparameters;
use crate::heads::Classes;
use crate::items::Item;
use crate::loss_weights::LossWeights;
use crate::model::LineModel;
use crate::rng::Rng;
use crate::state::{Odd, State, TrainerPosition};

/// Share of the entries whose level and component are hidden in an epoch, so that the model reads the text too.
const BARE_SHARE: f32 = 0.25;
/// Steps of an epoch, at least: on a small data set the batches are smaller than asked for.
const MIN_STEPS_PER_EPOCH: usize = 32;
/// Share of the rate when going on from a base, whose rows are where they should be already.
const FINE_TUNING_RATE_SHARE: f32 = 0.3;
/// What is left of the rate in the last step.
const LAST_RATE_SHARE: f32 = 0.1;

/// A network in training on some of the items.
#[derive(Debug)]
pub struct Trainer<'a> {
    /// The network.
    pub model: LineModel,
    items: &'a [Item],
    classes: &'a Classes,
    weights: LossWeights,
    order: Vec<usize>,
    batch_size: usize,
    rng: Rng,
    first_rate: f32,
    step: usize,
    steps: usize,
}

/// What an epoch, or a part of it, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Done {
    /// Steps.
    pub steps: usize,
    /// Entries trained on.
    pub entries: usize,
    /// Mean loss of an entry.
    pub loss: f32,
}

impl<'a> Trainer<'a> {
    /// Before the first step on these items, from a base or from nothing.
    pub fn new(
        items: &'a [Item],
        train: &[usize],
        classes: &'a Classes,
        base: Option<&Network>,
        hyper: Hyperparameters,
        device: &Device,
    ) -> Result<Self, TrainerError> {
        let (model, first_rate) = match base {
            Some(network) => (
                LineModel::from_network(network, classes, hyper.seed, device)?,
                hyper.learning_rate * FINE_TUNING_RATE_SHARE,
            ),
            None => (
                LineModel::new(classes, hyper.seed, device)?,
                hyper.learning_rate,
            ),
        };
        let batch_size = hyper
            .batch_size
            .min(train.len() / MIN_STEPS_PER_EPOCH)
            .max(1);
        Ok(Self {
            model,
            items,
            classes,
            weights: LossWeights::new(items, train),
            order: train.to_vec(),
            batch_size,
            rng: Rng::new(hyper.seed, "order"),
            first_rate,
            step: 0,
            steps: hyper.epochs * train.len().div_ceil(batch_size),
        })
    }

    /// Steps over all epochs, if it does not stop early.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Weights of the labels in the loss.
    pub fn weights(&self) -> &LossWeights {
        &self.weights
    }

    /// Every item once; `report` hears of each step.
    pub fn epoch(&mut self, report: &mut dyn FnMut(Done)) -> Result<Done, TrainerError> {
        self.rng.shuffle(&mut self.order);
        let (mut done, mut sum) = (Done::default(), 0.0);
        for batch in self.order.chunks(self.batch_size) {
            let bare: Vec<bool> = batch.iter().map(|_| self.rng.unit() < BARE_SHARE).collect();
            let entries: Vec<Blocks<'_>> = batch
                .iter()
                .zip(&bare)
                .map(|(&index, bare)| {
                    let item = &self.items[index];
                    if *bare { item.bare() } else { item.blocks() }
                })
                .collect();
            let mut labels = self.weights.labels(self.items, batch);
            labels.choose(self.items, batch, self.classes, &bare);
            let share_done = self.step as f32 / self.steps.max(1) as f32;
            let rate = self.first_rate * (1.0 - (1.0 - LAST_RATE_SHARE) * share_done);
            let loss = self.model.step(&entries, &labels, rate)?;
            if !loss.is_finite() {
                return Err(diverged(self.first_rate));
            }
            self.step += 1;
            done.steps += 1;
            done.entries += batch.len();
            sum += f64::from(loss) * batch.len() as f64;
            report(Done {
                steps: 1,
                entries: batch.len(),
                loss,
            });
        }
        done.loss = (sum / done.entries.max(1) as f64) as f32;
        Ok(done)
    }

    /// Mean loss on entries as they are served, and the failure logit of each.
    pub fn judge(&self, part: &[usize]) -> Result<(f32, Vec<f32>), TrainerError> {
        let entries: Vec<Blocks<'_>> = part
            .iter()
            .map(|&index| self.items[index].blocks())
            .collect();
        Ok(self
            .model
            .judge(&entries, &self.weights.labels(self.items, part))?)
    }

    /// Puts all that the next epoch depends on into a state, below a name.
    pub fn save(&self, name: &str, state: &mut State) -> Result<(), TrainerError> {
        let adam_step = self.model.save(name, state)?;
        state.put_indices(format!("{name}/order"), self.order.iter().copied());
        let position = TrainerPosition {
            rng: self.rng.state(),
            step: self.step,
            adam_step,
        };
        state.position.trainers.insert(name.to_owned(), position);
        Ok(())
    }

    /// Takes it back. After an error some of it is in, and this trainer of no more use.
    pub fn restore(&mut self, name: &str, state: &State) -> Result<(), Odd> {
        let position = state.position.trainers.get(name);
        let position = *position.ok_or_else(|| Odd(name.to_owned()))?;
        let named = format!("{name}/order");
        let order = state.indices(&named, self.order.len())?;
        let sorted = |mut order: Vec<usize>| {
            order.sort_unstable();
            order
        };
        if sorted(order.clone()) != sorted(self.order.clone()) || position.step > self.steps {
            return Err(Odd(named));
        }
        self.model.restore(name, state, position.adam_step)?;
        self.order = order;
        self.step = position.step;
        self.rng = Rng::from_state(position.rng);
        Ok(())
    }
}

/// The loss or a weight is no longer a number.
pub fn diverged(rate: f32) -> TrainerError {
    let message = format!(
        "the loss is no longer a number; use a --learning-rate below {rate}, such as {}",
        rate / 10.0
    );
    TrainerError::new("diverged", message)
}
