//! The knowledge file, read once and made into one automaton.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use serde::Deserialize;

use super::number::NumberRule;

/// A named kind of failure.
#[derive(Debug, Deserialize)]
pub struct Pattern {
    /// Stable name, as in the API.
    pub name: String,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// Clear at any level, also without one.
    #[serde(default)]
    pub strong: bool,
    /// Says only that something is wrong, not what.
    #[serde(default)]
    pub generic: bool,
    /// What to do.
    pub advice: String,
    #[serde(default)]
    phrases: Vec<String>,
    /// Phrases that are clear although the pattern is not strong.
    #[serde(default)]
    clear: Vec<String>,
    /// Beginnings of a message that are clear.
    #[serde(default)]
    openings: Vec<String>,
    #[serde(default)]
    outcomes: Vec<String>,
    #[serde(default)]
    numbers: Vec<Number>,
}

#[derive(Debug, Deserialize)]
struct Number {
    phrase: String,
    fails: super::number::Fails,
    #[serde(default)]
    outcome: bool,
}

#[derive(Deserialize)]
struct File {
    patterns: Vec<Pattern>,
    benign: Vec<String>,
    successes: Vec<String>,
    absolving: Vec<String>,
    echoes: Vec<String>,
    announcements: Vec<String>,
}

/// What a phrase means where it occurs; one text can mean several things.
#[derive(Debug, Default)]
pub(super) struct Phrase {
    pub(super) text: String,
    /// Index of the pattern that it names.
    pub(super) pattern: Option<usize>,
    pub(super) clear: bool,
    pub(super) outcome: bool,
    pub(super) benign: bool,
    pub(super) absolving: bool,
    pub(super) success: bool,
    /// Numbers beside it that decide, with their patterns.
    pub(super) numbers: Vec<(NumberRule, usize)>,
}

/// What the beginning of a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// It failed, with the pattern's index.
    Failure(usize),
    /// It repeats a command or a source line.
    Echo,
    /// It names what is to come.
    Announcement,
    /// It is harmless however it goes on.
    Benign,
}

/// All patterns with the automata that find their phrases.
pub struct Knowledge {
    patterns: Vec<Pattern>,
    automaton: AhoCorasick,
    phrases: Vec<Phrase>,
    beginnings: AhoCorasick,
    openings: Vec<Opening>,
}

static BUILT_IN: LazyLock<Knowledge> = LazyLock::new(|| {
    Knowledge::read(include_str!("knowledge.json")).expect("the built-in knowledge file is valid")
});

impl Knowledge {
    /// The knowledge that comes with the program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut phrases = Phrases::default();
        let mut openings: Vec<(&str, Opening)> = vec![];
        for (index, pattern) in file.patterns.iter().enumerate() {
            for phrase in &pattern.phrases {
                phrases.of(phrase).pattern = Some(index);
            }
            for phrase in &pattern.clear {
                phrases.of(phrase).pattern = Some(index);
                phrases.of(phrase).clear = true;
            }
            for phrase in &pattern.outcomes {
                phrases.of(phrase).pattern = Some(index);
                phrases.of(phrase).outcome = true;
            }
            for number in &pattern.numbers {
                let (rule, literal) =
                    NumberRule::read(&number.phrase, number.fails, number.outcome)
                        .ok_or_else(|| format!("{:?} has no single #", number.phrase))?;
                phrases.of(literal).numbers.push((rule, index));
            }
            let begin = |text| (text, Opening::Failure(index));
            openings.extend(pattern.openings.iter().map(String::as_str).map(begin));
        }
        for phrase in &file.benign {
            phrases.of(phrase).benign = true;
            openings.push((phrase, Opening::Benign));
        }
        for phrase in &file.successes {
            phrases.of(phrase).success = true;
        }
        for phrase in &file.absolving {
            phrases.of(phrase).absolving = true;
        }
        let echo = |text| (text, Opening::Echo);
        openings.extend(file.echoes.iter().map(String::as_str).map(echo));
        let announce = |text| (text, Opening::Announcement);
        openings.extend(file.announcements.iter().map(String::as_str).map(announce));

        // Leftmost-longest: "no errors" and "error=nil" win over the "error" inside them.
        let build = |texts: Vec<&str>, start: StartKind| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostLongest)
                .start_kind(start)
                .build(texts)
                .map_err(|error| error.to_string())
        };
        let texts = phrases.listed.iter().map(|phrase| phrase.text.as_str());
        let automaton = build(texts.collect(), StartKind::Unanchored)?;
        let beginnings = build(
            openings.iter().map(|(text, _)| *text).collect(),
            StartKind::Anchored,
        )?;
        let openings = openings.iter().map(|(_, opening)| *opening).collect();
        Ok(Self {
            automaton,
            phrases: phrases.listed,
            beginnings,
            openings,
            patterns: file.patterns,
        })
    }

    /// The pattern of a name.
    pub fn pattern(&self, name: &str) -> Option<&Pattern> {
        self.patterns.iter().find(|pattern| pattern.name == name)
    }

    /// The pattern that says only that something is wrong.
    pub(super) fn generic(&self) -> usize {
        let found = self.patterns.iter().position(|pattern| pattern.generic);
        found.unwrap_or_default()
    }

    pub(super) fn at(&self, index: usize) -> &Pattern {
        &self.patterns[index]
    }

    /// Phrases in `text` with their byte ranges, from left to right, none within another.
    pub(super) fn find<'k, 't>(
        &'k self,
        text: &'t str,
    ) -> impl Iterator<Item = (&'k Phrase, std::ops::Range<usize>)> + use<'k, 't> {
        self.automaton
            .find_iter(text)
            .map(|found| (&self.phrases[found.pattern().as_usize()], found.range()))
    }

    /// What `text` says by the way it begins, with the bytes of that beginning.
    pub(super) fn opening(&self, text: &str) -> Option<(Opening, usize)> {
        let input = Input::new(text).anchored(Anchored::Yes);
        let found = self.beginnings.find(input)?;
        Some((self.openings[found.pattern().as_usize()], found.end()))
    }
}

/// Phrases by their text.
#[derive(Default)]
struct Phrases {
    listed: Vec<Phrase>,
    index: HashMap<String, usize>,
}

impl Phrases {
    fn of(&mut self, text: &str) -> &mut Phrase {
        let next = self.listed.len();
        let at = *self.index.entry(text.to_owned()).or_insert(next);
        if at == next {
            self.listed.push(Phrase {
                text: text.to_owned(),
                ..Phrase::default()
            });
        }
        &mut self.listed[at]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_file_is_sound() {
        let knowledge = Knowledge::built_in();
        let mut names = HashSet::new();
        for pattern in &knowledge.patterns {
            assert!((0.0..=1.0).contains(&pattern.severity), "{}", pattern.name);
            assert!(pattern.advice.ends_with('.'), "{}", pattern.name);
            assert!(names.insert(&pattern.name), "{} occurs twice", pattern.name);
            let mut seen = HashSet::new();
            let numbers = pattern.numbers.iter().map(|number| &number.phrase);
            let words = pattern.phrases.iter().chain(&pattern.clear);
            for phrase in words.chain(&pattern.outcomes).chain(numbers) {
                assert!(seen.insert(phrase), "{phrase:?} occurs twice");
            }
        }
        for phrase in &knowledge.phrases {
            assert_eq!(phrase.text, phrase.text.to_ascii_lowercase());
            let harmless = phrase.benign || phrase.absolving || phrase.success;
            assert!(
                !(harmless && phrase.pattern.is_some()),
                "{:?} is both harmless and a failure",
                phrase.text
            );
        }
    }
}
