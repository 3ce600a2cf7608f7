//! The program itself, killed while it trains and started again, as a Job does with its pods.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use logloop_records::export::{ExportOptions, export_dataset};
use logloop_records::{AnalysisResults, Failure, Interaction};

/// Epochs of each training: too few to stop early.
const EPOCHS: usize = 4;
/// Within this time a training comes to its next epoch.
const PATIENCE: Duration = Duration::from_secs(120);

/// A data directory with one analysed log, exported as `d1`.
fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("folder");
    let (bad, good) = (
        ["failed to", "could not", "refused to"],
        ["started to", "will now", "went on to"],
    );
    let things = [
        "volume", "lease", "socket", "index", "queue", "image", "token",
    ];
    let letter = |i: usize| char::from(b'a' + (i % 26) as u8);
    let entry = |i: usize| {
        let said = if i.is_multiple_of(3) {
            bad[i / 3 % 3]
        } else {
            good[i / 3 % 3]
        };
        format!(
            "{} {said} open group {}{}",
            things[i % 7],
            letter(i),
            letter(i / 26)
        )
    };
    let entries: Vec<String> = (0..90).map(entry).collect();
    let failure = |entry: &String| Failure {
        template_id: logloop_logs::template(entry).id,
        level: Some("INFO".to_owned()),
        severity: 0.8,
        ..Failure::default()
    };
    let line = |entry: &String| format!("2026-11-22 10:00:00 INFO worker: {entry}\n");
    let interaction = Interaction {
        id: "0197c0de-0000-7000-8000-000000000001"
            .parse()
            .expect("an id"),
        log_content: entries.iter().map(line).collect(),
        model_version: "rules".to_owned(),
        analysis_results: AnalysisResults {
            failures: entries.iter().step_by(3).map(failure).collect(),
            ..AnalysisResults::default()
        },
        ..Interaction::default()
    };
    let store = data.path().join("chat_interactions");
    fs::create_dir(&store).expect("folder");
    let json = serde_json::to_string(&interaction).expect("plain data");
    fs::write(store.join("chat_interactions.jsonl"), format!("{json}\n")).expect("written");
    export_dataset(data.path(), "d1", &ExportOptions::default()).expect("a data set");
    data
}

/// One attempt at a training.
struct Attempt {
    child: Child,
    lines: BufReader<ChildStdout>,
    told: Vec<String>,
    checkpoint: PathBuf,
}

fn command(data: &Path, version: &str, more: &[&str]) -> Vec<String> {
    let epochs = EPOCHS.to_string();
    let data = data.display().to_string();
    let mut words = vec![
        env!("CARGO_BIN_EXE_logloop-trainer"),
        "train",
        "--data",
        &data,
        "--dataset",
        "d1",
    ];
    words.extend([
        "--version",
        version,
        "--epochs",
        &epochs,
        "--threads",
        "2",
        "--checkpoint-seconds",
        "0",
    ]);
    words.extend(more);
    words.into_iter().map(str::to_owned).collect()
}

impl Attempt {
    fn start(data: &Path, version: &str, more: &[&str]) -> Self {
        let words = command(data, version, more);
        let mut program = Command::new(&words[0]);
        let mut child = program
            .args(&words[1..])
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            lines,
            told: Vec::new(),
            checkpoint: data.join(format!("models/.progress/{version}.checkpoint")),
        }
    }

    /// Reads until a line that begins so; false at the end.
    fn read_until(&mut self, start: &str) -> bool {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a line") == 0 {
                return false;
            }
            self.told.push(line.trim_end().to_owned());
            if line.starts_with(start) {
                return true;
            }
        }
    }

    /// Epochs done by what judges and by what is kept, as the checkpoint has it.
    fn kept(&self) -> Option<(usize, usize)> {
        let text = String::from_utf8_lossy(&fs::read(&self.checkpoint).ok()?).into_owned();
        let of = |name: &str| {
            let (_, rest) = text.split_once(&format!("{name}\\\":"))?;
            rest[..rest.find([',', '}'])?].parse().ok()
        };
        Some((of("epochs_run")?, of("last_done")?))
    }

    /// Waits until the checkpoint is as far as that.
    fn wait_for(&self, kept: (usize, usize)) {
        let began = Instant::now();
        while self.kept().is_none_or(|at| at < kept) {
            assert!(
                began.elapsed() < PATIENCE,
                "{:?} {:?}",
                self.kept(),
                self.told
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// It does not ask for the processors of the node at each product (`products.rs`).
    fn assert_products_are_settled(&self) {
        if cfg!(target_os = "linux") {
            let environment = fs::read(format!("/proc/{}/environ", self.child.id())).expect("read");
            let of = |variable: &[u8]| variable.starts_with(b"RAYON_NUM_THREADS=");
            assert!(environment.split(|byte| *byte == 0).any(of));
        }
    }

    /// SIGKILL; gives the checkpoint that is left, and what was told.
    fn kill(mut self) -> ((usize, usize), Vec<String>) {
        self.assert_products_are_settled();
        self.child.kill().expect("killed");
        let status = self.child.wait().expect("ended");
        assert!(
            !status.success(),
            "it was done before it was killed: {:?}",
            self.told
        );
        self.read_until("no such line");
        (self.kept().expect("a checkpoint"), self.told)
    }

    fn finish(mut self) -> Vec<String> {
        self.read_until("no such line");
        assert!(
            self.child.wait().expect("ended").success(),
            "{:?}",
            self.told
        );
        assert!(!self.checkpoint.exists(), "gone once it is published");
        self.told
    }
}

fn digest(data: &Path, version: &str) -> serde_json::Value {
    let manifest =
        fs::read(data.join("models").join(version).join("manifest.json")).expect("published");
    serde_json::from_slice::<serde_json::Value>(&manifest).expect("JSON")["digest"].clone()
}

/// Epochs of which a line was told.
fn epochs(told: &[String]) -> Vec<usize> {
    let epoch = |line: &String| line.strip_prefix("epoch ")?.split('/').next()?.parse().ok();
    told.iter().filter_map(epoch).collect()
}

#[test]
fn cross_fitting_goes_on_after_each_kill() {
    let data = data();
    let start = || Attempt::start(data.path(), "v1", &[]);
    let whole = Attempt::start(data.path(), "whole", &[]).finish();
    assert_eq!(epochs(&whole), [1, 2, 3, 4], "{whole:?}");

    let first = start();
    first.wait_for((1, 0));
    let ((mut done, _), told) = first.kill();
    assert_eq!(epochs(&told)[0], 1);
    if done < EPOCHS {
        let mut second = start();
        assert!(second.read_until(&format!("resumed at epoch {} of 4 ", done + 1)));
        second.wait_for((done + 1, 0));
        let ((after, _), told) = second.kill();
        assert_eq!(epochs(&told)[0], done + 1, "no epoch is trained twice");
        done = after;
    }
    let third = start();
    third.wait_for((EPOCHS, 1));
    let ((_, last_done), told) = third.kill();
    assert_eq!(epochs(&told), (done + 1..=EPOCHS).collect::<Vec<_>>());

    let mut last = start();
    // It may have been done with the last one, and about to compare splits.
    let places = [
        format!("resumed at epoch {} of ", last_done + 1),
        format!("resumed at the end of epoch {last_done} "),
    ];
    assert!(last.read_until("resumed at "));
    let line = last.told.last().expect("a line");
    assert!(places.iter().any(|place| line.contains(place)), "{line}");
    let told = last.finish();
    assert!(
        told.last().is_some() && epochs(&told).is_empty(),
        "{told:?}"
    );
    assert_eq!(digest(data.path(), "v1"), digest(data.path(), "whole"));
}

#[test]
fn going_on_from_a_base_goes_on_after_a_kill() {
    let data = data();
    Attempt::start(data.path(), "v0", &[]).finish();
    let base = ["--base", "v0"];
    Attempt::start(data.path(), "whole", &base).finish();
    let killed = Attempt::start(data.path(), "v1", &base);
    killed.wait_for((1, 0));
    killed.kill();
    // One of other options is not gone on from, and overwritten.
    let mut other = Attempt::start(data.path(), "v1", &["--base", "v0", "--seed", "7"]);
    assert!(other.read_until("the checkpoint ") && other.read_until("epoch 2/4"));
    other.kill();
    let mut again = Attempt::start(data.path(), "v1", &base);
    assert!(again.read_until("the checkpoint ") && again.read_until("epoch 2/4"));
    let ((done, _), _) = again.kill();
    let mut last = Attempt::start(data.path(), "v1", &base);
    assert!(last.read_until(&format!("resumed at epoch {} of 4 ", done + 1)));
    let told = last.finish();
    assert_eq!(epochs(&told), (done + 1..=EPOCHS).collect::<Vec<_>>());
    assert_eq!(digest(data.path(), "v1"), digest(data.path(), "whole"));
}

/// Whatever it is doing, reading, writing a checkpoint or publishing.
#[test]
fn it_can_be_killed_at_any_time() {
    let data = data();
    let began = Instant::now();
    Attempt::start(data.path(), "whole", &[]).finish();
    let whole = began.elapsed();
    for part in 1..6 {
        let mut attempt = Attempt::start(data.path(), "v1", &[]);
        std::thread::sleep(whole * part / 10);
        // It may be done by then.
        let _ = attempt.child.kill();
        attempt.child.wait().expect("ended");
    }
    Attempt::start(data.path(), "v1", &[]).finish();
    assert_eq!(digest(data.path(), "v1"), digest(data.path(), "whole"));
}

/// A limit of 8 MiB a file stands for a full volume: the model fits, a checkpoint does not.
#[test]
fn a_checkpoint_that_finds_no_room_ends_nothing() {
    let data = data();
    let words = command(data.path(), "v1", &["--device", "auto"]);
    let limited = "trap '' XFSZ; ulimit -f 16384; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited, "sh"])
        .args(words)
        .output()
        .expect("runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        told.matches("goes on without a checkpoint").count(),
        1,
        "{told}"
    );
    #[cfg(not(feature = "cuda"))]
    assert!(
        told.contains("training on the CPU: this trainer was built without CUDA"),
        "{told}"
    );
    assert!(told.contains("time of its steps on cpu: "), "{told}");
    digest(data.path(), "v1");
    let left = fs::read_dir(data.path().join("models/.progress")).expect("folder");
    assert_eq!(left.count(), 0);
}
