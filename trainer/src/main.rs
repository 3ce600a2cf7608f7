//! Trains, evaluates and publishes model versions.

fn main() {}
