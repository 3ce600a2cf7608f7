//! The program when the reader of its output is gone, as `head` is.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::Utc;
use logloop_records::store::{Options, Store};
use logloop_records::{DataDir, Interaction, Kind};

/// As the shell shows of tools that SIGPIPE ended.
const READER_IS_GONE: i32 = 141;

const LOG: &str = "2026-11-22 10:00:00 ERROR db: pool 7 exhausted\n";

/// A data directory with an interaction of `ann`, and a log beside it.
fn data(dir: &Path) {
    let data = DataDir::new(dir.join("data"));
    let store = Store::open(&data, Kind::Interactions, "w", Options::default()).unwrap();
    let interaction = Interaction {
        timestamp: Utc::now(),
        id: uuid::Uuid::now_v7(),
        log_content: LOG.to_owned(),
        subject: Some("ann".to_owned()),
        ..Interaction::default()
    };
    store.append(&interaction).unwrap();
    store.close();
    std::fs::write(dir.join("a.log"), LOG).unwrap();
    std::fs::write(dir.join("empty.jsonl"), "").unwrap();
}

fn command(dir: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logloop-analyzer"));
    command.current_dir(dir).args(arguments.split(' '));
    command
}

fn gone() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn it_ends_quietly_when_nobody_reads_on() {
    for arguments in [
        "stats --data data",
        "kept --subject ann --data data",
        "fsck --data data",
        "fsck --json --data data",
        "fsck --dump interactions --data data",
        "export --output out.json --dataset d --data data",
        "import empty.jsonl --data data",
        "promote rules --data data",
        "prune --max-age 90d --data data",
        "erase --subject ann --data data",
        "analyze a.log",
        "analyze a.log --json",
        "analyze a.log --entries",
    ] {
        let dir = tempfile::tempdir().unwrap();
        data(dir.path());
        let (mut told, stderr) = std::io::pipe().unwrap();
        let mut started = command(dir.path(), arguments);
        let mut child = started.stdout(gone()).stderr(stderr).spawn().unwrap();
        drop(started);
        let mut said = String::new();
        told.read_to_string(&mut said).unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(READER_IS_GONE), "{arguments}: {said}");
        let quiet = !said.contains("panicked") && !said.contains("error:");
        assert!(quiet, "{arguments}: {said}");
        // What it does is done all the same.
        if arguments.starts_with("export") {
            assert!(dir.path().join("out.json").exists());
            assert!(dir.path().join("data/datasets/d/dataset.json").exists());
        }
        // And with nobody to hear of errors either.
        let mut deaf = command(dir.path(), arguments);
        let code = deaf.stdout(gone()).stderr(gone()).status().unwrap().code();
        assert_eq!(code, Some(READER_IS_GONE), "{arguments}");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    data(dir.path());
    // Always full.
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: there is no /dev/full here");
        return;
    };
    let mut stats = command(dir.path(), "stats --data data");
    let output = stats.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write to standard output"), "{said}");
}
