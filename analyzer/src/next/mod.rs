//! What is worth a person's label next: entries that the model is least sure of, that it and the rules do not agree on,
//! or whose labels look wrong.
//!
//! It reads the logs that came last with the model that serves now, within bounds, and keeps nothing.

mod candidates;
mod judge;
mod scan;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use logloop_records::archive::{MAX_RANGE_LINES, PageQuery, log_range};
use logloop_records::{DataDir, Error, Interaction};
use logloop_scoring::Model;
use logloop_scoring::artifact::{self, RULES_VERSION};
use logloop_scoring::suspects::Suspect;
use serde::Serialize;
use uuid::Uuid;

use crate::corrections::Corrections;
pub use judge::Reason;
use scan::Scan;

/// Suggestions of one request where it does not say, and at most.
pub const DEFAULT_LIMIT: usize = 20;
/// Suggestions of one request, at most.
pub const MAX_LIMIT: usize = 200;
/// Interactions that are looked at, the newest first.
const MAX_INTERACTIONS: u64 = 1_000;
/// Bytes of their logs; of each the first 10,000 lines and about 4 MiB are read.
const MAX_LOG_BYTES: u64 = 64 << 20;
/// Time after which no further log is read.
const MAX_TIME: Duration = Duration::from_secs(5);
/// Interactions that are in memory at once, with their logs up to 256 KiB each.
const PAGE: usize = 8;

/// What is worth a label, the most urgent first.
#[derive(Clone, Debug, Serialize)]
pub struct Next {
    /// What scored, `rules` without a model.
    pub model_version: String,
    /// What they come from.
    pub looked_at: LookedAt,
    /// Of each template one.
    pub next: Vec<Suggestion>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LookedAt {
    /// Interactions, the newest.
    pub interactions: u64,
    /// Of these, with a log that could not be read.
    pub unreadable: u64,
    /// Bytes of their logs.
    pub log_bytes: u64,
    /// Entries.
    pub entries: u64,
    /// Whether there are more, older ones: a bound was reached.
    pub more: bool,
}

/// An entry that is worth a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Suggestion {
    /// Why.
    pub reason: Reason,
    /// The same for people.
    pub text: String,
    /// How strong that reason is, 0 to 1.
    pub strength: f32,
    /// The masked text.
    pub template: String,
    /// Its id.
    pub template_id: String,
    /// Level as logged.
    pub level: Option<String>,
    /// Part of the system that logged it.
    pub component: Option<String>,
    /// One of the entries, up to a named bound.
    pub example: String,
    /// The interaction that it is from: a correction goes to its feedback.
    pub interaction_id: Uuid,
    /// Its line there, from 1.
    pub line: u64,
    /// Entries of its template, as far as was read.
    pub count: u64,
    /// Probability of a failure, if a model serves.
    pub probability: Option<f32>,
    /// What the rules say.
    pub rules_say: bool,
    /// The label that looks wrong.
    pub label: Option<Labelled>,
}

/// A label and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Labelled {
    /// The label.
    pub is_failure: bool,
    /// Its source, as data sets name it.
    pub source: String,
}

impl Suggestion {
    fn of(template: &str, reason: Reason, strength: f32) -> Self {
        Self {
            reason,
            strength,
            template: template.to_owned(),
            ..Self::default()
        }
    }
}

/// What judges the entries.
pub struct Judges {
    /// The model that serves.
    pub model: Option<Arc<Model>>,
    /// Labels that it does not believe, by template and level.
    suspects: HashMap<(String, Option<String>), Suspect>,
    /// What people corrected.
    pub corrections: Arc<Corrections>,
}

impl Judges {
    /// With a model (none: the rules alone) and the labels that it does not believe. Reads a file; without that one
    /// the other reasons are left.
    pub fn new(data: &DataDir, model: Option<Arc<Model>>, corrections: Arc<Corrections>) -> Self {
        let read = |model: &Arc<Model>| artifact::suspects(&data.models(), &model.manifest);
        let suspects = match model.as_ref().map(read) {
            Some(Ok(found)) => found.suspects,
            Some(Err(error)) => {
                tracing::warn!(%error, "labels that the model doubts are not suggested");
                Vec::new()
            }
            None => Vec::new(),
        };
        let by_text = |one: Suspect| ((one.template_id.clone(), one.level.clone()), one);
        Self {
            suspects: suspects.into_iter().map(by_text).collect(),
            model,
            corrections,
        }
    }
}

/// Looks for the `limit` most urgent entries. `page` gives interactions as [`logloop_records::archive::Archive::page`]
/// does, and where the next ones begin.
pub fn next(
    data: &DataDir,
    judges: &Judges,
    limit: usize,
    mut page: impl FnMut(&PageQuery) -> Result<(Vec<Interaction>, Option<String>), Error>,
) -> Result<Next, Error> {
    let begun = Instant::now();
    let mut scan = Scan::new(judges);
    let mut looked = LookedAt::default();
    let mut query = PageQuery {
        cursor: None,
        limit: PAGE,
        subject: None,
    };
    'pages: loop {
        let (interactions, following) = page(&query)?;
        for interaction in &interactions {
            let full = looked.interactions >= MAX_INTERACTIONS
                || looked.log_bytes >= MAX_LOG_BYTES
                || begun.elapsed() >= MAX_TIME;
            if full {
                looked.more = true;
                break 'pages;
            }
            looked.interactions += 1;
            match log_range(data, interaction, 1, MAX_RANGE_LINES) {
                Ok(range) => {
                    let log = range.lines.join("\n");
                    looked.log_bytes += log.len() as u64;
                    looked.entries += scan.log(interaction, &log);
                }
                Err(error) => {
                    tracing::warn!(id = %interaction.id, %error, "its log cannot be read");
                    looked.unreadable += 1;
                }
            }
        }
        match following {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    let version = judges.model.as_ref().map(|model| &model.manifest.version);
    Ok(Next {
        model_version: version.map_or(RULES_VERSION.to_owned(), Clone::clone),
        looked_at: looked,
        next: scan.ranked(limit),
    })
}
