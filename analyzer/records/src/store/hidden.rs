//! What is erased and not rewritten yet: it lies in the segments and is not in the totals.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::Utc;

use super::facts::{Facts, Head};
use super::lines::for_each_line;
use super::meta::{SegmentMeta, meta, read_sidecar};
use super::segment::Segment;
use crate::archive::id_of_line;
use crate::erase::Erased;
use crate::error::Error;
use crate::filesystem::{FileId, Stream};

/// Counts of erased records, by segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// The path is there since a file that comes later may get the number of one that is gone.
    of: HashMap<(FileId, PathBuf), Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    /// Number of the last erasure that was looked for.
    number: u64,
    /// Bytes that were looked through.
    bytes: u64,
    counts: SegmentMeta,
}

impl Hidden {
    /// The same for these segments as they are now. Nothing is read where nothing is being erased.
    pub(super) fn renewed(&self, listed: &[Segment], erased: &Erased) -> Result<Self, Error> {
        let mut of = HashMap::new();
        let now = Utc::now();
        if erased.watched(now).next().is_none() {
            return Ok(Self::default());
        }
        for segment in listed {
            let mut known = self
                .of
                .get(&(segment.id, segment.path.clone()))
                .cloned()
                .unwrap_or_default();
            if known.number != erased.number() {
                known = Known {
                    number: erased.number(),
                    ..Known::default()
                };
            }
            let may = known.bytes < segment.bytes
                && read_sidecar(segment)
                    .is_none_or(|counts| erased.may_lie_in(&counts, erased.watched(now)));
            if may {
                known.extend(segment, erased)?;
            } else {
                known.bytes = segment.bytes;
            }
            of.insert((segment.id, segment.path.clone()), known);
        }
        Ok(Self { of })
    }

    /// Takes what is hidden out of a sum.
    pub(super) fn subtract_from(&self, sum: &mut SegmentMeta) {
        for Known { counts, .. } in self.of.values() {
            sum.records = sum.records.saturating_sub(counts.records);
            sum.logs = sum.logs.saturating_sub(counts.logs);
            sum.blobs = sum.blobs.saturating_sub(counts.blobs);
            sum.failures = sum.failures.saturating_sub(counts.failures);
            sum.keyed = sum.keyed.saturating_sub(counts.keyed);
        }
    }
}

impl Known {
    fn extend(&mut self, segment: &Segment, erased: &Erased) -> Result<(), Error> {
        let Some((file, end)) = segment.handle()? else {
            return Ok(());
        };
        let from = self.bytes;
        for_each_line(Stream::new(file, from, end), &segment.path, |line| {
            if !line.ended {
                return Ok(());
            }
            self.bytes = from + line.offset + line.length;
            if let Ok(head) = serde_json::from_slice::<Head>(line.bytes) {
                let mut facts = Facts::from(head);
                if facts.id.is_nil() {
                    facts.id = id_of_line(facts.time, line.bytes);
                }
                if erased.is_erased(facts.id, facts.subject.as_deref(), facts.time) {
                    self.counts.add(&facts);
                }
            }
            Ok(())
        })
    }
}

/// Sum of the counts of these segments of interactions, without what is erased.
pub fn sum_of(listed: &[Segment], erased: &Erased) -> Result<SegmentMeta, Error> {
    let mut sum = SegmentMeta::default();
    for segment in listed {
        sum.merge(&meta(segment)?);
    }
    Hidden::default()
        .renewed(listed, erased)?
        .subtract_from(&mut sum);
    Ok(sum)
}
