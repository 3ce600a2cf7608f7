//! Retention: what is too old or too much goes, whole segments first.
//!
//! Sealed segments whose records are all too old are removed; the one that the cut-off runs
//! through is rewritten (a new generation). Active segments are left alone: they are sealed by
//! age, and pruned after that. Bytes are counted on the files that are really gone.

mod artifacts;
mod leftovers;
mod plan;
mod rewrite;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::erase::{Eraser, State};
use crate::error::Error;
use crate::feedback::{Merged, read_feedback};
use crate::layout::{DataDir, Kind};
use crate::maintenance;
use crate::store::{Courtesy, Segment, segments};
use plan::Plan;

/// How long a prune leaves the machine to those who append while it reads, in all: erasures and other clean-ups wait for
/// its end.
const MAX_PAUSES: Duration = Duration::from_secs(20);

/// What may stay.
#[derive(Clone, Debug, Default)]
pub struct PruneOptions {
    /// Interactions before this time go.
    pub cutoff: Option<DateTime<Utc>>,
    /// Interactions with a correction stay until they are before this time.
    pub corrected_cutoff: Option<DateTime<Utc>>,
    /// Interactions that a reviewer corrected stay until they are before this time.
    pub gold_cutoff: Option<DateTime<Utc>>,
    /// Bytes that all segments and blobs together may have; the oldest sealed segments go first, but for the
    /// interactions that `corrected_cutoff` and `gold_cutoff` keep.
    pub max_bytes: Option<u64>,
    /// Data sets to keep, the newest; none is removed without it.
    pub keep_datasets: Option<usize>,
    /// Model versions to keep, the newest; none is removed without it.
    pub keep_models: Option<usize>,
    /// Model versions that stay in any case, with their data sets.
    pub protected_models: Vec<String>,
    /// Data sets that stay in any case: somebody works with them.
    pub protected_datasets: Vec<String>,
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
    /// Segments that should have been rewritten, and for which there was no space.
    pub without_space: u64,
    /// Bytes of the segments that were written anew.
    pub rewritten_bytes: u64,
    /// Erasures that were not done before.
    pub erasures: u64,
    /// Of these, those that wait for something.
    pub erasures_waiting: u64,
    /// Data sets removed.
    pub datasets: Vec<String>,
    /// Model versions removed.
    pub models: Vec<String>,
    /// Interactions that stay.
    pub kept_interactions: u64,
    /// Time of the oldest interaction that stays.
    pub oldest_kept: Option<DateTime<Utc>>,
}

/// Removes what the options do not keep. Whole segments go first, since that needs no space; a rewrite that finds no
/// space is left for another time, and told. What was erased goes first.
pub fn prune(data: &DataDir, options: &PruneOptions) -> Result<PruneReport, Error> {
    if !data.root().is_dir() {
        return Err(Error::Invalid(format!(
            "there is no data directory at {}: check --data and the volume's mount",
            data.root().display()
        )));
    }
    // Who only tells writes nothing: what others remove meanwhile is told as it was.
    let _lock = (!options.dry_run)
        .then(|| maintenance::wait(data, "prune", maintenance::MAX_WAIT))
        .transpose()?;
    let mut report = PruneReport::default();
    if !options.dry_run {
        let receipts = Eraser::new(data).pass_locked()?;
        report.erasures = receipts.len() as u64;
        report.erasures_waiting = receipts
            .iter()
            .filter(|receipt| receipt.state != State::Complete)
            .count() as u64;
    }
    leftovers::remove(data, options.dry_run, &mut report)?;
    let courtesy = &mut Courtesy::of(data, 1, MAX_PAUSES);
    let keep = Keep::new(options, &read_feedback(data)?);
    let mut plan = Plan::by_age(data, &keep, courtesy)?;
    if let Some(max_bytes) = options.max_bytes {
        plan.by_size(&keep, max_bytes, courtesy)?;
    }
    report.kept_interactions = plan.kept;
    report.oldest_kept = plan.oldest_kept()?;
    let removed = plan.apply(courtesy, options.dry_run, &mut report)?;
    rewrite::feedback(
        data,
        &keep,
        &removed,
        courtesy,
        options.dry_run,
        &mut report,
    )?;
    artifacts::prune(data, options, &mut report)?;
    Ok(report)
}

/// Which interactions stay by age.
struct Keep {
    cutoff: Option<DateTime<Utc>>,
    /// Corrected ones that stay longer.
    corrected: HashSet<Uuid>,
}

impl Keep {
    fn new(options: &PruneOptions, feedback: &HashMap<Uuid, Merged>) -> Self {
        let made_since = |id: &Uuid, cutoff: Option<DateTime<Utc>>| {
            cutoff.is_some_and(|cutoff| time_of(id).is_some_and(|time| time >= cutoff))
        };
        let stays = |(id, said): &(&Uuid, &Merged)| {
            let is_gold = said.corrections.iter().any(|correction| correction.gold);
            let is_corrected = !said.corrections.is_empty();
            (is_corrected && made_since(id, options.corrected_cutoff))
                || (is_gold && made_since(id, options.gold_cutoff))
        };
        Self {
            cutoff: options.cutoff,
            corrected: feedback.iter().filter(stays).map(|(id, _)| *id).collect(),
        }
    }

    fn keeps(&self, id: &Uuid, time: DateTime<Utc>) -> bool {
        self.cutoff.is_none_or(|cutoff| time >= cutoff) || self.corrected.contains(id)
    }
}

fn sealed(data: &DataDir, kind: Kind) -> Result<Vec<Segment>, Error> {
    Ok(segments(data, kind)?
        .into_iter()
        .filter(|segment| segment.sealed)
        .collect())
}

/// Time that a UUIDv7 carries.
fn time_of(id: &Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(seconds.cast_signed(), nanos)
}
