//! Retention at size: what a prune of half of a store rewrites and frees, and what an export and a prune cost those who
//! append meanwhile. `tests/bench/retention.sh` runs it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use logloop_records::export::{ExportOptions, export_dataset};
use logloop_records::prune::{PruneOptions, prune};
use logloop_records::store::{Options, Store, meta, segments};
use logloop_records::{DataDir, Interaction, Kind};
use uuid::{NoContext, Timestamp, Uuid};

/// Bytes of the store that is pruned; `LOGLOOP_BENCH_BYTES` gives another number.
const STORE_BYTES: u64 = 10_000_000_000;

/// Of it, what the appends are measured beside.
const BESIDE_BYTES: u64 = 200_000_000;

/// Size from which on a segment is sealed, in bytes.
const SEGMENT_BYTES: u64 = 64 << 20;

/// Records that are appended together while the store is made.
const BATCH: usize = 1000;

/// Threads that append.
const WRITERS: usize = 8;

/// How long each side is measured at a time.
const TIME: Duration = Duration::from_secs(3);

/// How often: what is compared takes turns. The median of the ratios counts.
const TURNS: usize = 5;

fn record(number: u64) -> Interaction {
    // A second each, so that ages differ.
    let time = DateTime::from_timestamp(1_700_000_000 + number as i64, 0).unwrap();
    record_at(number, time)
}

fn record_at(number: u64, time: DateTime<Utc>) -> Interaction {
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

fn options() -> Options {
    Options {
        seal_bytes: SEGMENT_BYTES,
        ..Options::default()
    }
}

/// Makes a store of about so many bytes; returns how many records it has.
fn make(data: &DataDir, bytes: u64) -> u64 {
    let store = Store::open(data, Kind::Interactions, "bench", options()).unwrap();
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

/// Bytes that the files below a folder take on the disk.
fn on_disk(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| match fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => on_disk(&path),
        Ok(meta) => meta.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(of).sum()
}

fn half(dir: &Path, bytes: u64) {
    let data = DataDir::new(dir);
    let records = make(&data, bytes);
    let before = on_disk(dir);
    let cutoff = record(records / 2 + records / 1000).timestamp;
    let options = PruneOptions {
        cutoff: Some(cutoff),
        ..PruneOptions::default()
    };
    let began = Instant::now();
    let report = prune(&data, &options).unwrap();
    let took = began.elapsed().as_secs_f64();
    let freed = before.saturating_sub(on_disk(dir));
    let largest = segments(&data, Kind::Interactions)
        .unwrap()
        .iter()
        .map(|segment| segment.bytes)
        .max()
        .unwrap_or(1);
    println!(
        "prune of half of {:.2} GB: {} of {records} interactions in {took:.1} s, {} segments removed, {} rewritten",
        before as f64 / 1e9,
        report.interactions,
        report.segments,
        report.rewritten
    );
    println!(
        "  rewritten {:.1} MB = {:.2} segments (at most 2, aim 1)",
        report.rewritten_bytes as f64 / 1e6,
        report.rewritten_bytes as f64 / largest as f64
    );
    println!(
        "  freed {:.3} GB as told, {:.3} GB on the disk",
        report.freed_bytes as f64 / 1e9,
        freed as f64 / 1e9
    );
    assert!(
        report.rewritten_bytes <= 2 * largest,
        "more than two segments"
    );
}

/// Appends per second of all writers together.
fn appends(store: &Store, time: Duration) -> f64 {
    let (began, total) = (Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                let mut number = 0;
                while began.elapsed() < time {
                    store.append(&record_at(number, Utc::now())).unwrap();
                    number += 1;
                }
                total.fetch_add(number, Ordering::Relaxed);
            });
        }
    });
    total.into_inner() as f64 / began.elapsed().as_secs_f64()
}

/// Exports and prunes, one beside the other and over and over, until `stop`; a prune always has a segment to rewrite.
fn work(data: &DataDir, stop: &AtomicBool, done: &[AtomicU64; 2]) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let id = format!("d{}", Uuid::now_v7().simple());
                export_dataset(data.root(), &id, &ExportOptions::default()).unwrap();
                fs::remove_dir_all(data.datasets().join(id)).unwrap();
                done[0].fetch_add(1, Ordering::Relaxed);
            }
        });
        while !stop.load(Ordering::Relaxed) {
            let listed = segments(data, Kind::Interactions).unwrap();
            let oldest = listed.iter().filter(|segment| segment.sealed);
            let oldest = oldest.filter_map(|segment| meta(segment).ok()?.first).min();
            let options = PruneOptions {
                cutoff: oldest.map(|first| first + TimeDelta::seconds(100)),
                ..PruneOptions::default()
            };
            prune(data, &options).unwrap();
            done[1].fetch_add(1, Ordering::Relaxed);
        }
    });
}

fn beside(dir: &Path, bytes: u64) {
    let data = DataDir::new(dir);
    make(&data, bytes);
    let store = Store::open(&data, Kind::Interactions, "beside", options()).unwrap();
    appends(&store, TIME);
    let (mut ratios, mut alone, mut together) = (vec![], vec![], vec![]);
    let done = [AtomicU64::new(0), AtomicU64::new(0)];
    for turn in 0..TURNS {
        let with_work = || {
            let stop = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| work(&data, &stop, &done));
                let rate = appends(&store, TIME);
                stop.store(true, Ordering::Relaxed);
                rate
            })
        };
        // Whoever is first has no advantage of it.
        let (without, with) = if turn % 2 == 0 {
            let without = appends(&store, TIME);
            (without, with_work())
        } else {
            let with = with_work();
            (appends(&store, TIME), with)
        };
        ratios.push(with / without);
        alone.push(without);
        together.push(with);
    }
    println!(
        "appends of {WRITERS} threads: {:.0}/s alone, {:.0}/s beside an export and a prune: {:.2}x (at least 0.7, aim 0.9)",
        median(&mut alone),
        median(&mut together),
        median(&mut ratios)
    );
    println!(
        "  meanwhile {} exports and {} prunes",
        done[0].load(Ordering::Relaxed),
        done[1].load(Ordering::Relaxed)
    );
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    let place = std::env::var("LOGLOOP_BENCH_DIR").unwrap_or_else(|_| ".".to_owned());
    let given = std::env::var("LOGLOOP_BENCH_BYTES").ok();
    let bytes = given
        .and_then(|text| text.parse().ok())
        .unwrap_or(STORE_BYTES);
    for (name, run) in [("half", half as fn(&Path, u64)), ("beside", beside)] {
        let dir = Path::new(&place).join(format!("retention-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let bytes = if name == "half" {
            bytes
        } else {
            bytes.min(BESIDE_BYTES)
        };
        run(&dir, bytes);
        fs::remove_dir_all(&dir).unwrap();
    }
}
