//! Labels by the rules, where nobody and nothing else gave one: once for each masked text and level.

use std::borrow::Cow;
use std::collections::HashMap;

use logloop_logs::Level;
use logloop_scoring::rules::{self, Evidence, Judged, RuleScore};

use super::record::Text;

/// Verdicts that are remembered; what comes after these is judged each time. About 200 bytes each.
const MAX_REMEMBERED: usize = 20_000;

/// What the rules are sure of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    pub(super) is_failure: bool,
    pub(super) severity: f32,
    pub(super) patterns: Vec<Text<'static>>,
    pub(super) keywords: Vec<Text<'static>>,
}

/// Remembers what the rules said.
#[derive(Default)]
pub(super) struct Rules {
    known: HashMap<(u64, Option<Level>), Known>,
}

#[derive(Clone)]
enum Known {
    Verdict(Option<Verdict>),
    /// Masked numbers decide: each message is judged by itself.
    ByMessage,
}

impl Rules {
    /// The verdict on a message with this key of its masked text. `None`: words alone make it a failure, which in the
    /// middle of a log says little either way.
    pub(super) fn judge(
        &mut self,
        message: &str,
        level: Option<Level>,
        key: u64,
    ) -> Option<Verdict> {
        let at = (key, level);
        let known = match self.known.get(&at) {
            Some(known) => known.clone(),
            None => {
                let known = first(message, level);
                if self.known.len() < MAX_REMEMBERED {
                    self.known.insert(at, known.clone());
                }
                known
            }
        };
        match known {
            Known::Verdict(verdict) => verdict,
            Known::ByMessage => verdict(rules::judge(message, level).score),
        }
    }
}

fn first(message: &str, level: Option<Level>) -> Known {
    let masked = logloop_logs::mask(message);
    let Judged {
        score,
        numbers_decide,
    } = rules::judge(&masked, level);
    if numbers_decide {
        Known::ByMessage
    } else {
        Known::Verdict(verdict(score))
    }
}

fn verdict(score: RuleScore) -> Option<Verdict> {
    match score.evidence {
        Evidence::Weak => None,
        Evidence::None => Some(Verdict::default()),
        Evidence::Outcome | Evidence::Clear => Some(Verdict {
            is_failure: true,
            severity: score.severity,
            patterns: score
                .patterns
                .into_iter()
                .map(|name| Text(Cow::Borrowed(name)))
                .collect(),
            keywords: score
                .keywords
                .into_iter()
                .map(|word| Text(Cow::Owned(word)))
                .collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_they_are_sure_of() {
        let mut rules = Rules::default();
        for (line, expect) in [
            ("2026-11-22 10:00:00 ERROR db: pool exhausted", Some(true)),
            ("2026-11-22 10:00:00 INFO db: ready", Some(false)),
            ("process exited with code 3", Some(true)),
            ("process exited with code 0", Some(false)),
        ] {
            logloop_logs::parse_each(line, None, |entry| {
                let key = logloop_logs::key(&entry.message);
                let said = rules
                    .judge(&entry.message, entry.level, key)
                    .map(|verdict| verdict.is_failure);
                assert_eq!(said, expect, "{line}");
            });
        }
    }
}
