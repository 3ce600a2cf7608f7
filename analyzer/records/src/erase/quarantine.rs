//! What recovery, `fsck` and `import` set aside: unfinished, damaged and rejected lines.

use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::attributed;
use super::erased::Erased;
use super::receipt::FileReached;
use super::scan::Attribution;
use super::tombstone::Tombstone;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{Open, Stream, write_all_at};
use crate::layout::{DataDir, Kind};
use crate::store::for_each_line;

/// Removes lines that are erased. Of unfinished and damaged lines those that nobody can attribute go too, if they were
/// set aside before one of the pending erasures was asked for: they may be of it. Returns what went, by erasure.
pub(super) fn clean(
    data: &DataDir,
    erased: &Erased,
    pending: &[&Tombstone],
) -> Result<Vec<(u64, FileReached)>, Error> {
    let mut reached = vec![];
    for kind in [Kind::Interactions, Kind::Feedback] {
        for path in files::list(data.fs(), &data.quarantine(kind))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            reached.extend(clean_file(data, &path, erased, pending)?);
        }
    }
    Ok(reached)
}

fn clean_file(
    data: &DataDir,
    path: &Path,
    erased: &Erased,
    pending: &[&Tombstone],
) -> Result<Option<(u64, FileReached)>, Error> {
    let fs = data.fs();
    let stat = fs.stat(path).context("look at", path)?;
    let set_aside = DateTime::<Utc>::from(stat.modified);
    let nobodys = nobodys_go_for(path, set_aside, pending);
    let erasure_of = |line: &[u8]| {
        let whose = Attribution::of(line);
        let by = attributed::by(&whose, erased).map(|tombstone| tombstone.number);
        by.or(nobodys.filter(|_| whose.is_nobodys()))
    };
    // A file in the quarantine may be of any size: what stays is not kept in memory.
    let (mut number, mut gone, mut stays) = (None, 0, 0);
    each_line(data, path, |line, length| {
        match erasure_of(line) {
            Some(by) => {
                number = Some(by);
                gone += length;
            }
            None => stays += length,
        }
        Ok(())
    })?;
    let Some(number) = number else {
        return Ok(None);
    };
    if stays == 0 {
        files::remove(fs, path)?;
        let dir = path.parent().unwrap_or(path);
        fs.sync_dir(dir).context("sync the folder", dir)?;
    } else {
        files::replace(fs, path, |file| {
            let mut at = 0;
            each_line(data, path, |line, _| {
                if erasure_of(line).is_none() {
                    write_all_at(&**file, line, at)
                        .and_then(|()| write_all_at(&**file, b"\n", at + line.len() as u64))
                        .context("write", path)?;
                    at += line.len() as u64 + 1;
                }
                Ok(())
            })
        })?;
    }
    let file = relative(data, path);
    Ok(Some((number, FileReached { file, bytes: gone })))
}

/// The erasure for which lines of this file go that nobody can attribute.
fn nobodys_go_for(path: &Path, set_aside: DateTime<Utc>, pending: &[&Tombstone]) -> Option<u64> {
    let is_ours = path
        .extension()
        .is_some_and(|end| end == "torn" || end == "damaged");
    let may_be_of = |tombstone: &&&Tombstone| set_aside <= tombstone.requested;
    let first = pending.iter().find(may_be_of)?;
    is_ours.then_some(first.number)
}

fn each_line(
    data: &DataDir,
    path: &Path,
    mut each: impl FnMut(&[u8], u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let file = data.fs().open(path, Open::Read).context("open", path)?;
    let stream: Box<dyn Read> = Box::new(Stream::new(file, 0, u64::MAX));
    for_each_line(stream, path, |line| each(line.bytes, line.length))
}

/// The path below the data directory.
pub(super) fn relative(data: &DataDir, path: &Path) -> String {
    let short: PathBuf = path.strip_prefix(data.root()).unwrap_or(path).to_owned();
    short.display().to_string()
}
