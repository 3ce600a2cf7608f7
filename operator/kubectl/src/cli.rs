//! What can be asked.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Looks after logloop's runs, schedules, models and retentions.
#[derive(Debug, Parser)]
#[command(name = "kubectl-logloop", bin_name = "kubectl logloop", version)]
pub struct Cli {
    /// Namespace [default: that of the context]
    #[arg(long, short, global = true)]
    pub namespace: Option<String>,
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, global = true)]
    pub context: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tables of runs, schedules, models and retentions
    Status(Status),
    /// Why something waits or how it ended, what clears it, and until when
    Explain(Explain),
    /// Create a TrainingRun
    Retrain(Retrain),
    /// Bring a published version into service, or an earlier one back
    Promote(Promote),
    /// The log of a run's Job
    Logs(Logs),
    /// Fetch a pod's log, the previous one too, and have the analyzer analyze it; nothing is kept of it
    Analyze(Analyze),
    /// Everything that helps to find out what is wrong, as one JSON document without secrets
    Report(Report),
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Go on, and print again whenever something changes
    #[arg(long, short)]
    pub watch: bool,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// `run/NAME`, `schedule/NAME`, `retention/NAME`, or a NAME that one of them has
    pub object: String,
    /// Go on, and print again whenever something changes, until a run has ended
    #[arg(long, short)]
    pub watch: bool,
}

/// Options of `retrain`.
#[derive(Debug, Args)]
pub struct Retrain {
    /// Its name [default: one that begins with `retrain-`]
    #[arg(long)]
    pub name: Option<String>,
    /// With the spec and the labels of this run [default: the defaults]
    #[arg(long, value_name = "RUN")]
    pub like: Option<String>,
    /// Train even if nothing has changed since
    #[arg(long)]
    pub even_unchanged: bool,
    /// Wait for its end, and fail unless it is Succeeded or Skipped
    #[arg(long)]
    pub wait: bool,
}

/// Options of `promote`.
#[derive(Debug, Args)]
pub struct Promote {
    /// Name of the ModelVersion
    pub version: String,
    /// Even one that its gate kept out, or that was taken out of service
    #[arg(long)]
    pub even_rejected: bool,
}

/// Options of `logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// Name of the run
    pub run: String,
    /// Which step: export, train or evaluate [default: the last one]
    #[arg(long)]
    pub step: Option<String>,
    /// Which attempt, from 1 [default: the last one]
    #[arg(long)]
    pub attempt: Option<i32>,
    /// Go on with what is written, and with the next Job, until the run (or the step or attempt that is named) has ended
    #[arg(long, short)]
    pub follow: bool,
}

/// Options of `analyze`.
#[derive(Debug, Args)]
pub struct Analyze {
    /// `pod/NAME` or NAME
    pub pod: String,
    /// Its container [default: the only one]
    #[arg(long, short)]
    pub container: Option<String>,
    /// Leave out the log of the container before it started again
    #[arg(long)]
    pub current_only: bool,
    /// Name of the analyzer's Deployment [default: the one in this namespace]
    #[arg(long)]
    pub analyzer: Option<String>,
}

/// Options of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// File to write [default: standard output]
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}
