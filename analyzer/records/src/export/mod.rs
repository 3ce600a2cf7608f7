//! Interactions, and what people said about them, to training examples.
//!
//! A snapshot (each segment and its length) is taken first; one part per segment, folded within
//! it, so memory follows the largest segment's distinct templates, not the data.

mod dataset;
mod document;
mod examples;
mod fold;
mod found;
mod held_out;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use dataset::{ExportOptions, export_dataset};
pub use document::export_document;

use crate::archive::id_of_line;
use crate::blob;
use crate::crc::Check;
use crate::erase::{Erased, Source};
use crate::error::Error;
use crate::example::TrainingExample;
use crate::feedback::{Merged, read_feedback};
use crate::interaction::Interaction;
use held_out::HeldOut;

use crate::layout::{DataDir, Kind};
use crate::store::{Opened, Segment, read_opened, segments};

/// What an export reads: the segments as long as they were when it began.
struct Snapshot {
    segments: Vec<Segment>,
    feedback: HashMap<Uuid, Merged>,
    held_out: HeldOut,
    since: Option<DateTime<Utc>>,
    /// What is left out, as of when it began.
    erased: Erased,
    taken: DateTime<Utc>,
}

/// Figures of the part of one segment.
#[derive(Default)]
struct Counts {
    interactions: u64,
    left_out: BTreeMap<&'static str, u64>,
}

impl Snapshot {
    fn take(data: &DataDir, since: Option<DateTime<Utc>>) -> Result<Self, Error> {
        // Before the segments are listed: what is erased later is newer than this snapshot.
        let erased = Erased::load(data)?;
        let segments = segments(data, Kind::Interactions)?;
        let feedback = read_feedback(data)?;
        let corrections = feedback.values().flat_map(|merged| &merged.corrections);
        let held_out = HeldOut::of(corrections);
        Ok(Self {
            segments,
            feedback,
            held_out,
            since,
            erased,
            taken: Utc::now(),
        })
    }

    /// What a publication is compared with, so that nothing is published past an erasure of it.
    fn source(&self) -> Source {
        Source {
            erasures: self.erased.number(),
            taken: self.taken,
            since: self.since,
        }
    }

    /// Examples of one segment, folded.
    fn examples(
        &self,
        data: &DataDir,
        segment: &Segment,
        opened: Opened,
    ) -> Result<(Vec<TrainingExample>, Counts), Error> {
        let mut fold = fold::Fold::default();
        let mut counts = Counts::default();
        let scan = read_opened::<Interaction>(&segment.path, opened, |line| {
            let interaction = line.record;
            let id = match interaction.id {
                id if id.is_nil() => id_of_line(interaction.timestamp, line.raw),
                id => id,
            };
            let subject = interaction.subject.as_deref();
            if self.erased.is_erased(id, subject, interaction.timestamp) {
                return Ok(());
            }
            if line.check == Check::Wrong {
                *counts.left_out.entry("wrong_checksum").or_default() += 1;
                return Ok(());
            }
            if self
                .since
                .is_some_and(|since| interaction.timestamp < since)
            {
                *counts.left_out.entry("before_since").or_default() += 1;
                return Ok(());
            }
            let log = match blob::log(data, &interaction) {
                Ok(log) => log,
                Err(error) => {
                    tracing::warn!(id = %interaction.id, %error, "left out: its log cannot be read");
                    *counts.left_out.entry("log_unreadable").or_default() += 1;
                    return Ok(());
                }
            };
            let said = self.feedback.get(&interaction.id);
            let given =
                examples::of_interaction(&interaction, &log, said, &self.held_out, |example| {
                    fold.add(example)
                });
            counts.interactions += u64::from(given.examples > 0);
            for (reason, entries) in [
                ("group_not_listed", given.unlisted),
                ("too_many_templates", given.over_bound),
            ] {
                if entries > 0 {
                    *counts.left_out.entry(reason).or_default() += entries;
                }
            }
            Ok(())
        })?;
        if scan.damaged > 0 {
            counts.left_out.insert("damaged", scan.damaged);
        }
        Ok((fold.into_examples(), counts))
    }
}
