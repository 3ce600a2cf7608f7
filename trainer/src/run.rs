//! From the command line to an exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use serde_json::Value;

use crate::cli::{Cli, Command, ModelKind, TrainArgs};
use crate::error::TrainerError;
use crate::evaluate::{EvaluateOptions, evaluate};
use crate::fit::Hyperparameters;
use crate::train::{TrainOptions, train};
use crate::{device, message, report};

/// Ended as asked.
const EXIT_OK: u8 = 0;
/// Failed; trying again may help.
const EXIT_FAILED: u8 = 1;
/// Bad usage; trying again does not help.
const EXIT_USAGE: u8 = 2;

/// Runs the program with these arguments, the first being its name; gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    let termination_log = cli.command.common().termination_log.clone();
    let (value, code) = match execute(&cli.command) {
        Ok(value) => (value, EXIT_OK),
        Err(error) => {
            eprintln!("error: {error}");
            (message::of_error(cli.command.step(), &error), EXIT_FAILED)
        }
    };
    if let Some(path) = termination_log {
        message::write(&path, value);
    }
    code
}

/// Help and version are fine; anything else is told where a Job's result is looked for, too.
fn usage(error: &clap::Error, arguments: &[OsString]) -> u8 {
    // Nobody is left to tell when the terminal is gone.
    let _ = error.print();
    if !error.use_stderr() {
        return EXIT_OK;
    }
    let step = if arguments.get(1).is_some_and(|step| step == "evaluate") {
        "evaluate"
    } else {
        "train"
    };
    let path = arguments
        .iter()
        .position(|argument| argument == "--termination-log")
        .and_then(|at| arguments.get(at + 1));
    if let Some(path) = path {
        let text = error.render().to_string();
        message::write(
            &PathBuf::from(path),
            message::of_error(step, &TrainerError::new("usage", text.trim())),
        );
    }
    EXIT_USAGE
}

fn execute(command: &Command) -> Result<Value, TrainerError> {
    let common = command.common();
    let threads = common
        .threads
        .map_or_else(cpu_limit, |threads| threads as usize);
    // The pool that candle finds when called inside of it; by itself it takes one thread a core of the node.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| {
            TrainerError::new(
                "threads",
                format!("cannot start {threads} threads ({error}); use --threads 1"),
            )
        })?;
    pool.install(|| match command {
        Command::Train(args) => {
            let result = train(&train_options(args, threads)?)?;
            report::trained(&result, &common.data);
            serde_json::to_value(result).map_err(not_json)
        }
        Command::Evaluate(args) => {
            let result = evaluate(&EvaluateOptions {
                data: common.data.clone(),
                dataset: common.dataset.clone(),
                version: args.version.clone(),
                against: args.against.clone(),
            })?;
            report::evaluated(&result);
            serde_json::to_value(result).map_err(not_json)
        }
    })
}

fn train_options(args: &TrainArgs, threads: usize) -> Result<TrainOptions, TrainerError> {
    let trains = |model| args.models.is_empty() || args.models.contains(&model);
    Ok(TrainOptions {
        data: args.common.data.clone(),
        dataset: args.common.dataset.clone(),
        version: args.version.clone(),
        base: args.base.clone(),
        line: trains(ModelKind::Line),
        sequence: trains(ModelKind::Sequence),
        hyper: Hyperparameters {
            epochs: args.epochs as usize,
            batch_size: args.batch_size as usize,
            learning_rate: args.learning_rate,
            seed: args.seed,
        },
        threads,
        device: device::choose(args.device)?,
        checkpoint_every: Duration::from_secs(args.checkpoint_seconds),
        compare_splits: args.compare_splits,
    })
}

/// Threads that the container may use: the standard library reads the affinity and the quota of control groups,
/// version 1 and 2.
fn cpu_limit() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn not_json(error: serde_json::Error) -> TrainerError {
    TrainerError::new(
        "training_failed",
        format!("the result cannot be told: {error}"),
    )
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
