//! Everything said about one interaction, in whatever order it is read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Correction, Feedback};

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
    pub(crate) stamps: Stamps,
}

/// When each part was said, so that an event that is read late or twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stamps {
    is_useful: Option<DateTime<Utc>>,
    user_feedback: Option<DateTime<Utc>>,
    /// Of each line, whether it is gold and when that was said; also of what was taken back.
    lines: BTreeMap<u64, (bool, DateTime<Utc>)>,
}

impl Merged {
    /// Adds a statement: the latest replaces earlier ones field by field, and line by line. What a reviewer said of a
    /// line only a reviewer replaces.
    pub fn add(&mut self, event: Feedback) {
        let (time, reviewer) = (event.timestamp, event.reviewer);
        self.last = self.last.max(Some(time));
        if (event.is_useful.is_some() || event.taken_back.is_useful)
            && self.stamps.is_useful <= Some(time)
        {
            self.stamps.is_useful = Some(time);
            self.is_useful = event.is_useful;
        }
        if (event.user_feedback.is_some() || event.taken_back.user_feedback)
            && self.stamps.user_feedback <= Some(time)
        {
            self.stamps.user_feedback = Some(time);
            self.user_feedback = event.user_feedback;
        }
        for line in event.taken_back.lines {
            if self.replaces(line, reviewer, time) {
                self.stamps.lines.insert(line, (false, time));
                self.corrections.retain(|earlier| earlier.line != line);
            }
        }
        for mut correction in event.corrections {
            let line = correction.line;
            if self.replaces(line, reviewer, time) {
                self.stamps.lines.insert(line, (reviewer, time));
                self.corrections.retain(|earlier| earlier.line != line);
                correction.gold = reviewer;
                correction.subject = event.subject.clone();
                correction.said_at = Some(time);
                self.corrections.push(correction);
            }
        }
        self.corrections.sort_by_key(|correction| correction.line);
    }

    fn replaces(&self, line: u64, reviewer: bool, time: DateTime<Utc>) -> bool {
        let earlier = self.stamps.lines.get(&line);
        earlier.is_none_or(|earlier| *earlier <= (reviewer, time))
    }

    /// Whether the correction of a line is gold, and when it was said.
    pub(super) fn stamp(&self, line: u64) -> Option<(bool, DateTime<Utc>)> {
        self.stamps.lines.get(&line).copied()
    }

    /// Whether anything that was said still holds.
    pub(super) fn says_something(&self) -> bool {
        self.is_useful.is_some() || self.user_feedback.is_some() || !self.corrections.is_empty()
    }

    /// The same but for the times at which it was said.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |said: &Self| {
            let corrections = said.corrections.iter().cloned();
            let without_time = corrections.map(|correction| Correction {
                said_at: None,
                ..correction
            });
            without_time.collect::<Vec<_>>()
        };
        self.is_useful == other.is_useful
            && self.user_feedback == other.user_feedback
            && timeless(self) == timeless(other)
    }

    /// When the last verdict was given.
    pub(crate) fn useful_at(&self) -> Option<DateTime<Utc>> {
        self.stamps.is_useful.filter(|_| self.is_useful.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::TakenBack;
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn correct(second: i64, reviewer: bool, lines: &[(u64, bool)]) -> Feedback {
        let correction = |(line, is_failure): &(u64, bool)| Correction {
            line: *line,
            is_failure: *is_failure,
            ..Correction::default()
        };
        Feedback {
            timestamp: at(second),
            reviewer,
            corrections: lines.iter().map(correction).collect(),
            ..Feedback::default()
        }
    }

    fn take_back(second: i64, reviewer: bool, lines: &[u64]) -> Feedback {
        Feedback {
            timestamp: at(second),
            reviewer,
            taken_back: TakenBack {
                is_useful: true,
                user_feedback: false,
                lines: lines.to_vec(),
            },
            ..Feedback::default()
        }
    }

    /// (line, is_failure, gold)
    fn lines(merged: &Merged) -> Vec<(u64, bool, bool)> {
        let of = |c: &Correction| (c.line, c.is_failure, c.gold);
        merged.corrections.iter().map(of).collect()
    }

    fn merge(events: &[Feedback]) -> Merged {
        let mut merged = Merged::default();
        events.iter().for_each(|event| merged.add(event.clone()));
        merged
    }

    #[test]
    fn a_later_statement_replaces_field_by_field_in_whatever_order_it_is_read() {
        let comment = Feedback {
            timestamp: at(2),
            user_feedback: Some("line 7 is harmless".into()),
            corrections: correct(2, false, &[(7, false)]).corrections,
            ..Feedback::default()
        };
        let verdict = Feedback {
            is_useful: Some(false),
            ..correct(1, false, &[(7, true), (3, true)])
        };
        let events = [verdict.clone(), comment.clone()];
        let again = [comment.clone(), verdict.clone(), comment, verdict];
        for events in [&events[..], &again] {
            let merged = merge(events);
            assert_eq!(merged.is_useful, Some(false));
            assert_eq!(merged.user_feedback.as_deref(), Some("line 7 is harmless"));
            assert_eq!(lines(&merged), [(3, true, false), (7, false, false)]);
            assert_eq!(merged.last, Some(at(2)));
        }
    }

    #[test]
    fn what_is_taken_back_is_gone_until_it_is_said_again() {
        let mut said = correct(1, false, &[(3, true), (7, true)]);
        said.is_useful = Some(true);
        let mut merged = merge(&[said.clone(), take_back(2, false, &[7])]);
        assert_eq!(lines(&merged), [(3, true, false)]);
        assert_eq!(merged.is_useful, None);
        merged.add(said);
        assert_eq!(lines(&merged), [(3, true, false)], "read twice");
        merged.add(correct(3, false, &[(7, false)]));
        assert_eq!(lines(&merged), [(3, true, false), (7, false, false)]);
    }

    #[test]
    fn gold_outranks_until_a_reviewer_takes_it_back() {
        let mut merged = merge(&[
            correct(1, true, &[(3, true)]),
            correct(2, false, &[(3, false)]),
            take_back(3, false, &[3]),
        ]);
        assert_eq!(lines(&merged), [(3, true, true)]);
        merged.add(take_back(4, true, &[3]));
        assert_eq!(lines(&merged), []);
        merged.add(correct(5, false, &[(3, false)]));
        assert_eq!(lines(&merged), [(3, false, false)]);
    }
}
