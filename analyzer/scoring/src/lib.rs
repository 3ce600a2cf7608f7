//! Entry to score: rules, features, networks, model artifacts.

pub mod artifact;
pub mod features;
pub mod network;
pub mod rules;
pub mod sequence;
pub mod serving;
pub mod suspects;
pub mod why;

pub use artifact::{ArtifactError, Manifest, Model};
pub use network::{Network, Scores};
pub use sequence::SequenceModel;
pub use serving::{ServingDocument, VersionRef};
