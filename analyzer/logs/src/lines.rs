//! Text to numbered lines.

use memchr::memchr2;

/// Bytes of the longest line that is read. The rest of a longer one is skipped and told
/// ([`Line::cut`]); it is still one line.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// One line without its line ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Byte offset of the first byte in the text.
    pub start: usize,
    /// Byte offset after the last byte that is read, line ending excluded.
    pub end: usize,
    /// Byte offset of the next line: what is cut off and the line ending lie between.
    pub next: usize,
    /// The line itself, up to [`MAX_LINE_BYTES`].
    pub text: &'a str,
    /// It was longer.
    pub cut: bool,
}

/// Lines of `text`, ended by `\n`, `\r\n` or a lone `\r`; a last line without an end counts.
///
/// Every byte belongs to exactly one line: [`Line::start`] to [`Line::next`].
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    Lines::new(text, 0, 1, true)
}

/// Lines of a block of text that may go on after its end.
pub(crate) struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: u64,
    last: bool,
    unended: bool,
}

impl<'a> Lines<'a> {
    /// From byte `at`, whose line has this number. Without `last` an unended line is left to the
    /// next block, unless it is too long already.
    pub(crate) fn new(text: &'a str, at: usize, number: u64, last: bool) -> Self {
        Self {
            text,
            at,
            number,
            last,
            unended: false,
        }
    }

    /// Byte offset of the line that comes next.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether the last line was cut before its ending was in sight.
    pub(crate) fn unended(&self) -> bool {
        self.unended
    }

    /// Number of the line that comes next.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.is_empty() {
            return None;
        }
        let (length, next) = match ending(rest, self.last) {
            Some(found) => found,
            // It goes on in the next block: whether a `\r` at the end is one end or half of one
            // is seen there.
            None => {
                let length = rest.len() - usize::from(rest.ends_with(b"\r"));
                if length <= MAX_LINE_BYTES {
                    return None;
                }
                self.unended = true;
                (length, length)
            }
        };
        let cut = length > MAX_LINE_BYTES;
        let mut end = self.at + length;
        if cut {
            end = self.text.floor_char_boundary(self.at + MAX_LINE_BYTES);
        }
        let line = Line {
            number: self.number,
            start: self.at,
            end,
            next: self.at + next,
            text: &self.text[self.at..end],
            cut,
        };
        self.at += next;
        self.number += 1;
        Some(line)
    }
}

/// Length of the line that `rest` begins with, and that with its ending; `None` if its end is not
/// in sight.
#[inline]
pub(crate) fn ending(rest: &[u8], last: bool) -> Option<(usize, usize)> {
    match memchr2(b'\n', b'\r', rest) {
        Some(at) if rest[at] == b'\n' => Some((at, at + 1)),
        Some(at) => match rest.get(at + 1) {
            Some(b'\n') => Some((at, at + 2)),
            None if !last => None,
            _ => Some((at, at + 1)),
        },
        None if last => Some((rest.len(), rest.len())),
        None => None,
    }
}

/// `text` without the white space around it; most texts have none and are told by two bytes.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    let solid = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if solid(bytes.first()) && solid(bytes.last()) {
        text
    } else {
        text.trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_offsets_and_endings() {
        let text = "a\r\n\nb\rc\r\r\nd";
        let got: Vec<_> = lines(text)
            .map(|l| (l.number, l.text, &text[l.start..l.end]))
            .collect();
        let expect = ["a", "", "b", "c", "", "d"];
        assert_eq!(got.len(), expect.len());
        for (index, (number, text, slice)) in got.into_iter().enumerate() {
            assert_eq!((number, text), (index as u64 + 1, expect[index]));
            assert_eq!(text, slice);
        }
        for (text, count) in [("", 0), ("a\n", 1), ("a\r", 1), ("\r", 1), ("\n\r", 2)] {
            assert_eq!(lines(text).count(), count, "{text:?}");
        }
    }

    #[test]
    fn every_byte_belongs_to_one_line() {
        let text = "ä\r\r\n\n\rx\u{2028}y\r\nz".repeat(3);
        let mut at = 0;
        for line in lines(&text) {
            assert_eq!(line.start, at);
            assert!(line.end <= line.next);
            at = line.next;
        }
        assert_eq!(at, text.len());
    }

    #[test]
    fn the_rest_of_a_long_line_is_skipped() {
        let text = format!("{}\nb", "ä".repeat(MAX_LINE_BYTES));
        let got: Vec<_> = lines(&text).collect();
        assert_eq!(got.len(), 2);
        assert!(got[0].cut && got[0].text.len() == MAX_LINE_BYTES);
        assert_eq!((got[1].text, got[1].start), ("b", got[0].next));
        let open = Lines::new(&text[..text.len() - 2], 0, 1, false).next();
        assert_eq!(open.map(|line| line.text), Some(got[0].text));
    }
}
