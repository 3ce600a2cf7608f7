//! Credentials of HTTP headers (RFC 7235) and of `--user`: the scheme and the user stay.

use memchr::memmem;

use super::value;
use crate::bytes::{
    alnum, at, base64, before, blank, line_end, newline, run_end, short_run_end, short_run_start,
    token68,
};

/// Schemes behind which credentials stand.
const SCHEMES: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "apikey",
    "api-key",
    "digest",
    "negotiate",
    "ntlm",
    "key",
];
/// Credentials without a scheme have at least this many bytes and a digit; words are shorter or have none.
const MIN_BARE_BYTES: usize = 16;
/// … and at most this many.
const MAX_BARE_BYTES: usize = 4096;
/// The longest credentials that are decoded, in bytes of base64.
const MAX_BASIC_BYTES: usize = 1024;
/// The most blanks between the parts of a header.
const MAX_GAP: usize = 8;

/// The credentials behind the word `authorization` that ends at `pos`.
pub(crate) fn authorization(text: &[u8], pos: usize) -> Option<(usize, usize)> {
    let pos = skip(text, quote(text, pos), blank);
    let pos = match at(text, pos) {
        b':' | b'=' => skip(text, pos + 1, |b| blank(b) || b == b'>'),
        _ => return None,
    };
    let start = quote(text, pos);
    let quoted = start > pos;
    let word = short_run_end(text, start, MAX_BARE_BYTES, |b| alnum(b) || b == b'-');
    let scheme = SCHEMES
        .iter()
        .any(|s| s.as_bytes().eq_ignore_ascii_case(&text[start..word]));
    let gap = skip(text, word, blank);
    if scheme && gap > word {
        if text[start..word].eq_ignore_ascii_case(b"digest") && text[gap..].starts_with(b"username")
        {
            let end = line_end(text, gap);
            return Some((gap, end));
        }
        let end = run_end(text, gap, token68);
        return (end > gap && !value::means_nothing(&text[gap..end])).then_some((gap, end));
    }
    let end = short_run_end(text, start, MAX_BARE_BYTES, token68);
    let credentials = &text[start..end];
    let whole = quoted || value::ends(text, end);
    (whole && end - start >= MIN_BARE_BYTES && mixed(credentials)).then_some((start, end))
}

/// The token behind a `bearer ` that ends at `pos`, with no header's name before it. A sentence has words there.
pub(crate) fn bearer(text: &[u8], pos: usize) -> Option<(usize, usize)> {
    let start = skip(text, pos, blank);
    let end = run_end(text, start, token68);
    (end - start >= MIN_BARE_BYTES && mixed(&text[start..end])).then_some((start, end))
}

/// What stands behind a `basic ` that ends at `pos`, or as the value of docker's `"auth":` and npm's `_auth=`: base64 of
/// `user:password`.
pub(crate) fn basic(text: &[u8], pos: usize) -> Option<(usize, usize)> {
    let start = short_run_end(text, pos, MAX_GAP, |b| {
        blank(b) || matches!(b, b'"' | b'\'' | b'\\' | b':' | b'=')
    });
    let end = short_run_end(text, start, MAX_BASIC_BYTES + 1, base64);
    (start > pos || before(text, start) == b' ').then_some(())?;
    user_and_password(&text[start..end]).then_some((start, end))
}

/// The password behind `--user` or `-u` and a blank or `=` that ends at `pos`, in `name:password`. Two numbers or two
/// equal names are a user and a group.
pub(crate) fn user_flag(text: &[u8], pos: usize) -> Option<(usize, usize)> {
    let start = match at(text, pos) {
        b' ' | b'=' => quote(text, skip(text, pos + 1, blank)),
        _ => return None,
    };
    let quoted = matches!(before(text, start), b'"' | b'\'').then(|| before(text, start));
    let end = short_run_end(text, start, MAX_BARE_BYTES, |b| match quoted {
        Some(mark) => b != mark && b >= b' ',
        None => b > b' ' && !matches!(b, b'"' | b'\''),
    });
    let colon = start + text[start..end].iter().position(|b| *b == b':')?;
    let (user, password) = (&text[start..colon], &text[colon + 1..end]);
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let group = user == password || digits(password) || user.contains(&b'/');
    (!user.is_empty() && !group && !value::means_nothing(password)).then_some((colon + 1, end))
}

/// Whether `text[..pos]` has a client on its line that takes `-u user:password`.
pub(crate) fn client_before(text: &[u8], pos: usize) -> bool {
    /// How far back the client's name is looked for, in bytes.
    const MAX_COMMAND_BYTES: usize = 512;
    let from = short_run_start(text, pos, MAX_COMMAND_BYTES, |b| !newline(b));
    let line = &text[from..pos];
    memmem::find(line, b"curl").is_some() || memmem::find(line, b"http").is_some()
}

fn skip(text: &[u8], pos: usize, class: impl Fn(u8) -> bool) -> usize {
    short_run_end(text, pos, MAX_GAP, class)
}

/// Behind a quotation mark at `pos`, if there is one.
fn quote(text: &[u8], pos: usize) -> usize {
    match text.get(pos..) {
        Some([b'\\', b'"' | b'\'', ..]) => pos + 2,
        Some([b'"' | b'\'' | b'`', ..]) => pos + 1,
        _ => pos,
    }
}

fn mixed(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic)
}

/// Whether base64 holds printable `user:password`.
fn user_and_password(encoded: &[u8]) -> bool {
    if !(6..=MAX_BASIC_BYTES).contains(&encoded.len()) {
        return false;
    }
    let (mut colon, mut bits, mut have) = (false, 0u32, 0u32);
    for byte in encoded.iter().take_while(|b| **b != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(six);
        have += 6;
        if have >= 8 {
            have -= 8;
            let decoded = (bits >> have) as u8;
            if !(b' '..=b'~').contains(&decoded) {
                return false;
            }
            colon |= decoded == b':';
        }
    }
    colon
}
