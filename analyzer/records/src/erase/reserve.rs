//! Space that is kept for erasures, so that one can be written down where there is no other.

use std::io;

use super::log::Held;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{Filesystem, Open, write_all_at};
use crate::layout::DataDir;

/// Bytes of the reserve.
pub(super) const RESERVE_BYTES: u64 = 256 << 10;

/// Bytes that are given up at a time. Others may be faster to take them: then there is more.
const STEP_BYTES: u64 = 16 << 10;

impl Held {
    /// Gives up some of the reserve. `false`: there is none.
    pub(super) fn release(&self) -> Result<bool, Error> {
        let path = self.data().erasure_reserve();
        let file = match self.data().fs().open(&path, Open::Existing) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error).context("open", &path),
        };
        let bytes = file.stat().context("look at", &path)?.bytes;
        if bytes == 0 {
            return Ok(false);
        }
        tracing::warn!(path = %path.display(), "the disk is full: an erasure takes of what was kept for it");
        file.set_len(bytes.saturating_sub(STEP_BYTES))
            .context("shorten", &path)?;
        // What is freed can be used when that is on the disk.
        file.sync_all().context("sync", &path)?;
        Ok(true)
    }

    /// Takes back what was given up, as far as there is space.
    pub(super) fn take_back(&self) {
        let path = self.data().erasure_reserve();
        // A receipt needs no new folder then.
        let _ = files::create_dir(self.data().fs(), &self.data().erasure_receipts());
        if let Err(error) = fill(self.data().fs(), &path) {
            tracing::debug!(%error, "the reserve for erasures is taken back another time");
        }
    }
}

/// Whether there is less than there should be.
pub(super) fn is_short(data: &DataDir) -> bool {
    let stat = data.fs().stat(&data.erasure_reserve());
    stat.map_or(true, |stat| stat.bytes < RESERVE_BYTES)
}

fn fill(fs: &dyn Filesystem, path: &std::path::Path) -> io::Result<()> {
    let file = fs.open(path, Open::Create)?;
    let mut there = file.stat()?.bytes;
    while there < RESERVE_BYTES {
        // Letters, not zeros: a filesystem that leaves out what is empty keeps no space for it.
        let bytes: Vec<u8> = (0..STEP_BYTES.min(RESERVE_BYTES - there))
            .map(|at| b'a' + ((at.wrapping_mul(0x9E37_79B9) >> 16) % 26) as u8)
            .collect();
        write_all_at(&*file, &bytes, there)?;
        there += bytes.len() as u64;
    }
    file.sync_all()
}
