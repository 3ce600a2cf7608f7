//! The miner: which masked texts of one log are the same statement.
//!
//! A masked text is a function of one message; whether a word in it varies only the whole log
//! can tell. At the end of a log [`mine`] gets all its distinct masked texts and merges those
//! that are equal but for words that are values: `user alice logged in` and `user bob logged
//! in` become `user <*> logged in`, `session opened` and `session closed` stay two. What is
//! merged follows from the set of texts, not from their order.

mod absorb;
mod cells;
mod counted;
mod decide;
mod matcher;
mod pairs;
mod patterns;
mod rounds;
mod texts;
mod tokens;
mod variables;
mod vocabulary;
mod words;

use std::cmp::Reverse;

use crate::mask::VARIABLE;
use crate::template::Template;
pub use counted::Counted;
pub use matcher::TemplateMatcher;
use patterns::{ANY_SIZE, Patterns, Place, Symbols};
pub use texts::{MAX_TEXTS, MAX_TEXTS_BYTES, Texts};
pub use variables::variables;

/// Masked texts of one log that are compared with each other, the first seen; further ones
/// are instances of the templates found or their own.
pub const MAX_MINED: usize = 100_000;

/// Words of texts that are compared with each other; a bound on memory, 12 bytes each.
const MAX_PLACES: usize = 2_000_000;

/// Templates, those of most masked texts, with which the texts beyond [`MAX_MINED`] are matched.
const MAX_MATCHED: usize = 256;

/// A text that is its own template.
const ITSELF: u32 = u32::MAX;

/// The template of each masked text of a log.
#[derive(Debug, Default)]
pub struct Templates {
    /// Index into `mined` by index of the masked text.
    of: Vec<u32>,
    mined: Vec<Box<str>>,
}

/// Finds the templates of a log.
pub fn mine(texts: &Texts) -> Templates {
    let mut symbols = Symbols::new();
    let mut patterns = Patterns::default();
    let count = texts.len().min(MAX_MINED) as u32;
    let mut of: Vec<u32> = Vec::with_capacity(count as usize);
    for index in 0..count {
        if patterns.places() > MAX_PLACES {
            break;
        }
        of.push(patterns.add_cells(&cells::cells(texts.text(index)), &mut symbols));
    }
    let patterns = rounds::merge(patterns, &mut symbols, &mut of);
    let mut merged = vec![0_u32; patterns.len()];
    for pattern in &of {
        merged[*pattern as usize] += 1;
    }
    let mined: Vec<Box<str>> = (0..patterns.len())
        .map(|index| render(patterns.get(index).1, &symbols))
        .collect();
    if texts.len() > of.len() {
        match_others(texts, &mined, &merged, &mut of);
    }
    Templates { of, mined }
}

/// Finds for the texts beyond [`MAX_MINED`] which template they are an instance of. `merged` has
/// how many masked texts each template has.
fn match_others(texts: &Texts, mined: &[Box<str>], merged: &[u32], of: &mut Vec<u32>) {
    let mut largest: Vec<u32> = (0..mined.len() as u32)
        .filter(|index| merged[*index as usize] > 1)
        .collect();
    largest.sort_by_key(|index| (Reverse(merged[*index as usize]), *index));
    largest.truncate(MAX_MATCHED);
    let matcher = TemplateMatcher::new(largest.iter().map(|index| &*mined[*index as usize]));
    of.extend((of.len() as u32..texts.len() as u32).map(|index| {
        matcher
            .find(texts.text(index))
            .map_or(ITSELF, |found| largest[found])
    }));
}

fn render(places: &[Place], symbols: &Symbols<'_>) -> Box<str> {
    // A unit that varies at one place of a statement is no constant at the others.
    let any_size = places.iter().any(|place| place.shown == ANY_SIZE);
    let mut text = String::new();
    for place in places {
        text.push_str(symbols.name(place.before));
        text.push_str(if any_size && symbols.is_size(place.shown) {
            VARIABLE
        } else {
            symbols.name(place.shown)
        });
    }
    text.into_boxed_str()
}

impl Templates {
    /// Text of the template of the masked text with this index in `texts`, which are those
    /// that were mined. Panics if there is none.
    pub fn text<'a>(&'a self, texts: &'a Texts, index: u32) -> &'a str {
        match self.of.get(index as usize) {
            Some(&mined) if mined != ITSELF => &self.mined[mined as usize],
            _ => texts.text(index),
        }
    }

    /// The template itself.
    pub fn template(&self, texts: &Texts, index: u32) -> Template {
        Template::of(self.text(texts, index).to_owned())
    }
}

#[cfg(test)]
mod tests;
