//! Lines without a time stamp: the level is read, and the text stays whole.
//!
//! Whether `error: closed` begins with a level or with a word of the message cannot be told, and a
//! template must not depend on the lines around it: so nothing is cut off.

use std::borrow::Cow;

use super::{Fields, Format, Reading, leveled};
use crate::level::Level;

/// A line that no format claims, with the level that it begins with, if it does.
#[inline(always)]
pub(super) fn read(line: &str) -> Reading<'_> {
    let mut reading = Reading::bare(line);
    // Most lines are told by their first byte.
    if let Some(b'#' | b':' | b'[' | b'(' | b'<' | b'A'..=b'Z' | b'a'..=b'z') =
        line.as_bytes().first()
        && let Some((level, _)) = level(line)
    {
        reading.format = Format::Leveled;
        reading.fields.level = Some(level);
        reading.structured = true;
    }
    reading
}

/// The same line where its writer is known to begin each with a level: without it.
pub(super) fn split(line: &str) -> Option<Fields<'_>> {
    let (level, length) = level(line)?;
    let (component, message) = leveled::component_and_message(&line[length..]);
    Some(Fields {
        level: Some(level),
        component: component.map(Cow::Borrowed),
        message: Cow::Borrowed(message),
        ..Fields::default()
    })
}

/// The level at the beginning of a line, and the length of what says it.
fn level(line: &str) -> Option<(Level, usize)> {
    match *line.as_bytes().first()? {
        // GitHub Actions: `##[error]…`, `::error file=a.rs::…`.
        b'#' => {
            let inside = line.strip_prefix("##[")?;
            let end = inside.find(']')?;
            Some((word(&inside[..end], true)?, 3 + end + 1))
        }
        b':' => {
            let inside = line.strip_prefix("::")?;
            let end = inside.find([' ', ':'])?;
            inside[end..].contains("::").then_some(())?;
            Some((word(&inside[..end], true)?, 2 + end))
        }
        open @ (b'[' | b'(' | b'<') => {
            let close = match open {
                b'[' => ']',
                b'(' => ')',
                _ => '>',
            };
            let within = &line[1..line.floor_char_boundary(MAX_LEVEL_BYTES + 4)];
            let end = within.find(close)?;
            Some((word(within[..end].trim_ascii(), true)?, end + 2))
        }
        _ => first_word(line),
    }
}

/// Letters of the longest level word.
const MAX_LEVEL_BYTES: usize = 11;

/// `ERROR text`, `Error: text`, `error[E0308]: text`.
fn first_word(line: &str) -> Option<(Level, usize)> {
    let bytes = line.as_bytes();
    // No level word begins with any other letter.
    if !matches!(
        bytes[0].to_ascii_lowercase(),
        b't' | b'f' | b'd' | b'i' | b'n' | b'w' | b'e' | b's' | b'c' | b'p' | b'a'
    ) {
        return None;
    }
    let end = bytes
        .iter()
        .take(MAX_LEVEL_BYTES + 1)
        .position(|byte| !byte.is_ascii_alphabetic())?;
    let name = &line[..end];
    let after = bytes[end];
    let marked = match after {
        b':' => true,
        b'[' => line[end..]
            .split_once(']')
            .is_some_and(|(_, rest)| rest.starts_with(':')),
        b' ' | b'\t' => false,
        _ => return None,
    };
    let upper = bytes[..end].iter().all(u8::is_ascii_uppercase);
    if !marked && !upper {
        return None;
    }
    Some((word(name, upper)?, end + usize::from(after == b':')))
}

/// A level word; some are too common in sentences to be one unless they are marked or upper case.
fn word(name: &str, surely: bool) -> Option<Level> {
    const COMMON: [&str; 5] = ["alert", "emerg", "fine", "finest", "failure"];
    if !surely
        && COMMON
            .iter()
            .any(|common| name.eq_ignore_ascii_case(common))
    {
        return None;
    }
    Level::from_word(name)
}
