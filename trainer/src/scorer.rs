//! Whatever can be judged: a network, or the built-in rules, on the very same entries.

use logloop_scoring::{Network, rules};

use crate::items::Item;
use crate::metrics::{Figures, Judged};

/// A scorer of entries.
#[derive(Clone, Copy, Debug)]
pub enum Scorer<'a> {
    /// A network, as it serves.
    Model(&'a Network),
    /// The built-in rules; they rank by severity, a failure above all others.
    Rules,
}

impl Scorer<'_> {
    /// Figures over these items, each counted once.
    pub fn figures<'i>(self, items: impl IntoIterator<Item = &'i Item>) -> Figures {
        let judged: Vec<Judged> = items.into_iter().map(|item| self.judge(item)).collect();
        Figures::of(&judged)
    }

    /// What it says of an entry, beside its label.
    pub fn judge(self, item: &Item) -> Judged {
        let (called_failure, score, scored_severity, probability) = match self {
            Self::Model(network) => {
                let scores = network.score(item.blocks());
                (
                    network.is_failure(scores),
                    scores.failure,
                    scores.severity,
                    Some(scores.failure),
                )
            }
            Self::Rules => {
                let scored = rules::score(&item.log_entry, item.level.as_deref());
                (
                    scored.is_failure,
                    f32::from(u8::from(scored.is_failure)) + scored.severity,
                    scored.severity,
                    None,
                )
            }
        };
        Judged {
            is_failure: item.is_failure,
            severity: item.severity,
            called_failure,
            score,
            scored_severity,
            probability,
        }
    }
}
