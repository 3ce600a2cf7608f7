//! Eight writers in processes of their own on one directory, with readers that never see less than was acknowledged.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use logloop_fault_tests::analyzer::{self, Analyzer};
use logloop_fault_tests::load::{Load, figure, read_all, require};
use logloop_records::DataDir;

/// Seconds in `make test`; `LOGLOOP_WRITERS_SECONDS` gives another number.
const SECONDS: u64 = 10;

const WRITERS: usize = 8;

#[test]
fn readers_see_all_that_eight_writers_acknowledged() {
    let time = Duration::from_secs(figure("LOGLOOP_WRITERS_SECONDS", SECONDS));
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let start = |n: usize| {
        let name = format!("writer-{n}");
        let args = ["--writer", &name, "--seal-bytes", "100000"];
        Analyzer::start(dir.path(), &args).expect("each finds a segment of its own")
    };
    let mut analyzers: Vec<_> = (0..WRITERS).map(start).collect();
    let (load, stop) = (Load::default(), AtomicBool::new(false));
    let began = Instant::now();
    let mut reads = 0;
    std::thread::scope(|scope| {
        for analyzer in &analyzers {
            let (load, stop) = (&load, &stop);
            scope.spawn(move || load.ask(analyzer.address, stop));
        }
        while began.elapsed() < time {
            let before = load.acknowledged();
            let (found, _) = read_all(&data).unwrap();
            require(&before, &found);
            reads += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    // One that dies leaves a segment to the others.
    analyzers.iter_mut().for_each(Analyzer::kill);
    analyzers.clear();
    let _last = start(0);
    let (found, scan) = read_all(&data).unwrap();
    require(&load.acknowledged(), &found);
    assert_eq!((scan.damaged, scan.torn_bytes), (0, 0));
    let stats = analyzer::run(dir.path(), &["stats"]);
    let text = String::from_utf8(stats.stdout).unwrap();
    assert!(
        text.contains(&format!("interactions         {}\n", found.len())),
        "{text}"
    );
    assert!(reads > 3 && load.acknowledged().len() > 100);
    println!(
        "{} interactions of {WRITERS} writers, read {reads} times",
        found.len()
    );
}
