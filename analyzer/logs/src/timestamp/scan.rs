//! The shapes of time stamps.

use super::clock::{clock, number, short_time, time_of_day, two, zone};

/// What a time stamp names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) year: Option<i32>,
    /// From 1; none where only a time of day is named.
    pub(super) month: Option<i32>,
    day: i32,
    /// Milliseconds since midnight.
    time: i64,
    /// Minutes east of UTC.
    zone: i64,
}

impl Stamp {
    /// Milliseconds since 1970-01-01 UTC.
    pub(super) fn millis(self, year: i32) -> i64 {
        let days = self.month.map_or(0, |month| {
            days_from_civil(self.year.unwrap_or(year), month, self.day)
        });
        days * 86_400_000 + self.time - self.zone * 60_000
    }
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i32, month: i32, day: i32) -> i64 {
    let (year, month) = (i64::from(year), i64::from(month));
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The time stamp that `bytes` begin with, and its length.
#[inline]
pub(super) fn bare(bytes: &[u8]) -> Option<(Stamp, usize)> {
    // The shortest has eight bytes: `10:00:00`.
    if bytes.len() < 8 {
        return None;
    }
    match bytes[0] {
        b'0'..=b'9' => numeric(bytes),
        b'A'..=b'Z' if bytes[3] == b' ' => named(bytes),
        b'A'..=b'Z' => weekday_comma(bytes),
        _ => None,
    }
}

fn numeric(bytes: &[u8]) -> Option<(Stamp, usize)> {
    match (bytes[2], bytes[4], bytes[5]) {
        (_, b'-' | b'/', _) if bytes.len() > 10 && bytes[2].is_ascii_digit() => year_first(bytes),
        (b':', ..) => {
            let (time, end) = time_of_day(bytes, 0)?;
            let stamp = Stamp {
                time,
                ..Stamp::default()
            };
            Some((stamp, end))
        }
        (b'/' | b'-', b'a'..=b'z', _) => day_month_name(bytes),
        (b'/', _, b'/') => slashes(bytes),
        (b'.', _, b'.') => dated(
            bytes,
            number(bytes, 6, 4)?,
            number(bytes, 3, 2)?,
            number(bytes, 0, 2)?,
            10,
        ),
        (b'-' | b'.', _, b' ') => {
            let (month, day) = (number(bytes, 0, 2)?, number(bytes, 3, 2)?);
            yearless(bytes, month, day, 6)
        }
        (_, b' ', _) => {
            let (month, day) = (number(bytes, 0, 2)?, number(bytes, 2, 2)?);
            yearless(bytes, month, day, 5)
        }
        _ => packed(bytes),
    }
}

/// `2026-11-22 10:00:00` and with `/`, `T`, `,` or a zone.
#[inline]
fn year_first(bytes: &[u8]) -> Option<(Stamp, usize)> {
    if bytes[7] != bytes[4] {
        return None;
    }
    let (year, month, day) = (
        number(bytes, 0, 4)?,
        number(bytes, 5, 2)?,
        number(bytes, 8, 2)?,
    );
    let at = match (bytes[10], bytes.get(11)) {
        (b'T' | b't' | b' ' | b'_', _) => 10,
        (b',', Some(b' ')) => 11,
        _ => return None,
    };
    dated(bytes, year, month, day, at)
}

/// `26/11/22 10:00:00` (year first, as Hadoop writes it) or `11/22/2026 10:00:00`.
fn slashes(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let (first, second) = (number(bytes, 0, 2)?, number(bytes, 3, 2)?);
    if bytes.get(8) == Some(&b' ') {
        return dated(bytes, 2000 + first, second, number(bytes, 6, 2)?, 8);
    }
    let year = number(bytes, 6, 4)?;
    // The American order, unless that is no month.
    let (month, day) = if first <= 12 {
        (first, second)
    } else {
        (second, first)
    };
    dated(bytes, year, month, day, 10)
}

/// `22/Nov/2026:10:00:00 +0000`, `22-Nov-2026 10:00:00.123`.
fn day_month_name(bytes: &[u8]) -> Option<(Stamp, usize)> {
    if bytes.len() < 20 || bytes[6] != bytes[2] || !matches!(bytes[11], b':' | b' ') {
        return None;
    }
    let month = month(&bytes[3..6])?;
    dated(bytes, number(bytes, 7, 4)?, month, number(bytes, 0, 2)?, 11)
}

/// `261122 100000`, `20261122-9:5:7:12`, `20261122 10:00:00`, `20261122T100000`.
fn packed(bytes: &[u8]) -> Option<(Stamp, usize)> {
    if bytes.len() >= 13 && bytes[6] == b' ' {
        let (year, month, day) = (
            number(bytes, 0, 2)?,
            number(bytes, 2, 2)?,
            number(bytes, 4, 2)?,
        );
        let (hour, minute, second) = (
            number(bytes, 7, 2)?,
            number(bytes, 9, 2)?,
            number(bytes, 11, 2)?,
        );
        let ended = !bytes.get(13).is_some_and(u8::is_ascii_digit);
        let time = clock(hour, minute, second).filter(|_| ended)?;
        return Some((date(Some(2000 + year), month, day)?.at(time), 13));
    }
    if bytes.len() < 14 {
        return None;
    }
    let (year, month, day) = (
        number(bytes, 0, 4)?,
        number(bytes, 4, 2)?,
        number(bytes, 6, 2)?,
    );
    let date = date(Some(year), month, day)?;
    match bytes[8] {
        b' ' | b'-' => {
            let (time, end) = time_of_day(bytes, 9).or_else(|| short_time(bytes, 9))?;
            Some((date.at(time), end))
        }
        b'T' => {
            let parts = (
                number(bytes, 9, 2)?,
                number(bytes, 11, 2)?,
                number(bytes, 13, 2)?,
            );
            let time = clock(parts.0, parts.1, parts.2)?;
            Some(zoned(bytes, date.at(time), 15))
        }
        _ => None,
    }
}

/// `Nov 22 10:00:00`, `Nov 22 2026 10:00:00`, `Sun Nov 22 10:00:00 2026`.
#[inline]
fn named(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let Some(month) = month(&bytes[..3]) else {
        if !is_weekday(&bytes[..3]) {
            return None;
        }
        let (stamp, end) = named_date(bytes, self::month(bytes.get(4..7)?)?, 7)?;
        if stamp.year.is_some() {
            return Some((stamp, end));
        }
        // The year comes last, perhaps after the name of a zone.
        let rest = bytes.get(end..)?;
        let zone = rest
            .iter()
            .skip(1)
            .take_while(|byte| byte.is_ascii_uppercase())
            .count();
        let skip = if zone >= 3 { zone + 2 } else { 1 };
        return Some(match number(bytes, end + skip, 4) {
            Some(year) if rest[0] == b' ' => {
                let year = Some(year);
                (Stamp { year, ..stamp }, end + skip + 4)
            }
            _ => (stamp, end),
        });
    };
    named_date(bytes, month, 3)
}

/// Day, perhaps a year, and time after the name of a month that ends at `at`.
#[inline]
fn named_date(bytes: &[u8], month: i32, at: usize) -> Option<(Stamp, usize)> {
    // `Nov 22 10:00:00` and `Nov  2 10:00:00`, as nearly all of them are.
    if let Some(&[b' ', tens, ones, b' ', hour, _, b':', ..]) =
        bytes.get(at..).and_then(|rest| rest.first_chunk::<13>())
        && hour.is_ascii_digit()
    {
        let day = two(if tens == b' ' { b'0' } else { tens }, ones)?;
        let (time, end) = time_of_day(bytes, at + 4)?;
        return Some((date(None, month, day)?.at(time), end));
    }
    let padded = usize::from(bytes.get(at + 1) == Some(&b' '));
    let from = at + 1 + padded;
    let digits = 1 + usize::from(bytes.get(from + 1).is_some_and(u8::is_ascii_digit));
    let day = number(bytes, from, digits)?;
    let mut end = from + digits;
    end += usize::from(bytes.get(end) == Some(&b','));
    if bytes.get(end) != Some(&b' ') {
        return None;
    }
    let year = number(bytes, end + 1, 4).filter(|_| bytes.get(end + 5) == Some(&b' '));
    end += if year.is_some() { 6 } else { 1 };
    let (time, end) = time_of_day(bytes, end)?;
    Some((date(year, month, day)?.at(time), end))
}

/// `Sun, 22 Nov 2026 10:00:00 GMT`.
fn weekday_comma(bytes: &[u8]) -> Option<(Stamp, usize)> {
    if bytes.len() < 25 || bytes[3] != b',' || !is_weekday(&bytes[..3]) {
        return None;
    }
    let month = month(&bytes[8..11])?;
    dated(
        bytes,
        number(bytes, 12, 4)?,
        month,
        number(bytes, 5, 2)?,
        16,
    )
}

/// A date whose time of day comes after the byte at `at`, perhaps with a zone.
#[inline]
fn dated(bytes: &[u8], year: i32, month: i32, day: i32, at: usize) -> Option<(Stamp, usize)> {
    let date = date(Some(year), month, day)?;
    let (time, end) = time_of_day(bytes, at + 1)?;
    Some(zoned(bytes, date.at(time), end))
}

fn yearless(bytes: &[u8], month: i32, day: i32, at: usize) -> Option<(Stamp, usize)> {
    let (time, end) = time_of_day(bytes, at)?;
    Some((date(None, month, day)?.at(time), end))
}

#[inline]
fn date(year: Option<i32>, month: i32, day: i32) -> Option<Stamp> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Stamp {
        year,
        month: Some(month),
        day,
        ..Stamp::default()
    })
}

impl Stamp {
    #[inline]
    fn at(self, time: i64) -> Self {
        Self { time, ..self }
    }
}

/// With the zone at byte `end`, if there is one.
#[inline]
fn zoned(bytes: &[u8], stamp: Stamp, end: usize) -> (Stamp, usize) {
    let (zone, length) = zone(&bytes[end..]);
    (Stamp { zone, ..stamp }, end + length)
}

#[inline]
pub(super) fn month(name: &[u8]) -> Option<i32> {
    let name: &[u8; 3] = name.first_chunk()?;
    Some(match *name {
        [b'J', b'a', b'n'] => 1,
        [b'F', b'e', b'b'] => 2,
        [b'M', b'a', b'r'] => 3,
        [b'A', b'p', b'r'] => 4,
        [b'M', b'a', b'y'] => 5,
        [b'J', b'u', b'n'] => 6,
        [b'J', b'u', b'l'] => 7,
        [b'A', b'u', b'g'] => 8,
        [b'S', b'e', b'p'] => 9,
        [b'O', b'c', b't'] => 10,
        [b'N', b'o', b'v'] => 11,
        [b'D', b'e', b'c'] => 12,
        _ => return None,
    })
}

fn is_weekday(name: &[u8]) -> bool {
    matches!(
        name,
        b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"
    )
}
