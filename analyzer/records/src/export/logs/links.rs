//! Links below `logs/`: followed within the data directory, and never out of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::layout::DataDir;

/// What is told of a link that is not followed.
pub(super) const LEADS_OUT: &str =
    "a link out of the data directory, which is not followed: put the file itself here";

/// What a path is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// No link.
    No,
    /// To something below `logs/`, which is read under its own name.
    Logs,
    /// To something else in the data directory.
    Data(PathBuf),
    /// Out of it, or nobody can say where to.
    Out,
}

/// Looks at one path; those above it are not looked at.
pub(super) fn of(data: &DataDir, path: &Path) -> Link {
    let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
    if !is_link {
        return Link::No;
    }
    let (Ok(root), Ok(target)) = (fs::canonicalize(data.root()), fs::canonicalize(path)) else {
        return Link::Out;
    };
    let is_below_logs = path != data.logs()
        && fs::canonicalize(data.logs()).is_ok_and(|logs| target.starts_with(logs));
    if is_below_logs {
        Link::Logs
    } else if target.starts_with(root) {
        Link::Data(target)
    } else {
        Link::Out
    }
}
