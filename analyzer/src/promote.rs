//! Puts a version into service where no operator does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::Utc;
use logloop_records::{DataDir, write_atomic};
use logloop_scoring::{ServingDocument, VersionRef, artifact};

use crate::serving::read_document;

/// How long another `promote` on the same data directory is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// How often it is looked at meanwhile.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// What was put into service.
#[derive(Debug)]
pub struct Promoted {
    /// The document that holds now.
    pub document: ServingDocument,
    /// The document before could not be read, and lies here.
    pub damaged: Option<PathBuf>,
}

/// Puts a version into service: verified, then written with the next generation. `rules` takes every model out of service.
/// A document before that cannot be read is put aside. Of two at once the second waits for the first. Fails if the version
/// cannot be loaded, or the volume cannot be written to.
pub fn promote(data: &DataDir, version: &str) -> anyhow::Result<Promoted> {
    let path = data.serving();
    let stable = if version == artifact::RULES_VERSION {
        fs::create_dir_all(data.models())
            .with_context(|| format!("cannot create {}", data.models().display()))?;
        None
    } else {
        let model = artifact::load(&data.models(), version, None)?;
        Some(VersionRef {
            version: version.to_owned(),
            digest: model.manifest.digest,
        })
    };
    let _lock = hold(&data.models())?;
    let (before, damaged) = match read_document(&path) {
        Ok(before) => (before.map_or(0, |document| document.generation), None),
        // Of what cannot be read nobody knows the generation: seconds since 1970 are more than anybody promoted.
        Err(_) => (Utc::now().timestamp().unsigned_abs(), Some(aside(&path)?)),
    };
    let generation = before.checked_add(1).with_context(|| {
        format!(
            "{} has the last generation there is: remove it, restart the analyzers, and promote again",
            path.display()
        )
    })?;
    let document = ServingDocument {
        generation,
        stable,
        candidate: None,
    };
    write_atomic(&path, document.to_json().as_bytes())?;
    Ok(Promoted { document, damaged })
}

/// Keeps what cannot be read; a name that is taken already is not used again.
fn aside(path: &Path) -> anyhow::Result<PathBuf> {
    let name = |number: u32| path.with_extension(format!("json.damaged-{number}"));
    let aside = (1..).map(name).find(|name| !name.exists());
    let aside = aside.unwrap_or_else(|| name(0));
    fs::copy(path, &aside)
        .with_context(|| format!("cannot keep {} as {}", path.display(), aside.display()))?;
    Ok(aside)
}

/// The right to change the document, as long as it is held.
fn hold(models: &Path) -> anyhow::Result<File> {
    let path = models.join(".serving.lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if began.elapsed() < LOCK_WAIT => {
                std::thread::sleep(LOCK_POLL);
            }
            Err(fs::TryLockError::WouldBlock) => anyhow::bail!(
                "{} is held by another promote for more than {} s: wait until it has ended, and try again",
                path.display(),
                LOCK_WAIT.as_secs()
            ),
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, DataDir) {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        (dir, data)
    }

    #[test]
    fn each_of_many_at_once_gets_a_generation() {
        let (_dir, data) = world();
        let mut generations: Vec<u64> = std::thread::scope(|scope| {
            let one = || promote(&data, "rules").unwrap().document.generation;
            let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        generations.sort_unstable();
        assert_eq!(generations, (1..=8).collect::<Vec<_>>());
    }

    #[test]
    fn a_document_that_cannot_be_read_is_put_aside_and_outdone() {
        let (_dir, data) = world();
        promote(&data, "rules").unwrap();
        for number in 1..=2 {
            fs::write(data.serving(), "{\"generation\": 4").unwrap();
            let promoted = promote(&data, "rules").unwrap();
            let aside = promoted.damaged.expect("it is kept");
            assert!(aside.ends_with(format!("serving.json.damaged-{number}")));
            assert_eq!(fs::read_to_string(aside).unwrap(), "{\"generation\": 4");
            assert!(promoted.document.generation > 1_700_000_000);
            let read = read_document(&data.serving()).unwrap();
            assert_eq!(read, Some(promoted.document));
        }
        let next = promote(&data, "rules").unwrap();
        assert!(next.damaged.is_none() && next.document.generation > 1_700_000_000);
        assert!(promote(&data, "nobody").is_err());
    }

    #[test]
    fn no_generation_comes_after_the_last() {
        let (_dir, data) = world();
        promote(&data, "rules").unwrap();
        let last = format!(r#"{{"generation":{}}}"#, u64::MAX);
        fs::write(data.serving(), &last).unwrap();
        let refused = promote(&data, "rules").unwrap_err().to_string();
        assert!(refused.contains("remove it"), "{refused}");
        assert_eq!(fs::read_to_string(data.serving()).unwrap(), last);
    }
}
