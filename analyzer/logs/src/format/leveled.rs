//! A time stamp and a level word near the beginning: log4j, logback, Python, tracing, nginx errors.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::timestamp;

/// Words between the time stamp and the level (thread, process id, logger).
const MAX_WORDS_BEFORE_LEVEL: usize = 5;

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let text = line.trim_start();
    let length = timestamp::leading(text);
    let time = length.map(|length| text[..length].trim_matches(['[', ']']));
    let rest = length.map_or(text, |length| &text[length..]);
    let (level, before, after) = find_level(rest, time.is_some())?;
    let after = after.trim_start_matches([' ', ':', '-', '\t']);
    let logger = before.and_then(logger_word);
    let (component, message) = match logger {
        Some(logger) => (Some(logger), after),
        None => split_logger(after),
    };
    Some(Fields {
        timestamp: time.map(Cow::Borrowed),
        level: Some(level),
        component: component.map(Cow::Borrowed),
        message: Cow::Borrowed(message.trim()),
        ..Fields::default()
    })
}

/// Level, the words before it and the text after it. Without a time stamp the level must come
/// first and be marked as one (`ERROR:`, `[error]`, or upper case), or any sentence would do.
fn find_level(rest: &str, timed: bool) -> Option<(Level, Option<&str>, &str)> {
    let mut end = 0;
    let words = if timed { MAX_WORDS_BEFORE_LEVEL } else { 1 };
    for _ in 0..words {
        let start = end + rest[end..].find(|c: char| !c.is_whitespace())?;
        end = start
            + rest[start..]
                .find(char::is_whitespace)
                .unwrap_or(rest.len() - start);
        let word = &rest[start..end];
        let core = word.trim_matches(['[', ']', '(', ')', '<', '>', ':', '|', ',']);
        if let Some(level) = Level::from_word(core) {
            let marked = core.len() < word.len() || core.bytes().all(|b| b.is_ascii_uppercase());
            if (timed || marked) && end < rest.len() {
                let before = Some(&rest[..start]).filter(|text| !text.trim().is_empty());
                return Some((level, before, &rest[end..]));
            }
        }
    }
    None
}

/// A logger before the level, as Python's `name - LEVEL - message` has it; thread names in
/// brackets and numbers are none.
fn logger_word(before: &str) -> Option<&str> {
    before.split([' ', '\t']).find(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'$' | b'/'))
    })
}

/// `logger: message`, `logger - message`, `[logger] message`, behind an optional `12 --- [thread]`.
fn split_logger(text: &str) -> (Option<&str>, &str) {
    let mut rest = text;
    if let Some((process, after)) = rest.split_once(" --- ")
        && process.bytes().all(|b| b.is_ascii_digit())
    {
        rest = after.trim_start();
    }
    let bracketed = rest
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'));
    if let Some((inside, after)) = bracketed {
        let after = after.trim_start_matches([' ', ':', '-']);
        return match split_name(after) {
            (Some(name), message) => (Some(name), message),
            (None, _) => (Some(inside.trim()).filter(|name| is_name(name)), after),
        };
    }
    match split_name(rest) {
        (Some(name), message) => (Some(name), message),
        (None, _) => (None, text),
    }
}

fn split_name(text: &str) -> (Option<&str>, &str) {
    let stop = text.find([' ', '\t']).unwrap_or(text.len());
    let (word, after) = (&text[..stop], text[stop..].trim_start());
    if let Some(name) = word.strip_suffix(':')
        && is_name(name)
    {
        return (Some(name), after);
    }
    if let Some(message) = after
        .strip_prefix("- ")
        .or_else(|| after.strip_prefix(": "))
        && is_name(word)
    {
        return (Some(word), message.trim_start());
    }
    (None, text)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'$' | b'-' | b'/')
        })
}
