//! How many threads a product of matrices takes.
//!
//! candle asks at each product, and where the environment does not say, it reads `/proc/cpuinfo`: on two processors that is a third
//! of a training, on a large node far more. Products of a line model are not worth a second thread; its folds, and the rows of
//! its features, are what `--threads` shares out.

use std::env;
use std::process::Command;

/// Where candle looks for the number of threads of a product.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// Starts this program anew, in the same process, with one thread a product in its environment. Returns where that is settled
/// already, and where it cannot be: then products are only slower.
pub fn settle() {
    if env::var_os(VARIABLE).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut again = Command::new(program);
    again.env(VARIABLE, "1");
    replace(again);
}

#[cfg(unix)]
fn replace(mut again: Command) {
    use std::os::unix::process::CommandExt;
    let mut arguments = env::args_os();
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // It only returns with an error.
    let _ = again.args(arguments).exec();
}

#[cfg(not(unix))]
fn replace(_: Command) {}
