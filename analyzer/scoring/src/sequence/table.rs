//! Counts of counts, with smoothed tails.

use serde::{Deserialize, Serialize};

/// Weight of a fully trusted normal sequence in every table; one whose entries somebody unreviewed takes for failures has
/// less.
pub const TRUST: u64 = 4;

/// Numbers up to this are kept apart; larger ones share a place with those of about the same size.
const EXACT: u32 = 16;

/// Share of the values beyond which the tail is taken to fall geometrically.
const BODY: f64 = 0.9;

/// How often each number was seen, by weight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram(
    /// Number and weight, by number.
    pub Vec<(u32, u64)>,
);

/// The number that stands for this one and those of about its size, never less.
fn rounded(number: u32) -> u32 {
    if number <= EXACT {
        return number;
    }
    let unit = 1 << (number.ilog2() - 2);
    number.div_ceil(unit) * unit
}

impl Histogram {
    /// Counts a number.
    pub fn add(&mut self, number: u32, weight: u64) {
        let number = rounded(number);
        match self.0.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(at) => self.0[at].1 += weight,
            Err(at) => self.0.insert(at, (number, weight)),
        }
    }

    /// Weight of all numbers.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, weight)| weight).sum()
    }

    /// Weight of the numbers up to this one.
    pub fn up_to(&self, number: u32) -> u64 {
        self.0
            .iter()
            .take_while(|(known, _)| *known <= number)
            .map(|(_, weight)| weight)
            .sum()
    }

    /// Weight of this number and larger ones, plus that of one sequence that is not known yet. Beyond what was seen the
    /// weight falls geometrically, as fast as it does beyond nine tenths of what was seen (peaks over a threshold).
    pub fn from(&self, number: u32) -> f64 {
        let total = self.total();
        let body = (total as f64 * BODY) as u64;
        let mut sum = 0;
        let knee = self.0.iter().find(|(_, weight)| {
            sum += weight;
            sum >= body
        });
        let (Some((knee, _)), largest) = (knee, self.largest()) else {
            return TRUST as f64;
        };
        if number <= largest {
            return (total - self.up_to(number.saturating_sub(1)) + TRUST) as f64;
        }
        let above = total - self.up_to(*knee);
        let beyond: u64 = self
            .0
            .iter()
            .filter(|(known, _)| known > knee)
            .map(|(known, weight)| u64::from(known - knee) * weight)
            .sum();
        let excess = if above > 0 {
            (beyond + TRUST) as f64 / (above + TRUST) as f64
        } else {
            // The excess of the unknown one is spread over all that had none.
            TRUST as f64 / (total + TRUST) as f64
        };
        let falls = excess / (1.0 + excess);
        let seen = above as f64 * falls.powf(f64::from(number - knee - 1));
        seen + TRUST as f64 * falls.powf(f64::from(number - largest))
    }

    /// The largest number, 0 without any.
    pub fn largest(&self) -> u32 {
        self.0.last().map_or(0, |(number, _)| *number)
    }

    /// The smallest number, 0 without any.
    pub fn smallest(&self) -> u32 {
        self.0.first().map_or(0, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(u32, u64)]) -> Histogram {
        let mut histogram = Histogram::default();
        for (number, times) in values {
            histogram.add(*number, times * TRUST);
        }
        histogram
    }

    #[test]
    fn large_numbers_share_places_and_never_shrink() {
        for (number, expect) in [(0, 0), (16, 16), (17, 20), (20, 20), (33, 40), (250, 256)] {
            assert_eq!(rounded(number), expect, "{number}");
        }
    }

    #[test]
    fn tails_follow_what_was_seen() {
        let always = of(&[(3, 2000)]);
        let spread = of(&[(1, 400), (2, 400), (4, 400), (8, 400), (12, 300), (16, 100)]);
        let trust = TRUST as f64;
        assert_eq!(always.from(3), 2001.0 * trust);
        assert!(always.from(4) < 0.01 * trust, "{}", always.from(4));
        let (near, far) = (spread.from(18), spread.from(120));
        assert!(near > 20.0 * trust && far < 0.01 * trust, "{near} {far}");
        assert!(spread.from(17) >= near && near > spread.from(19));
        assert_eq!(always.up_to(2), 0);
        assert_eq!((spread.smallest(), spread.largest()), (1, 16));
        assert_eq!(Histogram::default().from(1), trust);
    }
}
