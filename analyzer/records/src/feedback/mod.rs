//! What people said about an interaction: append-only events, merged when read.

mod index;
mod keeper;
mod merged;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::erase::Erased;
use crate::error::Error;
use crate::layout::DataDir;
use index::Index;
pub use keeper::FeedbackStore;
pub use merged::Merged;

/// Distinct corrected templates from which on a share of them is held out.
pub const MIN_CORRECTED_TEMPLATES_FOR_HOLD_OUT: usize = 5;

/// One in this many corrected templates is held out: it judges models and is never trained on.
pub const HELD_OUT_ONE_IN: u64 = 5;

/// One statement about an interaction. A later one replaces an earlier one field by field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// When it was given, UTC.
    pub timestamp: DateTime<Utc>,
    /// The interaction that it is about.
    pub interaction_id: Uuid,
    /// Who gave it; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// A reviewer gave it: its corrections are gold, and only a reviewer can change them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reviewer: bool,
    /// Was the answer useful?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_useful: Option<bool>,
    /// A comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_feedback: Option<String>,
    /// What single lines really are; a later one for the same line replaces an earlier one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// What said before is no longer meant.
    #[serde(default, skip_serializing_if = "TakenBack::is_nothing")]
    pub taken_back: TakenBack,
}

/// How much was said, of all interactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedbackFigures {
    /// Interactions of which something was said.
    pub feedback: u64,
    /// Lines that were corrected.
    pub corrections: u64,
    /// Interactions that were called not useful.
    pub negative: u64,
}

/// What somebody takes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TakenBack {
    /// The verdict.
    #[serde(default)]
    pub is_useful: bool,
    /// The comment.
    #[serde(default)]
    pub user_feedback: bool,
    /// The corrections of these lines.
    #[serde(default)]
    pub lines: Vec<u64>,
}

impl TakenBack {
    /// Nothing is taken back.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a line really is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// Line in the log, from 1.
    pub line: u64,
    /// Is it a failure?
    pub is_failure: bool,
    /// The component, if that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The operation, if that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The severity, 0 to 1, if that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<f32>,
    /// Masked text of the entry on that line, filled in by the analyzer.
    #[serde(default)]
    pub template: String,
    /// Its id, filled in by the analyzer.
    #[serde(default)]
    pub template_id: String,
    /// Template of the group that lists the line, whose other instances the correction holds for, too; filled in by
    /// the analyzer, empty where no group lists it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub holds_for: String,
    /// Judges models and is never trained on; filled in by the analyzer, see [`held_out`].
    #[serde(default)]
    pub held_out: bool,
    /// A reviewer made it: it counts for everybody, and outranks what others say. Filled in when merged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gold: bool,
    /// Who made it. Filled in when merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When they said it, UTC. Filled in when merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<DateTime<Utc>>,
}

/// Whether the corrections of a template are held out, where nothing was decided about it before: by the hash of its text
/// alone, once there are enough of them.
pub fn held_out(template_id: &str, corrected_templates: usize) -> bool {
    let hash = template_id
        .rsplit_once('-')
        .and_then(|(_, hex)| u64::from_str_radix(hex, 16).ok());
    corrected_templates >= MIN_CORRECTED_TEMPLATES_FOR_HOLD_OUT
        && hash.is_some_and(|hash| (hash >> 7).is_multiple_of(HELD_OUT_ONE_IN))
}

/// Reads all feedback, merged by interaction. Lines with a wrong checksum are left out, and what is erased.
pub fn read_feedback(data: &DataDir) -> Result<HashMap<Uuid, Merged>, Error> {
    let mut index = Index::default();
    index.refresh(data, &Arc::new(Erased::load(data)?))?;
    Ok(index.into_merged())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_a_fifth_is_held_out_and_few_are_not() {
        let ids: Vec<_> = (0..1000)
            .map(|n| logloop_logs::template_id(&format!("template {n}")))
            .collect();
        let out = ids.iter().filter(|id| held_out(id, ids.len())).count();
        assert!((150..=250).contains(&out), "{out} of 1000");
        assert!(
            !ids.iter()
                .any(|id| held_out(id, MIN_CORRECTED_TEMPLATES_FOR_HOLD_OUT - 1))
        );
    }
}
