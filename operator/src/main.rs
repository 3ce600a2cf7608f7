//! Controllers for training runs, model versions and data retention.

use clap::{Parser, Subcommand};
use logloop_operator::{crds, run::Ended, settings::Settings};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

/// How long the API server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be silent: longer than a watch, which the API server ends within five minutes.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(320);
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
    /// Run the controllers in one namespace.
    Run(Box<Settings>),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Crd { dir: Some(dir) } => crds::write(&dir)?,
        Command::Crd { dir: None } => crds::print()?,
        Command::Run(settings) => return start(*settings),
    }
    Ok(ExitCode::SUCCESS)
}

fn start(settings: Settings) -> anyhow::Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LOGLOOP_LOG")
        .unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .init();
    // It waits far more than it computes: several threads would only wake each other.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut config = kube::Config::infer().await?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        config.read_timeout = Some(SILENCE_TIMEOUT);
        let client = kube::Client::try_from(config)?;
        let (mut term, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let stop = async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(match logloop_operator::run(client, settings, stop).await? {
            Ended::Stopped => ExitCode::SUCCESS,
            // The kubelet starts it again, as a candidate that knows nothing.
            Ended::LeaseLost => ExitCode::FAILURE,
        })
    })
}
