//! What goes of each sealed segment: decided for all of them first, then done.

use std::collections::HashSet;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rewrite::{Split, remove_segments, rewrite, split};
use super::{Keep, PruneReport};
use crate::blob;
use crate::error::Error;
use crate::files;
use crate::layout::{DataDir, Kind};
use crate::store::{Courtesy, Segment, meta, segments};

pub(super) struct Plan {
    data: DataDir,
    /// Sealed segments, oldest first.
    segments: Vec<Planned>,
    /// Time of the oldest interaction in an active segment.
    oldest_active: Option<DateTime<Utc>>,
    /// Interactions that stay.
    pub(super) kept: u64,
    /// Bytes of all segments and blobs when this is done.
    bytes: u64,
}

struct Planned {
    segment: Segment,
    first: Option<DateTime<Utc>>,
    /// None: all of it stays.
    split: Option<Split>,
}

impl Planned {
    /// Bytes that are free when this is done.
    fn frees(&self, data: &DataDir) -> u64 {
        let Some(split) = &self.split else { return 0 };
        let blobs: u64 = blobs(data, split).iter().map(|path| size(data, path)).sum();
        self.segment.bytes.saturating_sub(split.kept_bytes) + blobs
    }
}

impl Plan {
    pub(super) fn by_age(
        data: &DataDir,
        keep: &Keep,
        courtesy: &mut Courtesy,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            data: data.clone(),
            segments: vec![],
            oldest_active: None,
            kept: 0,
            bytes: files::list(data.fs(), &data.blobs())?
                .iter()
                .map(|path| size(data, path))
                .sum(),
        };
        for segment in segments(data, Kind::Interactions)? {
            let counts = meta(&segment)?;
            plan.kept += counts.records;
            plan.bytes += segment.bytes;
            if !segment.sealed {
                plan.oldest_active = [plan.oldest_active, counts.first]
                    .into_iter()
                    .flatten()
                    .min();
                continue;
            }
            let old = keep
                .cutoff
                .is_some_and(|cutoff| counts.first.is_some_and(|first| first < cutoff));
            plan.segments.push(Planned {
                segment,
                first: counts.first,
                split: None,
            });
            if old {
                let last = plan.segments.len() - 1;
                plan.decide(last, courtesy, |id, time| keep.keeps(id, time))?;
            }
        }
        Ok(plan)
    }

    /// The oldest go until what is left has no more than `max_bytes`.
    pub(super) fn by_size(
        &mut self,
        keep: &Keep,
        max_bytes: u64,
        courtesy: &mut Courtesy,
    ) -> Result<(), Error> {
        for index in 0..self.segments.len() {
            if self.bytes <= max_bytes {
                return Ok(());
            }
            self.decide(index, courtesy, |id, _| keep.corrected.contains(id))?;
        }
        Ok(())
    }

    fn decide(
        &mut self,
        index: usize,
        courtesy: &mut Courtesy,
        keeps: impl FnMut(&Uuid, DateTime<Utc>) -> bool,
    ) -> Result<(), Error> {
        let planned = &mut self.segments[index];
        let before = planned
            .split
            .as_ref()
            .map_or(0, |split| split.dropped.len() as u64);
        self.bytes += planned.frees(&self.data);
        let split = split(&planned.segment, courtesy, keeps)?;
        self.kept = (self.kept + before).saturating_sub(split.dropped.len() as u64);
        planned.split = Some(split).filter(|split| !split.dropped.is_empty());
        self.bytes = self.bytes.saturating_sub(planned.frees(&self.data));
        Ok(())
    }

    /// Time of the oldest interaction that stays.
    pub(super) fn oldest_kept(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let of = |planned: &Planned| match &planned.split {
            Some(split) => split.oldest_kept,
            None => planned.first,
        };
        Ok(self
            .segments
            .iter()
            .map(of)
            .chain([self.oldest_active])
            .flatten()
            .min())
    }

    /// Does it, whole segments first. Returns the ids of what went.
    pub(super) fn apply(
        self,
        courtesy: &mut Courtesy,
        dry_run: bool,
        report: &mut PruneReport,
    ) -> Result<HashSet<Uuid>, Error> {
        let mut removed = HashSet::new();
        let data = self.data;
        let planned = self
            .segments
            .into_iter()
            .filter_map(|planned| Some((planned.segment, planned.split?)));
        let (whole, boundary): (Vec<_>, Vec<_>) =
            planned.partition(|(_, split)| split.kept_lines == 0);
        let (whole, splits): (Vec<_>, Vec<_>) = whole.into_iter().unzip();
        report.segments += whole.len() as u64;
        report.freed_bytes += remove_segments(&whole, dry_run)?;
        // A blob goes after the segment that names it.
        for split in &splits {
            gone(&data, split, dry_run, report, &mut removed)?;
        }
        for (segment, split) in boundary {
            match rewrite(&segment, &split, courtesy, dry_run) {
                Ok(freed) => {
                    report.rewritten += 1;
                    report.rewritten_bytes += split.kept_bytes;
                    report.freed_bytes += freed;
                    gone(&data, &split, dry_run, report, &mut removed)?;
                }
                Err(error) if error.code() == "storage_full" => {
                    tracing::warn!(%error, "not rewritten; what is whole went all the same");
                    report.without_space += 1;
                    report.kept_interactions += split.dropped.len() as u64;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }
}

fn gone(
    data: &DataDir,
    split: &Split,
    dry_run: bool,
    report: &mut PruneReport,
    removed: &mut HashSet<Uuid>,
) -> Result<(), Error> {
    report.interactions += split.dropped.len() as u64;
    removed.extend(split.dropped.iter().map(|dropped| dropped.id));
    for path in blobs(data, split) {
        report.freed_bytes += if dry_run {
            size(data, &path)
        } else {
            files::remove(data.fs(), &path)?
        };
    }
    Ok(())
}

fn blobs(data: &DataDir, split: &Split) -> Vec<PathBuf> {
    split
        .dropped
        .iter()
        .filter_map(|dropped| blob::path(data, dropped.blob.as_deref()?).ok())
        .collect()
}

fn size(data: &DataDir, path: &std::path::Path) -> u64 {
    data.fs().stat(path).map_or(0, |stat| stat.bytes)
}
