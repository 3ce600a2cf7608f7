//! One word that holds a digit, a slash, a dot or an `@`: a variable, a name, or segments.

use super::bytes::{DIGIT, HEX, JOINT, SPACE, is};
use super::counts::Counts;
use super::host::{is_host, is_host_of_port};
use super::out::Out;
use super::{placeholder, segments};

/// Letters of the longest unit behind a number (`minutes`).
const MAX_UNIT: usize = 7;

/// Shortest hexadecimal number that starts with a letter and has no `0x`.
const MIN_HEX: usize = 6;

/// Masks the word `bytes[start..end]`; the index after what was taken, which is more than
/// `end` for a URL.
pub(super) fn mask(bytes: &[u8], start: usize, end: usize, out: &mut Out) -> usize {
    let core = core(&bytes[start..end]);
    if core.is_empty() {
        out.literal(bytes, start, end);
        return end;
    }
    let counts = Counts::of(core);
    if counts.digits > 0
        && counts.hex + counts.other + counts.at + counts.slashes == 0
        && is(core[0], DIGIT)
    {
        number(bytes, start, core, out);
        out.literal(bytes, start + core.len(), end);
        return end;
    }
    if core[0] == b'/' && core.contains(&b'?') {
        out.variable();
        return url_end(bytes, start + core.len());
    }
    if counts.colons > 0 && counts.slashes > 0 {
        if let Some(stop) = url(bytes, start, core) {
            out.variable();
            return stop;
        }
        if let Some(label) = label(core) {
            out.literal(bytes, start, start + label);
            return mask(bytes, start + label, end, out);
        }
    }
    if counts.digits == 0 {
        if is_path(core, &counts) || is_plain_variable(core, &counts) {
            out.variable();
            out.literal(bytes, start + core.len(), end);
        } else {
            out.literal(bytes, start, end);
        }
        return end;
    }
    if is_number(core, &counts) {
        number(bytes, start, core, out);
    } else if is_path(core, &counts)
        || is_plain_variable(core, &counts)
        || segments::is_all_variable(core)
    {
        out.variable();
    } else {
        segments::mask(core, out);
    }
    out.literal(bytes, start + core.len(), end);
    end
}

/// A word without what closes a sentence.
fn core(word: &[u8]) -> &[u8] {
    let mut length = word.len();
    while length > 0 && matches!(word[length - 1], b'.' | b':' | b'!' | b'?') {
        length -= 1;
    }
    &word[..length]
}

/// End of the URL that the word starts, which goes on over `=`, `,` and the like.
fn url(bytes: &[u8], start: usize, core: &[u8]) -> Option<usize> {
    let scheme = core.iter().position(|byte| *byte == b':')?;
    if scheme == 0 || !core[scheme..].starts_with(b"://") || !core[0].is_ascii_alphabetic() {
        return None;
    }
    Some(url_end(bytes, start + scheme))
}

/// End of a URL or of a path with a query: what may be part of it goes on.
fn url_end(bytes: &[u8], from: usize) -> usize {
    let mut end = from;
    while end < bytes.len()
        && !is(bytes[end], SPACE)
        && !matches!(
            bytes[end],
            b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'}' | b'`' | b'|'
        )
    {
        end = match bytes[end] {
            b'[' => placeholder::end(bytes, end).unwrap_or(end + 1),
            _ => end + 1,
        };
    }
    while matches!(bytes[end - 1], b'.' | b',' | b':' | b';' | b'!' | b'?') {
        end -= 1;
    }
    end
}

/// Length of the label in front of a path: `Path:/a/b`, `src:/10.0.0.1`.
fn label(core: &[u8]) -> Option<usize> {
    let colon = core.iter().position(|byte| *byte == b':')?;
    let name = core[..colon]
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (colon > 1 && name && core.get(colon + 1) == Some(&b'/') && core.get(colon + 2) != Some(&b'/'))
        .then_some(colon + 1)
}

/// A path of Unix (`/a`, `./a`, `~/a`, `a/b/c.d`) or Windows (`C:\a`, `\\host\a`).
fn is_path(core: &[u8], counts: &Counts) -> bool {
    let windows = core.len() > 2 && core[0].is_ascii_alphabetic() && core[1..].starts_with(b":\\");
    let share = core.len() > 2 && core.starts_with(b"\\\\");
    let rooted = [&b"/"[..], b"./", b"../", b"~/"]
        .iter()
        .any(|root| core.starts_with(root) && core.len() > root.len());
    let relative = (counts.slashes >= 2 && (counts.digits > 0 || counts.dots > 0))
        || counts.slashes >= 3
        || (counts.slashes == 1 && counts.dots >= 2);
    (rooted && core != b"//") || windows || share || relative
}

/// Host with or without port, e-mail address, hexadecimal without a digit, hardware address.
fn is_plain_variable(core: &[u8], counts: &Counts) -> bool {
    if is_uuid(core) {
        return true;
    }
    let hexadecimal = counts.other == 0
        && counts.dots + counts.slashes + counts.at + counts.joints == 0
        && counts.hex >= super::MIN_HEX_LETTERS;
    if hexadecimal && (counts.colons == 0 || counts.colons >= 3) {
        return true;
    }
    if counts.at == 1 && counts.dots > 0 {
        let at = core.iter().position(|byte| *byte == b'@').unwrap_or(0);
        return at > 0 && core[at + 1..].contains(&b'.') && core[at + 1] != b'.';
    }
    if counts.dots == 0 && counts.colons == 0 {
        return false;
    }
    let (name, port) = match core.iter().rposition(|byte| *byte == b':') {
        Some(colon) => (&core[..colon], &core[colon + 1..]),
        None => (core, &core[..0]),
    };
    port.iter().all(u8::is_ascii_digit)
        && (counts.dots > 0 || !port.is_empty())
        && (is_host(name) || (!port.is_empty() && is_host_of_port(name)))
}

/// Whether all of the word is one number, address, time stamp, version or quantity.
/// 8-4-4-4-12 hexadecimal digits, also where a part of them has letters alone (RFC 9562).
fn is_uuid(core: &[u8]) -> bool {
    const LENGTH: usize = 36;
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    core.len() == LENGTH
        && core.iter().enumerate().all(|(at, byte)| match byte {
            b'-' => HYPHENS.contains(&at),
            byte => byte.is_ascii_hexdigit() && !HYPHENS.contains(&at),
        })
}

fn is_number(core: &[u8], counts: &Counts) -> bool {
    let unsigned = unsigned(core);
    let Some(&first) = unsigned.first() else {
        return false;
    };
    if unsigned.starts_with(b"0x") || unsigned.starts_with(b"0X") {
        return unsigned[2..].iter().all(|byte| {
            is(*byte, HEX | DIGIT) || (is(*byte, JOINT) && *byte != b'@') || *byte == b'x'
        });
    }
    let version = unsigned.len() > 1 && matches!(first, b'v' | b'V') && is(unsigned[1], DIGIT);
    let body = if version { &unsigned[1..] } else { unsigned };
    is_digits_joined(body, counts) || is_quantity(body)
}

fn unsigned(core: &[u8]) -> &[u8] {
    let start = core
        .iter()
        .position(|byte| !matches!(byte, b'-' | b'+' | b'$' | b'#' | b'~' | b'*' | b'@'))
        .unwrap_or(core.len());
    &core[start..]
}

/// Digits, hexadecimal letters and what joins them in dates, addresses, UUIDs and versions.
fn is_digits_joined(body: &[u8], counts: &Counts) -> bool {
    let joined = body.iter().all(|byte| {
        is(*byte, DIGIT | HEX | JOINT) && *byte != b'@' || matches!(byte, b'T' | b'Z' | b'_')
    });
    if !joined {
        return false;
    }
    let long = body.len() >= MIN_HEX && counts.digits >= 2;
    let letters = counts.hex > 0;
    // `f1-ace` is a name, `f39182` and `fe80::1` are numbers.
    (is(body[0], DIGIT) && !letters)
        || (is(body[0], DIGIT) && (counts.digits >= 2 || counts.colons > 0))
        || (long && counts.digits * 4 >= counts.hex)
        || (counts.colons >= 2)
}

/// A number followed by a short unit: `12ms`, `3.5GiB`, `1h2m3s`, `80x25`, `125k/129k`.
fn is_quantity(body: &[u8]) -> bool {
    is(body[0], DIGIT)
        && body
            .split(|byte| is(*byte, DIGIT) || matches!(byte, b'.' | b'/'))
            .all(|unit| {
                unit.len() <= MAX_UNIT
                    && unit
                        .iter()
                        .all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80 || *byte == b'%')
            })
}

/// A number is one with what it continues: `1,234` and the time after a date.
fn number(bytes: &[u8], start: usize, core: &[u8], out: &mut Out) {
    let thousands = out.ends_with("<*>,") && start >= 2 && is(bytes[start - 2], DIGIT);
    if thousands || (out.date && out.ends_with("<*> ") && is_time(core)) {
        out.pop();
    }
    out.variable();
    out.date = is_date(core);
}

/// `2026-11-24`, `24/11/2026`, `2026.11.24`.
fn is_date(core: &[u8]) -> bool {
    let joints = core
        .iter()
        .filter(|byte| matches!(byte, b'-' | b'/' | b'.'))
        .count();
    (8..=10).contains(&core.len())
        && joints == 2
        && core.iter().all(|byte| is(*byte, DIGIT | JOINT))
}

/// `10:00:00`, `10:00:00.123Z`.
fn is_time(core: &[u8]) -> bool {
    core.len() >= 5 && core.iter().filter(|byte| **byte == b':').count() >= 1 && is(core[0], DIGIT)
}
