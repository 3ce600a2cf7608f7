//! All that a training needs to go on as if nothing had happened: numbers by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mlp::Tensors;

/// Where a training stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Counters.
    pub position: Position,
    /// Weights, moments, logits and losses.
    pub floats: Tensors,
    /// Orders.
    pub indices: BTreeMap<String, Vec<u32>>,
}

/// The counters of a training.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Steps done, of all networks.
    pub step: usize,
    /// Epochs done of what decides how long to train.
    pub epochs_run: usize,
    /// The best of them, if there is one.
    pub best_epoch: Option<usize>,
    /// Epochs done of the network that is kept, where it is another one.
    pub last_done: usize,
    /// Of each network by its name.
    pub trainers: BTreeMap<String, TrainerPosition>,
}

/// The counters of one network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainerPosition {
    /// State of the generator.
    pub rng: u64,
    /// Steps done.
    pub step: usize,
    /// Steps of the dense part's optimizer.
    pub adam_step: i32,
}

/// Something in a state is not what this training has: it is of something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {0} is not what this training has")]
pub struct Odd(pub String);

impl State {
    /// Keeps numbers in one row.
    pub fn put(&mut self, name: impl Into<String>, values: Vec<f32>) {
        self.floats
            .insert(name.into(), (vec![values.len()], values));
    }

    /// So many numbers of that name.
    pub fn floats(&self, name: &str, count: usize) -> Result<&[f32], Odd> {
        match self.floats.get(name) {
            Some((_, values)) if values.len() == count => Ok(values),
            _ => Err(Odd(name.to_owned())),
        }
    }

    /// So many indices of that name.
    pub fn indices(&self, name: &str, count: usize) -> Result<Vec<usize>, Odd> {
        match self.indices.get(name) {
            Some(values) if values.len() == count => {
                Ok(values.iter().map(|&index| index as usize).collect())
            }
            _ => Err(Odd(name.to_owned())),
        }
    }

    /// Keeps indices; there are never more items than fit.
    pub fn put_indices(&mut self, name: impl Into<String>, values: impl Iterator<Item = usize>) {
        let values = values.map(|index| index as u32).collect();
        self.indices.insert(name.into(), values);
    }

    /// Keeps weights below a name.
    pub fn put_tensors(&mut self, name: &str, tensors: Tensors) {
        let named = tensors
            .into_iter()
            .map(|(of, tensor)| (format!("{name}/{of}"), tensor));
        self.floats.extend(named);
    }

    /// The weights below a name, which must be of the same names and shapes as those of `like`.
    pub fn tensors(&self, name: &str, like: &Tensors) -> Result<Tensors, Odd> {
        let tensor = |(of, (shape, _)): (&String, &(Vec<usize>, Vec<f32>))| {
            let full = format!("{name}/{of}");
            match self.floats.get(&full) {
                Some(found) if found.0 == *shape => Ok((of.clone(), found.clone())),
                _ => Err(Odd(full)),
            }
        };
        like.iter().map(tensor).collect()
    }
}
