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

    /// Whether an export with this filter can go on with what one with the other has done: a cut-off given as an age
    /// moves with the clock, and that of the beginning counts.
    pub(super) fn goes_on(&self, begun: &Self) -> bool {
        let same_cut = Self {
            since: begun.since,
            ..self.clone()
        };
        self.since.is_some() == begun.since.is_some() && same_cut == *begun
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_go_on() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let since = |seconds| Filter {
            since: at(seconds),
            ..Filter::default()
        };
        let of = |subject: &str| Filter {
            subject: Some(subject.to_owned()),
            ..since(1)
        };
        for (now, begun, expect) in [
            (Filter::default(), Filter::default(), true),
            (since(2), since(1), true),
            (since(2), Filter::default(), false),
            (of("ann"), of("ann"), true),
            (of("ann"), of("bob"), false),
            (of("ann"), since(1), false),
        ] {
            assert_eq!(now.goes_on(&begun), expect, "{now:?} after {begun:?}");
        }
    }
}
