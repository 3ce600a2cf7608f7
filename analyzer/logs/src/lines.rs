//! Text to numbered lines.

/// One line without its line ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Byte offset of the first byte in the text.
    pub start: usize,
    /// Byte offset after the last byte, line ending excluded.
    pub end: usize,
    /// The line itself.
    pub text: &'a str,
}

/// Lines of `text`, ended by `\n`, `\r\n` or a lone `\r`; a last line without an end counts.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let length = bytes[start..]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .unwrap_or(bytes.len() - start);
        let end = start + length;
        number += 1;
        let line = Line {
            number,
            start,
            end,
            text: &text[start..end],
        };
        let crlf = bytes[end..].starts_with(b"\r\n");
        start = end + if crlf { 2 } else { 1 };
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_offsets_and_endings() {
        let text = "a\r\n\nb";
        let got: Vec<_> = lines(text)
            .map(|l| (l.number, l.text, &text[l.start..l.end]))
            .collect();
        assert_eq!(got, [(1, "a", "a"), (2, "", ""), (3, "b", "b")]);
        assert_eq!(lines("").count(), 0);
        assert_eq!(lines("a\n").count(), 1);
    }
}
