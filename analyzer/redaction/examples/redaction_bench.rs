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
    let part = &text[..cut];
    let works: [&dyn Fn() -> usize; 4] = [
        &|| redactor.redact(text).text.len(),
        &|| plain::matching(part, set),
        &|| plain::by_line(part, set, rules).len(),
        &|| plain::one_by_one(part, rules).len(),
    ];
    // In turns, so that what else the machine does meets all alike.
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for (best, work) in best.iter_mut().zip(works) {
            *best = timed(work).min(*best);
        }
    }
    let [ours, matching, by_line, one_by_one] = best;
    let ours = speed(text.len(), ours);
    let redacted = redactor.redact(part);
    let plain = plain::by_line(part, set, rules);
    println!(
        "{name} ({} MiB; in the first {} MiB {} values, in {} lines, the plain set changes {})",
        text.len() >> 20,
        cut >> 20,
        redacted.counts.total(),
        changed(text, &redacted.text),
        changed(text, &plain)
    );
    println!("  redaction                              {ours:8.1} MB/s");
    for (name, took) in [
        ("plain set of regexes by line         ", by_line),
        ("the set alone, nothing replaced      ", matching),
        ("plain regexes one by one, whole text ", one_by_one),
    ] {
        let plain = speed(cut, took);
        println!("  {name} {plain:8.1} MB/s  ratio {:.1}", ours / plain);
    }
}

/// How many lines another text has other than `text`, as far as it goes.
fn changed(text: &str, other: &str) -> usize {
    let lines = text.lines().zip(other.lines());
    lines.filter(|(old, new)| old != new).count()
}

/// In MB (10^6 bytes) a second.
fn speed(bytes: usize, took: Duration) -> f64 {
    bytes as f64 / took.as_secs_f64() / 1e6
}

fn timed(work: &dyn Fn() -> usize) -> Duration {
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
