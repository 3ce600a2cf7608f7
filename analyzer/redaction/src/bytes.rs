//! Byte classes and steps within a line, shared by the verifiers.

use memchr::{memchr2, memrchr2};

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes([u64; 4]);

impl Bytes {
    /// Every byte.
    pub(crate) const ALL: Bytes = Bytes([u64::MAX; 4]);

    pub(crate) fn of(bytes: &[u8]) -> Bytes {
        let mut set = [0; 4];
        for byte in bytes {
            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Bytes(set)
    }

    pub(crate) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// A bit for each value that the low four bits of some byte have.
    pub(crate) fn low_halves(&self) -> u16 {
        self.halves(|byte| byte & 15)
    }

    /// A bit for each value that the high four bits of some byte have.
    pub(crate) fn high_halves(&self) -> u16 {
        self.halves(|byte| byte >> 4)
    }

    fn halves(&self, half: impl Fn(u8) -> u8) -> u16 {
        let bytes = (0..=u8::MAX).filter(|byte| self.has(*byte));
        bytes.fold(0, |bits, byte| bits | 1 << half(byte))
    }
}

/// The end of the line that holds `pos`: the index of its `\n` or `\r`, or of the text's end.
pub(crate) fn line_end(text: &[u8], pos: usize) -> usize {
    memchr2(b'\n', b'\r', &text[pos..]).map_or(text.len(), |n| pos + n)
}

/// The start of the line that holds `pos`.
pub(crate) fn line_start(text: &[u8], pos: usize) -> usize {
    memrchr2(b'\n', b'\r', &text[..pos]).map_or(0, |n| n + 1)
}

/// The first line start after the line end at `end` (`\n`, `\r\n` or a lone `\r`), or the text's end.
pub(crate) fn next_line(text: &[u8], end: usize) -> usize {
    match text.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        Some([_, ..]) => end + 1,
        _ => text.len(),
    }
}

/// Where the run of bytes of `class` that begins at `pos` ends.
pub(crate) fn run_end(text: &[u8], pos: usize, class: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(pos..).unwrap_or_default();
    pos + rest.iter().take_while(|b| class(**b)).count()
}

/// Where the run of bytes of `class` that ends before `pos` begins.
pub(crate) fn run_start(text: &[u8], pos: usize, class: impl Fn(u8) -> bool) -> usize {
    pos - text[..pos].iter().rev().take_while(|b| class(**b)).count()
}

/// As [`run_end`], but no further than `most` bytes.
pub(crate) fn short_run_end(
    text: &[u8],
    pos: usize,
    most: usize,
    class: impl Fn(u8) -> bool,
) -> usize {
    run_end(&text[..text.len().min(pos + most)], pos, class)
}

/// As [`run_start`], but no further than `most` bytes.
pub(crate) fn short_run_start(
    text: &[u8],
    pos: usize,
    most: usize,
    class: impl Fn(u8) -> bool,
) -> usize {
    let from = pos.saturating_sub(most);
    from + run_start(&text[from..pos], pos - from, class)
}

/// The byte before `pos`; at the start of the text a line end.
pub(crate) fn before(text: &[u8], pos: usize) -> u8 {
    pos.checked_sub(1).map_or(b'\n', |at| text[at])
}

/// The byte at `pos`; behind the text a line end.
pub(crate) fn at(text: &[u8], pos: usize) -> u8 {
    text.get(pos).copied().unwrap_or(b'\n')
}

/// A letter or digit of ASCII.
pub(crate) fn alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// A byte of base64url, as tokens are written.
pub(crate) fn base64url(byte: u8) -> bool {
    alnum(byte) || matches!(byte, b'-' | b'_')
}

/// A byte of plain base64.
pub(crate) fn base64(byte: u8) -> bool {
    alnum(byte) || matches!(byte, b'+' | b'/' | b'=')
}

/// A byte of what RFC 7235 calls token68, and `:`: credentials in a header.
pub(crate) fn token68(byte: u8) -> bool {
    base64(byte) || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':')
}

/// A blank or tab.
pub(crate) fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A byte that ends a line.
pub(crate) fn newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_all_three_ends() {
        let text = b"a\nbb\r\nc\rd";
        assert_eq!(line_end(text, 0), 1);
        assert_eq!(next_line(text, 1), 2);
        assert_eq!(line_end(text, 2), 4);
        assert_eq!(next_line(text, 4), 6);
        assert_eq!(next_line(text, 7), 8);
        assert_eq!(line_start(text, 3), 2);
        assert_eq!(line_end(text, 8), 9);
        assert_eq!(next_line(text, 9), 9);
    }
}
