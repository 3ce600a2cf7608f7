//! Times of day, zones and the numbers in them.

/// Milliseconds of `hh:mm:ss`, with a fraction after `.` or `,`, at byte `at`; and where it ends.
#[inline]
pub(super) fn time_of_day(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let part: &[u8; 8] = bytes.get(at..)?.first_chunk()?;
    if part[2] != b':' || part[5] != b':' {
        return None;
    }
    let time = clock(
        two(part[0], part[1])?,
        two(part[3], part[4])?,
        two(part[6], part[7])?,
    )?;
    let end = at + 8;
    match bytes.get(end) {
        Some(b'.' | b',') => {
            let digits = digits(&bytes[end + 1..]);
            let millis = (0..3).fold(0, |sum, index| {
                let digit = if index < digits {
                    bytes[end + 1 + index] - b'0'
                } else {
                    0
                };
                sum * 10 + i64::from(digit)
            });
            Some(if digits == 0 {
                (time, end)
            } else {
                (time + millis, end + 1 + digits)
            })
        }
        // A clock does not go on with these.
        Some(b'0'..=b'9' | b':') => None,
        _ => Some((time, end)),
    }
}

/// `9:5:7:12`: no leading zeros, milliseconds last.
pub(super) fn short_time(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut parts = [0; 4];
    let mut end = at;
    for (index, part) in parts.iter_mut().enumerate() {
        if index > 0 {
            if bytes.get(end) != Some(&b':') {
                return None;
            }
            end += 1;
        }
        let length = digits(bytes.get(end..)?).min(3);
        *part = number(bytes, end, length)?;
        end += length;
    }
    Some((
        clock(parts[0], parts[1], parts[2])? + i64::from(parts[3]),
        end,
    ))
}

/// Milliseconds since midnight; a leap second is one.
#[inline]
pub(super) fn clock(hour: i32, minute: i32, second: i32) -> Option<i64> {
    (hour < 24 && minute < 60 && second <= 60)
        .then(|| i64::from(hour * 3600 + minute * 60 + second) * 1000)
}

/// Minutes east of UTC, and the length of the zone: `Z`, `+01:00`, ` -0500`, ` UTC`.
#[inline]
pub(super) fn zone(bytes: &[u8]) -> (i64, usize) {
    let space = match bytes.first() {
        Some(b'Z' | b'z') => return (0, 1),
        Some(b' ') => 1,
        Some(b'+' | b'-') => 0,
        _ => return (0, 0),
    };
    let rest = &bytes[space..];
    let sign = match rest.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(b'U' | b'G') if rest.starts_with(b"UTC") || rest.starts_with(b"GMT") => {
            let ended = !rest.get(3).is_some_and(u8::is_ascii_alphanumeric);
            return (0, if ended { space + 3 } else { 0 });
        }
        _ => return (0, 0),
    };
    let colon = usize::from(rest.get(3) == Some(&b':'));
    match (number(rest, 1, 2), number(rest, 3 + colon, 2)) {
        (Some(hours), Some(minutes)) if hours <= 14 && minutes < 60 => {
            let length = space + 5 + colon;
            (sign * i64::from(hours * 60 + minutes), length)
        }
        _ => (0, 0),
    }
}

/// The number of exactly `length` digits at byte `at`.
#[inline]
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<i32> {
    let part = bytes.get(at..at + length)?;
    let mut sum = 0;
    for byte in part {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum * 10 + i32::from(digit);
    }
    (length > 0).then_some(sum)
}

/// The number of two digits.
#[inline]
pub(super) fn two(tens: u8, ones: u8) -> Option<i32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i32::from(tens) * 10 + i32::from(ones))
}

#[inline]
pub(super) fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}
