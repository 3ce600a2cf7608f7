//! Controllers for training runs, model versions and data retention.

fn main() {}
