//! Trains, evaluates and publishes model versions.

pub mod adam;
mod admission;
pub mod bag;
pub mod bar;
pub mod bootstrap;
pub mod calibrate;
pub mod card;
pub mod checkpoint;
pub mod cli;
pub mod contributors;
pub mod course;
mod cross_fit;
pub mod dataset;
pub mod device;
pub mod doubt;
mod entries;
pub mod error;
pub mod evaluate;
pub mod examples;
mod facts;
pub mod fit;
pub mod folds;
pub mod heads;
pub mod items;
pub mod line;
pub mod loss_weights;
pub mod message;
pub mod metrics;
pub mod mlp;
pub mod model;
mod neighbours;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod poisoning_tests;
pub mod products;
pub mod progress;
pub mod publish;
pub mod record;
pub mod report;
pub mod rng;
pub mod run;
pub mod scorer;
pub mod sequence;
pub mod split;
pub mod state;
mod statements;
mod strength;
pub mod suspects;
#[cfg(test)]
mod testing;
pub mod times;
pub mod train;
pub mod trainer;
mod uploads;
mod validated;
pub mod voices;
pub mod weights;
mod who;
pub mod wide;
pub mod wide_deep;

pub use run::run;
