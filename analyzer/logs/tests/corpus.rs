//! Every file of the fuzzers' corpus, and every input that once failed, through the checks that the fuzzers make.

#[path = "../fuzz/check.rs"]
mod check;

use std::fs;
use std::path::Path;

/// Runs `check` on each file for `target`; how many there were.
fn run(target: &str, check: fn(&[u8])) -> usize {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut files = 0;
    for kind in ["corpus", "regressions"] {
        let Ok(folder) = fs::read_dir(fuzz.join(kind).join(target)) else {
            continue;
        };
        for file in folder {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            println!("{}", path.display());
            check(&bytes);
            files += 1;
        }
    }
    files
}

#[test]
fn the_parser_keeps_its_promises() {
    assert!(run("parse", check::log) > 0);
}

#[test]
fn the_masker_keeps_its_promises() {
    let message = |bytes: &[u8]| check::message(&String::from_utf8_lossy(bytes));
    assert!(run("mask", message) > 0);
}
