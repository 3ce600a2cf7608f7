//! Controllers for training runs, their schedules, model versions and data retention.
//!
//! Each reconcile is gather (reads) → plan (pure) → build (pure) → apply (writes) → status. Only gather and apply hold
//! a client; plan and build never await, and are tested as tables.

pub mod api;
pub mod cache;
pub mod claims;
pub mod clock;
pub mod context;
pub mod controllers;
pub mod crds;
pub mod data_retention;
pub mod error;
pub mod events;
pub mod heard;
pub mod http;
pub mod index;
pub mod jobs;
pub mod kept;
pub mod leader;
pub mod lean;
pub mod loop_document;
pub mod metrics;
pub mod model_version;
pub mod probe;
pub mod rollout;
pub mod run;
pub mod schedule;
pub mod settings;
pub mod skew;
#[cfg(test)]
mod testing;
pub mod training_run;
pub mod training_schedule;
mod wake;
pub mod watches;
pub mod written;

pub use run::run;
