//! How many threads a product of matrices takes.
//!
//! candle asks at each product, and where the environment does not say, it reads `/proc/cpuinfo`: on two processors that is a third
//! of a training, on a large node far more. Products of a line model are not worth a second thread; its folds, and the rows of
//! its features, are what `--threads` shares out.

use std::env;
use std::path::Path;
use std::process::Command;

/// Where candle looks for the number of threads of a product.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// Starts this program anew, in the same process, with one thread a product in its environment. Returns where that is settled
/// already, and where it cannot be: then products are only slower.
pub fn settle() {
    if env::var_os(VARIABLE).is_some() {
        return;
    }
    let Some(program) = env::current_exe().ok().filter(|path| is_this(path)) else {
        return;
    };
    let mut again = Command::new(program);
    again.env(VARIABLE, "1");
    replace(again);
}

/// Whether this is the program's own file: started by way of a dynamic loader or an emulator, a process is that one's.
fn is_this(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem == Some(env!("CARGO_PKG_NAME"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_file_is_started_anew() {
        for (path, expect) in [
            ("/usr/local/bin/logloop-trainer", true),
            ("/lib64/ld-linux-x86-64.so.2", false),
            ("/usr/local/bin/logloop-trainer (deleted)", false),
            ("/", false),
        ] {
            assert_eq!(is_this(Path::new(path)), expect, "{path}");
        }
    }
}
