//! A volume that is really full.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use logloop_fault_tests::analyzer::{self, Analyzer};
use logloop_fault_tests::http::Client;
use logloop_fault_tests::load::{read_all, require};
use logloop_fault_tests::volume::Volume;
use logloop_records::erase::{Target, request};
use logloop_records::store::{Options, Store, segments};
use logloop_records::{DataDir, Interaction, Kind};
use uuid::Uuid;

const VOLUME_MIB: u64 = 8;

/// Takes all the space there is.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 16, 1 << 10, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
    let _ = file.sync_all();
}

#[test]
fn a_full_disk_refuses_recovers_starts_and_deletes() {
    let Some(volume) = Volume::new(VOLUME_MIB) else {
        return;
    };
    let root = volume.path().join("data");
    let data = DataDir::new(&root);
    let args = ["--seal-bytes", "100000"];
    let mut analyzer = Analyzer::start(&root, &args).unwrap();
    let mut client = Client::connect(analyzer.address).unwrap();
    let log = "2026-11-22 10:00:00 ERROR db: pool exhausted\n".repeat(200);
    let mut number = 0;
    let mut held = std::collections::HashMap::new();
    let mut ask = |client: &mut Client| {
        number += 1;
        let query = format!("question {number}");
        let (status, id) = client.analyze(&query, &log).unwrap();
        assert_eq!(id.is_some(), status == 200);
        if let Some(id) = id {
            held.insert(id, query);
        }
        status
    };
    // Full under load.
    let mut statuses: Vec<u16> = (0..2000)
        .map(|_| ask(&mut client))
        .take_while(|status| *status == 200)
        .collect();
    assert!(statuses.len() < 2000, "the disk is not that large");
    assert_eq!(ask(&mut client), 507);
    let filler = volume.path().join("filler");
    fill(&filler);
    assert_eq!(ask(&mut client), 507);
    let stats = client.send("GET", "/api/chat/stats", "").unwrap();
    assert_eq!(stats.status, 200, "what is there is served");
    // By itself, after space is freed.
    fs::remove_file(&filler).unwrap();
    File::create(&filler).unwrap();
    let freed = root.join("chat_interactions/sealed");
    let freed = fs::read_dir(freed).unwrap().count();
    assert!(freed > 2, "segments were sealed");
    let pruned = analyzer::run(&root, &["prune", "--max-bytes", "2500000"]);
    assert!(pruned.status.success(), "{pruned:?}");
    let (left, _) = read_all(&data).unwrap();
    held.retain(|id, _| left.contains_key(id));
    let mut ask = |client: &mut Client| {
        number += 1;
        let query = format!("question {number}");
        let (status, id) = client.analyze(&query, &log).unwrap();
        held.extend(id.map(|id| (id, query)));
        status
    };
    assert_eq!(ask(&mut client), 200, "it takes again, without a restart");
    // Starting and deleting while full.
    analyzer.kill();
    fill(&filler);
    let analyzer = Analyzer::start(&root, &args).expect("starts on a full disk");
    let mut client = Client::connect(analyzer.address).unwrap();
    statuses = (0..50).map(|_| ask(&mut client)).collect();
    assert!(statuses.contains(&507), "{statuses:?}");
    let (found, scan) = read_all(&data).unwrap();
    require(&held, &found);
    assert_eq!(scan.damaged, 0);
    let pruned = analyzer::run(&root, &["prune", "--max-bytes", "500000"]);
    assert!(
        pruned.status.success(),
        "deletes on a full disk: {pruned:?}"
    );
    let mut client = Client::connect(analyzer.address).unwrap();
    let (status, _) = client.analyze("after all", &log).unwrap();
    assert_eq!(status, 200);
}

#[test]
fn an_erasure_is_accepted_where_there_is_no_space_at_all() {
    let Some(volume) = Volume::new(VOLUME_MIB) else {
        return;
    };
    let root = volume.path().join("data");
    let mut analyzer = Analyzer::start(&root, &["--seal-bytes", "100000"]).unwrap();
    let mut client = Client::connect(analyzer.address).unwrap();
    let log = "2026-11-22 10:00:00 ERROR db: pool exhausted\n".repeat(200);
    // Space that comes back at the end.
    let freed = volume.path().join("freed");
    fs::write(&freed, vec![b'x'; 2 << 20]).unwrap();
    let mut ids = vec![];
    while let (200, Some(id)) = client.analyze("why?", &log).unwrap() {
        ids.push(id);
    }
    let filler = volume.path().join("filler");
    let reserve = DataDir::new(&root).erasure_reserve();
    let whole = fs::metadata(&reserve).unwrap().len();
    // Those who append try all the time to get what an erasure gives up.
    let stop = AtomicBool::new(false);
    let answers = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::connect(analyzer.address).unwrap();
            while !stop.load(Ordering::Relaxed) {
                let _ = client.analyze("why?", &log);
            }
        });
        fill(&filler);
        let mut erase = |id| {
            let path = format!("/api/chat/interactions/{id}");
            let erased = client.send("DELETE", &path, "").map(|answer| answer.status);
            let shown = client.send("GET", &path, "").map(|answer| answer.status);
            fill(&filler);
            (erased.unwrap_or(0), shown.unwrap_or(0))
        };
        let answers: Vec<(u16, u16)> = ids[..20].iter().map(&mut erase).collect();
        stop.store(true, Ordering::Relaxed);
        answers
    });
    assert_eq!(answers, [(202, 404); 20]);
    assert!(
        fs::metadata(&reserve).unwrap().len() < whole,
        "it was needed"
    );
    // Also by a command, where nobody serves.
    analyzer.kill();
    fill(&filler);
    let erased = analyzer::run(&root, &["erase", "--interaction", &ids[20].to_string()]);
    assert!(
        matches!(erased.status.code(), Some(0 | 10)),
        "accepted: {erased:?}"
    );
    // With space again all of it is done, and the reserve is back.
    fs::remove_file(&filler).unwrap();
    fs::remove_file(&freed).unwrap();
    let analyzer = Analyzer::start(&root, &["--seal-bytes", "100000"]).unwrap();
    let began = Instant::now();
    let is_done = || {
        let receipts = logloop_records::erase::receipts(&DataDir::new(&root)).unwrap();
        assert_eq!(receipts.len(), 21);
        receipts.iter().all(|receipt| receipt.completed.is_some())
    };
    while !is_done() || fs::metadata(&reserve).unwrap().len() < whole {
        let waited = began.elapsed();
        assert!(
            waited < Duration::from_secs(30),
            "it is done, and the reserve is back"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut client = Client::connect(analyzer.address).unwrap();
    for id in &ids[..21] {
        let path = format!("/api/chat/interactions/{id}");
        assert_eq!(client.send("GET", &path, "").unwrap().status, 404);
    }
}

#[test]
fn a_data_set_goes_where_there_is_no_space_to_say_so_and_retention_makes_some() {
    let Some(volume) = Volume::new(VOLUME_MIB) else {
        return;
    };
    let root = volume.path().join("data");
    let data = DataDir::new(&root);
    let store = Store::open(&data, Kind::Interactions, "w", Options::default()).unwrap();
    let ids: Vec<_> = (0..20)
        .map(|number| {
            let interaction = Interaction {
                timestamp: Utc::now(),
                id: Uuid::now_v7(),
                log_content: format!("2026-11-22 10:00:00 ERROR db: pool {number} exhausted\n"),
                ..Interaction::default()
            };
            store.append(&interaction).unwrap();
            interaction.id
        })
        .collect();
    store.seal();
    drop(store);
    let run = |args: &[&str], codes: &[i32]| {
        let ended = analyzer::run(&root, args);
        let code = ended.status.code().unwrap_or(-1);
        assert!(codes.contains(&code), "{args:?}: {ended:?}");
    };
    let filler = volume.path().join("filler");
    run(&["prune", "--max-age", "9d"], &[0]);
    run(&["export", "--dataset", "one"], &[0]);
    fill(&filler);
    // Of the reserve.
    run(&["erase", "--interaction", &ids[0].to_string()], &[0, 10]);
    assert!(!data.datasets().join("one").exists());
    fs::remove_file(&filler).unwrap();
    run(&["export", "--dataset", "two"], &[0]);
    // Where there is none left, what needs no space goes all the same, and makes some.
    request(&data, Target::Interaction(ids[1])).unwrap();
    fs::remove_file(data.erasure_reserve()).unwrap();
    fill(&filler);
    run(&["prune", "--max-bytes", "0"], &[0]);
    assert!(
        segments(&data, Kind::Interactions)
            .unwrap()
            .iter()
            .all(|s| s.bytes == 0)
    );
    run(&["prune", "--max-bytes", "0"], &[0]);
    assert!(!data.datasets().join("two").exists());
    let receipts = logloop_records::erase::receipts(&data).unwrap();
    assert!(
        receipts.iter().all(|receipt| receipt.completed.is_some()),
        "{receipts:?}"
    );
}
