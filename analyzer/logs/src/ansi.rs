//! Escape sequences of terminals: colours, cursor moves, links.

use std::borrow::Cow;

use memchr::memchr;

/// The byte that every sequence begins with.
pub(crate) const ESCAPE: u8 = 0x1b;

/// `line` without escape sequences (ECMA-48: CSI, OSC up to BEL or ST, two-byte ones).
pub(crate) fn strip(line: &str) -> Cow<'_, str> {
    let Some(first) = memchr(ESCAPE, line.as_bytes()) else {
        return Cow::Borrowed(line);
    };
    let mut out = String::with_capacity(line.len());
    out.push_str(&line[..first]);
    let mut rest = &line[first..];
    loop {
        rest = &rest[sequence(rest.as_bytes())..];
        match memchr(ESCAPE, rest.as_bytes()) {
            Some(next) => {
                out.push_str(&rest[..next]);
                rest = &rest[next..];
            }
            None => {
                out.push_str(rest);
                return Cow::Owned(out);
            }
        }
    }
}

/// Length of the sequence that `bytes` begin with; it ends before any byte that is not ASCII.
fn sequence(bytes: &[u8]) -> usize {
    let body = |from: usize, in_body: fn(u8) -> bool| {
        bytes[from..]
            .iter()
            .position(|byte| !in_body(*byte))
            .map_or(bytes.len(), |length| from + length)
    };
    match bytes.get(1) {
        Some(b'[') => {
            let end = body(2, |byte| matches!(byte, 0x20..=0x3f));
            match bytes.get(end) {
                Some(0x40..=0x7e) => end + 1,
                _ => end,
            }
        }
        Some(b']') => {
            let end = body(2, |byte| !matches!(byte, 0x07 | ESCAPE));
            match &bytes[end..] {
                [0x07, ..] => end + 1,
                [ESCAPE, b'\\', ..] => end + 2,
                // Not ended: only the mark goes, not the rest of the line.
                _ => 2,
            }
        }
        Some(b'(' | b')' | b'#') if bytes.get(2).is_some_and(u8::is_ascii) => 3,
        Some(0x30..=0x7e) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_taken_out() {
        for (line, text) in [
            ("plain", "plain"),
            ("[\u{1b}[1;34mINFO\u{1b}[m] x", "[INFO] x"),
            ("\u{1b}[0Ksection_start:1:a", "section_start:1:a"),
            (
                "\u{1b}]8;;https://a.test\u{7}link\u{1b}]8;;\u{1b}\\ x",
                "link x",
            ),
            ("\u{1b}]0;not ended", "0;not ended"),
            ("\u{1b}(Bx\u{1b}7y", "xy"),
            ("\u{1b}", ""),
            ("a\u{1b}[", "a"),
            ("a\u{1b}[31ä", "aä"),
            ("\u{1b}ä", "ä"),
        ] {
            assert_eq!(strip(line), text, "{line:?}");
        }
    }
}
