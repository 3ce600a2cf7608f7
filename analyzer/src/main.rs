//! `logloop-analyzer`: parse, run, exit.

use std::io::IsTerminal;
use std::process::ExitCode;

use logloop_analyzer::{cli, commands, out};

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LOGLOOP_LOG")
                .unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        // Standard error can be gone, too.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    out::end(commands::run(cli))
}
