//! Whether a file names an interaction, in memory that does not follow its size.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;
use uuid::Uuid;

use crate::error::{Context, Error};
use crate::export::LABELS;

/// Bytes looked through at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Whether an exported file names it, or, for a log, the labels beside it do: lines of a log name nothing.
pub(in crate::erase) fn is_named_in_export(path: &Path, id: Uuid) -> Result<bool, Error> {
    let mut labels = path.as_os_str().to_owned();
    labels.push(LABELS);
    Ok(is_named_in_file(path, id)? || is_named_in_file(&PathBuf::from(labels), id)?)
}

/// Whether a file names it; one that is not there, or is no file, does not.
pub(in crate::erase) fn is_named_in_file(path: &Path, id: Uuid) -> Result<bool, Error> {
    if !is_file(path)? {
        return Ok(false);
    }
    match File::open(path) {
        Ok(file) => names(file, &id.to_string()).context("read", path),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error).context("open", path),
    }
}

/// Asked before it is opened: to open a pipe waits for who writes into it.
fn is_file(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(meta) => Ok(meta.is_file()),
        Err(error) if is_gone(&error) => Ok(false),
        // One that leads nowhere, or to itself.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) => Ok(false),
        Err(error) => Err(error).context("look at", path),
    }
}

/// Whether nothing is at a path, or not even its folder.
pub(super) fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn names(mut reader: impl Read, wanted: &str) -> std::io::Result<bool> {
    let finder = Finder::new(wanted);
    let mut held = vec![];
    loop {
        let read = (&mut reader)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut held)?;
        if finder.find(&held).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        // A name that is cut by the end of a chunk goes on in the next.
        held.drain(..held.len().saturating_sub(wanted.len() - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_wherever_it_lies() {
        let id = Uuid::from_u128(7).to_string();
        for before in [
            0,
            1,
            CHUNK_BYTES - 36,
            CHUNK_BYTES - 20,
            CHUNK_BYTES,
            2 * CHUNK_BYTES - 1,
        ] {
            let text = format!("{}{id}", "x".repeat(before));
            assert!(names(text.as_bytes(), &id).unwrap(), "{before}");
            assert!(
                !names(&text.as_bytes()[..text.len() - 1], &id).unwrap(),
                "{before}"
            );
        }
    }
}
