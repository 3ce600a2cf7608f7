//! Which entries are kept if they are too many: the strongest labels first, then the heaviest.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use logloop_records::{LabelSource, TrainingExample};

use crate::items::{Key, of_count};

/// How strong an entry's label is, and what it weighs, over all of its examples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Strength {
    /// The strongest source.
    pub(crate) source: LabelSource,
    /// The heaviest weight of an example.
    pub(crate) weight: f32,
    /// Entries.
    pub(crate) count: u64,
}

/// Lower is stronger.
type Rank = (LabelSource, Reverse<u32>);

impl Strength {
    /// Of one example that counts for so many entries.
    pub(crate) fn of(example: &TrainingExample, count: u64) -> Self {
        Self {
            source: example.label_source,
            weight: example.weight,
            count,
        }
    }

    /// Adds another example's.
    pub(crate) fn add(&mut self, other: Self) {
        self.source = self.source.min(other.source);
        self.weight = self.weight.max(other.weight);
        self.count = self.count.saturating_add(other.count);
    }

    /// Weight in the loss.
    pub(crate) fn weighs(&self) -> f32 {
        self.weight * of_count(self.count)
    }

    fn rank(&self) -> Rank {
        // The bits of numbers above 0 are in the order of the numbers.
        (self.source, Reverse(self.weighs().to_bits()))
    }
}

/// Strengths of more entries than are kept, without their texts.
#[derive(Debug)]
pub(crate) struct Tallies {
    of: HashMap<u64, Strength>,
    most: usize,
    /// Entries that were too many even for this.
    cut: usize,
}

impl Tallies {
    /// At most so many.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            of: HashMap::new(),
            most,
            cut: 0,
        }
    }

    /// Adds to an entry. If there are too many, the weaker half goes; what comes of those again begins anew.
    pub(crate) fn add(&mut self, key: &Key, strength: Strength) {
        self.of.entry(id(key)).or_default().add(strength);
        if self.of.len() > self.most {
            let ranks = self.of.iter().map(|(id, s)| (s.rank(), *id));
            let mut ranks: Vec<(Rank, u64)> = ranks.collect();
            let keep = self.most / 2;
            let (_, first_to_go, _) = ranks.select_nth_unstable(keep);
            let first_to_go = *first_to_go;
            self.cut += self.of.len() - keep;
            self.of.retain(|id, s| (s.rank(), *id) < first_to_go);
        }
    }

    /// Chooses `limit` of them, which is at least 1.
    pub(crate) fn choose(mut self, limit: usize) -> Choice {
        let distinct = self.of.len() + self.cut;
        let mut ranks: Vec<Rank> = self.of.values().map(Strength::rank).collect();
        let (_, last, _) = ranks.select_nth_unstable(limit.min(self.of.len()) - 1);
        let last = *last;
        self.of.retain(|_, s| s.rank() <= last);
        let better = self.of.values().filter(|s| s.rank() < last).count();
        Choice {
            of: self.of,
            last,
            ties: limit - better,
            distinct,
        }
    }
}

/// Which entry it is, as a number.
pub(crate) fn id(key: &Key) -> u64 {
    let mut hash = DefaultHasher::new();
    key.hash(&mut hash);
    hash.finish()
}

/// Which entries are kept.
#[derive(Debug)]
pub(crate) struct Choice {
    of: HashMap<u64, Strength>,
    last: Rank,
    /// How many of those that are as strong as the last can be kept; the hash of the key decides.
    pub(crate) ties: usize,
    /// Entries that there were.
    pub(crate) distinct: usize,
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Kept.
    Kept,
    /// As strong as the last that is kept.
    Ties,
    /// Not kept.
    Over,
}

impl Choice {
    /// That of an entry.
    pub(crate) fn place(&self, key: &Key) -> Place {
        match self.of.get(&id(key)) {
            Some(strength) if strength.rank() == self.last => Place::Ties,
            Some(_) => Place::Kept,
            None => Place::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::{Correction, Rule};

    use super::*;

    fn key(name: usize) -> Key {
        (format!("t{name}"), None, None, true)
    }

    fn strength(source: LabelSource, count: u64) -> Strength {
        Strength {
            source,
            weight: source.weight(),
            count,
        }
    }

    #[test]
    fn strong_labels_come_first_then_heavy_ones() {
        let mut tallies = Tallies::new(100);
        for (name, source, count) in [
            (0, Rule, 1),
            (1, Rule, 900),
            (2, Correction, 1),
            (3, Rule, 1),
            (0, Rule, 5),
            (4, Rule, 1),
        ] {
            tallies.add(&key(name), strength(source, count));
        }
        for (limit, ties, expect) in [
            (1, 1, [Place::Over, Place::Over, Place::Ties, Place::Over]),
            (3, 1, [Place::Ties, Place::Kept, Place::Kept, Place::Over]),
            (4, 1, [Place::Kept, Place::Kept, Place::Kept, Place::Ties]),
            (9, 6, [Place::Kept, Place::Kept, Place::Kept, Place::Ties]),
        ] {
            let tallies = Tallies {
                of: tallies.of.clone(),
                ..tallies
            };
            let choice = tallies.choose(limit);
            assert_eq!((choice.ties, choice.distinct), (ties, 5), "{limit}");
            let places = [0, 1, 2, 3].map(|name| choice.place(&key(name)));
            assert_eq!(places, expect, "{limit}");
        }
    }

    #[test]
    fn the_weaker_half_of_far_too_many_goes() {
        let mut tallies = Tallies::new(100);
        for name in 0..1_000 {
            let source = if name % 50 == 0 { Correction } else { Rule };
            tallies.add(&key(name), strength(source, 1 + name as u64 % 7));
            assert!(tallies.of.len() <= 100);
        }
        let choice = tallies.choose(30);
        assert_eq!(choice.distinct, 1_000);
        let kept = (0..1_000).filter(|name| choice.place(&key(*name)) == Place::Kept);
        let kept: Vec<usize> = kept.collect();
        assert!(
            (0..1_000).step_by(50).all(|name| kept.contains(&name)),
            "{kept:?}"
        );
    }
}
