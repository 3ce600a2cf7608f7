//! Retention: what is too old or too much goes, whole segments first.
//!
//! Sealed segments whose records are all too old are removed; the one that the cut-off runs
//! through is rewritten (a new generation). Active segments are left alone: they are sealed by
//! age, and pruned after that. Bytes are counted on the files that are really gone.

mod artifacts;
mod rewrite;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use uuid::Uuid;

use crate::blob;
use crate::error::{Context, Error};
use crate::feedback::{Merged, read_feedback};
use crate::files;
use crate::layout::{DataDir, Kind};
use crate::store::{Segment, SegmentMeta, meta, segments};

/// What may stay.
#[derive(Clone, Debug, Default)]
pub struct PruneOptions {
    /// Interactions before this time go.
    pub cutoff: Option<DateTime<Utc>>,
    /// Interactions with a correction stay until they are before this time.
    pub corrected_cutoff: Option<DateTime<Utc>>,
    /// Bytes that all segments and blobs together may have; the oldest sealed segments go first.
    pub max_bytes: Option<u64>,
    /// Data sets to keep, the newest; none is removed without it.
    pub keep_datasets: Option<usize>,
    /// Model versions to keep, the newest; none is removed without it.
    pub keep_models: Option<usize>,
    /// Model versions that stay in any case, with their data sets.
    pub protected_models: Vec<String>,
    /// Only tell.
    pub dry_run: bool,
}

/// What went, or would go.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PruneReport {
    /// Interactions removed.
    pub interactions: u64,
    /// Bytes of the files that are gone, less those of the files that replaced them.
    pub freed_bytes: u64,
    /// Segments removed whole.
    pub segments: u64,
    /// Segments rewritten.
    pub rewritten: u64,
    /// Data sets removed.
    pub datasets: Vec<String>,
    /// Model versions removed.
    pub models: Vec<String>,
    /// Interactions that stay.
    pub kept_interactions: u64,
    /// Time of the oldest interaction that stays.
    pub oldest_kept: Option<DateTime<Utc>>,
}

/// Removes what the options do not keep.
pub fn prune(data: &DataDir, options: &PruneOptions) -> Result<PruneReport, Error> {
    if !data.root().is_dir() {
        return Err(Error::Invalid(format!(
            "there is no data directory at {}: check --data and the volume's mount",
            data.root().display()
        )));
    }
    let _lock = maintenance_lock(data)?;
    let feedback = read_feedback(data)?;
    let mut report = PruneReport::default();
    let keep = Keep {
        cutoff: options.cutoff,
        corrected: feedback
            .iter()
            .filter(|(_, said)| has_corrections(said))
            .map(|(id, _)| *id)
            .filter(|id| {
                options
                    .corrected_cutoff
                    .is_some_and(|cutoff| time_of(id).is_some_and(|t| t >= cutoff))
            })
            .collect(),
    };
    let mut removed = HashSet::new();
    for segment in sealed(data, Kind::Interactions)? {
        by_age(
            data,
            &segment,
            &keep,
            options.dry_run,
            &mut report,
            &mut removed,
        )?;
    }
    if let Some(max_bytes) = options.max_bytes {
        by_size(data, max_bytes, options.dry_run, &mut report, &mut removed)?;
    }
    rewrite::feedback(data, &keep, &removed, options.dry_run, &mut report)?;
    artifacts::prune(data, options, &mut report)?;
    what_stays(data, options.dry_run, &removed, &mut report)?;
    Ok(report)
}

/// Which interactions stay by age.
struct Keep {
    cutoff: Option<DateTime<Utc>>,
    /// Corrected ones that stay longer.
    corrected: HashSet<Uuid>,
}

impl Keep {
    fn keeps(&self, id: &Uuid, time: DateTime<Utc>) -> bool {
        self.cutoff.is_none_or(|cutoff| time >= cutoff) || self.corrected.contains(id)
    }
}

fn by_age(
    data: &DataDir,
    segment: &Segment,
    keep: &Keep,
    dry_run: bool,
    report: &mut PruneReport,
    removed: &mut HashSet<Uuid>,
) -> Result<(), Error> {
    let counts = meta(segment)?;
    let (Some(cutoff), Some(first)) = (keep.cutoff, counts.first) else {
        return Ok(());
    };
    if first >= cutoff {
        return Ok(());
    }
    let split = rewrite::split(segment, |id, time| keep.keeps(id, time))?;
    if split.dropped.is_empty() {
        return Ok(());
    }
    report.interactions += split.dropped.len() as u64;
    let blobs: Vec<PathBuf> = split
        .dropped
        .iter()
        .filter_map(|d| blob::path(data, d.blob.as_deref()?).ok())
        .collect();
    removed.extend(split.dropped.iter().map(|dropped| dropped.id));
    if split.kept_lines == 0 {
        report.segments += 1;
        report.freed_bytes += rewrite::remove_segment(segment, dry_run)?;
    } else {
        report.rewritten += 1;
        report.freed_bytes += rewrite::rewrite(segment, &split, dry_run)?;
    }
    remove_all(&blobs, dry_run, report)
}

fn by_size(
    data: &DataDir,
    max_bytes: u64,
    dry_run: bool,
    report: &mut PruneReport,
    removed: &mut HashSet<Uuid>,
) -> Result<(), Error> {
    let total = |data: &DataDir| -> Result<u64, Error> {
        let segments: u64 = segments(data, Kind::Interactions)?
            .iter()
            .map(|segment| segment.bytes)
            .sum();
        let blobs: u64 = files::list(&data.blobs())?
            .iter()
            .map(|path| std::fs::metadata(path).map_or(0, |meta| meta.len()))
            .sum();
        Ok(segments + blobs)
    };
    // In a dry run the files of the step before are still there.
    let mut bytes = total(data)?.saturating_sub(if dry_run { report.freed_bytes } else { 0 });
    for segment in sealed(data, Kind::Interactions)? {
        if bytes <= max_bytes {
            break;
        }
        let split = rewrite::split(&segment, |_, _| false)?;
        let fresh = split
            .dropped
            .iter()
            .filter(|dropped| removed.insert(dropped.id))
            .count() as u64;
        if fresh == 0 && !split.dropped.is_empty() {
            continue;
        }
        let before = report.freed_bytes;
        report.interactions += fresh;
        report.segments += 1;
        report.freed_bytes += rewrite::remove_segment(&segment, dry_run)?;
        let blobs: Vec<PathBuf> = split
            .dropped
            .iter()
            .filter_map(|d| blob::path(data, d.blob.as_deref()?).ok())
            .collect();
        remove_all(&blobs, dry_run, report)?;
        bytes = bytes.saturating_sub(report.freed_bytes - before);
    }
    Ok(())
}

fn what_stays(
    data: &DataDir,
    dry_run: bool,
    removed: &HashSet<Uuid>,
    report: &mut PruneReport,
) -> Result<(), Error> {
    let mut all = SegmentMeta::default();
    for segment in segments(data, Kind::Interactions)? {
        all.merge(&meta(&segment)?);
    }
    report.kept_interactions = all.records;
    report.oldest_kept = all.first;
    if dry_run && !removed.is_empty() {
        report.kept_interactions = all.records.saturating_sub(report.interactions);
        report.oldest_kept = rewrite::oldest_without(data, removed)?;
    }
    Ok(())
}

fn remove_all(paths: &[PathBuf], dry_run: bool, report: &mut PruneReport) -> Result<(), Error> {
    for path in paths {
        report.freed_bytes += if dry_run {
            std::fs::metadata(path).map_or(0, |meta| meta.len())
        } else {
            files::remove(path)?
        };
    }
    Ok(())
}

fn sealed(data: &DataDir, kind: Kind) -> Result<Vec<Segment>, Error> {
    Ok(segments(data, kind)?
        .into_iter()
        .filter(|segment| segment.sealed)
        .collect())
}

fn has_corrections(said: &Merged) -> bool {
    !said.corrections.is_empty()
}

/// Time that a UUIDv7 carries.
fn time_of(id: &Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(seconds.cast_signed(), nanos)
}

fn maintenance_lock(data: &DataDir) -> Result<File, Error> {
    let path: &Path = &data.maintenance_lock();
    let open = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let file = open.context("lock", path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Busy {
            path: path.to_owned(),
        }),
        Err(errno) => Err(std::io::Error::from(errno)).context("lock", path),
    }
}
