//! `erasures/exports.jsonl`: which files exports wrote, and by what they are known again.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::dataset::sha256_of;
use crate::erase::erased::Erased;
use crate::erase::made::{Made, Only};
use crate::erase::subject::{SubjectHash, new_salt};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;

/// Length in bytes from which on notes of files that are gone are forgotten.
const MAX_NOTES_BYTES: u64 = 1 << 20;

/// Notes of one file that are kept: the last, and that of the file before.
const NOTES_OF_A_FILE: usize = 2;

/// What an export writes into a file.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// Number of the last erasure that it knew of.
    pub erasures: u64,
    /// Interactions before this time are left out.
    pub since: Option<DateTime<Utc>>,
    /// Those of everybody else are.
    pub subject: Option<&'a str>,
}

/// By what the bytes of a file are known again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// How many there are.
    pub bytes: u64,
    /// Bytes at the beginning that the digest leaves out: a head that is written last.
    #[serde(default)]
    pub from: u64,
    /// SHA-256 of those behind, hexadecimal.
    pub sha256: String,
}

impl Content {
    /// Whether the file at `path` holds these bytes.
    fn is_in(&self, path: &Path) -> Result<bool, Error> {
        let mut file = File::open(path).context("open", path)?;
        if file.metadata().context("look at", path)?.len() != self.bytes {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.from))
            .context("read", path)?;
        let rest = file.take(self.bytes - self.from.min(self.bytes));
        Ok(sha256_of(rest, path)? == self.sha256)
    }
}

/// A file that an export wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) path: PathBuf,
    written: DateTime<Utc>,
    /// `None`: it still grew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    erasures: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    /// Of whom alone it has rows; no file of an erasure names a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectHash>,
}

impl Noted {
    pub(super) fn made(&self) -> Made<'_> {
        Made {
            at: self.written,
            erasures: self.erasures,
            since: self.since,
            only: self.subject.as_ref().map(Only::Hashed),
        }
    }

    /// Whether the file is still the one that was noted: what a person has put in its place is theirs.
    pub(super) fn is_still_there(&self) -> Result<bool, Error> {
        let Ok(meta) = fs::symlink_metadata(&self.path) else {
            return Ok(false);
        };
        match &self.content {
            _ if !meta.is_file() => Ok(false),
            None => Ok(true),
            Some(content) => content.is_in(&self.path),
        }
    }
}

fn notes(data: &DataDir) -> PathBuf {
    data.erasures().join("exports.jsonl")
}

/// Remembers that an export is about to write a file, so that an erasure reaches it wherever it lies. `content` is `None`
/// where it still grows. To be called before the file has its name, and where it is published (see
/// [`crate::erase::publish`]). A data directory that cannot be written to remembers nothing: the one who exported is told
/// that no erasure reaches the file.
pub fn note_export(
    data: &DataDir,
    path: &Path,
    content: Option<Content>,
    export: Export<'_>,
) -> Result<(), Error> {
    match note(data, path, content, export) {
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
pub(in crate::erase) fn is_read_only(error: &Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error, Error::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem))
}

fn note(
    data: &DataDir,
    path: &Path,
    content: Option<Content>,
    export: Export<'_>,
) -> Result<(), Error> {
    files::create_dir(&RealFilesystem, &data.erasures())?;
    let hashed = |name| Ok(SubjectHash::of(name, &salt(data, &Erased::load(data)?)?));
    let noted = Noted {
        path: absolute(path)?,
        written: Utc::now(),
        content,
        erasures: export.erasures,
        since: export.since,
        subject: export.subject.map(hashed).transpose()?,
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

/// The salt under which subjects are hashed from now on: the one that was used before, so that hashes can be compared.
pub(in crate::erase) fn salt(data: &DataDir, erased: &Erased) -> Result<String, Error> {
    if let Some(salt) = erased.salt() {
        return Ok(salt.to_owned());
    }
    let noted = noted(data)?.into_iter();
    let known = noted.filter_map(|noted| noted.subject).next();
    Ok(known.map_or_else(new_salt, |subject| subject.salt))
}

/// What is noted, the last ones of each path.
fn noted(data: &DataDir) -> Result<Vec<Noted>, Error> {
    let bytes = match fs::read(notes(data)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => vec![],
        Err(error) => return Err(error).context("read", &notes(data)),
    };
    // A damaged byte takes its line, and no erasure with it.
    let text = String::from_utf8_lossy(&bytes);
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
pub(super) fn all(data: &DataDir) -> Result<Vec<Noted>, Error> {
    let mut found = noted(data)?;
    let logs = data.root().join("logs").join("chat_training");
    let usual = files::list(&RealFilesystem, &logs)?;
    for path in usual.into_iter().chain([data.training_export()]) {
        // A link is nobody's export: what it leads to is not ours to remove.
        if let Ok(path) = absolute(&path)
            && let Ok(meta) = fs::symlink_metadata(&path)
            && meta.is_file()
            && !found.iter().any(|noted| noted.path == path)
        {
            let modified = meta.modified().context("look at", &path)?;
            found.push(Noted {
                path,
                written: modified.into(),
                content: None,
                erasures: 0,
                since: None,
                subject: None,
            });
        }
    }
    Ok(found)
}
