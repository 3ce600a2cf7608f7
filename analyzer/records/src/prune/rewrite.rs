//! A segment without some of its records.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::{Keep, PruneReport, sealed, time_of};
use crate::archive::id_of_line;
use crate::error::Error;
use crate::layout::{DataDir, Kind};
use crate::store::{self, Courtesy, Segment, for_each_line};

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

impl Head {
    /// The interaction that a record is, or is about; also of one without an id.
    fn about(&self, line: &[u8]) -> Uuid {
        match (self.interaction_id, self.id) {
            (Some(about), _) => about,
            (None, id) if id.is_nil() => id_of_line(self.timestamp, line),
            (None, id) => id,
        }
    }
}

/// A record that goes.
pub(super) struct Dropped {
    pub(super) id: Uuid,
    pub(super) blob: Option<String>,
}

/// Which lines of a segment go.
pub(super) struct Split {
    /// Numbers of the lines that go, from 1, ascending.
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
    courtesy: &mut Courtesy,
    mut keeps: impl FnMut(&Uuid, DateTime<Utc>) -> bool,
) -> Result<Split, Error> {
    let mut split = Split {
        drop_lines: vec![],
        dropped: vec![],
        kept_lines: 0,
        kept_bytes: 0,
        oldest_kept: None,
    };
    let Some(opened) = segment.open()? else {
        return Ok(split);
    };
    for_each_line(opened, &segment.path, |line| {
        courtesy.give_way();
        match serde_json::from_slice::<Head>(line.bytes) {
            Ok(head) if !keeps(&head.about(line.bytes), head.timestamp) => {
                split.drop_lines.push(line.number);
                split.dropped.push(Dropped {
                    id: head.about(line.bytes),
                    blob: head.log_blob,
                });
            }
            kept => {
                let time = kept.ok().map(|head| head.timestamp);
                split.oldest_kept = [split.oldest_kept, time].into_iter().flatten().min();
                split.kept_lines += 1;
                split.kept_bytes += line.length;
            }
        }
        Ok(())
    })?;
    Ok(split)
}

/// Takes the dropped lines out of a segment. Returns the bytes that this frees.
pub(super) fn rewrite(
    segment: &Segment,
    split: &Split,
    courtesy: &mut Courtesy,
    dry_run: bool,
) -> Result<u64, Error> {
    if dry_run {
        return Ok(segment.bytes.saturating_sub(split.kept_bytes));
    }
    let mut drop = split.drop_lines.iter().peekable();
    store::rewrite(segment, |line| {
        courtesy.give_way();
        drop.next_if_eq(&&line.number).is_none()
    })
}

/// Removes segments and their sidecars. Returns the bytes that this frees.
pub(super) fn remove_segments(segments: &[Segment], dry_run: bool) -> Result<u64, Error> {
    if dry_run {
        return Ok(segments.iter().map(|segment| segment.bytes).sum());
    }
    store::remove_segments(segments)
}

/// Removes what was said about interactions that are gone.
pub(super) fn feedback(
    data: &DataDir,
    keep: &Keep,
    removed: &HashSet<Uuid>,
    courtesy: &mut Courtesy,
    dry_run: bool,
    report: &mut PruneReport,
) -> Result<(), Error> {
    for segment in sealed(data, Kind::Feedback)? {
        let split = split(&segment, courtesy, |id, said| {
            !removed.contains(id) && keep.keeps(id, time_of(id).unwrap_or(said))
        })?;
        if split.dropped.is_empty() {
            continue;
        }
        report.freed_bytes += if split.kept_lines == 0 {
            remove_segments(&[segment], dry_run)?
        } else {
            rewrite(&segment, &split, courtesy, dry_run)?
        };
    }
    Ok(())
}
