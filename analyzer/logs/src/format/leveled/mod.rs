//! A time stamp and a level near the beginning: log4j, logback, Spring, Python, tracing, Hadoop,
//! OpenStack, Apache and nginx errors and many more.

mod component;
mod find;

use std::borrow::Cow;

pub(super) use component::{component_and_message, is_name};

use super::Fields;
use crate::level::Level;
use crate::message;
use crate::timestamp;
use find::{Found, find};

/// What a level after a time stamp does to the text.
pub(super) enum Leveled<'a> {
    /// It is a field: the rest is split.
    Split(Fields<'a>),
    /// It may as well be the first word of the message: the text stays whole.
    Whole(Level),
}

/// Fields after a time stamp; none if no level is found where one belongs.
#[inline]
pub(super) fn after_time<'a>(time: Option<&'a str>, rest: &'a str) -> Option<Leveled<'a>> {
    let Found {
        level,
        start,
        end,
        name,
        whole,
    } = find(rest)?;
    if whole {
        return Some(Leveled::Whole(level));
    }
    let fields = with_level(time, level, &rest[..start], name, &rest[end..]);
    Some(Leveled::Split(fields))
}

/// Fields where the level is known: what stands before it, and what comes after.
#[inline]
fn with_level<'a>(
    time: Option<&'a str>,
    level: Level,
    before: &'a str,
    name: Option<&'a str>,
    after: &'a str,
) -> Fields<'a> {
    let (spans, rest) = component::spans(after);
    let (component, message) = match name {
        Some(name) => component::after_name(name, rest),
        None => component_and_message(rest),
    };
    let head_end = after.len() - message_offset(after, message);
    let mut transaction = message::header_transaction(before);
    if transaction.is_none() {
        transaction = message::header_transaction(&after[..head_end]);
    }
    Fields {
        timestamp: time.map(Cow::Borrowed),
        level: Some(level),
        component: component.map(Cow::Borrowed),
        operation: spans.and_then(component::last_span).map(Cow::Borrowed),
        transaction_id: transaction.map(Cow::Borrowed),
        message: Cow::Borrowed(message),
    }
}

/// Bytes of `text` from where `message`, its end but for white space, begins.
fn message_offset(text: &str, message: &str) -> usize {
    let trailing = text.len() - text.trim_end().len();
    (message.len() + trailing).min(text.len())
}

/// A time stamp in a bracket with more than that: `[2026-11-22T10:00:00Z INFO  crate::mod] message`,
/// `[2026-11-22 10:00:00,123: INFO/MainProcess] message`, `[10:00:00 INF] message`.
pub(super) fn within_bracket(line: &str, time_end: usize) -> Option<Fields<'_>> {
    let close = time_end + line[time_end..].find(']')?;
    let inside = line[time_end..close].trim_start_matches([':', ' ', ',']);
    let end = inside
        .bytes()
        .position(|byte| !byte.is_ascii_alphabetic())
        .unwrap_or(inside.len());
    let level = Level::from_word(&inside[..end])?;
    let name = inside[end..].trim_matches([' ', '/', ':']);
    let after = &line[close + 1..];
    let name = Some(name).filter(|name| is_name(name));
    Some(match name {
        Some(name) => Fields {
            timestamp: Some(Cow::Borrowed(&line[1..time_end])),
            level: Some(level),
            component: Some(Cow::Borrowed(name)),
            message: Cow::Borrowed(after.trim()),
            ..Fields::default()
        },
        None => with_level(Some(&line[1..time_end]), level, "", None, after),
    })
}

/// A number that is no date: seconds since 1970 (`1795348800.123\tINFO\t…`) or milliseconds since the
/// program began (`12 [main] INFO com.acme.Db - message`).
pub(super) fn after_number(line: &str) -> Option<super::Reading<'_>> {
    let end = line
        .bytes()
        .position(|byte| !(byte.is_ascii_digit() || byte == b'.'))?;
    let (number, rest) = line.split_at(end);
    let is_time = timestamp::millis(number, 1970).is_some();
    let fields = match rest.as_bytes() {
        [b'\t', ..] if is_time => console(number, rest),
        [b' ', ..] if is_time => split(after_time(Some(number), rest)?),
        [b' ', b'[', ..] => split(after_time(None, rest)?),
        _ => None,
    }?;
    let format = if rest.starts_with('\t') {
        super::Format::Console
    } else {
        super::Format::Leveled
    };
    Some(super::Reading::claimed(format, fields))
}

fn split(leveled: Leveled<'_>) -> Option<Fields<'_>> {
    match leveled {
        Leveled::Split(fields) => Some(fields),
        Leveled::Whole(_) => None,
    }
}

/// Python's default: `WARNING:root:message`. The level ends at `end`.
pub(super) fn python_default(line: &str, end: usize) -> Option<Fields<'_>> {
    let level = Level::from_word(&line[..end])
        .filter(|_| line[..end].bytes().all(|byte| byte.is_ascii_uppercase()))?;
    let (logger, message) = line[end + 1..].split_once(':')?;
    is_name(logger).then(|| Fields {
        level: Some(level),
        component: Some(Cow::Borrowed(logger)),
        message: Cow::Borrowed(message.trim()),
        ..Fields::default()
    })
}

/// Ruby's logger: `E, [2026-11-22T10:00:00.123456 #71] ERROR -- program: message`.
pub(super) fn ruby(line: &str) -> Option<Fields<'_>> {
    let inside = line.get(1..)?.strip_prefix(", [")?;
    let length = timestamp::unbracketed(inside)?;
    let (_process, rest) = inside[length..].split_once(']')?;
    let (level, rest) = rest.trim_ascii_start().split_once(" -- ")?;
    let (program, message) = rest.split_once(':')?;
    Some(Fields {
        timestamp: Some(Cow::Borrowed(&inside[..length])),
        level: Some(Level::from_word(level)?),
        component: Some(program.trim())
            .filter(|name| !name.is_empty())
            .map(Cow::Borrowed),
        message: Cow::Borrowed(message.trim()),
        ..Fields::default()
    })
}

/// zap's console: `\tINFO\tlogger\tfile.go:12\tmessage\t{…}` after the time stamp.
pub(super) fn console<'a>(time: &'a str, after: &'a str) -> Option<Fields<'a>> {
    let (word, mut rest) = after.strip_prefix('\t')?.split_once('\t')?;
    let level = Level::from_word(word)?;
    let mut component = None;
    // A logger and a caller may come before the message.
    for _ in 0..2 {
        let Some((part, after)) = rest.split_once('\t') else {
            break;
        };
        let is_caller = part
            .rsplit_once(':')
            .is_some_and(|(file, line)| file.contains('.') && line.parse::<u32>().is_ok());
        if !is_caller && (component.is_some() || !is_name(part)) {
            break;
        }
        component = component.or(Some(if is_caller {
            part.rsplit_once(':').map_or(part, |(file, _)| file)
        } else {
            part
        }));
        rest = after;
        if is_caller {
            break;
        }
    }
    Some(Fields {
        timestamp: Some(Cow::Borrowed(time)),
        level: Some(level),
        component: component.map(Cow::Borrowed),
        message: Cow::Borrowed(rest.trim()),
        ..Fields::default()
    })
}
