//! A transaction, or a window of entries that name none, as a data set has it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::example::LabelSource;

/// The templates of one transaction or window, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingSequence {
    /// `chat_interaction` or `log`.
    pub source: String,
    /// The log it is in: the id of its interaction, or its path below the data directory.
    pub log: String,
    /// The interaction it comes from.
    pub interaction_id: Option<String>,
    /// When that was recorded.
    pub interaction_timestamp: Option<DateTime<Utc>>,
    /// A window, not a transaction.
    pub is_window: bool,
    /// The component of a window.
    pub component: Option<String>,
    /// The id of a transaction, as logged.
    pub transaction_id: Option<String>,
    /// First line, from 1.
    pub first_line: u64,
    /// Last line.
    pub last_line: u64,
    /// Entries, those beyond `steps` included.
    pub entries: u64,
    /// The log holds all of it, as far as can be told.
    pub is_whole: bool,
    /// The masked texts of its first entries, up to a named bound.
    pub steps: Vec<Arc<str>>,
    /// Whether an entry of it failed.
    pub is_failure: bool,
    /// Who says so.
    pub label_source: LabelSource,
    /// Weight of that source.
    pub weight: f32,
    /// Never trained on: a held-out correction is in it.
    pub held_out: bool,
    /// Who sent the log, as in a [`crate::TrainingExample`]; none where nobody is told apart, and of a log on the volume.
    pub contributor: Option<String>,
}
