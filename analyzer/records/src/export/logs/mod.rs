//! Logs below `logs/` that join a data set: labelled by a sidecar or their first column, else by the rules where these
//! are sure.

mod column;
mod read;
mod sidecar;

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) use read::read;
pub(super) use sidecar::LineLabel;

use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{Open, Stream};
use crate::layout::DataDir;

/// What a sidecar's name has behind that of its log.
pub(crate) const LABELS: &str = ".labels.jsonl";

/// Logs of one data directory; more are refused, not left out in silence.
const MAX_LOGS: usize = 100_000;

/// Folders within each other that are looked into.
const MAX_DEPTH: usize = 16;

/// The logs below `logs/`, by path. What the log-format export has written is among them only if `own_too`: else the
/// interactions themselves are read.
pub(super) fn list(data: &DataDir, own_too: bool) -> Result<Vec<PathBuf>, Error> {
    let own = data.log_export();
    let own = own.parent().unwrap_or(Path::new("")).to_owned();
    let mut found = vec![];
    let mut folders = VecDeque::from([(data.logs(), 0)]);
    while let Some((folder, depth)) = folders.pop_front() {
        for path in files::list(data.fs(), &folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name.ends_with(LABELS) {
                continue;
            }
            // One that was removed meanwhile, or a link to nothing.
            let Ok(stat) = data.fs().stat(&path) else {
                continue;
            };
            if !stat.is_dir {
                found.push(path);
            } else if depth < MAX_DEPTH && (own_too || path != own) {
                folders.push_back((path, depth + 1));
            }
        }
        if found.len() > MAX_LOGS {
            return Err(Error::Invalid(format!(
                "there are more than {MAX_LOGS} files in {}: put small logs together",
                data.logs().display()
            )));
        }
    }
    found.sort();
    Ok(found)
}

/// A log as it is stored, up to the length that the snapshot saw.
pub(super) fn open(data: &DataDir, path: &Path, bytes: u64) -> Result<impl Read + use<>, Error> {
    let file = data.fs().open(path, Open::Read).context("open", path)?;
    Ok(Stream::new(file, 0, bytes))
}
