//! The real programs on one data directory: an analyzer that serves, and the commands that train, judge and promote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use logloop_fault_tests::analyzer::{self, Analyzer};
use logloop_fault_tests::{build, http::Client};
use logloop_operator::jobs::results::{self, Evaluate};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::Line;

/// How long a promoted version may take until it answers.
const NOTICED_WITHIN: Duration = Duration::from_secs(30);

/// Who asks, corrects and promotes.
pub(crate) const PEOPLE: [&str; 4] = ["ann", "bob", "cy", "rae"];

/// The service and its data directory.
pub(crate) struct Shop {
    dir: TempDir,
    analyzer: Analyzer,
}

/// What an analysis said.
#[derive(Debug)]
pub(crate) struct Answer {
    id: String,
    /// Who said so, by failing line (from 1).
    failures: BTreeMap<u64, String>,
}

impl Answer {
    /// Whether the line at this place (from 0) is a failure.
    pub(crate) fn is_failure(&self, at: usize) -> bool {
        self.by(at).is_some()
    }

    /// Who says that the line at this place failed.
    pub(crate) fn by(&self, at: usize) -> Option<&str> {
        self.failures.get(&(at as u64 + 1)).map(String::as_str)
    }

    /// Those of these lines, the ones that were asked about, that it is wrong on.
    pub(crate) fn mistakes<'a>(&self, lines: &[&'a Line]) -> Vec<&'a Line> {
        let all = lines.iter().enumerate();
        all.filter(|(at, line)| self.is_failure(*at) != line.kind.is_failure())
            .map(|(_, line)| *line)
            .collect()
    }
}

fn token(who: &str) -> String {
    format!("{who}-0123456789abcdef")
}

impl Shop {
    /// A service in which ann, bob and cy ask and correct, and rae reviews.
    pub(crate) fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tokens = dir.path().join("tokens");
        let line = |who: &&str| {
            let scopes = if *who == "rae" {
                "all"
            } else {
                "analyze,feedback"
            };
            format!("{} {who} {scopes}\n", token(who))
        };
        std::fs::write(&tokens, PEOPLE.iter().map(line).collect::<String>()).unwrap();
        let data = dir.path().join("data");
        let args = ["--tokens-file", tokens.to_str().unwrap()];
        let analyzer = Analyzer::start(&data, &args).unwrap();
        Self { dir, analyzer }
    }

    fn send(&self, who: &str, method: &str, path: &str, body: &Value) -> Value {
        let client = Client::connect(self.analyzer.address).unwrap();
        let mut client = client.with_header("authorization", &format!("Bearer {}", token(who)));
        let answer = client.send(method, path, &body.to_string()).unwrap();
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// An analysis.
    pub(crate) fn ask(&self, who: &str, log: &str) -> Answer {
        let body = self.send(
            who,
            "POST",
            "/api/chat/analyze",
            &json!({"log_content": log}),
        );
        let groups = body["analysis_results"]["failures"].as_array().unwrap();
        let lines = |group: &Value| {
            let by = group["scored_by"].as_str().unwrap().to_owned();
            let lines = group["lines"].as_array().unwrap().clone();
            lines
                .into_iter()
                .map(move |line| (line.as_u64().unwrap(), by.clone()))
        };
        Answer {
            id: body["interaction_id"].as_str().unwrap().to_owned(),
            failures: groups.iter().flat_map(lines).collect(),
        }
    }

    /// Says what these lines (from 0) of an answer are.
    pub(crate) fn correct(&self, who: &str, answer: &Answer, said: &[(usize, bool)], gold: bool) {
        let of =
            |(at, is_failure): &(usize, bool)| json!({"line": at + 1, "is_failure": is_failure});
        let corrections: Vec<Value> = said.iter().map(of).collect();
        let path = format!("/api/chat/interactions/{}/feedback", answer.id);
        let body = json!({"corrections": corrections, "gold": gold});
        self.send(who, "PUT", &path, &body);
    }

    /// Exports what was kept and trains everything on it.
    pub(crate) fn train(&self, version: &str) {
        let export = ["export", "--dataset", version];
        let exported = analyzer::run(&self.data(), &export);
        assert!(exported.status.success(), "{exported:?}");
        self.trainer(&[
            "train",
            "--dataset",
            version,
            "--version",
            version,
            "--train-all",
        ]);
    }

    /// What the gate's Job says of a version beside the one that serves.
    pub(crate) fn evaluate(&self, version: &str, against: &str) -> Evaluate {
        let message = self.dir.path().join("message");
        let path = message.to_str().unwrap();
        let versions = [
            "--dataset",
            version,
            "--version",
            version,
            "--against",
            against,
        ];
        self.trainer(&[&["evaluate"], &versions[..], &["--termination-log", path]].concat());
        results::parse("evaluate", &std::fs::read_to_string(message).unwrap()).unwrap()
    }

    /// Brings a version into service and waits until it answers.
    pub(crate) fn promote(&self, version: &str) {
        let promoted = analyzer::run(&self.data(), &["promote", version]);
        assert!(promoted.status.success(), "{promoted:?}");
        let asked = Instant::now();
        while self.serving() != version {
            assert!(asked.elapsed() < NOTICED_WITHIN, "{version} does not serve");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The version that answers.
    pub(crate) fn serving(&self) -> String {
        let models = self.send("rae", "GET", "/api/models", &Value::Null);
        let version = models["loaded"]["stable"]["version"].as_str();
        version.unwrap_or("rules").to_owned()
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn trainer(&self, args: &[&str]) {
        let mut trainer = Command::new(trainer());
        trainer.arg(args[0]).arg("--data").arg(self.data());
        let ended = trainer.args(&args[1..]).output().unwrap();
        assert!(ended.status.success(), "{args:?}: {ended:?}");
    }
}

fn trainer() -> &'static Path {
    static PROGRAM: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(|| build::program("logloop-trainer", "LOGLOOP_TRAINER"))
}
