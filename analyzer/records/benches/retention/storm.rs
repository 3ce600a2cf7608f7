//! Appends beside a storm: exports one after the other and, beside them, prunes one after the other, each of which removes
//! several small segments and rewrites one.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use logloop_records::store::{Store, meta, segments};
use logloop_records::{DataDir, Kind};
use uuid::Uuid;

use crate::world::{
    Appending, SEGMENT_BYTES, WRITERS, analyzer, make, median, options, rate, start,
};

/// Most bytes of the store.
const BYTES: u64 = 2_000_000_000;

/// Records that a prune removes, about 60 MB.
const PRUNED_RECORDS: i64 = 9_000;

/// Size from which on a segment is sealed, so that a prune removes several.
const SMALL_SEGMENT_BYTES: u64 = 8 << 20;

/// How long each side is measured at a time.
const TIME: Duration = Duration::from_secs(3);

/// How often: what is compared takes turns. The median of the ratios counts.
const TURNS: usize = 5;

pub(crate) fn run(dir: &Path, bytes: u64) {
    let Some(analyzer) = analyzer() else { return };
    let data = DataDir::new(dir);
    make(&data, bytes.min(BYTES), SMALL_SEGMENT_BYTES);
    let store = Store::open(&data, Kind::Interactions, "beside", options(SEGMENT_BYTES)).unwrap();
    let done = [AtomicU64::new(0), AtomicU64::new(0)];
    let (mut ratios, mut alone, mut together) = (vec![], vec![], vec![]);
    Appending::beside(&store, |appending| {
        let counted = || {
            let from = appending.mark();
            std::thread::sleep(TIME);
            rate(from, appending.mark())
        };
        let with_work = || {
            let stop = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| work(&analyzer, &data, &stop, &done));
                let rate = counted();
                stop.store(true, Ordering::Relaxed);
                rate
            })
        };
        counted();
        for turn in 0..TURNS {
            // Whoever is first has no advantage of it.
            let (without, with) = if turn % 2 == 0 {
                let without = counted();
                (without, with_work())
            } else {
                let with = with_work();
                (counted(), with)
            };
            ratios.push(with / without);
            alone.push(without);
            together.push(with);
        }
    });
    println!(
        "appends of {WRITERS} threads: {:.0}/s alone, {:.0}/s beside a storm of exports and prunes: {:.2}x",
        median(&mut alone),
        median(&mut together),
        median(&mut ratios)
    );
    println!(
        "  in {} s {} exports were begun, and {} prunes ended",
        TURNS as u64 * TIME.as_secs(),
        done[0].load(Ordering::Relaxed),
        done[1].load(Ordering::Relaxed)
    );
}

/// Runs the commands over and over until `stop`: an export of all, which is killed then, and beside it prunes.
fn work(analyzer: &str, data: &DataDir, stop: &AtomicBool, done: &[AtomicU64; 2]) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let id = format!("d{}", Uuid::now_v7().simple());
                let mut export = start(analyzer, data.root(), &["export", "--dataset", &id]);
                while export.try_wait().unwrap().is_none() {
                    if stop.load(Ordering::Relaxed) {
                        export.kill().unwrap();
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                done[0].fetch_add(1, Ordering::Relaxed);
            }
        });
        while !stop.load(Ordering::Relaxed) {
            let listed = segments(data, Kind::Interactions).unwrap();
            let oldest = listed.iter().filter(|segment| segment.sealed);
            let oldest = oldest.filter_map(|segment| meta(segment).ok()?.first).min();
            let cutoff = oldest.unwrap_or_default() + TimeDelta::seconds(PRUNED_RECORDS);
            let args = ["prune", "--max-age", "1d", "--cutoff", &cutoff.to_rfc3339()];
            assert!(
                start(analyzer, data.root(), &args)
                    .wait()
                    .unwrap()
                    .success()
            );
            done[1].fetch_add(1, Ordering::Relaxed);
        }
    });
}
