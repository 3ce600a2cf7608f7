//! Windows of a long log: its entries are sampled, so that a long log costs no more than a short one.

use logloop_logs::{Entry, Format, Parser};

/// How much of a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Windows of one log, spread evenly.
    windows: u64,
    /// Lines of a window.
    lines: u64,
}

impl Share {
    /// At the beginning of a source, and all there is of a small one.
    const LARGE: Self = Self {
        windows: 8,
        lines: 64,
    };

    /// Later, when most templates of a source are known.
    const SMALL: Self = Self {
        windows: 2,
        lines: 32,
    };

    /// For a record that so many bytes of its segment stand before.
    pub(super) fn after(bytes: u64) -> Self {
        if bytes < LARGE_BYTES {
            Self::LARGE
        } else {
            Self::SMALL
        }
    }

    /// Lines of a log that is read whole.
    pub(super) fn max_whole_lines(self) -> u64 {
        self.windows * self.lines
    }
}

/// Bytes at the beginning of a segment whose logs are sampled closely.
const LARGE_BYTES: u64 = 4 << 20;

/// Bytes of a window; the rest of a longer one is not read.
const MAX_WINDOW_BYTES: usize = 64 << 10;

/// Takes a log in pieces and hands over the entries of its windows, with their line numbers.
pub(super) struct Windows {
    format: Format,
    share: Share,
    total_lines: u64,
    /// Number of the line that the next byte belongs to, from 1.
    line: u64,
    /// The last piece ended with a `\r`, which may be half of an ending.
    pending: bool,
    /// The window on its way, and the number of its first line.
    text: Vec<u8>,
    start: u64,
}

impl Windows {
    /// Of a log of this format and with so many lines, as its analysis said.
    pub(super) fn of(format: Format, share: Share, total_lines: u64) -> Self {
        Self {
            format,
            share,
            total_lines,
            line: 1,
            pending: false,
            text: vec![],
            start: 1,
        }
    }

    fn stride(&self) -> u64 {
        (self.total_lines / self.share.windows).max(self.share.lines)
    }

    /// Whether the current line is in a window, and the first line after it that is not, or is.
    fn run(&self) -> (bool, u64) {
        let (at, stride) = (self.line - 1, self.stride());
        let within = at % stride;
        let begins = at - within + 1;
        if within < self.share.lines {
            (true, begins + self.share.lines)
        } else {
            (false, begins + stride)
        }
    }

    /// Takes the next piece.
    pub(super) fn push(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Entry<'_>)) {
        if self.pending && !bytes.is_empty() {
            self.pending = false;
            if bytes[0] != b'\n' {
                self.line += 1;
                self.close_before(self.line, each);
            }
        }
        while !bytes.is_empty() {
            let (inside, until) = self.run();
            if inside && self.text.is_empty() {
                self.start = self.line;
            }
            let used = self.advance(bytes, until);
            if inside {
                let room = MAX_WINDOW_BYTES - self.text.len();
                self.text.extend_from_slice(&bytes[..used.min(room)]);
            }
            bytes = &bytes[used..];
            self.close_before(self.line, each);
        }
    }

    /// Takes a whole log that stands in a line of JSON, as a string with its quotes; only windows of it are unescaped.
    pub(super) fn escaped(mut self, raw: &str, each: &mut impl FnMut(Entry<'_>)) {
        let bytes = raw.as_bytes();
        // Without its quotes.
        let (mut at, end) = (1, bytes.len().saturating_sub(1));
        while at < end {
            let (inside, until) = self.run();
            let begin = (at, self.line);
            at = self.advance_escaped(bytes, at, end, until);
            if inside {
                self.start = begin.1;
                let length = (at - begin.0).min(MAX_WINDOW_BYTES);
                self.text = unescaped(&bytes[begin.0..begin.0 + length]);
                self.parse(at == end, each);
            }
        }
    }

    /// Where line `until` begins, or the end.
    fn advance_escaped(&mut self, bytes: &[u8], mut at: usize, end: usize, until: u64) -> usize {
        while let Some(found) = memchr::memchr(b'\\', &bytes[at..end]) {
            at += found + 2;
            let ends = match bytes[at - 1] {
                b'n' => true,
                b'r' => at < end && !bytes[at..end].starts_with(b"\\n"),
                _ => false,
            };
            self.line += u64::from(ends);
            if ends && self.line == until {
                return at;
            }
        }
        end
    }

    /// The log has ended.
    pub(super) fn finish(mut self, each: &mut impl FnMut(Entry<'_>)) {
        self.parse(true, each);
    }

    /// Bytes up to the beginning of line `until`, or all of them.
    fn advance(&mut self, bytes: &[u8], until: u64) -> usize {
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\r' {
                match bytes.get(at + 1) {
                    Some(b'\n') => continue,
                    None => {
                        self.pending = true;
                        continue;
                    }
                    Some(_) => {}
                }
            }
            self.line += 1;
            if self.line == until {
                return at + 1;
            }
        }
        bytes.len()
    }

    /// Parses the window if `line` is behind it.
    fn close_before(&mut self, line: u64, each: &mut impl FnMut(Entry<'_>)) {
        if !self.text.is_empty() && line >= self.start + self.share.lines {
            self.parse(false, each);
        }
    }

    fn parse(&mut self, last: bool, each: &mut impl FnMut(Entry<'_>)) {
        let text = std::mem::take(&mut self.text);
        let whole = match std::str::from_utf8(&text) {
            Ok(text) => text,
            // Cut within a character, at the bound.
            Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
        };
        let mut entries = vec![];
        Parser::assuming(self.format).feed(whole, true, &mut |entry: Entry<'_>| {
            entries.push(entry);
        });
        // The first may be the end of an entry that began before, and the last may go on.
        let first = usize::from(self.start > 1);
        let end = entries.len() - usize::from(!last).min(entries.len());
        let before = self.start - 1;
        for mut entry in entries.drain(..end).skip(first) {
            entry.line_start += before;
            entry.line_end += before;
            each(entry);
        }
        drop(entries);
        self.text = text;
        self.text.clear();
    }
}

/// A part of a JSON string, as text; what is cut off at its end is left out.
fn unescaped(part: &[u8]) -> Vec<u8> {
    let mut end = part.len();
    // An escape has up to six bytes, a character up to four.
    for _ in 0..12 {
        let quoted = [b"\"", &part[..end], b"\""].concat();
        if let Ok(text) = serde_json::from_slice::<String>(&quoted) {
            return text.into_bytes();
        }
        end = end.saturating_sub(1);
    }
    vec![]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: u64, ending: &str) -> String {
        (1..=lines)
            .map(|line| format!("2026-11-22 10:00:00 INFO job: step {line} done{ending}"))
            .collect()
    }

    fn sampled(text: &str, lines: u64, piece: usize) -> Vec<(u64, String)> {
        let mut windows = Windows::of(Format::Leveled, Share::LARGE, lines);
        let mut found = vec![];
        let mut each = |entry: Entry<'_>| {
            assert_eq!(entry.line_start, entry.line_end);
            found.push((entry.line_start, entry.message.into_owned()));
        };
        for piece in text.as_bytes().chunks(piece) {
            windows.push(piece, &mut each);
        }
        windows.finish(&mut each);
        found
    }

    fn of_line(text: &str, lines: u64) -> Vec<(u64, String)> {
        let raw = serde_json::to_string(text).unwrap();
        let mut found = vec![];
        Windows::of(Format::Leveled, Share::LARGE, lines).escaped(&raw, &mut |entry| {
            found.push((entry.line_start, entry.message.into_owned()));
        });
        found
    }

    #[test]
    fn a_small_share_is_a_part_of_the_lines() {
        let text = log(4000, "\n");
        let mut lines = 0;
        let windows = Windows::of(Format::Leveled, Share::after(1 << 30), 4000);
        windows.escaped(&serde_json::to_string(&text).unwrap(), &mut |_| lines += 1);
        assert_eq!(lines, 2 * 32 - 2 - 1);
        assert_eq!(Share::after(0).max_whole_lines(), 512);
    }

    #[test]
    fn windows_are_spread_and_their_lines_have_the_right_numbers() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = log(4000, ending);
            let whole = sampled(&text, 4000, text.len());
            assert_eq!(whole.len(), 8 * 64 - 8 - 7, "torn ends are left out");
            for (line, message) in &whole {
                assert_eq!(message, &format!("step {line} done"), "{ending:?}");
            }
            assert!(whole.iter().any(|(line, _)| *line > 3500));
            for piece in [1, 7, 4096] {
                assert_eq!(sampled(&text, 4000, piece), whole, "{piece} {ending:?}");
            }
            assert_eq!(of_line(&text, 4000), whole, "{ending:?}");
        }
    }

    #[test]
    fn a_log_that_is_not_as_it_was_told() {
        let text = log(100, "\n");
        assert_eq!(sampled(&text, 1_000_000, text.len()).len(), 63);
        assert_eq!(sampled(&text, 0, text.len()).len(), 63 + 35);
        assert_eq!(sampled("", 5000, 1).len(), 0);
        let long = format!("{}\n", "ü".repeat(MAX_WINDOW_BYTES)).repeat(70);
        assert!(sampled(&long, 5000, 1000).is_empty());
        assert!(of_line(&long, 5000).is_empty());
        let escapes = format!("a {}\n", "\u{1}".repeat(MAX_WINDOW_BYTES));
        assert!(of_line(&escapes.repeat(70), 5000).is_empty());
    }
}
