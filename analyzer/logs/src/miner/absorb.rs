//! Patterns that are instances of another one of their log.

use std::borrow::Cow;
use std::collections::HashMap;

use super::patterns::{Patterns, Place, Symbols, WILD, constants};
use super::vocabulary::Look;

/// Constant words that a statement needs to absorb another.
const MIN_CONSTANTS: usize = 2;

/// Names in front of a variable that are tried, the first of a text.
const MAX_COMPOUNDS: usize = 16;

/// Where the log has the same statement with a plain variable, `name:<*>` and `name(<*>)` are
/// values of it: `time from gps(<*>), …` beside `time from <*>, …`.
pub(super) fn compounds(patterns: &mut Patterns, symbols: &mut Symbols<'_>, of: &mut [u32]) {
    let mut into: Vec<u32> = (0..patterns.len() as u32).collect();
    let mut row: Vec<Place> = Vec::new();
    for (index, into) in into.iter_mut().enumerate() {
        let candidates: Vec<usize> = patterns
            .get(index)
            .1
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0].word != WILD && pair[1].word == WILD)
            .map(|(at, _)| at)
            .take(MAX_COMPOUNDS)
            .collect();
        for at in candidates {
            row.clear();
            row.extend_from_slice(patterns.get(index).1);
            if !fold(&mut row, at, symbols) || constants(symbols, &row, at) < MIN_CONSTANTS {
                continue;
            }
            if let Some(target) = patterns.absorb(&row) {
                *into = target;
                break;
            }
        }
    }
    // A target may have been absorbed too; each step makes the row shorter.
    follow(&into, of);
}

/// Sends each text to where its pattern went.
fn follow(into: &[u32], of: &mut [u32]) {
    for pattern in of {
        while into[*pattern as usize] != *pattern {
            *pattern = into[*pattern as usize];
        }
    }
}

/// Turns the name at `at` and the variable in brackets or behind a colon that follows into
/// one variable; whether they were there.
fn fold(row: &mut Vec<Place>, at: usize, symbols: &mut Symbols<'_>) -> bool {
    let (name, inner) = (row[at], row[at + 1]);
    let closing = match symbols.name(inner.before) {
        ":" => "",
        "(" => ")",
        "{" => "}",
        "[" => "]",
        _ => return false,
    };
    if inner.word != WILD
        || name.word == WILD
        || symbols.name(name.word).is_empty()
        || symbols.look(name.word) == Look::Meaning
    {
        return false;
    }
    if let Some(next) = row.get(at + 2) {
        let Some(before) = symbols.name(next.before).strip_prefix(closing) else {
            return false;
        };
        let before = before.to_owned();
        row[at + 2].before = symbols.number(Cow::Owned(before));
    } else if !closing.is_empty() {
        return false;
    }
    row[at].word = WILD;
    row[at].shown = WILD;
    row.remove(at + 1);
    // Closing brackets at the end of the text leave nothing behind.
    if row.len() == at + 2
        && symbols.name(row[at + 1].before).is_empty()
        && symbols.name(row[at + 1].word).is_empty()
    {
        row.pop();
    }
    true
}

/// Different sets of variables that are tried on a text, for texts with equal separators.
const MAX_SHAPES: usize = 32;

/// Texts that made a pattern before others are taken for instances of it.
const MIN_TEXTS: u32 = 3;

/// A statement with variables in the same places, seen with other values: `user eve from mars`
/// beside `user <*> from <*>`. Words that mean something are no values.
pub(super) fn instances(patterns: &mut Patterns, symbols: &Symbols<'_>, of: &mut [u32]) {
    let mut texts = vec![0_u32; patterns.len()];
    for pattern in of.iter() {
        texts[*pattern as usize] += 1;
    }
    let wild = |places: &[Place]| -> Vec<u16> {
        (0_u16..)
            .zip(places)
            .filter(|(_, place)| place.word == WILD)
            .map(|(at, _)| at)
            .collect()
    };
    let mut shapes: HashMap<u64, Vec<Vec<u16>>> = HashMap::new();
    for (index, texts) in texts.iter().enumerate() {
        let (_, places) = patterns.get(index);
        if *texts >= MIN_TEXTS && constants(symbols, places, usize::MAX) >= MIN_CONSTANTS {
            let known = shapes.entry(skeleton(places)).or_default();
            let shape = wild(places);
            if known.len() < MAX_SHAPES && !known.contains(&shape) {
                known.push(shape);
            }
        }
    }
    let mut into: Vec<u32> = (0..patterns.len() as u32).collect();
    let mut row: Vec<Place> = Vec::new();
    for (index, into) in into.iter_mut().enumerate() {
        let (_, places) = patterns.get(index);
        let Some(shapes) = shapes.get(&skeleton(places)) else {
            continue;
        };
        for shape in shapes {
            row.clear();
            row.extend_from_slice(patterns.get(index).1);
            let mut changed = false;
            let values = shape.iter().all(|at| {
                let place = &mut row[usize::from(*at)];
                changed |= place.word != WILD;
                let value = symbols.look(place.word) != Look::Meaning
                    && !symbols.name(place.word).is_empty();
                if place.word != WILD {
                    (place.word, place.shown) = (WILD, WILD);
                }
                value
            });
            if changed
                && values
                && let Some(target) = patterns.absorb(&row)
            {
                *into = target;
                break;
            }
        }
    }
    follow(&into, of);
}

/// What two texts have in common that differ in words alone.
fn skeleton(places: &[Place]) -> u64 {
    places
        .iter()
        .enumerate()
        .fold(places.len() as u64, |sum, (at, place)| {
            sum.wrapping_add(place.hole(at))
        })
}
