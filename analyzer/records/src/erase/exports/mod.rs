//! Files that were exported: which there are, and removing those that hold something erased.

mod named;
mod notes;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use uuid::Uuid;

use self::named::is_gone;
use self::notes::{Noted, all};
use super::quarantine::relative;
use super::receipt::FileReached;
use super::tombstone::Tombstone;
use crate::error::{Context, Error};
use crate::files;
use crate::layout::DataDir;

pub(super) use named::{is_named_in_export, is_named_in_file};
pub use notes::{Content, Export, note_export};
pub(super) use notes::{is_read_only, salt};

/// Removes exported files that may hold something of an erasure. What is not the file that was exported any more is left,
/// and told in `left`; one that cannot be read or removed keeps the others from nothing, and is told in `waiting`.
pub(super) fn remove(
    data: &DataDir,
    erasure: &Tombstone,
    waiting: &mut Vec<String>,
    left: &mut Vec<String>,
) -> Result<Vec<FileReached>, Error> {
    let mut reached = vec![];
    let noted = all(data)?;
    let paths: BTreeSet<&Path> = noted.iter().map(|noted| noted.path.as_path()).collect();
    for path in paths {
        let all: Vec<&Noted> = noted.iter().filter(|noted| noted.path == path).collect();
        match remove_one(data, path, &all, erasure, left) {
            Ok(removed) => reached.extend(removed),
            Err(error) => waiting.push(format!("an exported file: {error}")),
        }
    }
    Ok(reached)
}

fn remove_one(
    data: &DataDir,
    path: &Path,
    noted: &[&Noted],
    erasure: &Tombstone,
    left: &mut Vec<String>,
) -> Result<Option<FileReached>, Error> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if is_gone(&error) => return Ok(None),
        // It may lie where only who exported it can look.
        Err(error) => {
            left.push(format!(
                "{} cannot be looked at ({error}): look whether it is to go",
                path.display()
            ));
            return Ok(None);
        }
    };
    if !may_hold(noted, path, erasure)? {
        return Ok(None);
    }
    // Of several notes of a file that was written again one is its own: who was killed between a note and the file
    // has left the file before.
    let mut own = vec![];
    for noted in noted {
        if noted.is_still_there()? {
            own.push(*noted);
        }
    }
    if own.is_empty() {
        left.push(format!(
            "{} is not the file that was exported any more, and stays: look whether it is to go",
            path.display()
        ));
        return Ok(None);
    }
    if !may_hold(&own, path, erasure)? {
        return Ok(None);
    }
    fs::remove_file(path).context("remove", path)?;
    if let Some(dir) = path.parent() {
        files::sync_dir(dir)?;
    }
    Ok(Some(FileReached {
        file: relative(data, path),
        bytes: meta.len(),
    }))
}

/// Whether what was noted of a file, or the file itself, says that it may hold something of an erasure.
fn may_hold(noted: &[&Noted], path: &Path, erasure: &Tombstone) -> Result<bool, Error> {
    if noted.iter().any(|noted| erasure.may_be_in(&noted.made())) {
        return Ok(true);
    }
    match erasure.unfound() {
        Some(id)
            if noted
                .iter()
                .any(|noted| !erasure.is_obeyed_by(&noted.made())) =>
        {
            is_named_in_export(path, id)
        }
        _ => Ok(false),
    }
}

/// Whether an exported file names an interaction.
pub(super) fn is_in_any(data: &DataDir, id: Uuid) -> Result<bool, Error> {
    let noted = all(data)?;
    let paths: BTreeSet<&Path> = noted.iter().map(|noted| noted.path.as_path()).collect();
    for path in paths {
        if is_named_in_export(path, id)? {
            return Ok(true);
        }
    }
    Ok(false)
}
