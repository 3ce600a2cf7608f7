//! Patterns of the user's own: bounded in number, size and memory; matched in linear time, one line at a time.

use regex::{Regex, RegexBuilder};

use crate::config::{Error, MAX_COMPILED_PATTERN_BYTES, MAX_PATTERN_BYTES, MAX_PATTERNS};
use crate::placeholder;

/// The compiled patterns.
pub(crate) struct Patterns(Vec<Regex>);

impl Patterns {
    /// Compiles them.
    ///
    /// # Errors
    /// Too many, too long, wrong, too large when compiled, or one that matches the empty text.
    pub(crate) fn new(patterns: &[String]) -> Result<Patterns, Error> {
        if patterns.len() > MAX_PATTERNS {
            return Err(Error::TooManyPatterns(patterns.len()));
        }
        let compiled = patterns
            .iter()
            .enumerate()
            .map(|(at, p)| compile(at + 1, p));
        Ok(Patterns(compiled.collect::<Result<_, _>>()?))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls `found` with what is to be replaced in a line that begins at `offset` of the text. A match that meets a
    /// placeholder does not count.
    pub(crate) fn find(&self, line: &str, mut found: impl FnMut(usize, usize)) {
        for regex in &self.0 {
            let groups = regex.captures_len() > 1;
            let mut pos = 0;
            while let Some(whole) = regex.find_at(line, pos) {
                pos = whole.end();
                let part = match groups {
                    true => regex
                        .captures_at(line, whole.start())
                        .and_then(|c| c.get(1)),
                    false => Some(whole),
                };
                if let Some(part) = part.filter(|p| !p.is_empty())
                    && !placeholder::meets(line.as_bytes(), part.start(), part.end())
                {
                    found(part.start(), part.end());
                }
                if whole.is_empty() {
                    pos += line[pos..].chars().next().map_or(1, char::len_utf8);
                }
                if pos >= line.len() {
                    break;
                }
            }
        }
    }
}

fn compile(number: usize, pattern: &str) -> Result<Regex, Error> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(Error::LongPattern {
            number,
            bytes: pattern.len(),
        });
    }
    let regex = RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED_PATTERN_BYTES)
        .dfa_size_limit(MAX_COMPILED_PATTERN_BYTES)
        .build()
        .map_err(|source| Error::BadPattern {
            number,
            source: Box::new(source),
        })?;
    match regex.is_match("") {
        true => Err(Error::EmptyPattern(number)),
        false => Ok(regex),
    }
}
