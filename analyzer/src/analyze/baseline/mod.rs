//! A good run to compare with: which texts it has, and how often.

mod report;

use std::collections::HashMap;

pub(super) use report::comparison;

/// Distinct texts of a good run that are kept, 24 bytes each and the table around them; what comes after
/// these counts as unknown to it.
pub(super) const MAX_BASELINE_KEYS: usize = 1 << 20;

/// Texts in each list of a comparison.
pub(super) const MAX_CHANGES: usize = 50;

/// How many times more or less often a text must occur for its rate to have changed.
const MIN_RATIO: f64 = 3.0;

/// Entries that a text must have in one of the logs for its rate to mean anything.
const MIN_COUNTED: u64 = 10;

/// How often a text occurs, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// Entries.
    pub(super) count: u64,
    /// Line of the first, from 1.
    pub(super) line: u64,
}

/// Occurrences by the key of a text, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Occurrences {
    by_key: HashMap<u64, Occurrence>,
    entries: u64,
}

impl Occurrences {
    /// Counts an entry that begins at a line.
    pub(super) fn add(&mut self, key: u64, line: u64) {
        self.entries += 1;
        if let Some(known) = self.by_key.get_mut(&key) {
            known.count += 1;
        } else if self.by_key.len() < MAX_BASELINE_KEYS {
            self.by_key.insert(key, Occurrence { count: 1, line });
        }
    }

    /// Whether a text occurs; what a full table left out does not tell.
    pub(super) fn has(&self, key: u64) -> bool {
        self.by_key.contains_key(&key)
    }

    /// How often a text occurs.
    pub(super) fn of(&self, key: u64) -> Occurrence {
        self.by_key.get(&key).copied().unwrap_or_default()
    }

    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.entries.max(1) as f64
    }
}

/// A text that occurs otherwise than in the good run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Key of the text.
    pub(super) key: u64,
    /// In this log.
    pub(super) here: Occurrence,
    /// In the good run.
    pub(super) there: Occurrence,
}

/// What differs between a log and a good run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Only here: failures first, then by line.
    pub(super) new: Vec<Change>,
    /// Only in the good run: the most frequent first.
    pub(super) gone: Vec<Change>,
    /// In both at another rate: the largest change first.
    pub(super) changed: Vec<Change>,
    /// Texts that these lists leave out.
    pub(super) left_out: u64,
}

/// Compares a log with a good run. `fails` tells whether a text of this log is a failure.
pub(super) fn compare(
    here: &Occurrences,
    good: &Occurrences,
    fails: impl Fn(u64) -> bool,
) -> Changes {
    let mut changes = Changes::default();
    for (&key, &occurrence) in &here.by_key {
        let there = good.of(key);
        let change = Change {
            key,
            here: occurrence,
            there,
        };
        if there.count == 0 {
            changes.new.push(change);
        } else if ratio(here, good, change) >= MIN_RATIO
            && occurrence.count.max(there.count) >= MIN_COUNTED
        {
            changes.changed.push(change);
        }
    }
    let gone = good.by_key.iter().filter(|(key, _)| !here.has(**key));
    changes.gone.extend(gone.map(|(&key, &there)| Change {
        key,
        here: Occurrence::default(),
        there,
    }));
    // Lines are unique within a log, so that the order does not hang on the table's.
    changes
        .new
        .sort_unstable_by_key(|change| (!fails(change.key), change.here.line));
    changes
        .gone
        .sort_unstable_by_key(|change| (std::cmp::Reverse(change.there.count), change.there.line));
    changes.changed.sort_unstable_by(|a, b| {
        let by_ratio = ratio(here, good, *b).total_cmp(&ratio(here, good, *a));
        by_ratio.then(a.here.line.cmp(&b.here.line))
    });
    for list in [&mut changes.new, &mut changes.gone, &mut changes.changed] {
        changes.left_out += list.len().saturating_sub(MAX_CHANGES) as u64;
        list.truncate(MAX_CHANGES);
    }
    changes
}

/// How many times more or less often it occurs, at least 1.
fn ratio(here: &Occurrences, good: &Occurrences, change: Change) -> f64 {
    let ratio = here.rate(change.here.count) / good.rate(change.there.count);
    ratio.max(1.0 / ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[(u64, u64)]) -> Occurrences {
        let mut made = Occurrences::default();
        let mut line = 0;
        for (key, count) in texts {
            for _ in 0..*count {
                line += 1;
                made.add(*key, line);
            }
        }
        made
    }

    #[test]
    fn new_gone_and_changed() {
        let good = of(&[(1, 100), (2, 20), (3, 1), (4, 2), (5, 1)]);
        let here = of(&[(1, 100), (2, 2), (6, 1), (7, 1), (4, 1)]);
        let changes = compare(&here, &good, |key| key == 7);
        let keys = |list: &[Change]| list.iter().map(|change| change.key).collect::<Vec<_>>();
        assert_eq!(keys(&changes.new), [7, 6]);
        assert_eq!(keys(&changes.gone), [3, 5]);
        assert_eq!(keys(&changes.changed), [2]);
        assert_eq!(changes.changed[0].there.count, 20);
        assert_eq!(changes.left_out, 0);
    }

    #[test]
    fn lists_are_bounded_and_what_they_leave_out_is_told() {
        let many: Vec<_> = (0..MAX_CHANGES as u64 + 7).map(|key| (key, 1)).collect();
        let changes = compare(&of(&many), &Occurrences::default(), |_| false);
        assert_eq!((changes.new.len(), changes.left_out), (MAX_CHANGES, 7));
    }

    #[test]
    fn equal_logs_do_not_differ() {
        let log = of(&[(1, 30), (2, 1)]);
        assert_eq!(compare(&log, &log.clone(), |_| false), Changes::default());
    }
}
