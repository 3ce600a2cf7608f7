//! What others put before each line of a program: container runtimes, compose, CI services.

use std::borrow::Cow;

use super::dispatch::nested;
use super::{Format, Reading, json, timed};
use crate::timestamp;

/// The Docker engine splits longer lines at this many bytes.
const DOCKER_PIECE_BYTES: usize = 16 << 10;

/// Longest name of a service or container before its lines.
const MAX_NAME_BYTES: usize = 128;

/// The reading of a line that `format` wraps.
#[inline(always)]
pub(super) fn wrapped<'a>(
    format: Format,
    time: &'a str,
    source: &'a str,
    component: Option<&'a str>,
    inner: &'a str,
    depth: u32,
) -> Reading<'a> {
    let mut reading = nested(inner, depth);
    reading.format = format;
    reading.source = Some((format, Cow::Borrowed(source)));
    reading.fields.timestamp = timed::preferred(reading.fields.timestamp.take(), time);
    if reading.fields.component.is_none() {
        reading.fields.component = component.map(Cow::Borrowed);
    }
    reading
}

/// `<time> stdout|stderr F|P <line>`; `after` begins with the space after the time stamp.
pub(super) fn cri<'a>(time: &'a str, after: &'a str, depth: u32) -> Option<Reading<'a>> {
    let stream = after
        .get(1..8)
        .filter(|stream| matches!(*stream, "stdout " | "stderr "))?;
    let inner = match after.as_bytes().get(8..10)? {
        b"F " => &after[10..],
        b"P " => {
            let piece = &after[10..];
            let mut reading = Reading::bare(piece);
            reading.format = Format::Cri;
            reading.partial = true;
            reading.fields.timestamp = Some(Cow::Borrowed(time));
            reading.source = Some((Format::Cri, Cow::Borrowed(stream)));
            return Some(reading);
        }
        _ => return None,
    };
    Some(wrapped(Format::Cri, time, stream, None, inner, depth))
}

/// GitLab's `<time> 00O <line>`: number of the step, standard output or error, and `+` where a line goes on.
pub(super) fn gitlab<'a>(time: &'a str, after: &'a str, depth: u32) -> Option<Reading<'a>> {
    match after.as_bytes() {
        [b' ', a, b, b'O' | b'E', b' ' | b'+', ..]
            if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() =>
        {
            Some(wrapped(
                Format::Gitlab,
                time,
                &after[1..4],
                None,
                &after[5..],
                depth,
            ))
        }
        _ => None,
    }
}

/// `gh run view --log`: job, step and the line of GitHub Actions, between tabs.
pub(super) fn github_job(line: &str, depth: u32) -> Option<Reading<'_>> {
    let mut parts = line.splitn(3, '\t');
    let (job, step, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let rest = rest.strip_prefix('\u{feff}').unwrap_or(rest);
    let length = timestamp::leading(rest)?;
    let inner = rest[length..].strip_prefix(' ')?;
    let mut reading = wrapped(
        Format::Github,
        &rest[..length],
        step,
        Some(job),
        inner,
        depth,
    );
    if reading.fields.operation.is_none() {
        reading.fields.operation = Some(Cow::Borrowed(step));
    }
    Some(reading)
}

/// Compose's `web-1  | <line>`. A name without a number could be a column of a table: such names
/// are read only in a log of that format.
pub(super) fn compose(line: &str, loose: bool, depth: u32) -> Option<Reading<'_>> {
    let within = &line[..line.floor_char_boundary(MAX_NAME_BYTES)];
    let end = within.find(' ')?;
    let name = &line[..end];
    let numbered = name
        .rsplit_once(['-', '_'])
        .is_some_and(|(_, number)| is_number(number));
    let named = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !named || !(numbered || loose) {
        return None;
    }
    let rest = line[end..].trim_start_matches(' ').strip_prefix('|')?;
    let inner = rest.strip_prefix(' ').unwrap_or(rest);
    Some(wrapped(Format::Compose, "", name, Some(name), inner, depth))
}

/// `kubectl logs --prefix`: `[pod/name/container] <line>`.
pub(super) fn kubectl(line: &str, depth: u32) -> Option<Reading<'_>> {
    let (source, inner) = line.strip_prefix("[pod/")?.split_once("] ")?;
    let (_, container) = source.rsplit_once('/')?;
    Some(wrapped(
        Format::Compose,
        "",
        source,
        Some(container),
        inner,
        depth,
    ))
}

/// The Docker engine's JSON file: `{"log":"<line>\n","stream":"stderr","time":"…"}`.
pub(super) fn docker(line: &str, depth: u32) -> Option<Reading<'_>> {
    if !line.starts_with("{\"log\":") {
        return None;
    }
    let json::Docker { log, stream, time } = json::docker(line)?;
    let inner = log.strip_suffix('\n').unwrap_or(&log);
    let inner = inner.strip_suffix('\r').unwrap_or(inner);
    if inner.len() == log.len() && log.len() >= DOCKER_PIECE_BYTES {
        return Some(Reading {
            format: Format::Docker,
            partial: true,
            source: Some((Format::Docker, stream)),
            fields: super::Fields {
                timestamp: time,
                message: log,
                ..super::Fields::default()
            },
            ..Reading::bare("")
        });
    }
    // Colours are escaped in JSON: only now they are seen.
    let clean = crate::ansi::strip(inner);
    let mut reading = nested(&clean, depth).into_owned();
    reading.format = Format::Docker;
    let outer = time.as_deref().unwrap_or_default();
    reading.fields.timestamp = timed::preferred(reading.fields.timestamp.take(), outer)
        .map(|time| Cow::Owned(time.into_owned()));
    reading.source = Some((Format::Docker, stream));
    Some(reading)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
