//! Whether the words seen at one place are values of a variable.

use super::patterns::{self, Symbols};
use super::vocabulary::{self, Look};

/// Where the place is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// Separators in front of it.
    pub(super) before: &'a str,
    /// Separators behind it.
    pub(super) after: &'a str,
    /// The word in front of it, if any.
    pub(super) left: &'a str,
    /// Words of the text that are no variables, without the place.
    pub(super) constants: usize,
    /// Whether the words differ in digits alone.
    pub(super) series: bool,
}

impl<'a> Place<'a> {
    /// The place `at` of a text with so many constants.
    pub(super) fn of(
        symbols: &'a Symbols<'_>,
        text: &[patterns::Place],
        at: usize,
        constants: usize,
    ) -> Self {
        Self {
            before: symbols.name(text[at].before),
            after: text
                .get(at + 1)
                .map_or("", |next| symbols.name(next.before)),
            left: at
                .checked_sub(1)
                .map_or("", |left| symbols.name(text[left].word)),
            constants,
            series: false,
        }
    }
}

/// Points from which on words are values.
const ENOUGH: f32 = 8.0;

/// Whether `looks`, one for each distinct word seen at `place` while the rest of the text was
/// the same, are values of one variable. Words with [`Look::Meaning`] do not belong in `looks`.
///
/// Each distinct word is evidence: the less it looks like a word of a sentence, the more. The
/// evidence counts for more behind `key=` or a noun that is followed by a name, and for less
/// where hardly anything else in the text is constant.
pub(super) fn varies(looks: &[Look], place: Place<'_>) -> bool {
    if looks.len() < 2 || place.constants == 0 {
        return false;
    }
    if place.series {
        return true;
    }
    let points: f32 = looks.iter().map(|look| points(*look)).sum();
    points * factor(place) >= ENOUGH
}

fn points(look: Look) -> f32 {
    match look {
        Look::Variable => 5.0,
        Look::Numbered | Look::Qualified => 4.0,
        Look::Identifier => 2.0,
        Look::Plain => 1.0,
        Look::Meaning => 0.0,
    }
}

fn factor(place: Place<'_>) -> f32 {
    let keyed = vocabulary::is_keyed(place.before)
        || (place.before == " " && vocabulary::is_named(place.left));
    let enclosed = place.before.ends_with(['(', '[', '{', '"', '\'', '<'])
        && place.after.starts_with([')', ']', '}', '"', '\'', '>']);
    let mut factor = if keyed {
        4.0
    } else if enclosed {
        2.0
    } else {
        1.0
    };
    if place.left.is_empty() {
        factor *= 0.6;
    }
    if place.constants == 1 {
        factor *= 0.8;
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence() {
        use Look::{Identifier, Numbered, Plain, Variable};
        let bare = Place {
            before: " ",
            after: " ",
            left: "from",
            constants: 3,
            series: false,
        };
        let key = Place {
            before: "=",
            left: "color",
            ..bare
        };
        let user = Place {
            left: "user",
            ..bare
        };
        let brackets = Place {
            before: " [",
            after: "] ",
            ..bare
        };
        let first = Place {
            before: "",
            left: "",
            ..bare
        };
        let lonely = Place {
            constants: 1,
            ..bare
        };
        let series = Place {
            series: true,
            ..first
        };
        let nothing = Place {
            constants: 0,
            ..bare
        };
        for (looks, place, expected) in [
            (vec![Numbered, Numbered], bare, true),
            (vec![Numbered], bare, false),
            (vec![Numbered, Numbered], first, false),
            (vec![Numbered, Numbered], series, true),
            (vec![Variable, Plain], bare, false),
            (vec![Variable, Plain], user, true),
            (vec![Plain, Plain], bare, false),
            (vec![Plain, Plain], key, true),
            (vec![Plain, Plain], user, true),
            (vec![Identifier; 3], bare, false),
            (vec![Identifier; 2], brackets, true),
            (vec![Plain; 3], brackets, false),
            (vec![Identifier; 4], bare, true),
            (vec![Identifier; 4], first, false),
            (vec![Plain; 8], bare, true),
            (vec![Plain; 8], lonely, false),
            (vec![Plain; 13], lonely, true),
            (vec![Plain; 99], nothing, false),
        ] {
            assert_eq!(varies(&looks, place), expected, "{looks:?} {place:?}");
        }
    }
}
