//! Tells a file that was read before from another one that got its number: file systems give numbers of removed files
//! to new ones.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Context, Error};
use crate::filesystem::{FileHandle, read_exact_at};

/// Bytes that are compared: of a record they hold its checksum.
const LANDMARK_BYTES: u64 = 32;

/// Up to where a file was read, and what stood there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Landmark {
    end: u64,
    before_end: Vec<u8>,
}

impl Landmark {
    /// Of a file that was read up to `end`.
    pub(crate) fn of(file: &Arc<dyn FileHandle>, path: &Path, end: u64) -> Result<Self, Error> {
        let length = LANDMARK_BYTES.min(end);
        let mut before_end = vec![0; length as usize];
        read_exact_at(&**file, &mut before_end, end - length).context("read", path)?;
        Ok(Self { end, before_end })
    }

    /// Bytes that were read.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Whether this is that file: what was read stands there still.
    pub(crate) fn is_in(&self, file: &Arc<dyn FileHandle>) -> bool {
        let mut now = vec![0; self.before_end.len()];
        let at = self.end - now.len() as u64;
        read_exact_at(&**file, &mut now, at).is_ok() && now == self.before_end
    }
}
