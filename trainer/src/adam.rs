//! Adam for the dense part: our own, so that its state can be kept and its steps are the same in every release.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};

use crate::mlp::Tensors;
use crate::state::{Odd, State};

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Moments of every variable.
#[derive(Clone, Debug, Default)]
pub struct Adam {
    step: i32,
    moments: BTreeMap<String, Vec<(f32, f32)>>,
}

impl Adam {
    /// Moves every variable that has a gradient.
    pub fn step(
        &mut self,
        variables: &BTreeMap<String, Var>,
        gradients: &GradStore,
        rate: f32,
    ) -> candle_core::Result<()> {
        self.step = self.step.saturating_add(1);
        let (correct1, correct2) = (1.0 - BETA1.powi(self.step), 1.0 - BETA2.powi(self.step));
        for (name, variable) in variables {
            let Some(gradient) = gradients.get(variable) else {
                continue;
            };
            let gradient: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
            let mut values: Vec<f32> = variable.flatten_all()?.to_vec1()?;
            let moments = self
                .moments
                .entry(name.clone())
                .or_insert_with(|| vec![(0.0, 0.0); values.len()]);
            for ((value, g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
                *first = BETA1 * *first + (1.0 - BETA1) * g;
                *second = BETA2 * *second + (1.0 - BETA2) * g * g;
                *value -= rate * (*first / correct1) / ((*second / correct2).sqrt() + EPSILON);
            }
            variable.set(&Tensor::from_vec(
                values,
                variable.dims(),
                variable.device(),
            )?)?;
        }
        Ok(())
    }

    /// Puts the moments into a state, below a name; gives the steps done.
    pub fn save(&self, name: &str, state: &mut State) -> i32 {
        for (of, moments) in &self.moments {
            let (first, second) = moments.iter().copied().unzip();
            state.put(format!("{name}/{of}/first"), first);
            state.put(format!("{name}/{of}/second"), second);
        }
        self.step
    }

    /// Takes them back. A variable that never had a gradient has none.
    pub fn restore(
        &mut self,
        name: &str,
        state: &State,
        step: i32,
        variables: &Tensors,
    ) -> Result<(), Odd> {
        self.step = step;
        self.moments.clear();
        for (of, (_, values)) in variables {
            let named = |which: &str| format!("{name}/{of}/{which}");
            if state.floats.contains_key(&named("first")) {
                let first = state.floats(&named("first"), values.len())?;
                let second = state.floats(&named("second"), values.len())?;
                let moments = first.iter().copied().zip(second.iter().copied());
                self.moments.insert(of.clone(), moments.collect());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn finds_the_minimum_of_a_parabola() {
        let x = Var::from_tensor(&Tensor::new(&[3.0f32, -2.0], &Device::Cpu).expect("tensor"))
            .expect("variable");
        let variables = BTreeMap::from([("x".to_owned(), x.clone())]);
        let mut adam = Adam::default();
        for _ in 0..500 {
            let loss = (x.as_tensor() - 1.0)
                .and_then(|d| d.sqr())
                .and_then(|d| d.sum_all())
                .expect("loss");
            adam.step(&variables, &loss.backward().expect("gradients"), 0.05)
                .expect("step");
        }
        let values: Vec<f32> = x.to_vec1().expect("values");
        assert!(
            values.iter().all(|value| (value - 1.0).abs() < 1e-2),
            "{values:?}"
        );
    }
}
