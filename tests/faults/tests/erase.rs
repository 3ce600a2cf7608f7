//! Eight writers, sealing, retention, erasures, imports and exports at once; then every interaction is accounted for.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use logloop_fault_tests::analyzer::{self, Analyzer};
use logloop_fault_tests::http::Client;
use logloop_fault_tests::load::{Load, figure, read_all};
use logloop_fault_tests::random::Random;
use logloop_fault_tests::volume::Volume;
use logloop_records::dataset;
use logloop_records::erase::{Erased, Receipt, State, receipts};
use logloop_records::{DataDir, Kind};
use serde_json::{Value, json};
use uuid::Uuid;

/// Seconds in `make test`; `LOGLOOP_ERASE_SECONDS` gives another number.
const SECONDS: u64 = 6;

const WRITERS: usize = 8;

/// Age from which on retention removes.
const MAX_AGE: &str = "3s";

/// By how much the time in an id may be later than that of its record.
const ID_SLACK: TimeDelta = TimeDelta::seconds(1);

/// Records of one import.
const IMPORTED: u64 = 20;

/// Longest that the last erasure may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the commands said that ran meanwhile.
#[derive(Default)]
struct Said {
    pruned: AtomicU64,
    cutoff: Mutex<Option<DateTime<Utc>>>,
    prunes: AtomicU64,
    exports: AtomicU64,
    imported: Mutex<HashSet<Uuid>>,
    /// Erased, and told so.
    erased: Mutex<HashSet<Uuid>>,
}

#[test]
fn every_interaction_is_there_once_or_named_by_who_removed_it() {
    let time = Duration::from_secs(figure("LOGLOOP_ERASE_SECONDS", SECONDS));
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let data = DataDir::new(&root);
    let start = |n: usize| {
        let name = format!("writer-{n}");
        let args = ["--writer", &name, "--seal-bytes", "60000"];
        Analyzer::start(&root, &args).expect("each finds a segment of its own")
    };
    let mut analyzers: Vec<_> = (0..WRITERS).map(start).collect();
    let (load, said, stop) = (Load::default(), Said::default(), AtomicBool::new(false));
    let repeat = |each: &dyn Fn(u64)| {
        let mut round = 0;
        while !stop.load(Ordering::Relaxed) {
            each(round);
            round += 1;
        }
    };
    std::thread::scope(|scope| {
        for analyzer in &analyzers {
            let (load, stop) = (&load, &stop);
            scope.spawn(move || load.ask(analyzer.address, stop));
        }
        scope.spawn(|| repeat(&|_| prune(&root, dir.path(), &said)));
        scope.spawn(|| repeat(&|round| export(&root, round, &said)));
        scope.spawn(|| repeat(&|round| import_and_erase(&root, dir.path(), round, &said)));
        let addresses: Vec<_> = analyzers.iter().map(|analyzer| analyzer.address).collect();
        let (load, said) = (&load, &said);
        scope.spawn(move || repeat(&|round| erase(&addresses, load, round, said)));
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
    });
    // On a machine that the writers keep busy, who gives way may not have had a turn yet.
    let began = Instant::now();
    while said.pruned.load(Ordering::Relaxed) == 0 && began.elapsed() < PATIENCE {
        prune(&root, dir.path(), &said);
    }
    // One that lives seals what the others leave, and carries out what is left to do.
    analyzers.iter_mut().for_each(Analyzer::kill);
    analyzers.clear();
    let _last = start(0);
    let receipts = wait_until_complete(&data);
    account(&data, &load.acknowledged(), &said, &receipts);
    no_file_has(&data, &said.erased.lock().unwrap(), &load.acknowledged());
    println!(
        "{} stored, {} pruned by {} prunes, {} erased by {} erasures, {} exports",
        load.acknowledged().len() + said.imported.lock().unwrap().len(),
        said.pruned.load(Ordering::Relaxed),
        said.prunes.load(Ordering::Relaxed),
        said.erased.lock().unwrap().len(),
        receipts.len(),
        said.exports.load(Ordering::Relaxed),
    );
}

fn prune(root: &Path, outside: &Path, said: &Said) {
    let told = outside.join("prune.json");
    let log = told.to_str().unwrap();
    let args = ["prune", "--max-age", MAX_AGE, "--termination-log", log];
    let output = analyzer::run(root, &args);
    let text = fs::read(&told).unwrap();
    let result: Value = serde_json::from_slice(&text).unwrap();
    // An analyzer carries out an erasure: the next time.
    if result["error"]["code"] != "busy" {
        assert!(output.status.success(), "{output:?}");
        let removed = result["interactions"].as_u64().unwrap();
        said.pruned.fetch_add(removed, Ordering::Relaxed);
        said.prunes.fetch_add(1, Ordering::Relaxed);
        let cutoff: DateTime<Utc> = result["cutoff"].as_str().unwrap().parse().unwrap();
        let mut last = said.cutoff.lock().unwrap();
        *last = last.max(Some(cutoff));
    }
    std::thread::sleep(Duration::from_millis(200));
}

fn export(root: &Path, round: u64, said: &Said) {
    let id = format!("d{round}");
    let document = root.join("chat_training_data.json");
    let args = match round % 2 {
        0 => ["export", "--dataset", &id],
        _ => ["export", "--output", document.to_str().unwrap()],
    };
    let output = analyzer::run(root, &args);
    let text = String::from_utf8_lossy(&output.stderr);
    // Whether it was published or refused, nothing of it may be there in the end.
    let refused = text.contains("came meanwhile");
    assert!(output.status.success() || refused, "{text}");
    said.exports
        .fetch_add(u64::from(output.status.success()), Ordering::Relaxed);
}

fn import_and_erase(root: &Path, outside: &Path, round: u64, said: &Said) {
    let subject = format!("subject-{round}");
    let file = outside.join("import.jsonl");
    let records: Vec<(Uuid, String)> = (0..IMPORTED)
        .map(|number| {
            let id = Uuid::now_v7();
            let record = json!({
                "timestamp": Utc::now(), "id": id, "subject": subject,
                "user_query": format!("imported {round}.{number}"), "log_content": "ERROR imported failed\n",
            });
            (id, record.to_string())
        })
        .collect();
    let lines: Vec<_> = records.iter().map(|(_, line)| &**line).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let file = file.to_str().unwrap();
    let output = analyzer::run(root, &["import", file]);
    assert!(output.status.success(), "{output:?}");
    let ids = || records.iter().map(|(id, _)| *id);
    said.imported.lock().unwrap().extend(ids());
    if round.is_multiple_of(2) {
        let output = analyzer::run(root, &["erase", "--subject", &subject]);
        // 10: something waits.
        assert!(matches!(output.status.code(), Some(0 | 10)), "{output:?}");
        said.erased.lock().unwrap().extend(ids());
        // What was erased does not come back.
        let output = analyzer::run(root, &["import", file]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(": 0 imported"), "{text}");
    }
}

fn erase(addresses: &[std::net::SocketAddr], load: &Load, round: u64, said: &Said) {
    std::thread::sleep(Duration::from_millis(30));
    let mut random = Random::new(round);
    let acknowledged = load.acknowledged();
    let mut ids: Vec<&Uuid> = acknowledged.keys().collect();
    ids.sort();
    // One of the latest, so that it is in an active segment, or has just been sealed.
    let newest = ids.len().saturating_sub(1 + random.below(60) as usize);
    let Some(id) = ids.get(newest) else { return };
    let at = random.below(addresses.len() as u64) as usize;
    let mut client = Client::connect(addresses[at]).unwrap();
    let path = format!("/api/chat/interactions/{id}");
    let answer = client.send("DELETE", &path, "").unwrap();
    if answer.status == 404 {
        return; // Retention was first.
    }
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    said.erased.lock().unwrap().insert(**id);
    // At once, whoever is asked.
    let other = random.below(addresses.len() as u64) as usize;
    let mut client = Client::connect(addresses[other]).unwrap();
    let answer = client.send("GET", &path, "").unwrap();
    assert_eq!(answer.status, 404, "{id} is shown");
}

fn wait_until_complete(data: &DataDir) -> Vec<Receipt> {
    let began = Instant::now();
    loop {
        let all = receipts(data).unwrap();
        if all.iter().all(|receipt| receipt.state == State::Complete) {
            return all;
        }
        let left = all.iter().find(|r| r.state != State::Complete);
        assert!(began.elapsed() < PATIENCE, "{left:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn account(
    data: &DataDir,
    acknowledged: &HashMap<Uuid, String>,
    said: &Said,
    receipts: &[Receipt],
) {
    // Panics if something is there twice or damaged.
    let (found, scan) = read_all(data).unwrap();
    assert_eq!((scan.damaged, scan.torn_bytes), (0, 0));
    let imported = said.imported.lock().unwrap();
    let erased = said.erased.lock().unwrap();
    let cutoff = said.cutoff.lock().unwrap().expect("it was pruned");
    let named: HashSet<Uuid> = receipts
        .iter()
        .flat_map(|receipt| receipt.interactions.iter().copied())
        .collect();
    for id in acknowledged.keys().chain(&*imported) {
        let time = id.get_timestamp().unwrap().to_unix();
        let time = DateTime::from_timestamp(time.0 as i64, time.1).unwrap();
        let is_there = found.contains_key(id);
        assert!(
            !(is_there && named.contains(id)),
            "{id} is erased and there"
        );
        assert!(
            is_there || named.contains(id) || time < cutoff + ID_SLACK,
            "{id} of {time} is lost: retention removed until {cutoff}"
        );
    }
    for id in &*erased {
        assert!(!found.contains_key(id), "{id} is there");
    }
    // And in numbers: each record was removed by one of them, once.
    let by_erasures: u64 = receipts
        .iter()
        .flat_map(|receipt| &receipt.segments)
        .map(|segment| segment.records)
        .sum();
    let stored = acknowledged.len() as u64 + imported.len() as u64;
    let accounted = found.len() as u64 + said.pruned.load(Ordering::Relaxed) + by_erasures;
    assert_eq!(stored, accounted, "{} are left", found.len());
    // How much each got to do is the scheduler's business: those who prune and export give way.
    let did = [
        erased.len() as u64,
        by_erasures,
        said.pruned.load(Ordering::Relaxed),
    ];
    assert!(!did.contains(&0), "erased, rewritten, pruned: {did:?}");
    assert_eq!(Erased::load(data).unwrap().damaged(), 0);
}

/// Not in a segment, a data set, an exported file, the quarantine, or anywhere else.
fn no_file_has(data: &DataDir, erased: &HashSet<Uuid>, acknowledged: &HashMap<Uuid, String>) {
    let queries = erased.iter().filter_map(|id| acknowledged.get(id));
    let erased_queries: HashSet<&str> = queries
        .filter_map(|query| query.strip_prefix("question "))
        .collect();
    let mut files = vec![data.root().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for rest in text.split("\"question ").skip(1) {
            let number = rest.split('"').next().unwrap_or_default();
            let path = path.display();
            assert!(
                !erased_queries.contains(number),
                "question {number} in {path}"
            );
        }
    }
    let sets: Vec<PathBuf> = fs::read_dir(data.datasets())
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join(dataset::MANIFEST_FILE).exists())
        .collect();
    for set in sets {
        let (_, examples) = dataset::read(&set).unwrap();
        for example in examples {
            let id = example.interaction_id.and_then(|id| id.parse().ok());
            let is_erased = id.is_some_and(|id: Uuid| erased.contains(&id));
            assert!(!is_erased, "{id:?} in {}", set.display());
        }
    }
}

/// Deleting needs no space: whole segments go on a full disk, a rewrite waits, and is done when there is space again.
#[test]
fn on_a_full_disk_whole_segments_go_and_rewrites_wait() {
    let Some(volume) = Volume::new(8) else {
        return;
    };
    let root = volume.path().join("data");
    let data = DataDir::new(&root);
    let mut analyzer = Analyzer::start(&root, &["--seal-bytes", "200000"]).unwrap();
    let mut client = Client::connect(analyzer.address).unwrap();
    let log = "2026-11-22 10:00:00 ERROR db: pool exhausted\n".repeat(200);
    let mut ids = vec![];
    while ids.len() < 100 {
        let (status, id) = client
            .analyze(&format!("question {}", ids.len()), &log)
            .unwrap();
        assert_eq!(status, 200);
        ids.push(id.unwrap());
        std::thread::sleep(Duration::from_millis(2));
    }
    analyzer.kill();
    analyzer::run(&root, &["fsck", "--repair"]);
    let asked = |id: Uuid| analyzer::run(&root, &["erase", "--interaction", &id.to_string()]);
    // Accepted while there is space for a line, carried out when there is none: the newest is in a segment of many.
    let filler = volume.path().join("filler");
    let newest = ids[99];
    let lock = fs::File::create(data.maintenance_lock()).unwrap();
    lock.lock().unwrap();
    assert_eq!(
        asked(newest).status.code(),
        Some(10),
        "somebody else is at it"
    );
    drop(lock);
    fill(&filler);
    // The first half, which ends within a segment.
    let middle = ids[50].get_timestamp().unwrap().to_unix();
    let middle = DateTime::from_timestamp(middle.0 as i64, middle.1).unwrap();
    let told = volume.path().join("told.json");
    fs::write(&told, "").unwrap();
    let cutoff = middle.to_rfc3339();
    let args = ["prune", "--max-age", "1s", "--cutoff", &cutoff];
    let pruned = analyzer::run(&root, &args);
    assert!(pruned.status.success(), "{pruned:?}");
    let text = String::from_utf8_lossy(&pruned.stdout).into_owned();
    assert!(!text.starts_with("removed 0 interactions"), "{text}");
    assert!(
        text.contains("erasures, ") || text.contains("erasures"),
        "{text}"
    );
    let (left, _) = read_all(&data).unwrap();
    assert!(
        left.len() < 80,
        "whole segments went: {} are left",
        left.len()
    );
    assert!(ids[51..99].iter().all(|id| left.contains_key(id)));
    // What was freed is room for the rewrites now, or after the filler goes.
    fs::remove_file(&filler).unwrap();
    let pruned = analyzer::run(&root, &args);
    assert!(pruned.status.success(), "{pruned:?}");
    let (left, _) = read_all(&data).unwrap();
    assert_eq!(
        left.len(),
        49,
        "{:?}",
        String::from_utf8_lossy(&pruned.stdout)
    );
    assert!(!left.contains_key(&newest));
    let all = receipts(&data).unwrap();
    assert_eq!(all[0].state, State::Complete, "{:?}", all[0]);
    assert!(data.sealed(Kind::Interactions).is_dir());
}

/// Takes all the space there is.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(path).unwrap();
    for size in [1 << 16, 1 << 10, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
    let _ = file.sync_all();
}
