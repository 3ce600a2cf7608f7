//! `logloop-trainer`: trains, evaluates and publishes model versions.

use std::process::ExitCode;

fn main() -> ExitCode {
    logloop_trainer::products::settle();
    ExitCode::from(logloop_trainer::run(std::env::args_os()))
}
