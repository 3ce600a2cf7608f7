//! Where lines that are no records are kept.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::redact::Redact;
use crate::error::Error;
use crate::files;
use crate::layout::{DataDir, Kind};

/// Bytes of lines that wait in memory; more go into a file.
const MAX_WAITING_BYTES: usize = 8 << 20;

/// How a private key begins whose lines tell nothing by themselves.
const KEY_BEGIN: &[u8] = b"-----BEGIN";

/// A key is no longer than this: one that begins within so many bytes of the last line waits for the lines behind it.
const MAX_KEY_BYTES: usize = 64 << 10;

/// Redacts rejected lines together, as one text, and writes them into files that are named by a digest of what is in
/// them: the same lines are kept once.
pub(super) struct Quarantine<'a, R> {
    data: &'a DataDir,
    redact: &'a R,
    waiting: Vec<u8>,
    files: Vec<PathBuf>,
}

impl<'a, R: Redact> Quarantine<'a, R> {
    pub(super) fn new(data: &'a DataDir, redact: &'a R) -> Self {
        Self {
            data,
            redact,
            waiting: vec![],
            files: vec![],
        }
    }

    /// Keeps a line.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Error> {
        self.waiting.extend_from_slice(line);
        self.waiting.push(b'\n');
        if self.waiting.len() > MAX_WAITING_BYTES {
            let rest = self.waiting.split_off(whole_texts(&self.waiting));
            self.write()?;
            self.waiting = rest;
        }
        Ok(())
    }

    /// Writes what waits; names all files.
    pub(super) fn finish(mut self) -> Result<Vec<PathBuf>, Error> {
        self.write()?;
        Ok(self.files)
    }

    fn write(&mut self) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.waiting);
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        // What needs no redaction stays byte for byte, text or not.
        if self.redact.text(&mut text) {
            bytes = text.into_bytes();
        }
        let digest = Sha256::digest(&bytes);
        let name: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
        let folder = self.data.quarantine(Kind::Interactions);
        let path = folder.join(format!("import-{name}.rejected"));
        files::write_atomic_on(self.data.fs(), &path, &bytes)?;
        self.files.push(path);
        Ok(())
    }
}

/// So many bytes of whole lines can be redacted without those behind them: all, but for a key that begins near the end.
fn whole_texts(lines: &[u8]) -> usize {
    let tail = lines.len().saturating_sub(MAX_KEY_BYTES);
    let begins = lines[tail..]
        .windows(KEY_BEGIN.len())
        .rposition(|window| window == KEY_BEGIN);
    let Some(begins) = begins.map(|at| tail + at) else {
        return lines.len();
    };
    let line = lines[..begins].iter().rposition(|byte| *byte == b'\n');
    // A line that is all there is does not wait.
    line.map_or(lines.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_at_the_end_waits() {
        for (lines, whole) in [
            ("a\nb\n", 4),
            ("a\n-----BEGIN X-----\nMII\n", 2),
            ("-----BEGIN X-----\nMII\n", 22),
            ("", 0),
        ] {
            assert_eq!(whole_texts(lines.as_bytes()), whole, "{lines:?}");
        }
        let far = format!("a\n-----BEGIN X-----\n{}", "b\n".repeat(MAX_KEY_BYTES));
        assert_eq!(whole_texts(far.as_bytes()), far.len());
    }
}
