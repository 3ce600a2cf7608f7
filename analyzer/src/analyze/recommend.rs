//! What to do: the advice of the knowledge file for what was found, with its evidence.

use logloop_records::{Failure, Recommendation};
use logloop_scoring::rules::Knowledge;

/// Recommendations in an answer: a tired person reads no more.
const MAX_RECOMMENDATIONS: usize = 8;

/// Lines named as evidence of one recommendation.
const MAX_EVIDENCE_LINES: usize = 5;

/// Recommendations in the order of the groups that they answer.
pub(super) fn recommend(failures: &[Failure]) -> Vec<Recommendation> {
    let mut found: Vec<Recommendation> = vec![];
    for failure in failures {
        for name in &failure.error_patterns {
            if let Some(known) = found.iter_mut().find(|known| known.pattern == *name) {
                if known.lines.len() < MAX_EVIDENCE_LINES {
                    known.lines.push(failure.line);
                }
            } else if found.len() < MAX_RECOMMENDATIONS
                && let Some(pattern) = Knowledge::built_in().pattern(name)
            {
                let text = pattern.advice.clone();
                found.push(Recommendation {
                    pattern: name.clone(),
                    text,
                    lines: vec![failure.line],
                });
            }
        }
    }
    found
}
