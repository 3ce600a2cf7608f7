//! Which format a line has: told by its first bytes, so that most formats are never tried.

use memchr::memchr;

use super::{Fields, Format, Reading};
use super::{access, json, klog, leveled, logcat, logfmt, pipe, ras, syslog, timed, weak, wrap};
use crate::{ansi, timestamp};

/// Deepest nesting of formats (an application's JSON inside CRI).
const MAX_NESTING: u32 = 3;

/// Bytes in which the first word of a line must end to say something about its format.
const MAX_FIRST_WORD: usize = 64;

/// What is known of a log when one of its lines is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assumed {
    /// The format asked for, or else the one detected: it decides where a line is ambiguous.
    pub(crate) format: Format,
    /// It was asked for: plain text is nothing but text then.
    pub(crate) forced: bool,
}

impl Assumed {
    /// Before a format is known, and inside of another one.
    pub(crate) const NOTHING: Self = Self {
        format: Format::Plain,
        forced: false,
    };
}

/// Reads one line. Colours and other escape sequences of terminals are taken out first.
#[inline]
pub(crate) fn read(line: &str, assumed: Assumed) -> Reading<'_> {
    if memchr(ansi::ESCAPE, line.as_bytes()).is_some() {
        return parse(&ansi::strip(line), assumed, 0).into_owned();
    }
    parse(line, assumed, 0)
}

/// Reads what another format wraps.
pub(super) fn nested(text: &str, depth: u32) -> Reading<'_> {
    if depth < MAX_NESTING {
        parse(text, Assumed::NOTHING, depth + 1)
    } else {
        Reading::bare(text)
    }
}

#[inline]
fn parse(line: &str, assumed: Assumed, depth: u32) -> Reading<'_> {
    if assumed.forced {
        match assumed.format {
            Format::Plain => return Reading::bare(line),
            Format::Leveled => {
                if let Some(fields) = weak::split(line) {
                    return Reading::claimed(Format::Leveled, fields);
                }
            }
            _ => {}
        }
    }
    let Some(&first) = line.as_bytes().first() else {
        return Reading::bare(line);
    };
    let found = match first {
        // Indented: what goes on with another line, or a text of its own.
        b' ' | b'\t' => None,
        b'{' => object(line, depth),
        b'0'..=b'9' => number(line, assumed, depth),
        b'[' => bracket(line, depth),
        b'<' => syslog::with_priority(line, depth),
        b'-' => ras::parse(line, depth),
        b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'/' => letter(line, assumed, depth),
        _ => None,
    };
    found.unwrap_or_else(|| weak::read(line))
}

fn claimed<'a>(format: Format, fields: Option<Fields<'a>>) -> Option<Reading<'a>> {
    Some(Reading::claimed(format, fields?))
}

fn object(line: &str, depth: u32) -> Option<Reading<'_>> {
    wrap::docker(line, depth).or_else(|| claimed(Format::Json, json::parse(line)))
}

/// A line that begins with a digit: mostly a time stamp or an address.
fn number(line: &str, assumed: Assumed, depth: u32) -> Option<Reading<'_>> {
    if let Some(length) = timestamp::leading(line) {
        return timed::parse(line, 0..length, length, depth);
    }
    leveled::after_number(line)
        .or_else(|| claimed(Format::Access, access::parse(line)))
        .or_else(|| compose(line, assumed, depth))
}

/// A line that begins with a bracket: a time stamp, a level, a source.
fn bracket(line: &str, depth: u32) -> Option<Reading<'_>> {
    if let Some(length) = timestamp::unbracketed(&line[1..]) {
        let end = length + 1;
        return if line.as_bytes().get(end) == Some(&b']') {
            timed::parse(line, 1..end, end + 1, depth)
        } else {
            claimed(Format::Leveled, leveled::within_bracket(line, end))
        };
    }
    wrap::kubectl(line, depth).or_else(|| timed::since_boot(line, depth))
}

/// A line that begins with a letter: told by its first word and what ends it.
#[inline]
fn letter(line: &str, assumed: Assumed, depth: u32) -> Option<Reading<'_>> {
    let bytes = line.as_bytes();
    if bytes.len() > 4 && bytes[3] == b' ' && bytes[0].is_ascii_uppercase() {
        // A month or a weekday.
        if let Some(length) = timestamp::leading(line) {
            return if bytes[4].is_ascii_alphabetic() {
                timed::parse(line, 0..length, length, depth)
            } else {
                Some(syslog::after_time(line, length, None, depth))
            };
        }
    }
    if bytes.len() > 5
        && bytes[1].is_ascii_digit()
        && let Some(fields) = klog::parse(line)
    {
        return Some(Reading::claimed(Format::Klog, fields));
    }
    let within = &bytes[..bytes.len().min(MAX_FIRST_WORD)];
    let end = within
        .iter()
        .position(|byte| matches!(byte, b' ' | b'=' | b'|' | b':' | b'\t' | b',' | b'/' | b'['))?;
    match bytes[end] {
        b'=' => claimed(Format::Logfmt, logfmt::parse(line)),
        b'|' => claimed(Format::Pipe, pipe::parse(line, None)),
        b':' => claimed(Format::Leveled, leveled::python_default(line, end)),
        b',' => claimed(Format::Leveled, leveled::ruby(line)),
        b'/' => claimed(Format::Logcat, logcat::brief(line)),
        b' ' => spaced(line, end, assumed, depth),
        b'\t' => wrap::github_job(line, depth),
        _ => None,
    }
}

/// A first word before a space: the name of a service, host or file before what matters.
fn spaced(line: &str, end: usize, assumed: Assumed, depth: u32) -> Option<Reading<'_>> {
    let bytes = line.as_bytes();
    let after = bytes.get(end + 1)?;
    match after {
        b'|' | b' ' => compose(line, assumed, depth),
        b'-' => claimed(Format::Access, access::parse(line)),
        b'0'..=b'9' => ras::parse(line, depth).or_else(|| {
            // `server.log 2026-11-22 10:00:00 …`.
            let rest = &line[end + 1..];
            if bytes.get(end + 5) != Some(&b'-') {
                return None;
            }
            let start = end + 1;
            let length = timestamp::leading(rest)?;
            timed::parse(line, start..start + length, start + length, depth)
        }),
        _ if assumed.format == Format::Access => claimed(Format::Access, access::parse(line)),
        _ => None,
    }
}

fn compose(line: &str, assumed: Assumed, depth: u32) -> Option<Reading<'_>> {
    wrap::compose(line, assumed.format == Format::Compose, depth)
}
