//! Measures redaction on one core: MB/s, beside the same rules as plain regular expressions.
//!
//! `redaction_bench [MIB] [FILE…]`: generated logs of that many MiB each, ordinary and full of secrets; of files it says
//! how fast they go and what was replaced, with samples.

use std::time::{Duration, Instant};

use logloop_redaction::{Config, Key, Redactor};
use regex::{Regex, RegexSet};

#[path = "redaction_bench/log.rs"]
mod log;
#[path = "redaction_bench/plain.rs"]
mod plain;

/// Each measurement is the best of this many.
const ROUNDS: usize = 5;
/// The plain rules go over at most this many bytes: they are slow.
const PLAIN_BYTES: usize = 4 << 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mebibytes: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(32);
    let key = Key::new(&[7; 32]).expect("long enough");
    let redactor = Redactor::new(Config::default(), key).expect("no patterns");
    let (set, rules) = plain::rules();
    for (name, every) in [
        ("ordinary log, a secret every 2,000 lines", 2000),
        ("no secret at all", usize::MAX),
        ("a secret every 4 lines", 4),
    ] {
        compare(
            name,
            &log::generate(mebibytes << 20, every),
            &redactor,
            &set,
            &rules,
        );
    }
    for path in arguments {
        match std::fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                compare(&path, &text, &redactor, &set, &rules);
                samples(&text, &redactor);
            }
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}

fn compare(name: &str, text: &str, redactor: &Redactor, set: &RegexSet, rules: &[Regex]) {
    let cut = text[..PLAIN_BYTES.min(text.len())]
        .rfind('\n')
        .map_or(text.len(), |n| n + 1);
    let ours = speed(text.len(), ROUNDS, || redactor.redact(text).text.len());
    let by_line = speed(cut, 2, || plain::by_line(&text[..cut], set, rules).len());
    let one_by_one = speed(cut, 2, || plain::one_by_one(&text[..cut], rules).len());
    let counts = redactor.redact(text).counts;
    println!(
        "{name} ({} MiB, {} values)",
        text.len() >> 20,
        counts.total()
    );
    println!("  redaction                     {ours:8.1} MB/s");
    println!(
        "  plain set of regexes by line  {by_line:8.1} MB/s  ratio {:.1}",
        ours / by_line
    );
    println!(
        "  plain regexes one by one      {one_by_one:8.1} MB/s  ratio {:.1}",
        ours / one_by_one
    );
}

/// The best of `rounds`, in MB (10^6 bytes) a second.
fn speed(bytes: usize, rounds: usize, work: impl Fn() -> usize) -> f64 {
    let best = (0..rounds).map(|_| timed(&work)).min().unwrap_or_default();
    bytes as f64 / best.as_secs_f64() / 1e6
}

fn timed(work: impl Fn() -> usize) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}

/// Prints what was replaced in a file, by kind, and the first lines that changed.
fn samples(text: &str, redactor: &Redactor) {
    /// So many changed lines are shown, each cut to so many characters.
    const SAMPLES: usize = 8;
    const SAMPLE_CHARS: usize = 240;
    let redacted = redactor.redact(text);
    for (kind, count) in redacted.counts.iter() {
        println!("  {} {count}", kind.name());
    }
    let changed = text.lines().zip(redacted.text.lines());
    for (_, new) in changed.filter(|(old, new)| old != new).take(SAMPLES) {
        println!("    {}", new.chars().take(SAMPLE_CHARS).collect::<String>());
    }
}
