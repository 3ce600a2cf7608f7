//! The store against what the disk can do, and against SQLite: ratios in one run. `tests/bench/store.sh` runs it.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::Utc;
use logloop_records::store::{Options, Store, segments};
use logloop_records::{DataDir, Interaction, Kind};
use uuid::Uuid;

/// How long each is measured at a time.
const TIME: Duration = Duration::from_millis(500);

/// How often: what is compared takes turns, so that both see the same disk. The medians count.
const TURNS: usize = 7;

/// Records that wait at the same time, or are written together.
const IN_FLIGHT: usize = 256;

/// Threads that hand records over.
const THREADS: usize = 2;

/// Segments of the store that is opened.
const SEGMENTS: usize = 10_000;

fn record() -> Interaction {
    Interaction {
        timestamp: Utc::now(),
        id: Uuid::now_v7(),
        log_content: "2026-11-22 10:00:00 ERROR db: pool 7 exhausted\n".repeat(33),
        model_version: "rules".to_owned(),
        ..Interaction::default()
    }
}

/// Records per second of each turn, and the times from hand-over to acknowledgement.
#[derive(Default)]
struct Figures {
    rates: Vec<f64>,
    latencies: Vec<Duration>,
}

impl Figures {
    fn add(&mut self, records: usize, began: Instant, latencies: Vec<Duration>) {
        self.rates
            .push(records as f64 / began.elapsed().as_secs_f64());
        self.latencies.extend(latencies);
    }

    fn rate(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }

    fn percentile(&mut self, percent: usize) -> f64 {
        self.latencies.sort();
        let at = (self.latencies.len() * percent / 100).min(self.latencies.len() - 1);
        self.latencies[at].as_secs_f64() * 1e3
    }

    fn print(&mut self, what: &str) {
        println!(
            "{what:<44} {:>9.0}/s  p50 {:>6.3} ms  p99 {:>6.3} ms",
            self.rate(),
            self.percentile(50),
            self.percentile(99)
        );
    }
}

/// Writes `batch` lines at once and syncs, over and over.
fn raw(file: &mut File, batch: usize, figures: &mut Figures) {
    let line = serde_json::to_vec(&record()).unwrap();
    let bytes = line.repeat(batch);
    let (began, mut latencies) = (Instant::now(), vec![]);
    while began.elapsed() < TIME {
        let at = Instant::now();
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        latencies.push(at.elapsed());
    }
    figures.add(latencies.len() * batch, began, latencies);
}

fn open(dir: &Path) -> Store {
    Store::open(
        &DataDir::new(dir),
        Kind::Interactions,
        "bench",
        Options::default(),
    )
    .unwrap()
}

fn one_in_flight(store: &Store, figures: &mut Figures) {
    let record = record();
    let (began, mut latencies) = (Instant::now(), vec![]);
    while began.elapsed() < TIME {
        let at = Instant::now();
        store.append(&record).unwrap();
        latencies.push(at.elapsed());
    }
    figures.add(latencies.len(), began, latencies);
}

fn many_in_flight(store: &Store, figures: &mut Figures) {
    let began = Instant::now();
    let hand_over = || {
        let record = record();
        let (mut waiting, mut latencies) = (VecDeque::new(), vec![]);
        while began.elapsed() < TIME {
            waiting.push_back((Instant::now(), store.submit(&record).unwrap()));
            if waiting.len() >= IN_FLIGHT / THREADS {
                let (at, pending) = waiting.pop_front().unwrap();
                pending.wait().unwrap();
                latencies.push(at.elapsed());
            }
        }
        for (at, pending) in waiting {
            pending.wait().unwrap();
            latencies.push(at.elapsed());
        }
        latencies
    };
    let all: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(hand_over)).collect();
        let joined = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        joined.collect()
    });
    figures.add(all.len(), began, all);
}

/// One commit each, `synchronous=FULL`, in WAL mode. `None`: no Python with SQLite here.
fn sqlite(dir: &Path) -> Option<f64> {
    let script = "import sqlite3, sys, time\n\
        db = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
        db.execute('pragma journal_mode=wal'); db.execute('pragma synchronous=full')\n\
        db.execute('create table t (id integer primary key, line text)')\n\
        line = sys.argv[2]; n = 0; began = time.perf_counter()\n\
        while time.perf_counter() - began < float(sys.argv[3]):\n\
        \x20   db.execute('insert into t (line) values (?)', (line,)); n += 1\n\
        print(n / (time.perf_counter() - began))";
    let line = serde_json::to_string(&record()).unwrap();
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(dir.join("sqlite.db"))
        .arg(line)
        .arg((TIME * TURNS as u32).as_secs_f64().to_string())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Seconds to open a store of many sealed segments and know its totals.
fn open_many(dir: &Path) -> (f64, u64) {
    let data = DataDir::new(dir);
    let store = open(dir);
    (0..20).for_each(|_| store.append(&record()).unwrap());
    store.seal();
    drop(store);
    let first = segments(&data, Kind::Interactions).unwrap().remove(0).path;
    let sidecar = first.with_extension("meta.json");
    for _ in 1..SEGMENTS {
        let name = format!("chat_interactions.{}.g0", Uuid::now_v7());
        let copy = data.sealed(Kind::Interactions).join(name);
        fs::copy(&first, copy.with_added_extension("jsonl")).unwrap();
        fs::copy(&sidecar, copy.with_added_extension("meta.json")).unwrap();
    }
    let began = Instant::now();
    let store = open(dir);
    let totals = store.totals();
    assert_eq!(
        (totals.uncounted, totals.segments),
        (0, SEGMENTS as u64 + 1)
    );
    (began.elapsed().as_secs_f64(), totals.sum.records)
}

fn main() {
    let place = std::env::var_os("LOGLOOP_BENCH_DIR").unwrap_or(".".into());
    let dir = tempfile::tempdir_in(place).unwrap();
    let line = serde_json::to_vec(&record()).unwrap().len();
    println!("records of {line} bytes on {}", dir.path().display());
    let at = |name: &str| dir.path().join(name);
    let (mut raw_batch, mut many) = (Figures::default(), Figures::default());
    let (mut raw_one, mut one) = (Figures::default(), Figures::default());
    let mut file = File::create(at("raw")).unwrap();
    let store = open(&at("store"));
    for _ in 0..TURNS {
        raw(&mut file, IN_FLIGHT, &mut raw_batch);
        many_in_flight(&store, &mut many);
    }
    for _ in 0..TURNS {
        raw(&mut file, 1, &mut raw_one);
        one_in_flight(&store, &mut one);
    }
    drop(store);
    raw_batch.print("write + fdatasync of 256");
    many.print("store, 256 in flight");
    raw_one.print("write + fdatasync of one");
    one.print("store, one in flight");
    if let Some(rate) = sqlite(dir.path()) {
        println!(
            "{:<44} {rate:>9.0}/s",
            "SQLite WAL, synchronous=FULL, one commit each"
        );
        println!(
            "  store, 256 in flight, to SQLite            {:.1}x",
            many.rate() / rate
        );
    } else {
        println!("SKIPPED: SQLite needs python3 with sqlite3");
    }
    println!(
        "  store, 256 in flight, to raw batches       {:.2}x",
        many.rate() / raw_batch.rate()
    );
    println!(
        "  store, one in flight, to raw writes        {:.2}x",
        one.rate() / raw_one.rate()
    );
    let (seconds, records) = open_many(&at("segments"));
    println!("opening {SEGMENTS} segments ({records} records)      {seconds:.3} s");
}
