//! Files that were exported: which there are, and removing those that hold something erased.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::quarantine::relative;
use super::receipt::FileReached;
use super::tombstone::Tombstone;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;

/// Length in bytes from which on notes of files that are gone are forgotten.
const MAX_NOTES_BYTES: u64 = 1 << 20;

/// Notes of one file that are kept: the last, and that of the file before.
const NOTES_OF_A_FILE: usize = 2;

/// A file that an export wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Noted {
    path: PathBuf,
    written: DateTime<Utc>,
    /// Its length: another one is another file by now. `None`: it grew.
    #[serde(default)]
    bytes: Option<u64>,
    /// Number of the last erasure that the export knew of.
    erasures: u64,
}

fn notes(data: &DataDir) -> PathBuf {
    data.erasures().join("exports.jsonl")
}

/// Remembers that an export is about to write a file, so that an erasure reaches it wherever it lies. `bytes` is its
/// length, `None` where it still grows; `erasures` is the number of the last erasure that the export knew of. To be called
/// before the file has its name, and where it is published (see [`super::publish`]). A data directory that cannot be
/// written to remembers nothing: the one who exported is told that no erasure reaches the file.
pub fn note_export(
    data: &DataDir,
    path: &Path,
    bytes: Option<u64>,
    erasures: u64,
) -> Result<(), Error> {
    match note(data, path, bytes, erasures) {
        Err(error) if is_read_only(&error) => {
            tracing::warn!(%error, path = %path.display(), "no erasure will reach this file");
            Ok(())
        }
        other => other,
    }
}

/// The path from the root; the file itself may not be there yet.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let parent = fs::canonicalize(parent).context("look at", parent)?;
    let whole = parent.join(path.file_name().unwrap_or_default());
    if whole.to_str().is_none() {
        return Err(Error::Invalid(format!(
            "{} is not UTF-8, and could not be found again for an erasure: export to another name",
            whole.display()
        )));
    }
    Ok(whole)
}

/// Keeps the last notes of each file that is there. Exports are published one after the other.
fn forget_what_is_gone(data: &DataDir) -> Result<(), Error> {
    let mut text = vec![];
    for noted in noted(data)?.iter().filter(|noted| noted.path.exists()) {
        text.extend(serde_json::to_vec(noted).expect("a note is JSON"));
        text.push(b'\n');
    }
    files::write_atomic(&notes(data), &text)
}

/// Whether somebody without the right to write asked.
pub(super) fn is_read_only(error: &Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error, Error::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem))
}

fn note(data: &DataDir, path: &Path, bytes: Option<u64>, erasures: u64) -> Result<(), Error> {
    files::create_dir(&RealFilesystem, &data.erasures())?;
    let noted = Noted {
        path: absolute(path)?,
        written: Utc::now(),
        bytes,
        erasures,
    };
    // Begun on a line of its own, also behind one that was torn.
    let mut line = vec![b'\n'];
    line.extend(serde_json::to_vec(&noted).expect("a note is JSON"));
    line.push(b'\n');
    let notes = notes(data);
    if fs::metadata(&notes).is_ok_and(|meta| meta.len() > MAX_NOTES_BYTES) {
        forget_what_is_gone(data)?;
    }
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&notes)
        .context("open", &notes)?;
    file.write_all(&line)
        .and_then(|()| file.sync_data())
        .context("append to", &notes)
}

/// Removes exported files that may hold something of an erasure. One that was changed since is left, and told in `left`.
pub(super) fn remove(
    data: &DataDir,
    erasure: &Tombstone,
    left: &mut Vec<String>,
) -> Result<Vec<FileReached>, Error> {
    let mut reached = vec![];
    let noted = all(data)?;
    let paths: BTreeSet<&Path> = noted.iter().map(|noted| noted.path.as_path()).collect();
    for path in paths {
        let Ok(meta) = fs::metadata(path) else {
            continue;
        };
        // Of several notes of a file that was written again the one of its length is its own: who was killed between a
        // note and the file has left the file before.
        let all: Vec<&Noted> = noted.iter().filter(|noted| noted.path == path).collect();
        let own = all
            .iter()
            .filter(|noted| noted.bytes.is_none_or(|bytes| bytes == meta.len()));
        let own: Vec<&&Noted> = own.collect();
        let holds = |noted: &&Noted| {
            !erasure.is_known_to(noted.erasures, noted.written)
                && erasure.is_held_by(noted.written, None)
        };
        if own.is_empty() && all.iter().any(holds) {
            left.push(format!(
                "{} was changed after it was exported, and stays: look whether it is to go",
                path.display()
            ));
            continue;
        }
        if !own.into_iter().any(holds) {
            continue;
        }
        fs::remove_file(path).context("remove", path)?;
        if let Some(dir) = path.parent() {
            files::sync_dir(dir)?;
        }
        reached.push(FileReached {
            file: relative(data, path),
            bytes: meta.len(),
        });
    }
    Ok(reached)
}

/// What is noted, the last ones of each path.
fn noted(data: &DataDir) -> Result<Vec<Noted>, Error> {
    let text = match fs::read_to_string(notes(data)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).context("read", &notes(data)),
    };
    let mut found: Vec<Noted> = vec![];
    for noted in text
        .lines()
        .filter_map(|line| serde_json::from_str::<Noted>(line).ok())
    {
        let mut earlier = found
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, one)| one.path == noted.path);
        if let Some((oldest, _)) = earlier.nth(NOTES_OF_A_FILE - 2) {
            found.remove(oldest);
        }
        found.push(noted);
    }
    Ok(found)
}

/// What is noted, and the files at the usual places that nobody noted.
fn all(data: &DataDir) -> Result<Vec<Noted>, Error> {
    let mut found = noted(data)?;
    let logs = data.root().join("logs").join("chat_training");
    let usual = files::list(&RealFilesystem, &logs)?;
    for path in usual.into_iter().chain([data.training_export()]) {
        let path = fs::canonicalize(&path).unwrap_or(path);
        if let Ok(meta) = fs::metadata(&path)
            && meta.is_file()
            && !found.iter().any(|noted| noted.path == path)
        {
            let modified = meta.modified().context("look at", &path)?;
            found.push(Noted {
                path,
                written: modified.into(),
                bytes: None,
                erasures: 0,
            });
        }
    }
    Ok(found)
}
