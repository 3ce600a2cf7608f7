//! The knowledge file, read once and made into one automaton.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

/// Phrases up to this many bytes count only as whole words.
const MAX_WHOLE_WORD_BYTES: usize = 4;

/// A named kind of failure.
#[derive(Debug, Deserialize)]
pub struct Pattern {
    /// Stable name, as in the API.
    pub name: String,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// A failure at any level.
    #[serde(default)]
    pub strong: bool,
    /// Says only that something is wrong, not what.
    #[serde(default)]
    pub generic: bool,
    /// What to do.
    pub advice: String,
    phrases: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    patterns: Vec<Pattern>,
    benign: Vec<String>,
}

/// All patterns with the automaton that finds their phrases.
pub struct Knowledge {
    patterns: Vec<Pattern>,
    automaton: AhoCorasick,
    /// For each phrase: its pattern, or none for a benign one.
    owners: Vec<Option<usize>>,
    phrases: Vec<String>,
}

/// A phrase found in a text.
pub(super) struct Found<'a> {
    pub(super) pattern: &'a Pattern,
    pub(super) phrase: &'a str,
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
        let mut owners = vec![];
        let mut phrases = vec![];
        for (index, pattern) in file.patterns.iter().enumerate() {
            owners.extend(pattern.phrases.iter().map(|_| Some(index)));
            phrases.extend(pattern.phrases.iter().cloned());
        }
        owners.extend(file.benign.iter().map(|_| None));
        phrases.extend(file.benign);
        // Leftmost-longest: "0 errors" and "error=nil" win over the "error" inside them.
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&phrases)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            patterns: file.patterns,
            automaton,
            owners,
            phrases,
        })
    }

    /// The pattern of a name.
    pub fn pattern(&self, name: &str) -> Option<&Pattern> {
        self.patterns.iter().find(|pattern| pattern.name == name)
    }

    pub(super) fn find<'k, 't>(
        &'k self,
        text: &'t str,
    ) -> impl Iterator<Item = Found<'k>> + use<'k, 't> {
        self.automaton.find_iter(text).filter_map(move |found| {
            let index = found.pattern().as_usize();
            let pattern = &self.patterns[self.owners[index]?];
            let phrase = self.phrases[index].as_str();
            let whole = phrase.len() > MAX_WHOLE_WORD_BYTES || is_whole_word(text, found.range());
            whole.then_some(Found { pattern, phrase })
        })
    }
}

fn is_whole_word(text: &str, range: std::ops::Range<usize>) -> bool {
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    !letter(range.start.checked_sub(1).and_then(|at| bytes.get(at)))
        && !letter(bytes.get(range.end))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_file_is_sound() {
        let knowledge = Knowledge::built_in();
        let mut seen = HashSet::new();
        for phrase in &knowledge.phrases {
            assert!(seen.insert(phrase), "{phrase:?} occurs twice");
            assert_eq!(phrase, &phrase.to_ascii_lowercase());
        }
        for pattern in &knowledge.patterns {
            assert!((0.0..=1.0).contains(&pattern.severity), "{}", pattern.name);
            assert!(pattern.advice.ends_with('.'), "{}", pattern.name);
        }
    }
}
