//! Entries: one or more lines that say one thing.

use std::borrow::Cow;

use crate::format::{Detection, Format};
use crate::level::Level;
use crate::timestamp;

/// Lines of the longest entry; a longer trace goes on as another entry.
pub const MAX_ENTRY_LINES: u64 = 1000;

/// Bytes of the longest entry of several lines; a longer trace goes on as another entry.
pub const MAX_ENTRY_BYTES: usize = 1 << 20;

/// Bytes of a time stamp, component, operation or transaction id; a longer one is cut.
pub const MAX_FIELD_BYTES: usize = 256;

/// One entry of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// First line, from 1.
    pub line_start: u64,
    /// Last line, included.
    pub line_end: u64,
    /// All its lines, as logged.
    pub raw: &'a str,
    /// Format of its first line; of nested ones the outermost.
    pub format: Format,
    /// As logged, up to [`MAX_FIELD_BYTES`].
    pub timestamp: Option<Cow<'a, str>>,
    /// Year of a time stamp that names none: 1970, and one more whenever the months of such time
    /// stamps begin again. See [`Entry::time`].
    pub assumed_year: i32,
    /// Level, if the entry has one.
    pub level: Option<Level>,
    /// Logger, service or source file, up to [`MAX_FIELD_BYTES`].
    pub component: Option<Cow<'a, str>>,
    /// What it was doing, up to [`MAX_FIELD_BYTES`].
    pub operation: Option<Cow<'a, str>>,
    /// Transaction, trace or request id, up to [`MAX_FIELD_BYTES`].
    pub transaction_id: Option<Cow<'a, str>>,
    /// The message, with the lines that continue it (ended by `\n` each, without colours).
    pub message: Cow<'a, str>,
}

impl Entry<'_> {
    /// Milliseconds since 1970-01-01 UTC, if the time stamp is one that is known.
    ///
    /// A time without a zone is taken as UTC, one without a year as of [`Entry::assumed_year`],
    /// one without a date as of 1970-01-01. Nothing is remembered: each call reads the text.
    pub fn time(&self) -> Option<i64> {
        timestamp::millis(self.timestamp.as_deref()?, self.assumed_year)
    }
}

/// A whole log, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<'a> {
    /// The format and why.
    pub detection: Detection,
    /// In the order of the log; blank lines between entries belong to none.
    pub entries: Vec<Entry<'a>>,
    /// Lines of the log, blank ones included.
    pub total_lines: u64,
    /// Lines longer than [`crate::MAX_LINE_BYTES`], whose rest was not read.
    pub cut_lines: u64,
}

/// What a log is, without its entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The format and why.
    pub detection: Detection,
    /// Lines of the log, blank ones included.
    pub total_lines: u64,
    /// Lines longer than [`crate::MAX_LINE_BYTES`], whose rest was not read.
    pub cut_lines: u64,
}

/// A field within [`MAX_FIELD_BYTES`].
#[inline]
pub(crate) fn bounded(field: Cow<'_, str>) -> Cow<'_, str> {
    if field.len() <= MAX_FIELD_BYTES {
        return field;
    }
    let end = field.floor_char_boundary(MAX_FIELD_BYTES);
    match field {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            text.shrink_to_fit();
            Cow::Owned(text)
        }
    }
}
