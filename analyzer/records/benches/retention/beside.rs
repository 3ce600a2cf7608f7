//! Appends while one export of a whole store and one prune of half of it run, as Jobs do.
//!
//! Each round has a copy of the store. Eight threads append all the time; they are counted alone, then while both
//! commands run (from the start of both to the end of the first), then while at least one does, then alone again.
//! A round's ratio is to the mean of its two times alone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use logloop_records::store::Store;
use logloop_records::{DataDir, Kind};

use crate::world::{
    Appending, Mark, SEGMENT_BYTES, WRITERS, analyzer, make, median, options, rate, record, start,
};

/// Most bytes of the store.
const BYTES: u64 = 4_000_000_000;

/// Rounds; the median of their ratios counts.
const ROUNDS: usize = 5;

/// How long appends are counted alone, before and after.
const ALONE: Duration = Duration::from_secs(3);

/// Time until the first count.
const WARM_UP: Duration = Duration::from_secs(1);

pub(crate) fn run(dir: &Path, bytes: u64) {
    let Some(analyzer) = analyzer() else { return };
    let (master, copy) = (dir.join("master"), dir.join("copy"));
    let records = make(&DataDir::new(&master), bytes.min(BYTES), SEGMENT_BYTES);
    let cutoff = record(records / 2).timestamp.to_rfc3339();
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        copied(&master, &copy);
        rounds.push(round(&analyzer, &copy, &cutoff));
        fs::remove_dir_all(&copy).unwrap();
    }
    let of = |take: fn(&Round) -> f64| median(&mut rounds.iter().map(take).collect::<Vec<_>>());
    let range = |take: fn(&Round) -> f64| {
        let all = rounds.iter().map(take);
        (
            all.clone().fold(f64::MAX, f64::min),
            all.fold(0.0, f64::max),
        )
    };
    println!(
        "appends of {WRITERS} threads beside one export of all and one prune of half of {:.1} GB, {ROUNDS} rounds",
        bytes.min(BYTES) as f64 / 1e9
    );
    println!("  alone {:.0}/s", of(|round| round.alone));
    for (what, take, seconds) in [
        (
            "while both run",
            (|round| round.both / round.alone) as fn(&Round) -> f64,
            (|round| round.first) as fn(&Round) -> f64,
        ),
        (
            "from the start of both to the end of the second",
            |round| round.any / round.alone,
            |round| round.second,
        ),
    ] {
        let (low, high) = range(take);
        println!(
            "  {what}, {:.1} s: {:.2}x ({low:.2} to {high:.2})",
            of(seconds),
            of(take)
        );
    }
    println!("  (at least 0.7, aim 0.9)");
}

/// One round; rates are appends per second, times are seconds.
struct Round {
    alone: f64,
    both: f64,
    any: f64,
    first: f64,
    second: f64,
}

fn copied(master: &Path, copy: &Path) {
    let done = Command::new("cp").arg("-r").args([master, copy]).status();
    assert!(done.unwrap().success());
    assert!(Command::new("sync").status().unwrap().success());
}

fn round(analyzer: &str, dir: &Path, cutoff: &str) -> Round {
    let data = DataDir::new(dir);
    let store = Store::open(&data, Kind::Interactions, "beside", options(SEGMENT_BYTES)).unwrap();
    Appending::beside(&store, |appending| {
        let alone = || {
            let from = appending.mark();
            std::thread::sleep(ALONE);
            rate(from, appending.mark())
        };
        std::thread::sleep(WARM_UP);
        let before = alone();
        let began = appending.mark();
        let commands: [&[&str]; 2] = [
            &["export", "--dataset", "beside"],
            &["prune", "--max-age", "1d", "--cutoff", cutoff],
        ];
        let mut ends = std::thread::scope(|scope| {
            let ended = commands.map(|args| {
                scope.spawn(move || {
                    let ended = start(analyzer, dir, args).wait().unwrap();
                    (appending.mark(), ended)
                })
            });
            ended.map(|thread| thread.join().unwrap())
        });
        ends.sort_by_key(|(mark, _)| *mark);
        let ends = ends.map(|(mark, status)| {
            assert!(status.success(), "{status}");
            mark
        });
        let after = alone();
        let seconds = |end: Mark| end.0.duration_since(began.0).as_secs_f64();
        Round {
            alone: f64::midpoint(before, after),
            both: rate(began, ends[0]),
            any: rate(began, ends[1]),
            first: seconds(ends[0]),
            second: seconds(ends[1]),
        }
    })
}
