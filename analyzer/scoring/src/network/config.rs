//! What the weights of a network mean: kept in the metadata of `model.safetensors`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MAX_DIM, MAX_HIDDEN, NetworkError};
use crate::features::{BUCKETS, FEATURE_VERSION, OLDEST_FEATURE_VERSION};

/// Classes of a head, at most.
pub const MAX_CLASSES: usize = 256;

/// What the weights mean.
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
    /// Outputs of one number, by name.
    pub heads: Vec<String>,
    /// Outputs that choose one of several, by name, with what they choose from.
    #[serde(default)]
    pub classes: BTreeMap<String, Vec<String>>,
    /// From the failure logit to a probability.
    pub calibration: Calibration,
}

/// `probability = sigmoid(scale × logit + offset)`, a failure from `threshold` on; fitted on entries not trained on.
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

impl NetworkConfig {
    /// Refuses what this program cannot serve.
    pub(super) fn check(&self) -> Result<(), NetworkError> {
        let problem = |text: String| Err(NetworkError::Config(text));
        if !(OLDEST_FEATURE_VERSION..=FEATURE_VERSION).contains(&self.feature_version) {
            return Err(NetworkError::FeatureVersion {
                found: self.feature_version,
            });
        }
        if self.model != "line" {
            return problem(format!("model {:?}, expected \"line\"", self.model));
        }
        if self.buckets != BUCKETS {
            return problem(format!("{} buckets, expected {BUCKETS}", self.buckets));
        }
        if self.dim == 0 || self.dim > MAX_DIM || self.hidden == 0 || self.hidden > MAX_HIDDEN {
            return problem(format!(
                "{} × {} is outside 1–{MAX_DIM} × 1–{MAX_HIDDEN}",
                self.dim, self.hidden
            ));
        }
        if !self.calibration.is_sane() {
            return problem(format!(
                "calibration {:?} is out of range",
                self.calibration
            ));
        }
        let odd = |classes: &&Vec<String>| classes.len() < 2 || classes.len() > MAX_CLASSES;
        match self.classes.values().find(odd) {
            Some(classes) => problem(format!(
                "a head of {} classes, expected 2–{MAX_CLASSES}",
                classes.len()
            )),
            None => Ok(()),
        }
    }
}
