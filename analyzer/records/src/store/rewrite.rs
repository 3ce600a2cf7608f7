//! A segment without some of its lines, or without all.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::lines::{RawLine, for_each_line};
use super::meta::{meta, sidecar_path};
use super::pace::Pace;
use super::segment::{Opened, Segment, next_generation};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, Sink};

/// Bytes that are written at once. The disk takes them in order: who appends waits for no more.
const GIVE_WAY_BYTES: u64 = 1 << 20;

/// Bytes of segments whose names are removed before the folder is synced: that is what a disk is told to free at once.
const REMOVE_TOGETHER_BYTES: u64 = 256 << 20;

/// Writes the next generation of a sealed segment with the lines that stay, then unlinks the old one. Returns the bytes
/// that this frees. A last line without its end gets one.
pub(crate) fn rewrite(
    segment: &Segment,
    mut stays: impl FnMut(&RawLine<'_>) -> bool,
) -> Result<u64, Error> {
    let Some(opened) = segment.open()? else {
        return Ok(0);
    };
    let target = next_generation(&segment.path);
    let mut now = 0;
    files::replace(segment.fs(), &target, |file| {
        now = copy(segment, opened, &**file, &target, &mut stays)?;
        Ok(())
    })?;
    // Its sidecar is there when the old segment goes: the totals go on without a gap.
    meta(&segment.replaced_by(target)?)?;
    remove(segment)?;
    Ok(segment.bytes.saturating_sub(now))
}

fn copy(
    segment: &Segment,
    opened: Opened,
    file: &dyn FileHandle,
    target: &Path,
    stays: &mut impl FnMut(&RawLine<'_>) -> bool,
) -> Result<u64, Error> {
    let mut out = BufWriter::with_capacity(1 << 18, Sink::new(file));
    let mut pace = Pace::beside(segment);
    let (mut written, mut synced) = (0, 0);
    for_each_line(opened, &segment.path, |line| {
        if !stays(&line) {
            return Ok(());
        }
        written += line.bytes.len() as u64 + 1;
        out.write_all(line.bytes)
            .and_then(|()| out.write_all(b"\n"))
            .context("write", target)?;
        if written - synced >= GIVE_WAY_BYTES {
            synced = written;
            out.flush().context("write", target)?;
            pace.work(|| file.sync_data().context("sync", target))?;
        }
        Ok(())
    })?;
    out.flush().context("write", target)?;
    Ok(written)
}

/// Removes a sealed segment and its sidecar. Returns the bytes that this frees.
pub(crate) fn remove(segment: &Segment) -> Result<u64, Error> {
    remove_all(std::slice::from_ref(segment))
}

/// Removes sealed segments of one store with their sidecars; their names are durably gone when this returns. Returns the
/// bytes that this frees.
pub(crate) fn remove_all(segments: &[Segment]) -> Result<u64, Error> {
    let Some(first) = segments.first() else {
        return Ok(0);
    };
    let dir = first.path.parent().unwrap_or(&first.path);
    let mut pace = Pace::beside(first);
    let (mut freed, mut together) = (0, 0);
    for (index, segment) in segments.iter().enumerate() {
        let fs = segment.fs();
        freed += files::remove(fs, &segment.path)?;
        files::remove(fs, &sidecar_path(&segment.path))?;
        together += segment.bytes;
        if together >= REMOVE_TOGETHER_BYTES || index + 1 == segments.len() {
            together = 0;
            pace.work(|| fs.sync_dir(dir).context("sync the folder", dir))?;
        }
    }
    Ok(freed)
}
