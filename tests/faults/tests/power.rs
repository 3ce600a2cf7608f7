//! Power loss under the real analyzer: it runs on a filesystem that loses what was not synced.

#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use logloop_fault_tests::analyzer::{self, Analyzer};
use logloop_fault_tests::disk::{Disk, Faults};
use logloop_fault_tests::fuse::Mounted;
use logloop_fault_tests::load::{Load, figure, read_all, require};
use logloop_fault_tests::random::Random;
use logloop_records::DataDir;

/// Power losses in `make test`; `LOGLOOP_POWER_ROUNDS` gives another number.
const ROUNDS: u64 = 25;

const CLIENTS: usize = 6;

/// Runs under load and loses the power so many times. `None`: it cannot be done here. `Some(true)`: something that was
/// acknowledged is missing.
fn loses(rounds: u64, lies: Faults) -> Option<bool> {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("mnt");
    std::fs::create_dir(&at).unwrap();
    let root = at.join("data");
    let (disk, load, mut random) = (Arc::new(Disk::new(3)), Load::default(), Random::new(3));
    for round in 1..=rounds {
        disk.set_faults(lies);
        let mounted = Mounted::new(&disk, &at)?;
        let args = ["--seal-bytes", "60000"];
        // With lies even the folders may be gone: that is a loss too.
        let mut analyzer = Analyzer::start(&root, &args).expect("the store opens");
        let (found, _) = read_all(&DataDir::new(&root)).unwrap();
        let held = load.acknowledged();
        if held.keys().any(|id| !found.contains_key(id)) {
            drop((analyzer, mounted));
            return Some(true);
        }
        require(&held, &found);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let (load, stop, address) = (&load, &stop, analyzer.address);
                scope.spawn(move || load.ask(address, stop));
            }
            std::thread::sleep(Duration::from_millis(30 + random.below(150)));
            disk.lose_power();
            // What it still answers, it answers without a disk.
            std::thread::sleep(Duration::from_millis(5));
            analyzer.kill();
            stop.store(true, Ordering::Relaxed);
        });
        drop(mounted);
        if round == rounds {
            let mounted = Mounted::new(&disk, &at)?;
            let (found, scan) = read_all(&DataDir::new(&root)).unwrap();
            let held = load.acknowledged();
            let lost = held.keys().any(|id| !found.contains_key(id));
            if !lost {
                let checked = analyzer::run(&root, &["fsck", "--repair"]);
                let said = String::from_utf8_lossy(&checked.stdout).into_owned();
                assert!(checked.status.success(), "{said}");
            }
            println!(
                "{rounds} power losses: {} acknowledged, {} damaged lines that nobody was promised",
                held.len(),
                scan.damaged
            );
            drop(mounted);
            return Some(lost);
        }
    }
    Some(false)
}

#[test]
fn what_was_acknowledged_survives_power_losses() {
    let rounds = figure("LOGLOOP_POWER_ROUNDS", ROUNDS);
    if let Some(lost) = loses(rounds, Faults::default()) {
        assert!(!lost, "something acknowledged is missing");
    }
}

/// The test above means something only if it sees a sync that is not there.
#[test]
fn a_missing_sync_is_seen() {
    let lies = Faults {
        lying_file_syncs: true,
        ..Faults::default()
    };
    if let Some(lost) = loses(10, lies) {
        assert!(lost, "nobody missed the syncs of files");
    }
}
