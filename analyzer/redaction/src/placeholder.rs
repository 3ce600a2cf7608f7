//! What stands for a value: `[REDACTED:<kind>:<12 hex digits>]`. No rule ever touches one again.

use memchr::memchr_iter;

use crate::key::{HASH_DIGITS, Key};
use crate::kind::Kind;
use crate::span::Span;

const OPEN: &[u8] = b"[REDACTED:";
/// The longest placeholder: opening, the longest name (`private-key`), `:`, hash, `]`.
const MAX_PLACEHOLDER_BYTES: usize = OPEN.len() + 11 + 1 + HASH_DIGITS + 1;

/// Writes the placeholder of `value` behind `out`.
pub(crate) fn push(out: &mut String, key: &Key, kind: Kind, value: &str) {
    out.push_str("[REDACTED:");
    out.push_str(kind.name());
    out.push(':');
    out.extend(key.hash(kind, value.as_bytes()).map(char::from));
    out.push(']');
}

/// The end of the placeholder that begins at `pos`, if one does.
pub(crate) fn end_at(text: &[u8], pos: usize) -> Option<usize> {
    let rest = text.get(pos..)?.strip_prefix(OPEN)?;
    let kind = Kind::ALL
        .into_iter()
        .map(|kind| kind.name().as_bytes())
        .find(|name| rest.starts_with(name) && rest.get(name.len()) == Some(&b':'))?;
    let hash = rest.get(kind.len() + 1..kind.len() + 1 + HASH_DIGITS)?;
    let hexadecimal = hash.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let end = pos + OPEN.len() + kind.len() + 1 + HASH_DIGITS;
    (hexadecimal && text.get(end) == Some(&b']')).then_some(end + 1)
}

/// What is left of a span once the placeholders that it meets are respected: nothing if it begins with or inside one;
/// whole ones inside it go with it; one that it cuts goes with it whole.
pub(crate) fn respect(text: &[u8], span: Span) -> Option<Span> {
    let from = span.start.saturating_sub(MAX_PLACEHOLDER_BYTES);
    let mut end = span.end;
    for open in opening(text, from, span.end) {
        let Some(close) = end_at(text, open) else {
            continue;
        };
        if open <= span.start && span.start < close {
            return None;
        }
        if open >= span.start {
            end = end.max(close);
        }
    }
    Some(Span { end, ..span })
}

/// Where a placeholder may open in `from..end`.
fn opening(text: &[u8], from: usize, end: usize) -> impl Iterator<Item = usize> {
    let found = memchr_iter(OPEN[0], &text[from..text.len().min(end)]);
    found
        .map(move |at| from + at)
        .filter(|open| text[*open..].starts_with(OPEN))
}

/// A redacted text in which the placeholders have lost their hashes, `[REDACTED:<kind>]`: the same under every key.
pub fn without_hashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for open in opening(text.as_bytes(), 0, text.len()) {
        if let Some(end) = end_at(text.as_bytes(), open) {
            // Before the hash lies a `:`, behind it a `]`.
            out.push_str(&text[done..end - HASH_DIGITS - 2]);
            done = end - 1;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Whether a span meets a placeholder at all.
pub(crate) fn meets(text: &[u8], start: usize, end: usize) -> bool {
    let from = start.saturating_sub(MAX_PLACEHOLDER_BYTES);
    opening(text, from, end).any(|open| end_at(text, open).is_some_and(|close| close > start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_placeholders_count() {
        let whole = "[REDACTED:email:0123456789ab]";
        assert_eq!(end_at(whole.as_bytes(), 0), Some(whole.len()));
        for text in [
            "[REDACTED:email:0123456789a]",
            "[REDACTED:email:0123456789AB]",
            "[REDACTED:mail:0123456789ab]",
            "[REDACTED]",
            "[REDACTED:email:0123456789ab",
        ] {
            assert_eq!(end_at(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn hashes_are_taken_out() {
        let text = "a [REDACTED:email:0123456789ab] b [REDACTED:x] [REDACTED:card:ffffffffffff]";
        let expected = "a [REDACTED:email] b [REDACTED:x] [REDACTED:card]";
        assert_eq!(without_hashes(text), expected);
    }

    #[test]
    fn spans_respect_placeholders() {
        let text = b"ab [REDACTED:email:0123456789ab] cd";
        let span = |start, end| Span::new(start, end, Kind::Password);
        assert_eq!(respect(text, span(0, 2)), Some(span(0, 2)));
        assert_eq!(respect(text, span(0, 9)), Some(span(0, 32)), "cut");
        assert_eq!(respect(text, span(0, 35)), Some(span(0, 35)), "inside");
        assert_eq!(respect(text, span(3, 35)), None, "begins with it");
        assert_eq!(respect(text, span(20, 22)), None, "inside it");
        assert_eq!(respect(text, span(33, 35)), Some(span(33, 35)));
        assert!(meets(text, 30, 35) && !meets(text, 32, 35) && !meets(text, 0, 3));
    }
}
