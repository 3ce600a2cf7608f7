//! `kill -9` of a serving analyzer under load; what it acknowledged is held outside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use logloop_fault_tests::analyzer::{self, Analyzer};
use logloop_fault_tests::load::{Load, figure, read_all, require};
use logloop_fault_tests::random::Random;
use logloop_records::DataDir;

/// Rounds in `make test`; `LOGLOOP_KILL_ROUNDS` gives another number.
const ROUNDS: u64 = 200;

/// Clients that ask at the same time.
const CLIENTS: usize = 8;

/// Rounds after which everything is read and compared.
const CHECK_EVERY: u64 = 25;

/// Rounds on one store; then another is begun, so that reading all of it stays quick.
const ROUNDS_OF_A_STORE: u64 = 1000;

/// A round ends with the kill after at most this time under load, in ms.
const MAX_ROUND_MS: u64 = 120;

#[test]
fn nothing_acknowledged_is_missing_and_nothing_is_there_twice() {
    let rounds = figure("LOGLOOP_KILL_ROUNDS", ROUNDS);
    let mut random = Random::new(7);
    let began = Instant::now();
    let (mut done, mut acknowledged) = (0, 0);
    while done < rounds {
        let of_store = ROUNDS_OF_A_STORE.min(rounds - done);
        acknowledged += kill(of_store, &mut random);
        done += of_store;
        println!(
            "{done} kills in {:.0?}: {acknowledged} acknowledged, 0 missing, 0 twice",
            began.elapsed()
        );
    }
    assert!(acknowledged as u64 > rounds, "there was a load");
}

/// So many rounds on one store; how much was acknowledged.
fn kill(rounds: u64, random: &mut Random) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let load = Load::default();
    let mut acknowledged = 0;
    for round in 1..=rounds {
        let args = ["--writer", "w", "--seal-bytes", "300000"];
        let mut analyzer = Analyzer::start(dir.path(), &args).expect("the store opens");
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let (load, stop, address) = (&load, &stop, analyzer.address);
                scope.spawn(move || load.ask(address, stop));
            }
            std::thread::sleep(Duration::from_millis(random.below(MAX_ROUND_MS)));
            analyzer.kill();
            stop.store(true, Ordering::Relaxed);
        });
        if round % CHECK_EVERY == 0 || round == rounds {
            let held = load.acknowledged();
            let (found, scan) = read_all(&data).unwrap();
            assert_eq!(scan.damaged, 0, "a killed process damages nothing");
            require(&held, &found);
            acknowledged = held.len();
        }
    }
    let checked = analyzer::run(dir.path(), &["fsck", "--repair"]);
    assert!(checked.status.success(), "{checked:?}");
    acknowledged
}
