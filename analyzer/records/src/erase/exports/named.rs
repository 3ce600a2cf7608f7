//! Whether a file names an interaction, in memory that does not follow its size.

use std::fs::File;
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
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).context("open", path),
    };
    let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
    if !is_file {
        return Ok(false);
    }
    names(file, &id.to_string()).context("read", path)
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
