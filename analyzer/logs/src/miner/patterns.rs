//! What is compared while mining: texts as rows of numbers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::cells::Cell;
use super::vocabulary::{Look, is_scaled, look};
use crate::mask::{VARIABLE, hash as text_hash};

/// Number of a string.
pub(super) type Symbol = u32;

/// The number of [`VARIABLE`].
pub(super) const WILD: Symbol = 0;

/// Shown like [`WILD`]: a size whose unit differs.
pub(super) const ANY_SIZE: Symbol = 1;

/// Strings by number.
pub(super) struct Symbols<'t> {
    names: Vec<Cow<'t, str>>,
    looks: Vec<Look>,
    /// By hash of the name.
    numbers: HashMap<u64, Symbol>,
}

impl<'t> Symbols<'t> {
    pub(super) fn new() -> Self {
        let mut symbols = Self {
            names: Vec::new(),
            looks: Vec::new(),
            numbers: HashMap::new(),
        };
        symbols.number(Cow::Borrowed(VARIABLE));
        // A second number for the same name.
        symbols.names.push(Cow::Borrowed(VARIABLE));
        symbols.looks.push(Look::Variable);
        symbols
    }

    pub(super) fn number(&mut self, name: Cow<'t, str>) -> Symbol {
        let number = self.names.len() as Symbol;
        match self.numbers.entry(text_hash(name.as_bytes())) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(free) => free.insert(number),
        };
        self.looks.push(look(&name));
        self.names.push(name);
        number
    }

    pub(super) fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol as usize]
    }

    /// Whether this is a size with its unit: `<*> KB`.
    pub(super) fn is_size(&self, symbol: Symbol) -> bool {
        symbol == ANY_SIZE
            || self
                .name(symbol)
                .strip_prefix(VARIABLE)
                .is_some_and(|unit| is_scaled(unit.split('(').next().unwrap_or_default().trim()))
    }

    pub(super) fn look(&self, symbol: Symbol) -> Look {
        self.looks[symbol as usize]
    }
}

/// A [`Cell`] in numbers.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) before: Symbol,
    pub(super) word: Symbol,
    pub(super) shown: Symbol,
}

impl Place {
    /// What this place adds to the hash of its text: a sum, so that one place can be changed.
    pub(super) fn term(self, at: usize) -> u64 {
        mix(u64::from(self.before) << 32 | u64::from(self.word), at)
    }

    /// The same with whatever word.
    pub(super) fn hole(self, at: usize) -> u64 {
        mix(u64::from(self.before) << 32 | 0xffff_ffff, at)
    }
}

/// Finalizer of splitmix64 (Steele et al., 2014).
fn mix(value: u64, at: usize) -> u64 {
    let mut x = value.wrapping_add((at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Texts that are equal in what is compared.
pub(super) struct Pattern {
    start: u32,
    length: u32,
    /// Sum of the terms of its places.
    pub(super) hash: u64,
}

/// All patterns.
#[derive(Default)]
pub(super) struct Patterns {
    places: Vec<Place>,
    all: Vec<Pattern>,
    by_hash: HashMap<u64, u32>,
}

impl Patterns {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Places of all patterns.
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, index: usize) -> (&Pattern, &[Place]) {
        let pattern = &self.all[index];
        let start = pattern.start as usize;
        (
            pattern,
            &self.places[start..start + pattern.length as usize],
        )
    }

    /// Adds cells, or finds the pattern that is equal; its index.
    pub(super) fn add_cells<'t>(&mut self, cells: &[Cell<'t>], symbols: &mut Symbols<'t>) -> u32 {
        let places: Vec<Place> = cells
            .iter()
            .map(|cell| Place {
                before: symbols.number(Cow::Borrowed(cell.before)),
                word: symbols.number(Cow::Borrowed(cell.word)),
                shown: symbols.number(Cow::Borrowed(cell.shown)),
            })
            .collect();
        self.add(&places, symbols)
    }

    /// Adds places, or finds the pattern that is equal; its index. Where the two show
    /// different things, a variable is shown from now on.
    pub(super) fn add(&mut self, places: &[Place], symbols: &Symbols<'_>) -> u32 {
        let hash = hash(places);
        if let Some(&index) = self.by_hash.get(&hash) {
            let start = self.all[index as usize].start as usize;
            for (known, place) in self.places[start..].iter_mut().zip(places) {
                if known.shown != place.shown {
                    let sizes = symbols.is_size(known.shown) && symbols.is_size(place.shown);
                    known.shown = if sizes { ANY_SIZE } else { WILD };
                }
            }
            return index;
        }
        let index = self.all.len() as u32;
        self.all.push(Pattern {
            start: self.places.len() as u32,
            length: places.len() as u32,
            hash,
        });
        self.places.extend_from_slice(places);
        self.by_hash.insert(hash, index);
        index
    }

    /// The pattern with these places, which from now on shows variables where they do.
    pub(super) fn absorb(&mut self, places: &[Place]) -> Option<u32> {
        let index = *self.by_hash.get(&hash(places))?;
        let start = self.all[index as usize].start as usize;
        for (known, place) in self.places[start..].iter_mut().zip(places) {
            if known.shown != place.shown {
                known.shown = WILD;
            }
        }
        Some(index)
    }
}

fn hash(places: &[Place]) -> u64 {
    places
        .iter()
        .enumerate()
        .fold(places.len() as u64, |sum, (at, place)| {
            sum.wrapping_add(place.term(at))
        })
}

/// Words of a text that are no variables, without the one at `at`.
pub(super) fn constants(symbols: &Symbols<'_>, text: &[Place], at: usize) -> usize {
    text.iter()
        .enumerate()
        .filter(|(other, place)| {
            *other != at && place.word != WILD && !symbols.name(place.word).is_empty()
        })
        .count()
}
