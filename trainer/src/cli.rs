//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use logloop_records::dataset::is_dataset_id;
use logloop_scoring::artifact::{RULES_VERSION, check_version};

use crate::checkpoint::CHECKPOINT_EVERY;
use crate::device::Asked;

/// Passes over the data, at most.
const MAX_EPOCHS: u64 = 1000;
/// Entries of a step, at most.
const MAX_BATCH_SIZE: u64 = 65_536;
/// Largest learning rate.
const MAX_LEARNING_RATE: f32 = 10.0;
/// Longest pause between two checkpoints.
const MAX_CHECKPOINT_SECONDS: u64 = 24 * 3600;
/// Most threads.
const MAX_THREADS: u64 = 1024;

/// Trains models on what the analyzer collected, and compares them.
#[derive(Debug, Parser)]
#[command(name = "logloop-trainer", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model and publish it as a version below DATA/models
    Train(TrainArgs),
    /// Compare a version with the one that serves, on held-out entries that people labelled
    Evaluate(EvaluateArgs),
}

impl Command {
    /// The step's name in messages.
    pub fn step(&self) -> &'static str {
        match self {
            Self::Train(_) => "train",
            Self::Evaluate(_) => "evaluate",
        }
    }

    /// Options that all commands have.
    pub fn common(&self) -> &Common {
        match self {
            Self::Train(args) => &args.common,
            Self::Evaluate(args) => &args.common,
        }
    }
}

/// Options that all commands have.
#[derive(Args, Debug)]
pub struct Common {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The data set [default: what is collected by now]
    #[arg(long, value_name = "ID", value_parser = dataset_id)]
    pub dataset: Option<String>,
    /// Threads [default: as many as the CPU limit allows]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_THREADS))]
    pub threads: Option<u64>,
    /// Where to write the result as JSON, for Kubernetes
    #[arg(long, value_name = "PATH")]
    pub termination_log: Option<PathBuf>,
}

/// Options of `train`.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Options that all commands have.
    #[command(flatten)]
    pub common: Common,
    /// Name of the version [default: of the time and the data set]
    #[arg(long, value_name = "NAME", value_parser = version)]
    pub version: Option<String>,
    /// A published version to go on from [default: start from nothing]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub base: Option<String>,
    /// Train every model that the data suffices for (the default)
    #[arg(long, conflicts_with = "models")]
    pub train_all: bool,
    /// Train only these models
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub models: Vec<ModelKind>,
    /// Passes over the data, at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=MAX_EPOCHS))]
    pub epochs: u64,
    /// Entries of a step, at most
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=MAX_BATCH_SIZE))]
    pub batch_size: u64,
    /// How far a step goes
    #[arg(long, value_name = "F", default_value_t = 0.01, value_parser = learning_rate)]
    pub learning_rate: f32,
    /// Seed of all that is random
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,
    /// What to train on
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: Asked,
    /// Seconds between two checkpoints at least, written after an epoch; a killed training of the same --version goes on
    /// from there
    #[arg(long, value_name = "N", default_value_t = CHECKPOINT_EVERY.as_secs(), value_parser = clap::value_parser!(u64).range(..=MAX_CHECKPOINT_SECONDS))]
    pub checkpoint_seconds: u64,
    /// Train on other splits too (by masked text, at random, by time), to show beside the honest figures how much they flatter
    /// [default: only where there are at most 5,000 distinct entries]
    #[arg(long, alias = "compare-random-split")]
    pub compare_splits: bool,
}

/// Options of `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Options that all commands have.
    #[command(flatten)]
    pub common: Common,
    /// The version on trial
    #[arg(long, value_name = "NAME", value_parser = version)]
    pub version: String,
    /// The version that serves, or `rules`
    #[arg(long, value_name = "VERSION", value_parser = version_or_rules)]
    pub against: String,
}

/// A model that can be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelKind {
    /// Scores one entry
    Line,
    /// Knows what is normal for a transaction or window; by itself it needs a base
    Sequence,
}

fn version(text: &str) -> Result<String, String> {
    check_version(text)
        .map(|()| text.to_owned())
        .map_err(|error| error.to_string())
}

fn version_or_rules(text: &str) -> Result<String, String> {
    if text == RULES_VERSION {
        Ok(text.to_owned())
    } else {
        version(text)
    }
}

fn dataset_id(text: &str) -> Result<String, String> {
    let fine = is_dataset_id(text) && !text.contains("..");
    if fine {
        Ok(text.to_owned())
    } else {
        Err("use at most 63 of a-z, 0-9, '-' and '.'".to_owned())
    }
}

fn learning_rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(rate) if rate > 0.0 && rate <= MAX_LEARNING_RATE => Ok(rate),
        _ => Err(format!("use a number above 0, at most {MAX_LEARNING_RATE}")),
    }
}
