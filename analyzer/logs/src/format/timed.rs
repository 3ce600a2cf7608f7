//! Lines that begin with a time stamp: what comes after it tells the format.

use std::borrow::Cow;
use std::ops::Range;

use super::leveled::{self, Leveled};
use super::{Format, Reading};
use super::{pipe, syslog, wrap};
use crate::timestamp;

/// Length of the time stamps of GitHub Actions: seven digits of a second, and `Z`.
const GITHUB_TIME_BYTES: usize = 28;

/// A line whose time stamp is at `time`; `rest` is where it goes on, after a closing bracket.
#[inline]
pub(super) fn parse(
    line: &str,
    time: Range<usize>,
    rest: usize,
    depth: u32,
) -> Option<Reading<'_>> {
    let stamp = &line[time.clone()];
    let after = &line[rest..];
    let bytes = after.as_bytes();
    match bytes.first() {
        None | Some(b' ' | b'\t' | b'|' | b',' | b':' | b'[' | b';') => {}
        // `10:00:00foo`, `26/11/22 10:00:00-x`.
        _ => return None,
    }
    if let Some(b'|') = after.trim_ascii_start().as_bytes().first()
        && let Some(fields) = pipe::parse(after.trim_ascii_start().get(1..)?, Some(stamp))
    {
        return Some(Reading::claimed(Format::Pipe, fields));
    }
    let begins_with_year = line.as_bytes().get(time.start + 4) == Some(&b'-');
    if bytes.first() == Some(&b' ') && begins_with_year {
        if time.start == 0 && stamp.len() == GITHUB_TIME_BYTES && stamp.ends_with('Z') {
            return Some(wrap::wrapped(
                Format::Github,
                stamp,
                "",
                None,
                &after[1..],
                depth,
            ));
        }
        if let Some(found) = wrap::cri(stamp, after, depth)
            .or_else(|| wrap::gitlab(stamp, after, depth))
            .or_else(|| syslog::after_iso_time(line, time.clone(), rest, depth))
        {
            return Some(found);
        }
    }
    if bytes.first() == Some(&b'\t')
        && let Some(fields) = leveled::console(stamp, after)
    {
        return Some(Reading::claimed(Format::Console, fields));
    }
    if let Some(fields) = super::logcat::thread_time(stamp, after) {
        return Some(Reading::claimed(Format::Logcat, fields));
    }
    let level = match leveled::after_time(Some(stamp), after) {
        Some(Leveled::Split(fields)) => {
            let mut reading = Reading::claimed(Format::Leveled, fields);
            // Frames after it may have time stamps of their own.
            reading.source = Some((Format::Timed, Cow::Borrowed("")));
            return Some(reading);
        }
        Some(Leveled::Whole(level)) => Some(level),
        None => None,
    };
    let inner = after.strip_prefix([' ', '\t', ':', ',']).unwrap_or(after);
    let mut reading = wrap::wrapped(Format::Timed, stamp, "", None, inner, depth);
    if level.is_some() && !reading.begins {
        reading.format = Format::Leveled;
        reading.structured = true;
        reading.fields.level = reading.fields.level.or(level);
    }
    Some(reading)
}

/// The kernel's `[   12.345678] usb 1-1: new device`: seconds since it began.
pub(super) fn since_boot(line: &str, depth: u32) -> Option<Reading<'_>> {
    let (inside, after) = line.strip_prefix('[')?.split_once(']')?;
    let number = inside.trim_ascii_start();
    let (seconds, fraction) = number.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || fraction.len() != 6 || !digits(fraction) {
        return None;
    }
    let inner = after.strip_prefix(' ').unwrap_or(after);
    Some(wrap::wrapped(Format::Timed, number, "", None, inner, depth))
}

/// The time stamp that counts: the inner one, unless only the outer one has a date.
pub(super) fn preferred<'a>(inner: Option<Cow<'a, str>>, outer: &'a str) -> Option<Cow<'a, str>> {
    match inner {
        Some(time) if timestamp::has_date(&time) || outer.is_empty() => Some(time),
        _ => Some(outer)
            .filter(|time| !time.is_empty())
            .map(Cow::Borrowed),
    }
}
