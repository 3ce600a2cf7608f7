//! `kubectl logloop`: what runs, why it waits, what clears it and until when; and what a pod's log says.
//!
//! Reads and creates objects with the rights of whoever calls it. It reads no Secret, and of what exists it changes nothing but
//! the serving document (`promote`).

mod analyze;
pub mod cli;
mod explain;
mod follow;
mod hints;
mod logs;
mod objects;
mod promote;
mod report;
mod retrain;
mod status;
mod table;

use cli::{Cli, Command};
use kube::Client;
use std::io::Write;

/// Where output goes.
pub type Out<'a> = &'a mut (dyn Write + Send);

/// Runs one command in a namespace; whether what it was to see to went well.
pub async fn run(client: Client, namespace: &str, cli: Cli, out: Out<'_>) -> anyhow::Result<bool> {
    match cli.command {
        Command::Status(options) => status::run(&client, namespace, &options, out).await,
        Command::Explain(options) => explain::run(&client, namespace, &options, out).await,
        Command::Retrain(options) => retrain::run(&client, namespace, &options, out).await,
        Command::Promote(options) => promote::run(&client, namespace, &options, out).await,
        Command::Logs(options) if options.follow => {
            follow::run(&client, namespace, &options, out).await
        }
        Command::Logs(options) => logs::run(&client, namespace, &options, out).await,
        Command::Analyze(options) => {
            analyze::run(&client, namespace, cli.context.as_deref(), &options, out).await
        }
        Command::Report(options) => report::run(&client, namespace, &options, out).await,
    }
}
