//! Controllers for training runs, model versions and data retention.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Runs logloop's custom resources on Kubernetes.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the custom resource definitions, or write them as one file for each kind.
    Crd {
        /// Folder to write to; without it they are printed.
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Crd { dir: Some(dir) } => logloop_operator::crds::write(&dir),
        Command::Crd { dir: None } => logloop_operator::crds::print(),
    }
}
