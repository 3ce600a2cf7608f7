//! The `line` model while it is trained: bag and dense part together.

use candle_core::{Device, Result};
use logloop_scoring::Network;
use logloop_scoring::features::Blocks;
use logloop_scoring::network::{BAG, BEFORE, WIDE, WIDE_BIAS, head_names};

use crate::adam::Adam;
use crate::bag::Bag;
use crate::heads::Classes;
use crate::mlp::{self, Labels, Mlp, Tensors};
use crate::state::{Odd, State};
use crate::times::{Times, timed};

/// Width of a row of the embedding table.
pub const DIM: usize = 16;
/// Width of the hidden layer.
pub const HIDDEN: usize = 32;
/// The bag's rate over that of the dense part: its rows move seldom, and from zero.
const BAG_RATE: f32 = 5.0;

/// A network in training.
#[derive(Clone, Debug)]
pub struct LineModel {
    dim: usize,
    hidden: usize,
    bag: Bag,
    mlp: Mlp,
    adam: Adam,
    times: Times,
}

impl LineModel {
    /// A fresh one; the seed decides every weight.
    pub fn new(classes: &Classes, seed: u64, device: &Device) -> Result<Self> {
        let mlp = Mlp::new(DIM, HIDDEN, classes, seed, device)?;
        Ok(Self {
            dim: DIM,
            hidden: HIDDEN,
            bag: Bag::new(DIM),
            mlp,
            adam: Adam::default(),
            times: Times::default(),
        })
    }

    /// One that goes on from a published network, with that network's widths. A head that chooses from other classes
    /// starts anew.
    pub fn from_network(
        network: &Network,
        classes: &Classes,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let (dim, hidden) = (network.config().dim, network.config().hidden);
        let mut dense = Mlp::new(dim, hidden, classes, seed, &Device::Cpu)?.tensors()?;
        let mut bag = Bag::new(dim);
        let changed = |name: &str| {
            let known = &network.config().classes;
            let heads = classes.keys().chain(known.keys());
            let mut changed = heads.filter(|head| classes.get(*head) != known.get(*head));
            changed.any(|head| head_names(head).iter().any(|of| of == name))
        };
        for (name, (shape, values)) in network.tensors() {
            if name == BAG {
                bag.set_rows(values);
            } else if ![WIDE, WIDE_BIAS, BEFORE].contains(&name.as_str()) && !changed(&name) {
                dense.insert(name, (shape, values.to_vec()));
            }
        }
        Ok(Self {
            dim,
            hidden,
            bag,
            mlp: Mlp::from_tensors(dense, device)?,
            adam: Adam::default(),
            times: Times::default(),
        })
    }

    /// Width of a row, width of the hidden layer.
    pub fn widths(&self) -> (usize, usize) {
        (self.dim, self.hidden)
    }

    /// All weights.
    pub fn tensors(&self) -> Result<Tensors> {
        let mut tensors = self.mlp.tensors()?;
        let rows = self.bag.rows().to_vec();
        tensors.insert(
            BAG.to_owned(),
            (vec![rows.len() / self.dim, self.dim], rows),
        );
        Ok(tensors)
    }

    /// The loss on these entries, and the failure logit of each.
    pub fn judge(&self, entries: &[Blocks<'_>], labels: &Labels) -> Result<(f32, Vec<f32>)> {
        let pooled = self.mlp.pooled(self.bag.pool(entries), self.dim)?;
        let outputs = self.mlp.forward(&pooled.detach())?;
        let failure = outputs.numbers.narrow(1, 0, 1)?.flatten_all()?.to_vec1()?;
        Ok((mlp::loss(&outputs, labels)?.to_scalar()?, failure))
    }

    /// One step on a batch; gives the loss before it.
    pub fn step(&mut self, entries: &[Blocks<'_>], labels: &Labels, rate: f32) -> Result<f32> {
        let Self { bag, mlp, adam, .. } = self;
        let pooled = timed(&mut self.times.pooling, || bag.pool(entries));
        let dense = || -> Result<(f32, Option<Vec<f32>>)> {
            let pooled = mlp.pooled(pooled, self.dim)?;
            let loss = mlp::loss(&mlp.forward(&pooled)?, labels)?;
            let gradients = loss.backward()?;
            let gradient = gradients.get(&pooled);
            let gradient = gradient.map(|of| of.flatten_all()?.to_vec1()).transpose()?;
            adam.step(mlp.variables(), &gradients, rate)?;
            Ok((loss.to_scalar()?, gradient))
        };
        let (loss, gradient) = timed(&mut self.times.dense, dense)?;
        if let Some(gradient) = gradient {
            timed(&mut self.times.bag, || {
                bag.step(entries, &gradient, rate * BAG_RATE)
            });
        }
        Ok(loss)
    }

    /// Puts weights and the optimizers' memory into a state, below a name; gives the steps of the dense part's.
    pub fn save(&self, name: &str, state: &mut State) -> Result<i32> {
        state.put(format!("{name}/rows"), self.bag.rows().to_vec());
        state.put(format!("{name}/squares"), self.bag.squares().to_vec());
        state.put_tensors(&format!("{name}/dense"), self.mlp.tensors()?);
        Ok(self.adam.save(&format!("{name}/adam"), state))
    }

    /// Takes it back.
    pub fn restore(
        &mut self,
        name: &str,
        state: &State,
        adam_step: i32,
    ) -> std::result::Result<(), Odd> {
        let failed = |error: candle_core::Error| Odd(format!("{name}/dense ({error})"));
        let rows = state.floats(&format!("{name}/rows"), self.bag.rows().len())?;
        let squares = state.floats(&format!("{name}/squares"), self.bag.squares().len())?;
        self.bag.restore(rows, squares);
        let dense = self.mlp.tensors().map_err(failed)?;
        let dense = state.tensors(&format!("{name}/dense"), &dense)?;
        self.adam
            .restore(&format!("{name}/adam"), state, adam_step, &dense)?;
        self.mlp.set(dense).map_err(failed)
    }

    /// Time spent in its steps.
    pub fn times(&self) -> Times {
        self.times
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
