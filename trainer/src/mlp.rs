//! The dense part in candle: one hidden layer and the heads over a pooled entry, and the loss.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor, Var};
use logloop_scoring::network::{HIDDEN_BIAS, HIDDEN_WEIGHT, head_names};

use crate::rng::Rng;

/// Weights by tensor name, with their shapes.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// What the network predicts, in the order of the columns of [`Mlp::forward`].
pub const HEADS: [&str; 2] = ["failure", "severity"];
/// Share of the severity in the loss.
const SEVERITY_SHARE: f64 = 0.5;
/// Hidden units start a little above zero: none is dead before the bag has moved.
const HIDDEN_BIAS_START: f32 = 0.1;

/// The trainable variables by tensor name.
#[derive(Clone, Debug)]
pub struct Mlp {
    variables: BTreeMap<String, Var>,
}

/// The labels of a batch, one number an entry.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// 1 for a failure.
    pub failure: Vec<f32>,
    /// 0 to 1.
    pub severity: Vec<f32>,
    /// Weight in the loss.
    pub weight: Vec<f32>,
}

impl Mlp {
    /// Random weights that depend on the seed alone (uniform, scaled by the width of the input).
    pub fn new(dim: usize, hidden: usize, seed: u64) -> Result<Self> {
        let mut rng = Rng::new(seed, "weights");
        let mut uniform = |rows: usize, columns: usize| {
            let bound = (6.0 / columns as f32).sqrt();
            let values = (0..rows * columns)
                .map(|_| (2.0 * rng.unit() - 1.0) * bound)
                .collect();
            (vec![rows, columns], values)
        };
        let mut tensors = BTreeMap::from([
            (HIDDEN_WEIGHT.to_owned(), uniform(hidden, dim)),
            (
                HIDDEN_BIAS.to_owned(),
                (vec![hidden], vec![HIDDEN_BIAS_START; hidden]),
            ),
        ]);
        for head in HEADS {
            let [weight, bias] = head_names(head);
            tensors.insert(weight, uniform(1, hidden));
            tensors.insert(bias, (vec![1], vec![0.0]));
        }
        Self::from_tensors(tensors)
    }

    /// Starts from these values.
    pub fn from_tensors(tensors: Tensors) -> Result<Self> {
        let variable = |(name, (shape, values)): (String, (Vec<usize>, Vec<f32>))| {
            Ok((
                name,
                Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu)?)?,
            ))
        };
        Ok(Self {
            variables: tensors.into_iter().map(variable).collect::<Result<_>>()?,
        })
    }

    /// The variables by tensor name, in a fixed order.
    pub fn variables(&self) -> &BTreeMap<String, Var> {
        &self.variables
    }

    /// Values and shapes by tensor name.
    pub fn tensors(&self) -> Result<Tensors> {
        let tensor = |(name, variable): (&String, &Var)| {
            Ok((
                name.clone(),
                (variable.dims().to_vec(), variable.flatten_all()?.to_vec1()?),
            ))
        };
        self.variables.iter().map(tensor).collect()
    }

    /// One column of logits a head, `[entries, heads]`.
    pub fn forward(&self, pooled: &Tensor) -> Result<Tensor> {
        let hidden = self.dense(pooled, HIDDEN_WEIGHT, HIDDEN_BIAS)?.relu()?;
        let logits = HEADS.iter().map(|head| {
            let [weight, bias] = head_names(head);
            self.dense(&hidden, &weight, &bias)
        });
        Tensor::cat(&logits.collect::<Result<Vec<_>>>()?, 1)
    }

    fn dense(&self, input: &Tensor, weight: &str, bias: &str) -> Result<Tensor> {
        input
            .matmul(&self.variables[weight].t()?)?
            .broadcast_add(&self.variables[bias])
    }
}

/// Weighted cross-entropy of both heads, over the number of entries. Severity counts for failures only.
pub fn loss(logits: &Tensor, labels: &Labels) -> Result<Tensor> {
    let entries = labels.weight.len();
    let column = |values: &[f32]| Tensor::from_slice(values, entries, &Device::Cpu);
    let (failure, weight) = (column(&labels.failure)?, column(&labels.weight)?);
    let of_failure = (cross_entropy(&logits.narrow(1, 0, 1)?.squeeze(1)?, &failure)? * &weight)?;
    let severity = cross_entropy(
        &logits.narrow(1, 1, 1)?.squeeze(1)?,
        &column(&labels.severity)?,
    )?;
    let of_severity = ((severity * (failure * weight)?)? * SEVERITY_SHARE)?;
    (of_failure + of_severity)?.sum_all()? / entries as f64
}

/// Cross-entropy of a logit with a target in 0..=1, in the form that does not overflow.
fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let log_term = ((logits.abs()?.neg()?.exp()? + 1.0)?).log()?;
    (logits.relu()? - (logits * targets)?)? + log_term
}

/// The pooled entries as a variable: its gradient is what the bag is moved by.
pub fn pooled_variable(pooled: Vec<f32>, dim: usize) -> Result<Var> {
    let entries = pooled.len() / dim;
    Var::from_tensor(&Tensor::from_vec(pooled, (entries, dim), &Device::Cpu)?.to_dtype(DType::F32)?)
}

#[cfg(test)]
#[path = "mlp_tests.rs"]
mod tests;
