//! The real programs.

use std::path::PathBuf;
use std::process::Command;

/// The program of a package: the one that the environment's `variable` names, else it is built as the tests are.
pub fn program(package: &str, variable: &str) -> PathBuf {
    if let Some(given) = std::env::var_os(variable) {
        return given.into();
    }
    let test = std::env::current_exe().expect("this program has a path");
    // target/<profile>/deps/<test>
    let profile = test.ancestors().nth(2).expect("it lies in a target folder");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--package", package]);
    build.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo runs").success());
    profile.join(package)
}
