//! A data directory with interactions, made for exports.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use logloop_records::{
    AnalysisResults, AnalysisStats, DataDir, Failure, Feedback, Interaction, TrainingExample,
    dataset,
};
use uuid::Uuid;

pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// A word for a number: numbers would be masked.
pub(crate) fn word(mut number: usize) -> String {
    let mut word = String::new();
    for _ in 0..4 {
        word.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    word
}

/// An interaction with a log of so many lines, of which every tenth fails.
pub(crate) fn interaction(second: i64, lines: usize) -> Interaction {
    let time = at(second);
    let stamp = "2026-11-22 10:00:00";
    let log: String = (0..lines)
        .map(|line| match line % 10 {
            0 => format!(
                "{stamp} ERROR db: disk {line} of {} full\n",
                word(second as usize)
            ),
            _ => format!(
                "{stamp} INFO job: step {line} of {} done\n",
                word(line % 40)
            ),
        })
        .collect();
    let template = logloop_logs::template(&format!("disk 0 of {} full", word(second as usize)));
    let failing = lines.div_ceil(10) as u64;
    let numbers: Vec<u64> = (0..failing).map(|n| n * 10 + 1).collect();
    let failure = Failure {
        line: 1,
        line_ends: numbers.clone(),
        lines: numbers,
        count: failing,
        log_entry: log.lines().next().unwrap_or_default().to_owned(),
        component: Some("db".to_owned()),
        level: Some("ERROR".to_owned()),
        severity: 0.8,
        error_patterns: vec!["disk_full".to_owned()],
        template_id: template.id,
        template: template.text,
        ..Failure::default()
    };
    Interaction {
        timestamp: time,
        id: Uuid::from_u128(second as u128 + 1),
        log_content: log,
        model_version: "rules".to_owned(),
        analysis_results: AnalysisResults {
            stats: AnalysisStats {
                total_lines: lines as u64,
                total_entries: lines as u64,
                total_failures: failing,
                format: "leveled".to_owned(),
                ..AnalysisStats::default()
            },
            failures: vec![failure],
            ..AnalysisResults::default()
        },
        ..Interaction::default()
    }
}

pub(crate) struct World {
    dir: tempfile::TempDir,
    pub(crate) data: DataDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        fs::create_dir(&root).unwrap();
        Self {
            dir,
            data: DataDir::new(root),
        }
    }

    /// Three sealed segments, an active one, and two logs.
    pub(crate) fn of_several() -> Self {
        let world = Self::new();
        for segment in 0..3 {
            let all: Vec<_> = (0..20)
                .map(|n| interaction(segment * 100 + n, 30))
                .collect();
            world.sealed(&format!("s{segment}.g0"), &all);
        }
        world.active(&[interaction(900, 30), interaction(901, 2000)]);
        world.file(
            "logs/a.log",
            "2026-11-22 10:00:00 ERROR mail: cannot send\n",
        );
        world.file("logs/deep/b.log", "2026-11-22 10:00:00 INFO mail: sent\n");
        world
    }

    pub(crate) fn root(&self) -> &Path {
        self.data.root()
    }

    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn sealed(&self, name: &str, all: &[Interaction]) -> PathBuf {
        self.file(
            &format!("chat_interactions/sealed/{name}.jsonl"),
            lines(all),
        )
    }

    pub(crate) fn active(&self, all: &[Interaction]) -> PathBuf {
        self.file("chat_interactions/chat_interactions.jsonl", lines(all))
    }

    pub(crate) fn say(&self, all: &[Feedback]) {
        self.file("chat_feedback/chat_feedback.jsonl", lines(all));
    }

    pub(crate) fn rows(&self, id: &str) -> Vec<TrainingExample> {
        dataset::read(&self.data.datasets().join(id)).unwrap().1
    }
}

pub(crate) fn lines(all: &[impl serde::Serialize]) -> String {
    all.iter()
        .map(|one| serde_json::to_string(one).unwrap() + "\n")
        .collect()
}
