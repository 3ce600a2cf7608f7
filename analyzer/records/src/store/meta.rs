//! The sidecar of a sealed segment: what it holds, so that nobody has to read it to know.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::reader::read_segment;
use super::segment::Segment;
use crate::error::Error;
use crate::files;

/// Counts over one segment. A cache: it can be rebuilt from the segment at any time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentMeta {
    /// Bytes of the segment; a sidecar with another figure is stale.
    pub bytes: u64,
    /// Records in it.
    pub records: u64,
    /// Records with a log.
    pub logs: u64,
    /// Failures found in those logs.
    pub failures: u64,
    /// Time of the oldest record.
    pub first: Option<DateTime<Utc>>,
    /// Time of the newest record.
    pub last: Option<DateTime<Utc>>,
    /// Lines that hold no record.
    pub damaged: u64,
}

/// The few fields of a record that the counts need.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    timestamp: DateTime<Utc>,
    #[serde(default)]
    log_content: Presence,
    #[serde(default)]
    log_blob: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    analysis_results: HeadResults,
}

#[derive(Debug, Default, Deserialize)]
struct HeadResults {
    #[serde(default)]
    stats: HeadStats,
}

#[derive(Debug, Default, Deserialize)]
struct HeadStats {
    #[serde(default)]
    total_failures: u64,
}

/// Whether a string is not empty, without keeping it.
#[derive(Debug, Default)]
struct Presence(bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer).map(|text| Self(!text.is_empty()))
    }
}

impl SegmentMeta {
    pub(super) fn add(&mut self, head: &Head) {
        self.records += 1;
        self.logs += u64::from(head.log_content.0 || head.log_blob.is_some());
        self.failures += head.analysis_results.stats.total_failures;
        self.first = Some(
            self.first
                .map_or(head.timestamp, |first| first.min(head.timestamp)),
        );
        self.last = Some(
            self.last
                .map_or(head.timestamp, |last| last.max(head.timestamp)),
        );
    }

    /// Adds the counts of another segment.
    pub fn merge(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.records += other.records;
        self.logs += other.logs;
        self.failures += other.failures;
        self.damaged += other.damaged;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }
}

/// Counts of a segment: from its sidecar, else by reading it (and then the sidecar is written).
pub fn meta(segment: &Segment) -> Result<SegmentMeta, Error> {
    let sidecar = sidecar_path(&segment.path);
    if segment.sealed
        && let Ok(bytes) = std::fs::read(&sidecar)
        && let Ok(meta) = serde_json::from_slice::<SegmentMeta>(&bytes)
        && meta.bytes == segment.bytes
    {
        return Ok(meta);
    }
    let mut meta = SegmentMeta {
        bytes: segment.bytes,
        ..SegmentMeta::default()
    };
    let scan = read_segment::<Head>(segment, |line| {
        meta.add(&line.record);
        Ok(())
    })?;
    meta.damaged = scan.damaged;
    if segment.sealed {
        // A cache: on a full or read-only volume the figures are still right without it.
        let text = serde_json::to_vec(&meta).expect("counts are JSON");
        if let Err(error) = files::write_atomic(&sidecar, &text) {
            tracing::debug!(%error, "sidecar not written");
        }
    }
    Ok(meta)
}

/// `x.g0.jsonl` → `x.g0.meta.json`.
pub(crate) fn sidecar_path(segment: &Path) -> PathBuf {
    segment.with_extension("meta.json")
}
