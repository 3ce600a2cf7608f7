//! The `line` network as it serves; plain loops, no framework.
//!
//! Wide and deep (Cheng et al., 2016): each feature has a number that goes straight to the failure logit, and a row of
//! the embedding bag that goes through one hidden layer to all heads.

use std::collections::BTreeMap;

mod config;
mod pool;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::features::{Blocks, FEATURE_VERSION, OLDEST_FEATURE_VERSION};
pub use config::{Calibration, MAX_CLASSES, NetworkConfig};
pub use pool::{pool, pool_block, pool_scale, pool_wide};

/// Key of the network's configuration in the metadata of `model.safetensors`; the only key, so that the bytes are
/// the same each time.
pub const CONFIG_KEY: &str = "logloop";
/// Widest embedding that is served.
pub const MAX_DIM: usize = 64;
/// Widest hidden layer that is served.
pub const MAX_HIDDEN: usize = 128;

/// Name of the embedding table, `[buckets, dim]`.
pub const BAG: &str = "bag.weight";
/// Name of the hidden layer's weights, `[hidden, dim]`.
pub const HIDDEN_WEIGHT: &str = "hidden.weight";
/// Name of the hidden layer's bias, `[hidden]`.
pub const HIDDEN_BIAS: &str = "hidden.bias";

/// Name of the wide part's weights, `[buckets]`: a number a feature, straight to the failure logit.
pub const WIDE: &str = "wide.weight";
/// Name of the wide part's bias, `[1]`.
pub const WIDE_BIAS: &str = "wide.bias";

/// Name of the weights of what was logged before an entry, `[buckets]`: straight to the failure logit; not in every network.
pub const BEFORE: &str = "before.weight";

/// Names of a head's weights `[outputs, hidden]` and bias `[outputs]`.
pub fn head_names(head: &str) -> [String; 2] {
    [format!("heads.{head}.weight"), format!("heads.{head}.bias")]
}

/// What the network says of one entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Probability that it is a failure, calibrated.
    pub failure: f32,
    /// 0 (harmless) to 1 (fatal); 0 for what is no failure.
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
        "was trained with feature version {found}, this program reads versions {OLDEST_FEATURE_VERSION} to {FEATURE_VERSION}"
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
    wide: Vec<f32>,
    wide_bias: Vec<f32>,
    before: Option<Vec<f32>>,
    hidden: Dense,
    failure: Dense,
    /// Whether the deep part has a say in what is a failure.
    deep_counts: bool,
    severity: Dense,
    classifiers: BTreeMap<String, Dense>,
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
        config.check()?;
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| NetworkError::Format(error.to_string()))?;
        let (dim, hidden) = (config.dim, config.hidden);
        let head = |name: &str, outputs: usize| -> Result<Dense, NetworkError> {
            let [weight, bias] = head_names(name);
            Ok(Dense {
                weight: read(&tensors, &weight, &[outputs, hidden])?,
                bias: read(&tensors, &bias, &[outputs])?,
            })
        };
        let classifiers = config.classes.iter();
        let classifiers =
            classifiers.map(|(name, classes)| Ok((name.clone(), head(name, classes.len())?)));
        let failure = head("failure", 1)?;
        Ok(Self {
            bag: read(&tensors, BAG, &[config.buckets as usize, dim])?,
            wide: read(&tensors, WIDE, &[config.buckets as usize])?,
            wide_bias: read(&tensors, WIDE_BIAS, &[1])?,
            before: tensors
                .names()
                .contains(&BEFORE)
                .then(|| read(&tensors, BEFORE, &[config.buckets as usize]))
                .transpose()?,
            hidden: Dense {
                weight: read(&tensors, HIDDEN_WEIGHT, &[hidden, dim])?,
                bias: read(&tensors, HIDDEN_BIAS, &[hidden])?,
            },
            deep_counts: failure.weight.iter().any(|weight| *weight != 0.0),
            failure,
            severity: head("severity", 1)?,
            classifiers: classifiers.collect::<Result<_, NetworkError>>()?,
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
            (WIDE.to_owned(), (vec![self.wide.len()], &self.wide[..])),
            (WIDE_BIAS.to_owned(), (vec![1], &self.wide_bias[..])),
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
        if let Some(before) = &self.before {
            tensors.insert(BEFORE.to_owned(), (vec![before.len()], before));
        }
        let numbers = [("failure", &self.failure), ("severity", &self.severity)];
        let classifiers = self
            .classifiers
            .iter()
            .map(|(name, dense)| (name.as_str(), dense));
        for (head, dense) in numbers.into_iter().chain(classifiers) {
            let [weight, bias] = head_names(head);
            let outputs = dense.bias.len();
            tensors.insert(weight, (vec![outputs, hidden], &dense.weight));
            tensors.insert(bias, (vec![outputs], &dense.bias));
        }
        tensors
    }

    /// Scores the features of one entry (see [`crate::features::Features`]); what is no failure has no severity.
    pub fn score(&self, features: Blocks<'_>) -> Scores {
        if !self.deep_counts {
            let logit = self.wide(features) + self.failure.bias[0];
            let failure = self.probability(logit + self.before(features.before));
            if failure < self.config.calibration.threshold {
                return Scores {
                    failure,
                    severity: 0.0,
                };
            }
        }
        self.scores(self.logits(features), self.before(features.before))
    }

    /// The scores of an entry with these [`Network::logits`] of its own, after an entry with this [`Network::before`].
    pub fn scores(&self, [failure, severity]: [f32; 2], before: f32) -> Scores {
        let mut scores = Scores {
            failure: self.probability(failure + before),
            severity: sigmoid(severity),
        };
        if !self.is_failure(scores) {
            scores.severity = 0.0;
        }
        scores
    }

    /// Whether what was logged before an entry has a say.
    pub fn heeds_neighbours(&self) -> bool {
        self.before.is_some()
    }

    /// What the entry before adds to the failure logit, by its [`crate::features::before_buckets`].
    pub fn before(&self, buckets: &[u32]) -> f32 {
        let weights = self.before.as_ref().filter(|_| !buckets.is_empty());
        weights.map_or(0.0, |weights| pool_block(weights, buckets))
    }

    /// How severe an entry would be, if it is a failure.
    pub fn severity(&self, features: Blocks<'_>) -> f32 {
        sigmoid(self.logits(features)[1])
    }

    /// The calibrated probability that a failure logit stands for.
    pub fn probability(&self, logit: f32) -> f32 {
        let calibration = self.config.calibration;
        sigmoid(calibration.scale * logit + calibration.offset)
    }

    /// Whether these scores make an entry a failure.
    pub fn is_failure(&self, scores: Scores) -> bool {
        scores.failure >= self.config.calibration.threshold
    }

    /// Failure and severity of an entry by itself, before calibration and squashing.
    pub fn logits(&self, features: Blocks<'_>) -> [f32; 2] {
        let mut hidden = [0.0f32; MAX_HIDDEN];
        let hidden = self.hidden(features, &mut hidden);
        [
            self.wide(features) + self.failure.output(0, hidden),
            self.severity.output(0, hidden),
        ]
    }

    /// What a head of several classes chooses, and how sure it is (0 to 1); none if there is no such head.
    pub fn classify(&self, head: &str, features: Blocks<'_>) -> Option<(&str, f32)> {
        let (dense, classes) = (self.classifiers.get(head)?, self.config.classes.get(head)?);
        let mut hidden = [0.0f32; MAX_HIDDEN];
        let hidden = self.hidden(features, &mut hidden);
        let logits: Vec<f32> = (0..classes.len())
            .map(|row| dense.output(row, hidden))
            .collect();
        let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]))?;
        let sum: f32 = logits
            .iter()
            .map(|logit| (logit - logits[best]).exp())
            .sum();
        Some((&classes[best], 1.0 / sum))
    }

    /// The wide part's logit.
    fn wide(&self, features: Blocks<'_>) -> f32 {
        pool_wide(&self.wide, features) + self.wide_bias[0]
    }

    /// Activations of the hidden layer.
    fn hidden<'h>(&self, features: Blocks<'_>, hidden: &'h mut [f32; MAX_HIDDEN]) -> &'h [f32] {
        let mut pooled = [0.0f32; MAX_DIM];
        let pooled = &mut pooled[..self.config.dim];
        pool(&self.bag, features, pooled);
        let hidden = &mut hidden[..self.config.hidden];
        for (row, output) in hidden.iter_mut().enumerate() {
            *output = self.hidden.output(row, pooled).max(0.0);
        }
        hidden
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
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
pub(crate) mod tests;
