//! The custom resources of `logloop.dev/v1alpha1`: types, CEL rules, conditions and names.
//!
//! Pure data: nothing here talks to an API server, so whatever depends on this crate can be tested without one.
//! Doc comments on spec and status fields become the descriptions that `kubectl explain` shows.

#![forbid(unsafe_code)]
// The schema derive repeats each struct inside a function, where its `pub` reaches nowhere.
#![allow(unreachable_pub)]
// Each printer column of a kind repeats the keys of the one before it.
#![allow(clippy::duplicated_attributes)]

pub mod bytes;
pub mod conditions;
pub mod data_retention;
pub mod duration;
mod immutable;
pub mod labels;
pub mod model_version;
pub mod names;
pub mod placement;
pub mod serving;
pub mod training_run;
pub mod training_schedule;

pub use data_retention::{DataRetention, DataRetentionSpec, DataRetentionStatus};
pub use model_version::{ModelVersion, ModelVersionSpec, ModelVersionStatus};
pub use training_run::{TrainingRun, TrainingRunSpec, TrainingRunStatus};
pub use training_schedule::{TrainingSchedule, TrainingScheduleSpec, TrainingScheduleStatus};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// API group of every kind here.
pub const GROUP: &str = "logloop.dev";
/// Served and stored version of every kind here.
pub const VERSION: &str = "v1alpha1";

/// Every definition this crate has, in the order in which they are to be applied.
pub fn all() -> Vec<CustomResourceDefinition> {
    vec![
        immutable::but(TrainingRun::crd(), &["suspend"]),
        TrainingSchedule::crd(),
        ModelVersion::crd(),
        DataRetention::crd(),
    ]
}
