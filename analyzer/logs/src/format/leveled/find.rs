//! Where the level stands after a time stamp.

use super::component::{closing, is_name};
use crate::level::Level;

/// Words between the time stamp and the level (thread, process id, zone, logger).
const MAX_WORDS: usize = 7;

/// Bytes looked at; a level that comes later is none.
const MAX_BYTES: usize = 256;

/// Names (host, logger) before the level; with more of them it is a sentence.
const MAX_NAMES: usize = 2;

/// A level in a text.
pub(super) struct Found<'a> {
    pub(super) level: Level,
    /// Where the word or its bracket begins.
    pub(super) start: usize,
    /// Where what comes after it begins.
    pub(super) end: usize,
    /// A logger before it, as Python's `name - LEVEL - message` has it.
    pub(super) name: Option<&'a str>,
    /// The word may as well be the first of the message: nothing may be cut off.
    pub(super) whole: bool,
}

/// Finds the level. Before it only brackets, numbers, dashes and at most two names may stand, and the
/// word must be upper case or marked (`[error]`, `error:`, columns) unless it comes first.
#[inline]
pub(super) fn find(text: &str) -> Option<Found<'_>> {
    let bytes = &text.as_bytes()[..text.len().min(MAX_BYTES)];
    let mut at = 0;
    let mut name = None;
    let mut names = 0;
    let mut first = true;
    for _ in 0..MAX_WORDS {
        let separators = separators(&bytes[at..]);
        let dashed = bytes[at..at + separators].contains(&b'-')
            || bytes[at..at + separators].contains(&b'|');
        at += separators;
        let start = at;
        let open = *bytes.get(at)?;
        if matches!(open, b'[' | b'(' | b'{' | b'<') {
            let close = closing(&bytes[at..])? + at;
            if let Some((level, module)) = in_bracket(text.get(at + 1..close)?) {
                let name = module.or(name);
                return Some(Found {
                    level,
                    start,
                    end: close + 1,
                    name,
                    whole: false,
                });
            }
            at = close + 1;
            first = false;
            continue;
        }
        let length = bytes[at..]
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'|' | b'['))
            .unwrap_or(bytes.len() - at);
        let end = at + length;
        if end == bytes.len() && bytes.len() < text.len() {
            return None;
        }
        let word = text.get(at..end)?;
        let letters = word
            .bytes()
            .position(|byte| !byte.is_ascii_alphabetic())
            .unwrap_or(length);
        let suffix = &word[letters..];
        if letters >= 3
            && matches!(
                suffix.as_bytes(),
                [] | [b':' | b',' | b'>' | b']' | b'/'] | [b')', b':']
            )
            && let Some(level) = level_word(&word[..letters], suffix, first)
        {
            let upper = word[..letters]
                .bytes()
                .all(|byte| byte.is_ascii_uppercase());
            let padded = matches!(bytes.get(end..end + 2), Some(b"  " | b" |" | b" -" | b" ["))
                || matches!(bytes.get(end), Some(b'\t' | b'|' | b'['))
                || (dashed && !first);
            // `error: closed` right after the time stamp is read as it is without one.
            let marked = match suffix {
                "" => false,
                ":" => !first,
                _ => true,
            };
            if upper || marked || padded {
                return Some(Found {
                    level,
                    start,
                    end,
                    name,
                    whole: false,
                });
            }
            return first.then_some(Found {
                level,
                start,
                end,
                name,
                whole: true,
            });
        }
        if word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'#' | b':' | b'.' | b'*'))
        {
            at = end;
            first = false;
            continue;
        }
        names += 1;
        if names > MAX_NAMES || !is_name(word) {
            return None;
        }
        name = Some(word);
        at = end;
        first = false;
    }
    None
}

/// `LOG:` is PostgreSQL's word for what is normal.
fn level_word(word: &str, suffix: &str, first: bool) -> Option<Level> {
    match word {
        "LOG" | "STATEMENT" | "DETAIL" | "HINT" | "CONTEXT" if suffix == ":" => Some(Level::Info),
        "fine" | "alert" | "failure" if suffix.is_empty() && first => None,
        _ => Level::from_word(word),
    }
}

/// `[error]`, `[ INFO]`, `[core:error]`: the level, and the module before it.
fn in_bracket(inside: &str) -> Option<(Level, Option<&str>)> {
    let inside = inside.trim_ascii();
    match inside.split_once(':') {
        Some((module, level)) => {
            let module = Some(module).filter(|module| is_name(module));
            Some((Level::from_word(level)?, module))
        }
        None => Some((Level::from_word(inside)?, None)),
    }
}

/// Length of the white space, dashes and bars at the beginning.
#[inline]
fn separators(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'|' | b',' | b':' | b';' => at += 1,
            b'-' if matches!(bytes.get(at + 1), Some(b' ' | b'-' | b'\t')) => at += 1,
            _ => break,
        }
    }
    at
}
