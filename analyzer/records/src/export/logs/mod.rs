//! Logs below `logs/` that join a data set: labelled by a sidecar or their first column, else by the rules where these
//! are sure.

mod column;
mod links;
mod read;
mod sidecar;
mod text;

use std::collections::{HashSet, VecDeque};
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) use read::read;
pub(super) use sidecar::LineLabel;

use self::links::Link;
use super::counts::Counts;
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

/// Logs, and what is none to follow.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// By path.
    pub(super) logs: Vec<PathBuf>,
    /// Links that lead out of the data directory.
    pub(super) links_out: Vec<PathBuf>,
}

/// The logs below `logs/`. What the log-format export has written is among them only if `own_too`: else the
/// interactions themselves are read.
pub(super) fn list(data: &DataDir, own_too: bool) -> Result<Listed, Error> {
    let own = data.log_export();
    let own = own.parent().unwrap_or(Path::new("")).to_owned();
    let mut found = Listed::default();
    let mut followed = HashSet::new();
    let mut folders = VecDeque::new();
    match links::of(data, &data.logs()) {
        Link::Out => found.links_out.push(data.logs()),
        _ => folders.push_back((data.logs(), 0)),
    }
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
            match links::of(data, &path) {
                Link::No => {}
                Link::Data(target) if followed.insert(target.clone()) => {}
                Link::Data(_) | Link::Logs => continue,
                Link::Out => {
                    found.links_out.push(path);
                    continue;
                }
            }
            if !stat.is_dir {
                found.logs.push(path);
            } else if depth < MAX_DEPTH && (own_too || path != own) {
                folders.push_back((path, depth + 1));
            }
        }
        if found.logs.len() > MAX_LOGS {
            return Err(Error::Invalid(format!(
                "there are more than {MAX_LOGS} files in {}: put small logs together",
                data.logs().display()
            )));
        }
    }
    found.logs.sort();
    Ok(found)
}

/// What is told of a link that leads out.
pub(super) fn link_out(counts: &mut Counts, data: &DataDir, path: &Path) {
    counts.problem(data, path, ("log_outside", 1), links::LEADS_OUT);
}

/// A log as it is stored, up to the length that the snapshot saw.
pub(super) fn open(data: &DataDir, path: &Path, bytes: u64) -> Result<impl Read + use<>, Error> {
    let file = data.fs().open(path, Open::Read).context("open", path)?;
    Ok(Stream::new(file, 0, bytes))
}
