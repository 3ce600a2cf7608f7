//! Time stamps: where one ends that a line begins with, and the time that it names.

mod clock;
mod scan;

use scan::{Stamp, bare};

/// Length in bytes of the time stamp that `text` begins with, if it begins with one.
///
/// Read: ISO 8601 and its relatives (`2026-11-22T10:00:00.123Z`, `2026-11-22 10:00:00,123 +0100`,
/// `2026/11/22 10:00:00`), syslog (`Nov 22 10:00:00`), Apache (`Sun Nov 22 10:00:00 2026`,
/// `22/Nov/2026:10:00:00 +0000`), `26/11/22 10:00:00`, `11-22 10:00:00.123`, `10:00:00.123` and a few
/// more; and each of them in square brackets.
#[inline]
pub(crate) fn leading(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'[') {
        let (_, length) = bare(&bytes[1..])?;
        return (bytes.get(length + 1) == Some(&b']')).then_some(length + 2);
    }
    Some(bare(bytes)?.1)
}

/// Length of the time stamp without brackets that `text` begins with.
#[inline]
pub(crate) fn unbracketed(text: &str) -> Option<usize> {
    Some(bare(text.as_bytes())?.1)
}

/// Milliseconds since 1970-01-01 UTC of a time stamp that [`leading`] finds, or of a number of
/// seconds, milli-, micro- or nanoseconds since then; `year` is assumed where none is named.
pub(crate) fn millis(timestamp: &str, year: i32) -> Option<i64> {
    let text = timestamp.trim_start_matches(['[', '<']);
    match bare(text.as_bytes()) {
        Some((stamp, _)) => Some(stamp.millis(year)),
        None => epoch(text),
    }
}

/// Milliseconds since 1970-01-01 UTC of an entry's time stamp; none if it does not name year, month and day.
pub fn dated(timestamp: &str) -> Option<i64> {
    let text = timestamp.trim_start_matches(['[', '<']);
    let named = has_date(text).then(|| millis(text, 0));
    named.flatten()
}

/// Month, from 1, of a time stamp that names no year.
#[inline]
pub(crate) fn month_without_year(timestamp: &str) -> Option<i32> {
    let bytes = timestamp.as_bytes();
    // Most time stamps begin with a year, or are those of syslog.
    match bytes {
        [b'0'..=b'9', _, _, _, b'-' | b'/', ..] => return None,
        [_, _, _, b' ', _, _, b' ', _, _, b':', ..] => return scan::month(&bytes[..3]),
        [b'0'..=b'9' | b'A'..=b'Z', ..] if bytes.len() > 12 => {}
        _ => return None,
    }
    match bare(bytes) {
        Some((
            Stamp {
                year: None,
                month: Some(month),
                ..
            },
            _,
        )) => Some(month),
        _ => None,
    }
}

/// Whether the time stamp names a year, month and day.
pub(crate) fn has_date(timestamp: &str) -> bool {
    bare(timestamp.as_bytes()).map_or_else(
        || epoch(timestamp).is_some(),
        |(stamp, _)| stamp.year.is_some() && stamp.month.is_some(),
    )
}

/// The unit follows from the size: seconds until the year 5138, milliseconds from 1973 on.
fn epoch(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(9..=19).contains(&whole.len()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    Some(match whole.len() {
        ..=11 => {
            let thousandths = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
            number * 1000 + thousandths.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
        }
        12..=14 => number,
        15..=17 => number / 1000,
        _ => number / 1_000_000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_needs_a_year() {
        let day = 1_795_341_600_000;
        for (text, expect) in [
            ("2026-11-22T10:00:00Z", Some(day)),
            ("[2026-11-22 10:00:00]", Some(day)),
            ("Nov 22 2026 10:00:00", Some(day)),
            ("1795341600", Some(day)),
            ("Nov 22 10:00:00", None),
            ("10:00:00", None),
            ("", None),
        ] {
            assert_eq!(dated(text), expect, "{text}");
        }
    }

    #[test]
    fn shapes() {
        for (text, length) in [
            ("2026-11-22T10:00:00Z x", Some(20)),
            ("2026-11-22 10:00:00,123 INFO", Some(23)),
            ("2026-11-22 10:00:00.123456 +0100 x", Some(32)),
            ("2026-11-22T10:00:00+01:00|x", Some(25)),
            ("2026-11-22 10:00:00.123 UTC [7] LOG:  x", Some(27)),
            ("2026/11/22 10:00:00 [error]", Some(19)),
            ("[2026-11-22 10:00:00] x", Some(21)),
            ("[2026-11-22, 10:00:00 UTC] x", Some(26)),
            ("Nov 22 10:00:00 host sshd[1]: x", Some(15)),
            ("Nov  2 10:00:00 host", Some(15)),
            ("Nov 2 10:00:00 host", Some(14)),
            ("Nov 22 10:00:00.123456 host", Some(22)),
            ("Nov 22 2026 10:00:00 host", Some(20)),
            ("[Sun Nov 22 10:00:00 2026] x", Some(26)),
            ("[Sun Nov 22 10:00:00.123456 2026] x", Some(33)),
            ("22/Nov/2026:10:00:00 +0000", Some(26)),
            ("22-Nov-2026 10:00:00.123 INFO", Some(24)),
            ("26/11/22 10:00:00 INFO", Some(17)),
            ("11/22/2026 10:00:00 INFO", Some(19)),
            ("22.11.2026 10:00:00 INFO", Some(19)),
            ("[11.22 10:00:00] x", Some(16)),
            ("11-22 10:00:00.123  1  2 D x", Some(18)),
            ("261122 100000 7 INFO", Some(13)),
            ("20261122-9:5:7:12|x", Some(17)),
            ("1122 10:00:00.123456", Some(20)),
            ("10:00:00.123 [main]", Some(12)),
            ("10:00:00 x", Some(8)),
            ("2026-11-22", None),
            ("2026-13-22 10:00:00", None),
            ("2026-11-22 25:00:00", None),
            ("Novel idea", None),
            ("Nov 22", None),
            ("12:00", None),
            ("123456 789012", None),
            ("10:00:00:x", None),
            ("10:00:001", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(leading(text), length, "{text}");
        }
    }

    #[test]
    fn times() {
        const DAY: i64 = 86_400_000;
        let noon = 20_779 * DAY + 12 * 3_600_000;
        let yearless = 325 * DAY + 12 * 3_600_000;
        for (text, time) in [
            ("2026-11-22T12:00:00Z", Some(noon)),
            ("2026-11-22T12:00:00.123456789Z", Some(noon + 123)),
            ("2026-11-22 12:00:00,5", Some(noon + 500)),
            ("2026-11-22T13:30:00+01:30", Some(noon)),
            ("2026-11-22 07:00:00 -0500", Some(noon)),
            ("[2026/11/22 12:00:00", Some(noon)),
            ("22/Nov/2026:14:00:00 +0200", Some(noon)),
            ("Sun Nov 22 12:00:00.250 2026", Some(noon + 250)),
            ("26/11/22 12:00:00", Some(noon)),
            ("11/22/2026 12:00:00", Some(noon)),
            ("22.11.2026 12:00:00", Some(noon)),
            ("22-Nov-2026 12:00:00.001", Some(noon + 1)),
            ("261122 120000", Some(noon)),
            ("Nov 22 2026 12:00:00", Some(noon)),
            ("20261122-12:0:0:7", Some(noon + 7)),
            ("Nov 22 12:00:00", Some(yearless)),
            ("1122 12:00:00.000001", Some(yearless)),
            ("11-22 12:00:00.000", Some(yearless)),
            ("12:00:00.5", Some(DAY / 2 + 500)),
            ("1795348800", Some(noon)),
            ("1795348800.25", Some(noon + 250)),
            ("1795348800000", Some(noon)),
            ("1795348800000000", Some(noon)),
            ("1795348800000000000", Some(noon)),
            ("17", None),
            ("x", None),
            ("99999999999999999999", None),
            ("", None),
        ] {
            assert_eq!(millis(text, 1970), time, "{text}");
        }
        assert_eq!(millis("Jan  1 00:00:00", 1971), Some(365 * DAY));
    }

    #[test]
    fn months_without_a_year() {
        for (text, month) in [
            ("Nov 22 10:00:00", Some(11)),
            ("1122 10:00:00.123456", Some(11)),
            ("11-22 10:00:00.123", Some(11)),
            ("2026-11-22T10:00:00Z", None),
            ("Nov 22 2026 10:00:00", None),
            ("10:00:00.123 [main]", None),
        ] {
            assert_eq!(month_without_year(text), month, "{text}");
        }
    }
}
