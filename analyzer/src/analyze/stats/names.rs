//! How often each name occurs: no allocation for a name that is known.

use std::collections::{BTreeMap, HashMap};

use super::hash::Seed;

/// Names that are counted; those that come after these are not.
pub(in crate::analyze) const MAX_COUNTED_NAMES: usize = 20_000;

/// Names listed in an answer, the most frequent ones.
const MAX_NAMES: usize = 50;

/// Counts of names.
#[derive(Default)]
pub(super) struct Names {
    index: HashMap<Box<str>, usize, Seed>,
    counts: Vec<u64>,
    /// The name before and where it is counted: one component often logs many entries in a row.
    last: String,
    last_at: usize,
    left_out: bool,
}

impl Names {
    /// Counts a name.
    #[inline]
    pub(super) fn add(&mut self, name: &str) {
        if self.last == name
            && let Some(count) = self.counts.get_mut(self.last_at)
        {
            *count += 1;
        } else {
            self.look_up(name);
        }
    }

    fn look_up(&mut self, name: &str) {
        let at = match self.index.get(name) {
            Some(at) => *at,
            None if self.counts.len() < MAX_COUNTED_NAMES => {
                self.index.insert(name.into(), self.counts.len());
                self.counts.push(0);
                self.counts.len() - 1
            }
            None => {
                self.left_out = true;
                return;
            }
        };
        self.counts[at] += 1;
        self.last.clear();
        self.last.push_str(name);
        self.last_at = at;
    }

    /// Whether some names were not counted: there were too many.
    pub(super) fn left_out(&self) -> bool {
        self.left_out
    }

    /// The names that occur most.
    pub(super) fn most_frequent(&self) -> BTreeMap<String, u64> {
        let mut all: Vec<_> = self
            .index
            .iter()
            .map(|(name, at)| (&**name, self.counts[*at]))
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all.truncate(MAX_NAMES);
        all.into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_any_order() {
        let mut names = Names::default();
        for name in ["b", "a", "b", "b", "", "a", ""] {
            names.add(name);
        }
        let counts: Vec<_> = names.most_frequent().into_iter().collect();
        let expected = [("", 2), ("a", 2), ("b", 3)].map(|(n, c)| (n.to_owned(), c));
        assert_eq!(counts, expected);
    }

    #[test]
    fn what_is_listed_and_what_is_counted_is_bounded() {
        let mut names = Names::default();
        for n in 0..MAX_COUNTED_NAMES {
            names.add(&format!("n{n:06}"));
        }
        assert!(!names.left_out());
        names.add("one more");
        names.add("n000007");
        assert!(names.left_out());
        let listed = names.most_frequent();
        assert_eq!((listed.len(), listed["n000007"]), (MAX_NAMES, 2));
        assert!(!listed.contains_key("one more"));
    }
}
