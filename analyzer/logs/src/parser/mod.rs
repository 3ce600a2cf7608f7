//! Lines to entries, a block of text at a time.
//!
//! A block is parsed as far as its entries are complete; the caller puts what is left in front of
//! the next block. Nothing is carried over but numbers, so a text has the same entries however it
//! is split.

#[cfg(test)]
mod multi_line_tests;
mod open;
mod stream;
#[cfg(test)]
mod tests;
mod year;

use crate::entry::{Entry, MAX_ENTRY_BYTES, MAX_ENTRY_LINES, Parsed, Summary};
use crate::format::{Assumed, Detection, Format, Reading, detect, read};
use crate::lines::{Line, Lines, ending, trim};
use open::Open;
use year::Years;

pub use stream::LogStream;

/// Bytes at the beginning of a log that its format is detected from.
pub const DETECT_BYTES: usize = 1 << 20;

/// Bytes of the longest character in UTF-8.
const MAX_CHAR_BYTES: usize = 4;

/// A block of this many bytes or more is never left whole: some entry of it is complete.
///
/// The longest entry, a line that may or may not go on with it, and the beginning of a character.
pub const MAX_LEFT_BYTES: usize = MAX_ENTRY_BYTES + crate::MAX_LINE_BYTES + 16;

/// Parses `text`; the format is detected unless `forced`. Keeps all entries: see [`parse_each`].
pub fn parse(text: &str, forced: Option<Format>) -> Parsed<'_> {
    let mut entries = vec![];
    let summary = parse_each(text, forced, |entry| entries.push(entry));
    Parsed {
        detection: summary.detection,
        entries,
        total_lines: summary.total_lines,
        cut_lines: summary.cut_lines,
    }
}

/// Parses `text` and hands over each entry in the order of the log; keeps none.
pub fn parse_each<'a>(
    text: &'a str,
    forced: Option<Format>,
    mut each: impl FnMut(Entry<'a>),
) -> Summary {
    let mut parser = Parser::new(forced);
    parser.feed(text, true, &mut each);
    parser.finish()
}

/// Parses text that comes in blocks.
#[derive(Debug)]
pub struct Parser {
    forced: Option<Format>,
    detection: Option<Detection>,
    /// Number of the line that the next block begins with, from 1.
    number: u64,
    cut_lines: u64,
    /// The next block begins within a line that is too long.
    skipping: bool,
    years: Years,
}

impl Parser {
    /// The format is detected unless `forced`.
    pub fn new(forced: Option<Format>) -> Self {
        Self {
            forced,
            detection: None,
            number: 1,
            cut_lines: 0,
            skipping: false,
            years: Years::default(),
        }
    }

    /// For a part of a log whose format is known: read as in the whole log, where a line may still have another one.
    pub fn assuming(format: Format) -> Self {
        let detection = Detection {
            format,
            reason: "that of the whole log".to_owned(),
        };
        Self {
            detection: Some(detection),
            ..Self::new(None)
        }
    }

    /// Hands over the complete entries of `block`, in the order of the log, and says how many bytes
    /// they and the blank lines between them take: the rest belongs in front of the next block.
    ///
    /// Nothing is consumed before [`DETECT_BYTES`] have come, and at most [`MAX_LEFT_BYTES`] are left
    /// after that. With `last` everything is consumed.
    pub fn feed<'a>(
        &mut self,
        block: &'a str,
        last: bool,
        each: &mut impl FnMut(Entry<'a>),
    ) -> usize {
        let start = if self.skipping {
            self.skip(block, last)
        } else {
            0
        };
        if self.skipping {
            return start;
        }
        let Some(assumed) = self.assumed(block, last) else {
            return 0;
        };
        let mut lines = Lines::new(block, start, self.number, last);
        let mut run = Run {
            block,
            assumed,
            years: &mut self.years,
            each,
            open: None,
        };
        let mut cut_lines = 0;
        for line in lines.by_ref() {
            run.push(line);
            if line.cut {
                cut_lines += 1;
                run.close();
            }
        }
        let unended = lines.unended();
        let (consumed, number) = match &run.open {
            Some(open) if !last => (open.first.start, open.first.number),
            _ => {
                run.close();
                (lines.at(), lines.number())
            }
        };
        self.skipping = unended;
        self.cut_lines += cut_lines;
        self.number = number;
        consumed
    }

    /// What the log is, after its last block.
    pub fn finish(self) -> Summary {
        Summary {
            detection: self.detection.unwrap_or_else(|| detect("")),
            total_lines: self.number - 1,
            cut_lines: self.cut_lines,
        }
    }

    /// The format of the log, once there is enough of it.
    fn assumed(&mut self, block: &str, last: bool) -> Option<Assumed> {
        if self.detection.is_none() {
            let detected = match self.forced {
                Some(format) => Detection {
                    format,
                    reason: "as asked for".to_owned(),
                },
                None if block.len() < DETECT_BYTES + MAX_CHAR_BYTES && !last => return None,
                None => detect(&block[..block.floor_char_boundary(DETECT_BYTES)]),
            };
            self.detection = Some(detected);
        }
        self.detection.as_ref().map(|detection| Assumed {
            format: detection.format,
            forced: self.forced.is_some(),
        })
    }

    /// Skips the rest of a line that was too long; the bytes that it took.
    fn skip(&mut self, block: &str, last: bool) -> usize {
        match ending(block.as_bytes(), last) {
            Some((_, next)) => {
                self.skipping = false;
                next
            }
            // A `\r` at the end may be half of an ending.
            None => block.len() - usize::from(block.ends_with('\r')),
        }
    }
}

/// One block on its way.
struct Run<'r, 'a, F> {
    block: &'a str,
    assumed: Assumed,
    years: &'r mut Years,
    each: &'r mut F,
    open: Option<Open<'a>>,
}

impl<'a, F: FnMut(Entry<'a>)> Run<'_, 'a, F> {
    #[inline(always)]
    fn push(&mut self, line: Line<'a>) {
        let reading = read(line.text, self.assumed);
        if !reading.begins {
            if let Some(open) = &mut self.open
                && line.number - open.first.number < MAX_ENTRY_LINES
                && line.end - open.first.start <= MAX_ENTRY_BYTES
                && open.take(line, &reading)
            {
                return;
            }
            if trim(reading.text()).is_empty() {
                return self.close();
            }
        }
        self.begin(line, reading);
    }

    #[inline(always)]
    fn begin(&mut self, line: Line<'a>, reading: Reading<'a>) {
        self.close();
        self.open = Some(Open::new(line, reading));
    }

    #[inline(always)]
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            (self.each)(open.entry(self.block, self.assumed, self.years));
        }
    }
}
