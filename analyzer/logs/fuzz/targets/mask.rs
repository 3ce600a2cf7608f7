//! Any text through the masker and the templates.
#![no_main]

#[path = "../check.rs"]
#[allow(dead_code, reason = "the other target uses the rest")]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::message(&String::from_utf8_lossy(bytes)));
