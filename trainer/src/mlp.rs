//! The dense part in candle: one hidden layer and the heads over a pooled entry, and the loss.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var};
use logloop_scoring::network::{HIDDEN_BIAS, HIDDEN_WEIGHT, head_names};

use crate::heads::{Classes, NUMBERS};
use crate::rng::Rng;

/// Weights by tensor name, with their shapes.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Share of the severity in the loss.
const SEVERITY_SHARE: f64 = 0.5;
/// Share of each head that chooses in the loss: they are by-products.
const CHOICE_SHARE: f64 = 0.1;
/// Hidden units start a little above zero: none is dead before the bag has moved.
const HIDDEN_BIAS_START: f32 = 0.1;

/// The trainable variables by tensor name.
#[derive(Clone, Debug)]
pub struct Mlp {
    variables: BTreeMap<String, Var>,
    device: Device,
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
    /// The class, by head that chooses; none where it is not known, or to be seen in the features.
    pub choices: BTreeMap<String, Vec<Option<u32>>>,
}

/// What the network says of a batch.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Logits of the heads of one number, `[entries, 2]`.
    pub numbers: Tensor,
    /// Logits by head that chooses, `[entries, classes]`.
    pub choices: BTreeMap<String, Tensor>,
}

impl Mlp {
    /// Random weights that depend on the seed alone (uniform, scaled by the width of the input).
    pub fn new(
        dim: usize,
        hidden: usize,
        classes: &Classes,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
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
        let numbers = NUMBERS.iter().map(|head| (*head, 1));
        let choices = classes
            .iter()
            .map(|(head, known)| (head.as_str(), known.len()));
        for (head, outputs) in numbers.chain(choices) {
            let [weight, bias] = head_names(head);
            tensors.insert(weight, uniform(outputs, hidden));
            tensors.insert(bias, (vec![outputs], vec![0.0; outputs]));
        }
        Self::from_tensors(tensors, device)
    }

    /// Starts from these values.
    pub fn from_tensors(tensors: Tensors, device: &Device) -> Result<Self> {
        let variable = |(name, (shape, values)): (String, (Vec<usize>, Vec<f32>))| {
            Ok((
                name,
                Var::from_tensor(&Tensor::from_vec(values, shape, device)?)?,
            ))
        };
        Ok(Self {
            variables: tensors.into_iter().map(variable).collect::<Result<_>>()?,
            device: device.clone(),
        })
    }

    /// Takes other values of the same names and shapes.
    pub fn set(&mut self, tensors: Tensors) -> Result<()> {
        *self = Self::from_tensors(tensors, &self.device)?;
        Ok(())
    }

    /// Entries `[entries, dim]` on the device, as a variable: its gradient is what the bag is moved by.
    pub fn pooled(&self, pooled: Vec<f32>, dim: usize) -> Result<Var> {
        let entries = pooled.len() / dim;
        Var::from_tensor(&Tensor::from_vec(pooled, (entries, dim), &self.device)?)
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

    /// Logits of all heads for pooled entries `[entries, dim]`.
    pub fn forward(&self, pooled: &Tensor) -> Result<Outputs> {
        let hidden = self.dense(pooled, HIDDEN_WEIGHT, HIDDEN_BIAS)?.relu()?;
        let head = |name: &str| {
            let [weight, bias] = head_names(name);
            self.dense(&hidden, &weight, &bias)
        };
        let numbers = NUMBERS.iter().map(|name| head(name));
        let numbers = Tensor::cat(&numbers.collect::<Result<Vec<_>>>()?, 1)?;
        let names = self.variables.keys().filter_map(|name| {
            let name = name.strip_prefix("heads.")?.strip_suffix(".bias")?;
            (!NUMBERS.contains(&name)).then_some(name)
        });
        let choices = names.map(|name| Ok((name.to_owned(), head(name)?)));
        Ok(Outputs {
            numbers,
            choices: choices.collect::<Result<_>>()?,
        })
    }

    fn dense(&self, input: &Tensor, weight: &str, bias: &str) -> Result<Tensor> {
        input
            .matmul(&self.variables[weight].t()?)?
            .broadcast_add(&self.variables[bias])
    }
}

/// Weighted cross-entropy of all heads, over the number of entries. Severity counts for failures only, a class where
/// it is known.
pub fn loss(outputs: &Outputs, labels: &Labels) -> Result<Tensor> {
    let entries = labels.weight.len();
    let device = outputs.numbers.device();
    let column = |values: &[f32]| Tensor::from_slice(values, entries, device);
    let (failure, weight) = (column(&labels.failure)?, column(&labels.weight)?);
    let number = |at: usize| outputs.numbers.narrow(1, at, 1)?.squeeze(1);
    let of_failure = (cross_entropy(&number(0)?, &failure)? * &weight)?;
    let severity = cross_entropy(&number(1)?, &column(&labels.severity)?)?;
    let of_severity = ((severity * (failure * weight)?)? * SEVERITY_SHARE)?;
    let mut sum = (of_failure + of_severity)?.sum_all()?;
    for (head, known) in &labels.choices {
        if let Some(logits) = outputs.choices.get(head)
            && known.iter().any(Option::is_some)
        {
            sum = (sum + (choice_loss(logits, known)? * CHOICE_SHARE)?)?;
        }
    }
    sum / entries as f64
}

/// Cross-entropy of a softmax, added up over the entries whose class is known.
fn choice_loss(logits: &Tensor, known: &[Option<u32>]) -> Result<Tensor> {
    let entries = known.len();
    let column = |values: Vec<f32>| Tensor::from_vec(values, entries, logits.device());
    let mask = column(
        known
            .iter()
            .map(|class| f32::from(u8::from(class.is_some())))
            .collect(),
    )?;
    let classes: Vec<u32> = known
        .iter()
        .map(|class| class.unwrap_or_default())
        .collect();
    let classes = Tensor::from_vec(classes, (entries, 1), logits.device())?;
    // The largest logit is taken off first: no exponential overflows.
    let shifted = logits.broadcast_sub(&logits.max_keepdim(1)?.detach())?;
    let log_sum = shifted.exp()?.sum(1)?.log()?;
    let chosen = shifted.gather(&classes, 1)?.squeeze(1)?;
    ((log_sum - chosen)? * mask)?.sum_all()
}

/// Cross-entropy of a logit with a target in 0..=1, in the form that does not overflow.
fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let log_term = ((logits.abs()?.neg()?.exp()? + 1.0)?).log()?;
    (logits.relu()? - (logits * targets)?)? + log_term
}

#[cfg(test)]
#[path = "mlp_tests.rs"]
mod tests;
