//! The lock of an active segment.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Context, Error};
use crate::filesystem::{FileHandle, Filesystem, Open};

/// Times a path is opened again when another process renamed it meanwhile.
const MAX_REOPENS: usize = 10;

/// What came of asking for a lock.
#[derive(Debug)]
pub(super) enum Lock {
    /// Ours until the handle is dropped.
    Held(Arc<dyn FileHandle>),
    /// Another process has it.
    Taken,
    /// There is no such file.
    Missing,
}

/// Opens `path` and takes its lock without waiting.
pub(super) fn lock(fs: &dyn Filesystem, path: &Path, how: Open) -> Result<Lock, Error> {
    for _ in 0..MAX_REOPENS {
        let file = match fs.open(path, how) {
            Err(error) if error.kind() == ErrorKind::NotFound && how == Open::Existing => {
                return Ok(Lock::Missing);
            }
            other => other.context("open for appending", path)?,
        };
        if !file.try_lock().context("lock", path)? {
            return Ok(Lock::Taken);
        }
        // Sealed by its owner between open and lock: the path names another file by now.
        let locked = file.stat().context("read", path)?;
        match fs.stat(path) {
            Ok(named) if named.id == locked.id => return Ok(Lock::Held(file)),
            _ => {}
        }
    }
    Ok(Lock::Taken)
}
