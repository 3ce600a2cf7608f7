//! How a run trains.

use crate::placement::{Placement, PodTemplate};
use k8s_openapi::api::core::v1::ResourceRequirements;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Job that trains, and the one that evaluates.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.models) || has(self.base) || self.models.exists(model, model == 'line')").message("sequence alone needs base, whose network goes on scoring entries: add line, or name a base"))]
pub struct Trainer {
    /// The models to train: `line` (one network that scores a log entry), `sequence` (what is normal for a transaction or window; without
    /// `line` it needs a base). Absent: every one that the data suffices for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8))]
    pub models: Option<Vec<ModelKind>>,
    /// Name of a published version to start from. Absent: from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
    )]
    pub base: Option<String>,
    /// How many times training goes through the data set. 1 to 1000. Default: 20.
    #[serde(default = "default_epochs")]
    #[schemars(range(min = 1, max = 1000))]
    pub epochs: i32,
    /// Examples in a step of training. 1 to 65536. Default: 256.
    #[serde(default = "default_batch_size")]
    #[schemars(range(min = 1, max = 65536))]
    pub batch_size: i32,
    /// How far a step goes. Above 0, at most 10. Default: 0.01.
    #[serde(default = "default_learning_rate")]
    #[x_kube(validation = Rule::new("self > 0.0 && self <= 10.0").message("learningRate must be above 0 and at most 10"))]
    pub learning_rate: f64,
    /// Seed of all that is random. The same data set, seed and number of threads give the same model. Default: 42.
    #[serde(default = "default_seed")]
    #[schemars(range(min = 0))]
    pub seed: i64,
    /// What the network runs on: `cpu`, `cuda` (an NVIDIA GPU; without one the training fails) or `auto` (the GPU if there is one). A GPU takes a limit of
    /// `nvidia.com/gpu` in `resources` and an `image` of the trainer that was built with CUDA. Default: cpu.
    #[serde(default)]
    pub device: Device,
    /// Resources of the container, such as a limit of `nvidia.com/gpu`. A CPU limit also sets the number of threads. Default: requests of 250m CPU and
    /// 256Mi memory, a limit of 2Gi memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
    /// Where the pods run.
    #[serde(flatten)]
    pub placement: Placement,
    /// What is put into the pods besides what the Job needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_template: Option<PodTemplate>,
    /// Image of the trainer. Absent: the one that the operator was installed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,
}

/// A model that can be trained.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum ModelKind {
    /// One network that scores a log entry.
    Line,
    /// What is normal for a transaction or window.
    Sequence,
}

impl ModelKind {
    /// As the trainer's command line has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Sequence => "sequence",
        }
    }
}

/// What a network runs on.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// The GPU if there is one, else the processor.
    Auto,
}

impl Device {
    /// As the trainer's command line has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Auto => "auto",
        }
    }
}

fn default_epochs() -> i32 {
    20
}

fn default_batch_size() -> i32 {
    256
}

fn default_learning_rate() -> f64 {
    0.01
}

fn default_seed() -> i64 {
    42
}

impl Default for Trainer {
    fn default() -> Self {
        Self {
            models: None,
            base: None,
            epochs: default_epochs(),
            batch_size: default_batch_size(),
            learning_rate: default_learning_rate(),
            seed: default_seed(),
            device: Device::Cpu,
            resources: None,
            placement: Placement::default(),
            pod_template: None,
            image: None,
        }
    }
}
