//! The split by time: trained on what was there before a moment, judged on what came after.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::items::Item;
use crate::metrics::Figures;
use crate::split::Split;

/// Share of the entries with a time that are judged, the last ones.
const JUDGED_SHARE: f64 = 0.3;
/// Groups of each label that are needed before the moment, and after it.
const MIN_GROUPS: usize = 5;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum TimeFigures {
    /// There were enough.
    Judged {
        /// The moment, UTC.
        from: String,
        /// Entries first seen before it.
        trained: u64,
        /// Those first seen from then on.
        after: Figures,
        /// Those of them whose statement was not seen before either.
        new: Figures,
    },
    /// There were not.
    Insufficient {
        /// What is missing.
        reason: String,
    },
}

/// Who is on which side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ByTime {
    /// The moment, in milliseconds since 1970-01-01 UTC.
    from: i64,
    /// Training and validation: first seen before it. Test: from then on. Entries without a time are in none.
    pub(crate) split: Split,
    /// The test's entries whose statement was not seen before.
    pub(crate) new: Vec<usize>,
}

impl ByTime {
    /// The split, or what is missing for it.
    pub(crate) fn of(items: &[Item]) -> Result<Self, String> {
        let mut times: Vec<i64> = items.iter().filter_map(|item| item.at).collect();
        times.sort_unstable();
        let first_judged = ((1.0 - JUDGED_SHARE) * times.len() as f64) as usize;
        let Some(&from) = times.get(first_judged) else {
            return Err("no entry has a time".to_owned());
        };
        let is_before = |item: &Item| item.at.is_some_and(|at| at < from);
        let is_after = |item: &Item| item.at.is_some_and(|at| at >= from);
        let before: HashSet<u64> = items
            .iter()
            .filter(|i| i.at.is_none() || is_before(i))
            .map(|i| i.group)
            .collect();
        let indices = |keep: &dyn Fn(&Item) -> bool| -> Vec<usize> {
            (0..items.len())
                .filter(|&index| keep(&items[index]))
                .collect()
        };
        let known = indices(&is_before);
        let split = Split {
            test: indices(&is_after),
            ..Split::without_test(items, &known)
        };
        let new = indices(&|item| is_after(item) && !before.contains(&item.group));
        for (part, when) in [(&known, "before"), (&new, "from then on, new,")] {
            for (label, what) in [(true, "failing"), (false, "other")] {
                let of_label = part.iter().map(|&index| &items[index]);
                let of_label = of_label.filter(|item| item.is_failure == label);
                let groups = of_label
                    .map(|item| item.group)
                    .collect::<BTreeSet<_>>()
                    .len();
                if groups < MIN_GROUPS {
                    return Err(format!(
                        "{groups} {what} statements {when} {}; {MIN_GROUPS} are needed",
                        text(from)
                    ));
                }
            }
        }
        Ok(Self { from, split, new })
    }

    /// What a network that was trained on it comes to.
    pub(crate) fn judged(&self, figures: impl Fn(&[usize]) -> Figures) -> TimeFigures {
        TimeFigures::Judged {
            from: text(self.from),
            trained: (self.split.train.len() + self.split.validation.len()) as u64,
            after: figures(&self.split.test),
            new: figures(&self.new),
        }
    }
}

fn text(millis: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis).map_or_else(
        || format!("{millis} ms"),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    /// Entries of as many statements, every other one a failure, a second apart.
    fn dated(statements: i64) -> Vec<Item> {
        let one = |at: i64| Item {
            at: Some(1_795_000_000_000 + at * 1000),
            ..item(&format!("statement {at}"), at % 2 == 0)
        };
        (0..statements).map(one).collect()
    }

    #[test]
    fn the_last_are_judged_and_statements_that_were_known_are_told_apart() {
        let mut items = dated(100);
        let known = items[3].group;
        items[90].group = known;
        items[95].at = None;
        items[96].group = items[95].group;
        let by_time = ByTime::of(&items).expect("enough");
        let before = [&by_time.split.train[..], &by_time.split.validation].concat();
        assert_eq!(before.len(), 69, "of 99 with a time");
        assert!(before.iter().all(|index| *index < 69));
        let expect: Vec<usize> = (69..100).filter(|index| *index != 95).collect();
        assert_eq!(by_time.split.test, expect);
        let new: Vec<usize> = expect
            .iter()
            .copied()
            .filter(|i| ![90, 96].contains(i))
            .collect();
        assert_eq!(by_time.new, new);
        let count = |part: &[usize]| {
            let samples = [("failure_accuracy".to_owned(), part.len() as u64)];
            Figures {
                samples: samples.into(),
                ..Figures::default()
            }
        };
        let TimeFigures::Judged {
            from,
            trained,
            after,
            new,
        } = by_time.judged(count)
        else {
            panic!("there are enough");
        };
        assert_eq!((from.as_str(), trained), ("2026-11-18T11:07:49Z", 69));
        assert_eq!((after, new), (count(&expect), count(&by_time.new)));
    }

    #[test]
    fn what_is_missing_is_said() {
        let without = |keep: &dyn Fn(usize) -> bool| -> Vec<Item> {
            let items = dated(100).into_iter().enumerate();
            items
                .filter(|(at, _)| keep(*at))
                .map(|(_, item)| item)
                .collect()
        };
        let same_time = dated(100).into_iter().map(|item| Item {
            at: Some(7),
            ..item
        });
        let no_time = dated(100).into_iter().map(|item| Item { at: None, ..item });
        for (items, words) in [
            (vec![], "no entry has a time"),
            (no_time.collect(), "no entry has a time"),
            (same_time.collect(), "0 failing statements before"),
            (
                without(&|at| at >= 85 || at % 2 == 0),
                "0 other statements before",
            ),
            (
                without(&|at| at < 40 || at % 2 == 1),
                "failing statements from then on",
            ),
        ] {
            let missing = ByTime::of(&items).expect_err(words);
            assert!(missing.contains(words), "{missing}");
        }
    }
}
