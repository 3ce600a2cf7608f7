//! RFC 3164 (`<13>Nov 22 10:00:00 host program[pid]: message`, the priority being optional), the same
//! with an ISO time stamp, and RFC 5424.

use std::borrow::Cow;
use std::ops::Range;

use super::{Format, Reading, wrap};
use crate::level::Level;
use crate::message;
use crate::timestamp;

/// Bytes in which the name of the program must end.
const MAX_PROGRAM_BYTES: usize = 128;

/// A line that begins with a priority.
pub(super) fn with_priority(line: &str, depth: u32) -> Option<Reading<'_>> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    let priority: u16 = number.parse().ok().filter(|_| number.len() <= 3)?;
    let level = Some(severity(priority % 8));
    if let Some(rest) = rest.strip_prefix("1 ") {
        return rfc5424(rest, level, depth);
    }
    let length = timestamp::leading(rest)?;
    (rest.as_bytes().get(length) == Some(&b' ')).then(|| after_time(rest, length, level, depth))
}

/// A line whose time stamp takes `length` bytes: host, program, message.
#[inline(always)]
pub(super) fn after_time(
    line: &str,
    length: usize,
    level: Option<Level>,
    depth: u32,
) -> Reading<'_> {
    let (time, after) = line.split_at(length);
    let after = after.strip_prefix(' ').unwrap_or(after);
    let host = after
        .bytes()
        .position(|byte| byte == b' ')
        .map_or(after.len(), |end| end + 1);
    said(time, &after[host..], level, depth)
}

/// `2026-11-22T10:00:00.1+00:00 host program[pid]: message`: the bracket tells it from other
/// formats that have two words there.
pub(super) fn after_iso_time(
    line: &str,
    time: Range<usize>,
    rest: usize,
    depth: u32,
) -> Option<Reading<'_>> {
    let after = line[rest..].strip_prefix(' ')?;
    let host = after.bytes().position(|byte| byte == b' ')? + 1;
    let text = &after[host..];
    let bytes = text.as_bytes();
    let open = bytes
        .iter()
        .take(MAX_PROGRAM_BYTES)
        .position(|byte| matches!(byte, b'[' | b' '))?;
    let process = &bytes[open + 1..];
    let digits = process
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let plausible =
        open > 0 && bytes[open] == b'[' && digits > 0 && process[digits..].starts_with(b"]: ");
    plausible.then(|| said(&line[time], text, None, depth))
}

/// `program[pid]: message`.
#[inline(always)]
fn said<'a>(time: &'a str, text: &'a str, level: Option<Level>, depth: u32) -> Reading<'a> {
    let (name, program, text) = program(text);
    let component = Some(name).filter(|name| !name.is_empty());
    let mut reading = wrap::wrapped(Format::Syslog, time, program, component, text, depth);
    if reading.fields.level.is_none() {
        reading.fields.level = level;
    }
    reading
}

/// The name of the program, the same with its process, and what it says; a message without a
/// program is all message.
#[inline]
fn program(text: &str) -> (&str, &str, &str) {
    let bytes = text.as_bytes();
    let mut name = None;
    let mut spaces = 0;
    for (end, byte) in bytes.iter().take(MAX_PROGRAM_BYTES).enumerate() {
        match byte {
            b'[' if name.is_none() => name = Some(end),
            b' ' => {
                spaces += 1;
                // `syslogd 1.4.1` has a space, a sentence has several.
                if spaces > 1 {
                    break;
                }
            }
            b':' if matches!(bytes.get(end + 1), None | Some(b' ')) => {
                let rest = text.get(end + 2..).unwrap_or_default();
                return (&text[..name.unwrap_or(end)], &text[..end], rest);
            }
            _ => {}
        }
    }
    ("", "", text)
}

/// `2026-11-22T10:00:00Z host app procid msgid [id key="value"] message`; `-` where nothing is known.
fn rfc5424(text: &str, level: Option<Level>, depth: u32) -> Option<Reading<'_>> {
    let mut words = text.splitn(6, ' ');
    let (time, _host, app) = (words.next()?, words.next()?, words.next()?);
    let (_process, operation, rest) = (words.next()?, words.next()?, words.next()?);
    let (data, message) = structured_data(rest)?;
    let known = |word: &&str| *word != "-";
    let time = Some(time).filter(known).unwrap_or_default();
    let message = message.strip_prefix('\u{feff}').unwrap_or(message);
    let app = Some(app).filter(known);
    let source = app.unwrap_or_default();
    let mut reading = wrap::wrapped(Format::Syslog, time, source, app, message, depth);
    let fields = &mut reading.fields;
    fields.level = fields.level.or(level);
    if fields.operation.is_none() {
        fields.operation = Some(operation).filter(known).map(Cow::Borrowed);
    }
    if fields.transaction_id.is_none() {
        fields.transaction_id = message::transaction(data).map(Cow::Borrowed);
    }
    Some(reading)
}

/// The elements in brackets, and what comes after them; `]` within a value is escaped.
fn structured_data(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some(("", rest.strip_prefix(' ').unwrap_or(rest)));
    }
    let bytes = text.as_bytes();
    let (mut at, mut quoted) = (0, false);
    while bytes.get(at) == Some(&b'[') || quoted {
        loop {
            at += 1;
            match bytes.get(at)? {
                b'\\' => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
        }
        at += 1;
    }
    let rest = &text[at..];
    (at > 0).then(|| (&text[..at], rest.strip_prefix(' ').unwrap_or(rest)))
}

fn severity(number: u16) -> Level {
    match number {
        0..=2 => Level::Fatal,
        3 => Level::Error,
        4 => Level::Warn,
        5 | 6 => Level::Info,
        _ => Level::Debug,
    }
}
