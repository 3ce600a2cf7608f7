//! What people said about an interaction: append-only events, merged when read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::crc::Check;
use crate::error::Error;
use crate::layout::{DataDir, Kind};
use crate::store::{read_segment, segments};

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
    /// Was the answer useful?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_useful: Option<bool>,
    /// A comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_feedback: Option<String>,
    /// What single lines really are; a later one for the same line replaces an earlier one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
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
    /// Template of the entry on that line, filled in by the analyzer.
    #[serde(default)]
    pub template: String,
    /// Its id, filled in by the analyzer.
    #[serde(default)]
    pub template_id: String,
    /// Judges models and is never trained on; filled in by the analyzer, see [`held_out`].
    #[serde(default)]
    pub held_out: bool,
}

/// Everything said about one interaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The last verdict.
    pub is_useful: Option<bool>,
    /// The last comment.
    pub user_feedback: Option<String>,
    /// The last correction of each line, by line.
    pub corrections: Vec<Correction>,
    /// When something was said last.
    pub last: Option<DateTime<Utc>>,
}

impl Merged {
    /// Adds a later statement.
    pub fn add(&mut self, event: Feedback) {
        self.is_useful = event.is_useful.or(self.is_useful);
        self.user_feedback = event.user_feedback.or(self.user_feedback.take());
        for correction in event.corrections {
            self.corrections
                .retain(|earlier| earlier.line != correction.line);
            self.corrections.push(correction);
        }
        self.corrections.sort_by_key(|correction| correction.line);
        self.last = self.last.max(Some(event.timestamp));
    }
}

/// Whether the corrections of a template are held out: decided by the hash of its text alone, so
/// that the same template is always on the same side, once there are enough of them.
pub fn held_out(template_id: &str, corrected_templates: usize) -> bool {
    let hash = template_id
        .rsplit_once('-')
        .and_then(|(_, hex)| u64::from_str_radix(hex, 16).ok());
    corrected_templates >= MIN_CORRECTED_TEMPLATES_FOR_HOLD_OUT
        && hash.is_some_and(|hash| (hash >> 7).is_multiple_of(HELD_OUT_ONE_IN))
}

/// Reads all feedback, merged by interaction. Lines with a wrong checksum are left out.
pub fn read_feedback(data: &DataDir) -> Result<HashMap<Uuid, Merged>, Error> {
    let mut events: Vec<Feedback> = vec![];
    for segment in segments(data, Kind::Feedback)? {
        read_segment::<Feedback>(&segment, |line| {
            if line.check != Check::Wrong {
                events.push(line.record);
            }
            Ok(())
        })?;
    }
    events.sort_by_key(|event| event.timestamp);
    let mut merged: HashMap<Uuid, Merged> = HashMap::new();
    for event in events {
        merged.entry(event.interaction_id).or_default().add(event);
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_statement_replaces_field_by_field() {
        let correction = |line, is_failure| Correction {
            line,
            is_failure,
            ..Correction::default()
        };
        let mut merged = Merged::default();
        merged.add(Feedback {
            is_useful: Some(false),
            corrections: vec![correction(7, true), correction(3, true)],
            ..Feedback::default()
        });
        merged.add(Feedback {
            user_feedback: Some("line 7 is harmless".into()),
            corrections: vec![correction(7, false)],
            ..Feedback::default()
        });
        assert_eq!(merged.is_useful, Some(false));
        assert_eq!(merged.user_feedback.as_deref(), Some("line 7 is harmless"));
        let lines: Vec<_> = merged
            .corrections
            .iter()
            .map(|c| (c.line, c.is_failure))
            .collect();
        assert_eq!(lines, [(3, true), (7, false)]);
    }

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
