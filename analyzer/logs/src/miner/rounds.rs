//! Merges patterns that are equal but for one word, round by round.

use std::borrow::Cow;

use super::decide::{self, varies};
use super::patterns::{Patterns, Place, Symbol, Symbols, WILD, constants};
use super::vocabulary::Look;
use super::{absorb, pairs};
use crate::mask::VARIABLE;

/// Rounds at most; each can make a further word of a text a variable.
const MAX_ROUNDS: usize = 8;

/// A place found to be a variable.
pub(super) struct Found {
    pub(super) pattern: u32,
    pub(super) at: u32,
    pub(super) shown: Symbol,
}

/// Merges what is to be merged. `of` has the pattern of each text and is kept up to date.
pub(super) fn merge(mut patterns: Patterns, symbols: &mut Symbols<'_>, of: &mut [u32]) -> Patterns {
    for _ in 0..MAX_ROUNDS {
        let mut found = find(&patterns, symbols);
        if found.is_empty() {
            found = pairs::find(&patterns, symbols);
        }
        if found.is_empty() {
            break;
        }
        found.sort_unstable_by_key(|f| (f.pattern, f.at));
        patterns = apply(&patterns, symbols, &found, of);
    }
    absorb::instances(&mut patterns, symbols, of);
    absorb::compounds(&mut patterns, symbols, of);
    patterns
}

/// All places which are variables by what the patterns are now: the order in which texts were
/// seen plays no part.
fn find(patterns: &Patterns, symbols: &mut Symbols<'_>) -> Vec<Found> {
    let longest = (0..patterns.len())
        .map(|index| patterns.get(index).1.len())
        .max()
        .unwrap_or(0);
    let mut found = Vec::new();
    let mut alike: Vec<(u64, u32)> = Vec::new();
    for at in 0..longest {
        alike.clear();
        alike.extend((0..patterns.len()).filter_map(|index| {
            let (pattern, places) = patterns.get(index);
            let place = *places.get(at)?;
            let hash = pattern
                .hash
                .wrapping_sub(place.term(at))
                .wrapping_add(place.hole(at));
            Some((hash, index as u32))
        }));
        alike.sort_unstable();
        for same in alike.chunk_by(|a, b| a.0 == b.0) {
            if same.len() > 1 {
                place(patterns, symbols, same, at, &mut found);
            }
        }
    }
    found
}

/// Decides about place `at` of patterns that are equal elsewhere.
fn place(
    patterns: &Patterns,
    symbols: &mut Symbols<'_>,
    same: &[(u64, u32)],
    at: usize,
    found: &mut Vec<Found>,
) {
    let places = |index: u32| patterns.get(index as usize).1;
    let values: Vec<(u32, Place)> = same
        .iter()
        .map(|(_, index)| (*index, places(*index)[at]))
        .filter(|(_, place)| {
            symbols.look(place.word) != Look::Meaning && !symbols.name(place.word).is_empty()
        })
        .collect();
    if values.len() < 2 {
        return;
    }
    let looks: Vec<Look> = values
        .iter()
        .map(|value| symbols.look(value.1.word))
        .collect();
    let text = places(same[0].1);
    let context = decide::Place {
        series: is_series(symbols, &values),
        ..decide::Place::of(symbols, text, at, constants(symbols, text, at))
    };
    if !varies(&looks, context) {
        return;
    }
    let shown = shown(symbols, &values);
    found.extend(
        values
            .iter()
            .filter(|(_, place)| place.word != WILD)
            .map(|(pattern, _)| Found {
                pattern: *pattern,
                at: at as u32,
                shown,
            }),
    );
}

/// Whether the words are the same but for their digits: `eth0`, `eth1`.
fn is_series(symbols: &Symbols<'_>, values: &[(u32, Place)]) -> bool {
    let letters = |word: Symbol| {
        symbols
            .name(word)
            .bytes()
            .filter(|byte| !byte.is_ascii_digit())
    };
    let first = values[0].1.word;
    values.iter().all(|(_, place)| {
        symbols.look(place.word) == Look::Numbered && letters(place.word).eq(letters(first))
    })
}

/// What a template shows for these words: `node-<*>` where all begin with `node-`.
fn shown(symbols: &mut Symbols<'_>, values: &[(u32, Place)]) -> Symbol {
    let mut common = symbols.name(values[0].1.shown);
    for (_, place) in values {
        let name = symbols.name(place.shown);
        let equal = common
            .bytes()
            .zip(name.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        common = &common[..common.floor_char_boundary(equal)];
    }
    let common = common.split('<').next().unwrap_or_default();
    match common.rfind('-') {
        Some(joint) if joint > 0 => {
            let name = format!("{}{VARIABLE}", &common[..=joint]);
            symbols.number(Cow::Owned(name))
        }
        _ => WILD,
    }
}

/// The patterns with the places found turned into variables; equal ones become one.
fn apply(patterns: &Patterns, symbols: &Symbols<'_>, found: &[Found], of: &mut [u32]) -> Patterns {
    let mut merged = Patterns::default();
    let mut next = 0;
    let mut row: Vec<Place> = Vec::new();
    let renumbered: Vec<u32> = (0..patterns.len())
        .map(|index| {
            row.clear();
            row.extend_from_slice(patterns.get(index).1);
            while next < found.len() && found[next].pattern as usize == index {
                let place = &mut row[found[next].at as usize];
                place.word = WILD;
                place.shown = found[next].shown;
                next += 1;
            }
            merged.add(&row, symbols)
        })
        .collect();
    for pattern in of {
        *pattern = renumbered[*pattern as usize];
    }
    merged
}
