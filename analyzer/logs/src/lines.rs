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

/// Lines of `text`, ended by `\n` or `\r\n`; a last line without an end counts.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .enumerate()
        .map(move |(index, whole)| {
            let body = whole.strip_suffix('\n').unwrap_or(whole);
            let body = body.strip_suffix('\r').unwrap_or(body);
            let line = Line {
                number: index as u64 + 1,
                start,
                end: start + body.len(),
                text: body,
            };
            start += whole.len();
            line
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
