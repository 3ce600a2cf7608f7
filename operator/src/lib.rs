//! Controllers for training runs, model versions and data retention.

pub mod crds;
