//! PEM private keys (RFC 7468), over several lines or on one with `\n` written out. The lines that begin and end one stay.

use memchr::memmem;

use crate::bytes::{at, base64, blank, line_end, next_line, run_end, run_start, short_run_end};

/// The longest key in lines: 16,384 bits of RSA need about 200.
const MAX_PEM_LINES: usize = 512;
/// The longest key on one line, in bytes.
const MAX_LINE_KEY_BYTES: usize = 16 << 10;
/// The longest label (`RSA PRIVATE KEY`, `PGP PRIVATE KEY BLOCK` …) in bytes.
const MAX_LABEL_BYTES: usize = 48;
/// A run of base64 at a line's end that is at least this long belongs to the key, whatever stands before it (a time
/// stamp, say).
const MIN_TAIL_BYTES: usize = 16;

/// Calls `found` with the pieces of the key whose `-----BEGIN` lies at `start`, each within one line.
pub(crate) fn find(text: &[u8], start: usize, mut found: impl FnMut(usize, usize)) {
    let Some(body) = label_end(text, start) else {
        return;
    };
    let near = &text[..text.len().min(body + MAX_LINE_KEY_BYTES)];
    let mut end = line_end(near, body);
    if same_line(near, body, end, &mut found) || near.len() == end && end < text.len() {
        return;
    }
    for _ in 0..MAX_PEM_LINES {
        let line = next_line(text, end);
        end = line_end(text, line);
        if line >= text.len() || is_boundary(&text[line..end]) {
            return;
        }
        let last = next_is_boundary(text, end);
        match piece(text, line, end, last) {
            Some((from, to)) => found(from, to),
            None if belongs(&text[line..end]) => {}
            None => return,
        }
    }
}

/// Where the label of `-----BEGIN … PRIVATE KEY…-----` ends.
fn label_end(text: &[u8], start: usize) -> Option<usize> {
    let label = start + b"-----BEGIN".len();
    let class = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ';
    let end = short_run_end(text, label, MAX_LABEL_BYTES, class);
    let name = &text[label..end];
    let private = name.windows(11).any(|w| w == b"PRIVATE KEY");
    (private && text[end..].starts_with(b"-----")).then_some(end + 5)
}

/// A key that goes on behind its label on the same line: up to its end mark there, or what there is of it. Says whether
/// it did.
fn same_line(text: &[u8], body: usize, end: usize, found: &mut impl FnMut(usize, usize)) -> bool {
    let rest = &text[body..end];
    if let Some(stop) = memmem::find(rest, b"-----END") {
        if stop > 0 {
            found(body, body + stop);
        }
        return true;
    }
    // Cut off before its end: base64 and written-out line ends, as far as they go.
    let class = |b: u8| base64(b) || matches!(b, b'\\' | b' ' | b'-');
    let stop = run_end(text, body, class).min(end);
    let cut = stop - body >= MIN_TAIL_BYTES;
    if cut {
        found(body, stop);
    }
    cut
}

fn is_boundary(line: &[u8]) -> bool {
    memmem::find(line, b"-----").is_some()
}

fn next_is_boundary(text: &[u8], end: usize) -> bool {
    let next = next_line(text, end);
    is_boundary(&text[next..line_end(text, next)])
}

/// The part of the line `line..end` that belongs to the key.
fn piece(text: &[u8], line: usize, end: usize, last: bool) -> Option<(usize, usize)> {
    let ignored = |b: u8| blank(b) || matches!(b, b'\\' | b'"' | b'\'' | b',');
    let mut to = run_start(text, end, ignored).max(line);
    // `\n` written out, as in a list of strings
    if to > line && at(text, to) == b'\\' {
        to = run_start(text, to, ignored).max(line);
    } else if to >= line + 2 && &text[to - 2..to] == b"\\n" {
        to -= 2;
    }
    let from = run_start(text, to, base64).max(line);
    let alone = text[line..from].iter().all(|b| !b.is_ascii_alphanumeric());
    let long = to - from >= MIN_TAIL_BYTES;
    (to > from && (alone || long || last)).then_some((from, to))
}

/// Whether a line without a piece may lie within a key: an empty one, a header (RFC 1421) or one that is redacted.
fn belongs(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii();
    trimmed.is_empty()
        || trimmed.windows(6).any(|w| w == b"-Type:" || w == b"-Info:")
        || trimmed.starts_with(b"Version:")
        || trimmed.starts_with(b"Comment:")
        || trimmed.windows(22).any(|w| w == b"[REDACTED:private-key:")
}
