//! Counts distinct things in bounded memory.

use std::collections::HashSet;
use std::fmt;

/// Distinct things that are told apart, 8 bytes each; beyond it the count is a lower bound.
const MAX_TOLD_APART: usize = 1 << 20;

/// Counts distinct 64-bit keys.
#[derive(Default)]
pub(super) struct Distinct {
    seen: HashSet<u64>,
    more: bool,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// Told apart.
    pub(super) count: u64,
    /// There are more than that.
    pub(super) more: bool,
}

impl Distinct {
    pub(super) fn add(&mut self, key: u64) {
        if self.seen.len() < MAX_TOLD_APART {
            self.seen.insert(key);
        } else {
            self.more |= !self.seen.contains(&key);
        }
    }

    pub(super) fn count(&self) -> Count {
        Count {
            count: self.seen.len() as u64,
            more: self.more,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.more { "more than " } else { "" };
        write!(f, "{more}{}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_the_count_is_a_lower_bound() {
        let mut distinct = Distinct::default();
        let bound = MAX_TOLD_APART as u64;
        (0..bound).chain([7]).for_each(|key| distinct.add(key));
        assert_eq!(distinct.count().to_string(), bound.to_string());
        distinct.add(bound);
        assert_eq!(
            distinct.count(),
            Count {
                count: bound,
                more: true
            }
        );
        assert_eq!(distinct.count().to_string(), format!("more than {bound}"));
    }
}
