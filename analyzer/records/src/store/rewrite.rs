//! A segment without some of its lines, or without all.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::lines::{RawLine, for_each_line};
use super::meta::{meta, sidecar_path};
use super::segment::{Opened, Segment, next_generation};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::Sink;

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
        now = copy(segment, opened, Sink::new(&**file), &target, &mut stays)?;
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
    sink: Sink<'_>,
    target: &Path,
    stays: &mut impl FnMut(&RawLine<'_>) -> bool,
) -> Result<u64, Error> {
    let mut out = BufWriter::with_capacity(1 << 18, sink);
    let mut written = 0;
    for_each_line(opened, &segment.path, |line| {
        if !stays(&line) {
            return Ok(());
        }
        written += line.bytes.len() as u64 + 1;
        out.write_all(line.bytes)
            .and_then(|()| out.write_all(b"\n"))
            .context("write", target)
    })?;
    out.flush().context("write", target)?;
    Ok(written)
}

/// Removes a sealed segment and its sidecar. Returns the bytes that this frees.
pub(crate) fn remove(segment: &Segment) -> Result<u64, Error> {
    let fs = segment.fs();
    let freed = files::remove(fs, &segment.path)?;
    files::remove(fs, &sidecar_path(&segment.path))?;
    let dir = segment.path.parent().unwrap_or(&segment.path);
    fs.sync_dir(dir).context("sync the folder", dir)?;
    Ok(freed)
}
