//! Transactions with their failing steps, however many there are.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use logloop_records::{Transaction, Transactions};

use super::distinct::Distinct;
use super::stats::Seed;

/// Transactions followed at a time; a further one takes the place of one that was not seen for long.
pub(super) const MAX_FOLLOWED: usize = 20_000;

/// Failing transactions listed in an answer, those that failed first.
const MAX_LISTED: usize = 20;

/// An entry of a transaction.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    /// First line of the entry, from 1.
    pub(super) line: u64,
    /// Last line of the entry.
    pub(super) line_end: u64,
    /// What it was doing, or the part of the system that logged it.
    pub(super) name: Option<&'a str>,
    /// Its masked text, which names the step if nothing else does.
    pub(super) text_key: u64,
    /// Whether it failed.
    pub(super) is_failure: bool,
}

/// Follows transactions, an entry at a time.
#[derive(Default)]
pub(super) struct Follower {
    seed: Seed,
    index: HashMap<Arc<str>, usize, Seed>,
    followed: Vec<Followed>,
    /// The transaction before: its entries often follow each other.
    last: usize,
    /// Where to look next for one that was not seen for long.
    hand: usize,
    /// Those that are listed, in the order of their failures; they keep their places.
    listed: Vec<usize>,
    distinct: Distinct,
    failed: Distinct,
}

struct Followed {
    id: Arc<str>,
    entries: u64,
    first_line: u64,
    last_line: u64,
    failure: Option<Failing>,
    /// Seen since the hand passed.
    recent: bool,
    listed: bool,
}

struct Failing {
    line: u64,
    name: Option<Box<str>>,
    text_key: u64,
}

impl Follower {
    /// Adds an entry of the transaction `id`.
    pub(super) fn add(&mut self, id: &str, step: &Step<'_>) {
        if self
            .followed
            .get(self.last)
            .is_none_or(|known| *known.id != *id)
        {
            self.last = match self.index.get(id) {
                Some(at) => *at,
                None => self.begin(id, step.line),
            };
        }
        let transaction = &mut self.followed[self.last];
        transaction.entries += 1;
        transaction.last_line = step.line_end;
        transaction.recent = true;
        if step.is_failure && transaction.failure.is_none() {
            self.failed.add(self.seed.hash_one(id));
            transaction.listed = self.listed.len() < MAX_LISTED;
            if transaction.listed {
                self.listed.push(self.last);
            }
            transaction.failure = Some(Failing {
                line: step.line,
                // Names are kept of those that are listed only.
                name: step.name.filter(|_| transaction.listed).map(Box::from),
                text_key: step.text_key,
            });
        }
    }

    fn begin(&mut self, id: &str, line: u64) -> usize {
        self.distinct.add(self.seed.hash_one(id));
        let id: Arc<str> = id.into();
        let new = Followed {
            id: id.clone(),
            entries: 0,
            first_line: line,
            last_line: line,
            failure: None,
            recent: true,
            listed: false,
        };
        let at = if self.followed.len() < MAX_FOLLOWED {
            self.followed.push(new);
            self.followed.len() - 1
        } else {
            let at = self.free();
            self.index.remove(&self.followed[at].id);
            self.followed[at] = new;
            at
        };
        self.index.insert(id, at);
        at
    }

    /// The place of a transaction that was not seen for long (the clock algorithm: a second chance for each that was
    /// seen since the hand passed).
    fn free(&mut self) -> usize {
        loop {
            self.hand = (self.hand + 1) % self.followed.len();
            let known = &mut self.followed[self.hand];
            if !known.listed && !std::mem::take(&mut known.recent) {
                return self.hand;
            }
        }
    }

    /// What is answered, if the log has transactions; `template` gives the text of a failing step that has no name.
    /// A word on what was not counted goes to `warnings`.
    pub(super) fn finish(
        self,
        template: impl Fn(u64) -> Option<String>,
        warnings: &mut Vec<String>,
    ) -> Option<Transactions> {
        let total = self.distinct.count();
        if total.more {
            warnings.push(format!(
                "{total} transactions were found; that many were told apart"
            ));
        }
        let listed = self.listed.iter().filter_map(|at| {
            let known = &self.followed[*at];
            let failing = known.failure.as_ref()?;
            let name = failing.name.as_deref().map(str::to_owned);
            Some(Transaction {
                id: known.id.to_string(),
                entries: known.entries,
                first_line: known.first_line,
                last_line: known.last_line,
                failing_line: failing.line,
                failing_step: name
                    .or_else(|| template(failing.text_key))
                    .unwrap_or_default(),
            })
        });
        (total.count > 0).then(|| Transactions {
            total: total.count,
            failed: self.failed.count().count,
            failing: listed.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(line: u64, is_failure: bool) -> Step<'static> {
        Step {
            line,
            line_end: line,
            name: None,
            text_key: line,
            is_failure,
        }
    }

    fn finish(follower: Follower) -> Transactions {
        let template = |key| Some(format!("text {key}"));
        follower.finish(template, &mut vec![]).unwrap_or_default()
    }

    #[test]
    fn a_transaction_has_its_lines_and_its_first_failing_step() {
        let mut follower = Follower::default();
        let charge = Step {
            name: Some("charge"),
            line_end: 4,
            ..step(3, true)
        };
        for (id, step) in [
            ("a", step(1, false)),
            ("b", step(2, false)),
            ("a", charge),
            ("b", step(5, true)),
            ("a", step(6, true)),
            ("c", step(7, false)),
        ] {
            follower.add(id, &step);
        }
        let found = finish(follower);
        assert_eq!((found.total, found.failed), (3, 2));
        let listed: Vec<_> = found
            .failing
            .iter()
            .map(|t| {
                (
                    &*t.id,
                    t.entries,
                    t.first_line,
                    t.last_line,
                    t.failing_line,
                    &*t.failing_step,
                )
            })
            .collect();
        assert_eq!(
            listed,
            [("a", 3, 1, 6, 3, "charge"), ("b", 2, 2, 5, 5, "text 5")]
        );
    }

    #[test]
    fn a_log_without_transactions_has_none() {
        assert_eq!(Follower::default().finish(|_| None, &mut vec![]), None);
    }

    #[test]
    fn beyond_the_bound_all_are_counted_and_the_late_ones_are_followed() {
        let mut follower = Follower::default();
        follower.add("early", &step(1, true));
        let many = 3 * MAX_FOLLOWED as u64;
        for n in 0..many {
            follower.add(&n.to_string(), &step(n + 2, false));
        }
        follower.add("early", &step(many + 2, false));
        follower.add("late", &step(many + 3, false));
        follower.add("late", &step(many + 4, true));
        assert_eq!(follower.followed.len(), MAX_FOLLOWED);
        assert_eq!(follower.index.len(), MAX_FOLLOWED);
        let found = finish(follower);
        assert_eq!((found.total, found.failed), (many + 2, 2));
        let lines: Vec<_> = found
            .failing
            .iter()
            .map(|t| (t.first_line, t.last_line))
            .collect();
        assert_eq!(lines, [(1, many + 2), (many + 3, many + 4)]);
    }

    #[test]
    fn the_list_is_bounded_and_the_places_are_used_again_when_all_fail() {
        let mut follower = Follower::default();
        let many = MAX_FOLLOWED as u64 + 500;
        for n in 0..many {
            follower.add(&n.to_string(), &step(n + 1, true));
        }
        let found = finish(follower);
        assert_eq!((found.total, found.failed), (many, many));
        let ids: Vec<_> = found
            .failing
            .iter()
            .map(|t| t.id.parse::<usize>().unwrap())
            .collect();
        assert_eq!(ids, (0..MAX_LISTED).collect::<Vec<_>>());
    }
}
