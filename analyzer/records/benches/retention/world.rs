//! A store to measure on, who appends to it, and the commands that work beside them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};
use logloop_records::store::{Options, Store};
use logloop_records::{DataDir, Interaction, Kind};
use uuid::{NoContext, Timestamp, Uuid};

/// Size from which on a segment is sealed, in bytes.
pub(crate) const SEGMENT_BYTES: u64 = 64 << 20;

/// Records that are appended together while the store is made.
const BATCH: usize = 1000;

/// Threads that append.
pub(crate) const WRITERS: usize = 8;

pub(crate) fn record(number: u64) -> Interaction {
    // A second each, so that ages differ.
    let time = DateTime::from_timestamp(1_700_000_000 + number as i64, 0).unwrap();
    record_at(number, time)
}

pub(crate) fn record_at(number: u64, time: DateTime<Utc>) -> Interaction {
    let lines = |i: u64| {
        let word = ["pool", "lease", "volume", "socket"][(number + i) as usize % 4];
        format!(
            "2026-11-22 10:00:{:02} ERROR db: {word} {i} exhausted\n",
            i % 60
        )
    };
    let seconds = u64::try_from(time.timestamp()).unwrap_or(0);
    Interaction {
        timestamp: time,
        id: Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0)),
        log_content: (0..120).map(lines).collect(),
        model_version: "rules".to_owned(),
        ..Interaction::default()
    }
}

pub(crate) fn options(seal_bytes: u64) -> Options {
    Options {
        seal_bytes,
        ..Options::default()
    }
}

/// Makes a store of about so many bytes; returns how many records it has.
pub(crate) fn make(data: &DataDir, bytes: u64, seal_bytes: u64) -> u64 {
    let store = Store::open(data, Kind::Interactions, "bench", options(seal_bytes)).unwrap();
    let mut number = 0;
    while store.totals().sum.bytes < bytes {
        let batch: Vec<_> = (number..number + BATCH as u64).map(record).collect();
        number += BATCH as u64;
        store.append_all(&batch).unwrap();
    }
    store.seal();
    store.housekeep();
    number
}

/// Threads that append for as long as this runs, and how many records they have stored.
#[derive(Default)]
pub(crate) struct Appending {
    stop: AtomicBool,
    stored: AtomicU64,
}

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A moment, and how much was stored until then.
pub(crate) type Mark = (Instant, u64);

impl Appending {
    /// Calls `measure` while [`WRITERS`] threads append to the store.
    pub(crate) fn beside<T>(store: &Store, measure: impl FnOnce(&Self) -> T) -> T {
        let this = Self::default();
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    while !this.stop.load(Ordering::Relaxed) {
                        store.append(&record_at(0, Utc::now())).unwrap();
                        this.stored.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // They end also when `measure` panics: they would fill the disk.
            let _ending = Ending(&this.stop);
            measure(&this)
        })
    }

    pub(crate) fn mark(&self) -> Mark {
        (Instant::now(), self.stored.load(Ordering::Relaxed))
    }
}

/// Appends per second between two moments.
pub(crate) fn rate(from: Mark, to: Mark) -> f64 {
    (to.1 - from.1) as f64 / (to.0 - from.0).as_secs_f64()
}

/// The program that exports and prunes; `None`: none is named, and that is said.
pub(crate) fn analyzer() -> Option<String> {
    let named = std::env::var("LOGLOOP_ANALYZER").ok();
    if named.is_none() {
        println!("SKIPPED: LOGLOOP_ANALYZER names no program to export and prune with");
    }
    named
}

/// Starts a command on a data directory.
pub(crate) fn start(analyzer: &str, data: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(analyzer);
    command
        .arg(args[0])
        .arg("--data")
        .arg(data)
        .args(&args[1..]);
    command.stdout(Stdio::null()).env("LOGLOOP_LOG", "error");
    command.spawn().unwrap()
}

pub(crate) fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
