//! What to export, and what an export says while it works.

use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::example::LabelSource;

/// What to export.
#[derive(Clone, Default)]
pub struct ExportOptions {
    /// What to leave out.
    pub filter: Filter,
    /// Threads that read segments and logs; 0 is one. The result does not depend on it, memory does: about 64 MiB each.
    pub threads: usize,
    /// Read the logs below `logs/` alone, `logs/chat_training/` among them.
    pub logs_only: bool,
    /// Called now and then, from one thread at a time.
    pub progress: Option<OnProgress>,
}

/// Told how far an export is; `Break` ends it with [`crate::Error::Stopped`].
pub type OnProgress = Arc<dyn Fn(&Progress) -> ControlFlow<()> + Send + Sync>;

/// What is left out of an export; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Interactions before this time, and logs that were last changed before it.
    pub since: Option<DateTime<Utc>>,
    /// The age in seconds that this time was given as, if it was: it stands for another time whenever it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_age: Option<u64>,
    /// Interactions of anybody else, and all logs.
    pub subject: Option<String>,
    /// Interactions that nobody found useful, and all logs.
    pub useful_only: bool,
    /// Examples with a label of another source; none named: nothing is left out.
    pub label_sources: Vec<LabelSource>,
}

impl Filter {
    /// Whether only interactions can pass: logs have no subject, and nobody finds them useful.
    pub(super) fn is_about_people(&self) -> bool {
        self.subject.is_some() || self.useful_only
    }

    pub(super) fn takes(&self, source: LabelSource) -> bool {
        self.label_sources.is_empty() || self.label_sources.contains(&source)
    }
}

/// How far an export is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Bytes of segments and logs that were read, as stored.
    pub read_bytes: u64,
    /// Bytes of the snapshot.
    pub total_bytes: u64,
    /// Examples written.
    pub examples: u64,
}
