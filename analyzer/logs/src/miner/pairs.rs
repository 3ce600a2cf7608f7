//! Statements with two variables of which no two texts share a value.

use std::collections::HashSet;

use super::decide::{self, varies};
use super::patterns::{Pattern, Patterns, Place, Symbol, Symbols, WILD, constants};
use super::rounds::Found;
use super::vocabulary::Look;

/// Patterns that are compared, the first.
const MAX_PATTERNS: usize = 20_000;

/// Places of a text that are looked at.
const MAX_PLACES: usize = 20;

/// Texts which must be equal but for two words.
const MIN_TEXTS: usize = 6;

/// Constant words they must share.
const MIN_CONSTANTS: usize = 2;

/// Places that are variables because at least [`MIN_TEXTS`] texts are equal but for two words,
/// and both vary.
pub(super) fn find(patterns: &Patterns, symbols: &Symbols<'_>) -> Vec<Found> {
    let count = patterns.len().min(MAX_PATTERNS);
    let longest = (0..count)
        .map(|index| patterns.get(index).1.len())
        .max()
        .unwrap_or(0)
        .min(MAX_PLACES);
    let open = |place: &Place| {
        place.word != WILD
            && symbols.look(place.word) != Look::Meaning
            && !symbols.name(place.word).is_empty()
    };
    let mut found = Vec::new();
    let mut alike: Vec<(u64, u32)> = Vec::new();
    for first in 0..longest {
        for second in first + 1..longest {
            alike.clear();
            alike.extend((0..count).filter_map(|index| {
                let (pattern, places) = patterns.get(index);
                let (a, b) = (places.get(first)?, places.get(second)?);
                (open(a) && open(b))
                    .then(|| (holes(pattern, [(first, a), (second, b)]), index as u32))
            }));
            alike.sort_unstable();
            for same in alike.chunk_by(|a, b| a.0 == b.0) {
                if same.len() >= MIN_TEXTS {
                    decide(patterns, symbols, same, [first, second], &mut found);
                }
            }
        }
    }
    found
}

fn holes(pattern: &Pattern, places: [(usize, &Place); 2]) -> u64 {
    places.iter().fold(pattern.hash, |hash, (at, place)| {
        hash.wrapping_sub(place.term(*at))
            .wrapping_add(place.hole(*at))
    })
}

fn decide(
    patterns: &Patterns,
    symbols: &Symbols<'_>,
    same: &[(u64, u32)],
    at: [usize; 2],
    found: &mut Vec<Found>,
) {
    let text = patterns.get(same[0].1 as usize).1;
    let constants = constants(symbols, text, at[0]) - 1;
    let both = constants >= MIN_CONSTANTS
        && at.iter().all(|&at| {
            let words: HashSet<Symbol> = same
                .iter()
                .map(|(_, index)| patterns.get(*index as usize).1[at].word)
                .collect();
            let looks: Vec<Look> = words.iter().map(|word| symbols.look(*word)).collect();
            // Few words in many texts are kinds of a thing, not its names.
            words.len() * 2 >= same.len()
                && varies(&looks, decide::Place::of(symbols, text, at, constants))
        });
    if both {
        found.extend(same.iter().flat_map(|(_, pattern)| {
            at.iter().map(|at| Found {
                pattern: *pattern,
                at: *at as u32,
                shown: WILD,
            })
        }));
    }
}
