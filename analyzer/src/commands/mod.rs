//! The commands.

mod analyze;
mod data;
mod erase;
mod export;
mod follow;
mod fsck;
mod import;
mod next;
mod prune;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command};

/// Runs a command; the exit code says how it ended.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match cli.command {
        Command::Serve(options) => serve::serve(options).map(done),
        Command::Analyze(options) => analyze::analyze(&options),
        Command::Stats(options) => data::stats(&options).map(done),
        Command::Export(options) => export::export(&options).map(done),
        Command::Import(options) => import::import(&options),
        Command::Fsck(options) => fsck::fsck(&options),
        Command::Prune(options) => prune::prune(&options).map(done),
        Command::Erase(options) => erase::erase(&options),
        Command::Kept(options) => erase::kept(&options).map(done),
        Command::Next(options) => next::run(&options).map(done),
        Command::Promote(options) => data::promote(&options).map(done),
    }
}

/// How far a command that works through a whole data directory stands back: the lowest priority.
const NICENESS: i32 = 19;

/// Lets who serves on the same machine go first. Where that is not allowed the work is done all the same.
fn give_way() {
    let _ = rustix::process::nice(NICENESS);
}
