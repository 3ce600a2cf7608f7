//! How far the trainings on this volume have come, by the files that trainers keep beside their work.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use logloop_scoring::artifact::PROGRESS_DIR;
use serde::{Deserialize, Serialize};

/// Age from which a file belongs to a dead attempt: a trainer writes about every second, but for the longest of its
/// steps.
pub const DEAD_AFTER: TimeDelta = TimeDelta::minutes(10);
/// Trainings that are told, the newest first.
pub const MAX_TRAININGS: usize = 16;
/// Files of the folder that are looked at.
const MAX_FILES: usize = 1_000;
/// Bytes of such a file.
const MAX_FILE_BYTES: u64 = 4 << 10;

/// Where a training stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Steps done.
    pub step: u64,
    /// Steps if it does not stop early.
    pub steps: u64,
    /// Mean training loss of this epoch so far; none if it is no number.
    #[serde(default)]
    pub loss: Option<f64>,
    /// Seconds until the last step, at this pace.
    #[serde(default)]
    pub eta_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct Document {
    version: String,
    updated: DateTime<Utc>,
    #[serde(flatten)]
    training: Training,
}

/// The trainings that are at work below `models`, by version. What cannot be read is none: it tells about others'
/// work, and nothing rests on it.
pub fn read(models: &Path, now: DateTime<Utc>) -> BTreeMap<String, Training> {
    let Ok(files) = fs::read_dir(models.join(PROGRESS_DIR)) else {
        return BTreeMap::new();
    };
    let paths = files
        .take(MAX_FILES)
        .filter_map(|file| Some(file.ok()?.path()));
    let documents = paths.filter_map(|path| {
        let document = parse(&path).ok()?;
        // A file says of no other version than its name does.
        (path.file_stem()?.to_str()? == document.version).then_some(document)
    });
    at_work(documents, now)
}

fn parse(path: &Path) -> io::Result<Document> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "more than {MAX_FILE_BYTES} bytes are no progress of a training"
        )));
    }
    Ok(serde_json::from_slice(&bytes)?)
}

/// Those that are not dead, the newest [`MAX_TRAININGS`] of them. Clocks of nodes differ: one that is ahead is no sign
/// of death, one that is as far ahead as this is.
fn at_work(
    documents: impl Iterator<Item = Document>,
    now: DateTime<Utc>,
) -> BTreeMap<String, Training> {
    let lives = |document: &Document| (now - document.updated).abs() < DEAD_AFTER;
    let mut alive: Vec<Document> = documents.filter(lives).collect();
    alive.sort_by(|a, b| (b.updated, &a.version).cmp(&(a.updated, &b.version)));
    alive.truncate(MAX_TRAININGS);
    let told = alive.into_iter();
    told.map(|document| (document.version, document.training))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn document(version: &str, age: TimeDelta) -> String {
        format!(
            r#"{{"version":"{version}","updated":"{}","step":3,"steps":10,"epoch":1,"loss":0.5,"eta_seconds":7,"more":[]}}"#,
            (now() - age).to_rfc3339()
        )
    }

    #[test]
    fn who_is_at_work_is_told_and_nobody_else() {
        let models = tempfile::tempdir().expect("a folder");
        assert_eq!(read(models.path(), now()), BTreeMap::new(), "no folder");
        let dir = models.path().join(PROGRESS_DIR);
        fs::create_dir(&dir).expect("made");
        let second = TimeDelta::seconds(1);
        let long = format!("{}{}", document("long", second), " ".repeat(5000));
        for (name, text) in [
            ("v1", document("v1", second)),
            ("ahead", document("ahead", -second)),
            ("nan", document("nan", second).replace("0.5", "null")),
            ("dead", document("dead", DEAD_AFTER)),
            ("far-ahead", document("far-ahead", -DEAD_AFTER)),
            ("other", document("v2", second)),
            ("torn", document("torn", second)[..40].to_owned()),
            ("odd", document("odd", second).replace("3", "-3")),
            ("long", long + "x"),
        ] {
            fs::write(dir.join(format!("{name}.json")), text).expect("written");
        }
        fs::create_dir(dir.join("folder.json")).expect("made");
        let told = read(models.path(), now());
        assert_eq!(told.keys().collect::<Vec<_>>(), ["ahead", "nan", "v1"]);
        let v1 = Training {
            step: 3,
            steps: 10,
            loss: Some(0.5),
            eta_seconds: Some(7),
        };
        assert_eq!((told["v1"], told["nan"].loss), (v1, None));
    }

    #[test]
    fn of_too_many_the_newest_are_told() {
        let documents = (0..40).map(|n| {
            let text = document(&format!("v{n:02}"), TimeDelta::seconds(n));
            serde_json::from_str(&text).expect("a document")
        });
        let told = at_work(documents, now());
        assert_eq!(told.len(), MAX_TRAININGS);
        assert_eq!(told.keys().next_back().map(String::as_str), Some("v15"));
    }
}
