//! A segment without some of its records.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::{Keep, PruneReport, sealed, time_of};
use crate::error::{Context, Error};
use crate::files;
use crate::layout::{DataDir, Kind};
use crate::store::{Segment, next_generation};

/// What a record is, as far as retention goes.
#[derive(Deserialize)]
struct Head {
    timestamp: DateTime<Utc>,
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    log_blob: Option<String>,
    #[serde(default)]
    interaction_id: Option<Uuid>,
}

/// A record that goes.
pub(super) struct Dropped {
    pub(super) id: Uuid,
    pub(super) blob: Option<String>,
}

/// Which lines of a segment go.
pub(super) struct Split {
    /// Numbers of the lines that go, from 0, ascending.
    drop_lines: Vec<u64>,
    pub(super) dropped: Vec<Dropped>,
    /// Damaged lines stay: they may be all that is left of something.
    pub(super) kept_lines: u64,
    pub(super) kept_bytes: u64,
    /// Time of the oldest record that stays.
    pub(super) oldest_kept: Option<DateTime<Utc>>,
}

/// Decides for each line of a segment whether it stays.
pub(super) fn split(
    segment: &Segment,
    mut keeps: impl FnMut(&Uuid, DateTime<Utc>) -> bool,
) -> Result<Split, Error> {
    let mut split = Split {
        drop_lines: vec![],
        dropped: vec![],
        kept_lines: 0,
        kept_bytes: 0,
        oldest_kept: None,
    };
    for_each_line(segment, |number, line| {
        match serde_json::from_slice::<Head>(line) {
            Ok(head) if !keeps(&head.interaction_id.unwrap_or(head.id), head.timestamp) => {
                split.drop_lines.push(number);
                split.dropped.push(Dropped {
                    id: head.id,
                    blob: head.log_blob,
                });
            }
            kept => {
                let time = kept.ok().map(|head| head.timestamp);
                split.oldest_kept = [split.oldest_kept, time].into_iter().flatten().min();
                split.kept_lines += 1;
                split.kept_bytes += line.len() as u64;
            }
        }
        Ok(())
    })?;
    Ok(split)
}

/// Writes the next generation of a segment without the dropped lines, then unlinks the old one.
/// Returns the bytes that this frees.
pub(super) fn rewrite(segment: &Segment, split: &Split, dry_run: bool) -> Result<u64, Error> {
    let freed = segment.bytes.saturating_sub(split.kept_bytes);
    if dry_run {
        return Ok(freed);
    }
    let target = next_generation(&segment.path);
    let aside = target.with_extension("tmp");
    let mut out = BufWriter::new(File::create(&aside).context("make", &aside)?);
    let mut drop = split.drop_lines.iter().peekable();
    let copied = for_each_line(segment, |number, line| {
        if drop.next_if_eq(&&number).is_some() {
            return Ok(());
        }
        out.write_all(line).context("write", &aside)
    });
    let synced = copied.and_then(|()| {
        let file = out
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .context("write", &aside)?;
        file.sync_all().context("sync", &aside)?;
        fs::rename(&aside, &target).context("rename", &aside)
    });
    if let Err(error) = synced {
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    files::sync_dir(target.parent().unwrap_or(&target))?;
    remove_segment(segment, false)?;
    let now = fs::metadata(&target).context("read", &target)?.len();
    Ok(segment.bytes.saturating_sub(now))
}

/// Removes a segment and its sidecar. Returns the bytes that this frees.
pub(super) fn remove_segment(segment: &Segment, dry_run: bool) -> Result<u64, Error> {
    if dry_run {
        return Ok(segment.bytes);
    }
    let freed = files::remove(&segment.path)?;
    files::remove(&crate::store::sidecar_path(&segment.path))?;
    files::sync_dir(segment.path.parent().unwrap_or(&segment.path))?;
    Ok(freed)
}

/// Removes what was said about interactions that are gone.
pub(super) fn feedback(
    data: &DataDir,
    keep: &Keep,
    removed: &HashSet<Uuid>,
    dry_run: bool,
    report: &mut PruneReport,
) -> Result<(), Error> {
    for segment in sealed(data, Kind::Feedback)? {
        let split = split(&segment, |id, said| {
            !removed.contains(id) && keep.keeps(id, time_of(id).unwrap_or(said))
        })?;
        if split.dropped.is_empty() {
            continue;
        }
        report.freed_bytes += if split.kept_lines == 0 {
            remove_segment(&segment, dry_run)?
        } else {
            rewrite(&segment, &split, dry_run)?
        };
    }
    Ok(())
}

fn for_each_line(
    segment: &Segment,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let file = File::open(&segment.path).context("open", &segment.path)?;
    let mut reader = BufReader::with_capacity(1 << 16, file.take(segment.bytes));
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        if reader
            .read_until(b'\n', &mut line)
            .context("read", &segment.path)?
            == 0
        {
            break;
        }
        each(number, &line)?;
    }
    Ok(())
}
