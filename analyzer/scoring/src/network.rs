//! The `line` network as it serves: embedding bag, one hidden layer, one output a head; plain loops, no framework.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::features::{BUCKETS, FEATURE_VERSION};

/// Key of the network's configuration in the metadata of `model.safetensors`; the only key, so that the bytes are
/// the same each time.
pub const CONFIG_KEY: &str = "logloop";
/// Widest embedding that is served.
pub const MAX_DIM: usize = 64;
/// Widest hidden layer that is served.
pub const MAX_HIDDEN: usize = 128;
/// Features of an entry that count in the pooling, at least one: an empty entry pools to zero.
const MIN_POOLED: f32 = 1.0;

/// Name of the embedding table, `[buckets, dim]`.
pub const BAG: &str = "bag.weight";
/// Name of the hidden layer's weights, `[hidden, dim]`.
pub const HIDDEN_WEIGHT: &str = "hidden.weight";
/// Name of the hidden layer's bias, `[hidden]`.
pub const HIDDEN_BIAS: &str = "hidden.bias";

/// Names of a head's weights `[1, hidden]` and bias `[1]`.
pub fn head_names(head: &str) -> [String; 2] {
    [format!("heads.{head}.weight"), format!("heads.{head}.bias")]
}

/// What the weights mean; kept in the metadata of `model.safetensors`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkConfig {
    /// Always `line`.
    pub model: String,
    /// Feature version that it was trained with.
    pub feature_version: u32,
    /// Rows of the embedding table.
    pub buckets: u32,
    /// Width of a row.
    pub dim: usize,
    /// Width of the hidden layer.
    pub hidden: usize,
    /// Outputs, by name.
    pub heads: Vec<String>,
    /// From the failure logit to a probability.
    pub calibration: Calibration,
}

/// `probability = sigmoid(scale × logit + offset)`, a failure from `threshold` on; fitted on the validation part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// One over the temperature.
    pub scale: f32,
    /// Undoes the balancing of the classes.
    pub offset: f32,
    /// Probability from which an entry counts as a failure.
    pub threshold: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            scale: 1.0,
            offset: 0.0,
            threshold: 0.5,
        }
    }
}

impl Calibration {
    fn is_sane(self) -> bool {
        self.scale.is_finite()
            && self.scale > 0.0
            && self.offset.is_finite()
            && (0.0..=1.0).contains(&self.threshold)
    }
}

/// What the network says of one entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Probability that it is a failure, calibrated.
    pub failure: f32,
    /// 0 (harmless) to 1 (fatal); means something for failures only.
    pub severity: f32,
}

/// Why bytes are not a network that this program can serve.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum NetworkError {
    /// Not safetensors.
    #[error("is not a safetensors file ({0})")]
    Format(String),
    /// The metadata is missing or odd.
    #[error("has no usable configuration in its metadata ({0})")]
    Config(String),
    /// Trained for another feature function.
    #[error(
        "was trained with feature version {found}, this program reads version {FEATURE_VERSION}"
    )]
    FeatureVersion {
        /// The version in the file.
        found: u32,
    },
    /// A tensor is missing, or has another shape or type.
    #[error("tensor {name:?} {problem}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// One dense layer, row after row.
#[derive(Clone, Debug, PartialEq)]
struct Dense {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    fn output(&self, row: usize, input: &[f32]) -> f32 {
        let weights = &self.weight[row * input.len()..(row + 1) * input.len()];
        weights
            .iter()
            .zip(input)
            .map(|(weight, x)| weight * x)
            .sum::<f32>()
            + self.bias[row]
    }
}

/// A network ready to score.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    config: NetworkConfig,
    bag: Vec<f32>,
    hidden: Dense,
    failure: Dense,
    severity: Dense,
}

impl Network {
    /// Reads the bytes of `model.safetensors`, checking everything that scoring relies on.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, NetworkError> {
        let (_, metadata) =
            SafeTensors::read_metadata(bytes).map_err(|e| NetworkError::Format(e.to_string()))?;
        let config = metadata
            .metadata()
            .as_ref()
            .and_then(|map| map.get(CONFIG_KEY))
            .ok_or_else(|| NetworkError::Config(format!("no key {CONFIG_KEY:?}")))?;
        let config: NetworkConfig = serde_json::from_str(config)
            .map_err(|error| NetworkError::Config(error.to_string()))?;
        check(&config)?;
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| NetworkError::Format(error.to_string()))?;
        let (dim, hidden) = (config.dim, config.hidden);
        let head = |name: &str| -> Result<Dense, NetworkError> {
            let [weight, bias] = head_names(name);
            Ok(Dense {
                weight: read(&tensors, &weight, &[1, hidden])?,
                bias: read(&tensors, &bias, &[1])?,
            })
        };
        Ok(Self {
            bag: read(&tensors, BAG, &[config.buckets as usize, dim])?,
            hidden: Dense {
                weight: read(&tensors, HIDDEN_WEIGHT, &[hidden, dim])?,
                bias: read(&tensors, HIDDEN_BIAS, &[hidden])?,
            },
            failure: head("failure")?,
            severity: head("severity")?,
            config,
        })
    }

    /// What the weights mean.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// The weights by tensor name, with their shapes: what a further training starts from.
    pub fn tensors(&self) -> BTreeMap<String, (Vec<usize>, &[f32])> {
        let (dim, hidden) = (self.config.dim, self.config.hidden);
        let mut tensors = BTreeMap::from([
            (
                BAG.to_owned(),
                (vec![self.config.buckets as usize, dim], &self.bag[..]),
            ),
            (
                HIDDEN_WEIGHT.to_owned(),
                (vec![hidden, dim], &self.hidden.weight[..]),
            ),
            (
                HIDDEN_BIAS.to_owned(),
                (vec![hidden], &self.hidden.bias[..]),
            ),
        ]);
        for (head, dense) in [("failure", &self.failure), ("severity", &self.severity)] {
            let [weight, bias] = head_names(head);
            tensors.insert(weight, (vec![1, hidden], &dense.weight));
            tensors.insert(bias, (vec![1], &dense.bias));
        }
        tensors
    }

    /// Scores the features of one entry (see [`crate::features::hash`]).
    pub fn score(&self, features: &[u32]) -> Scores {
        let calibration = self.config.calibration;
        let [failure, severity] = self.logits(features);
        Scores {
            failure: sigmoid(calibration.scale * failure + calibration.offset),
            severity: sigmoid(severity),
        }
    }

    /// Whether these scores make an entry a failure.
    pub fn is_failure(&self, scores: Scores) -> bool {
        scores.failure >= self.config.calibration.threshold
    }

    /// Failure and severity before calibration and squashing.
    pub fn logits(&self, features: &[u32]) -> [f32; 2] {
        let (mut pooled, mut hidden) = ([0.0f32; MAX_DIM], [0.0f32; MAX_HIDDEN]);
        let (pooled, hidden) = (
            &mut pooled[..self.config.dim],
            &mut hidden[..self.config.hidden],
        );
        pool(&self.bag, features, pooled);
        for (row, output) in hidden.iter_mut().enumerate() {
            *output = self.hidden.output(row, pooled).max(0.0);
        }
        [
            self.failure.output(0, hidden),
            self.severity.output(0, hidden),
        ]
    }
}

/// Sum of the features' rows over the root of their number: one telling word in a long entry is not drowned.
/// Buckets beyond the table are a caller's error and panic.
pub fn pool(bag: &[f32], features: &[u32], pooled: &mut [f32]) {
    let dim = pooled.len();
    pooled.fill(0.0);
    for &feature in features {
        let row = &bag[feature as usize * dim..(feature as usize + 1) * dim];
        for (sum, value) in pooled.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let scale = pool_scale(features.len());
    for sum in pooled {
        *sum *= scale;
    }
}

/// What [`pool`] multiplies the sum of `features` rows by.
pub fn pool_scale(features: usize) -> f32 {
    1.0 / (features as f32).max(MIN_POOLED).sqrt()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn check(config: &NetworkConfig) -> Result<(), NetworkError> {
    let problem = |text: String| Err(NetworkError::Config(text));
    if config.feature_version != FEATURE_VERSION {
        return Err(NetworkError::FeatureVersion {
            found: config.feature_version,
        });
    }
    if config.model != "line" {
        return problem(format!("model {:?}, expected \"line\"", config.model));
    }
    if config.buckets != BUCKETS {
        return problem(format!("{} buckets, expected {BUCKETS}", config.buckets));
    }
    if config.dim == 0 || config.dim > MAX_DIM || config.hidden == 0 || config.hidden > MAX_HIDDEN {
        return problem(format!(
            "{} × {} is outside 1–{MAX_DIM} × 1–{MAX_HIDDEN}",
            config.dim, config.hidden
        ));
    }
    if !config.calibration.is_sane() {
        return problem(format!(
            "calibration {:?} is out of range",
            config.calibration
        ));
    }
    Ok(())
}

/// Reads one tensor of finite numbers.
fn read(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, NetworkError> {
    let error = |problem: String| NetworkError::Tensor {
        name: name.to_owned(),
        problem,
    };
    let view: TensorView<'_> = tensors
        .tensor(name)
        .map_err(|_| error("is missing".to_owned()))?;
    if view.dtype() != Dtype::F32 || view.shape() != shape {
        return Err(error(format!(
            "is {:?} {:?}, expected F32 {shape:?}",
            view.dtype(),
            view.shape()
        )));
    }
    let (chunks, _) = view.data().as_chunks::<4>();
    let values: Vec<f32> = chunks
        .iter()
        .map(|chunk| f32::from_le_bytes(*chunk))
        .collect();
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(error(format!(
            "holds {} at position {index}; weights must be finite",
            values[index]
        ))),
        None => Ok(values),
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
pub(crate) mod tests;
