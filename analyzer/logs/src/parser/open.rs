//! The entry that further lines may still continue.

use std::borrow::Cow;

use super::year::Years;
use crate::continuation::{self, Trace};
use crate::entry::{Entry, bounded};
use crate::format::{Assumed, Reading, read, read_object};
use crate::lines::{Line, lines, trim};
use crate::message;

/// Blank lines within a stack trace; after more of them another entry begins.
const MAX_BLANK_LINES: u32 = 2;

/// An entry that is not complete yet.
pub(super) struct Open<'a> {
    pub(super) first: Line<'a>,
    /// Number and end of its last line.
    last: (u64, usize),
    reading: Reading<'a>,
    trace: Trace,
    /// Blank lines after its last line.
    blanks: u32,
    /// Lines that the first one was split into by a container runtime.
    head_lines: usize,
}

impl<'a> Open<'a> {
    #[inline(always)]
    pub(super) fn new(line: Line<'a>, reading: Reading<'a>) -> Self {
        let trace = Trace::begin(reading.text(), reading.structured);
        Self {
            first: line,
            last: (line.number, line.end),
            reading,
            trace,
            blanks: 0,
            head_lines: 1,
        }
    }

    /// Takes the line into the entry if it belongs there.
    pub(super) fn take(&mut self, line: Line<'a>, next: &Reading<'a>) -> bool {
        if !self.reading.is_source_of(next) {
            return false;
        }
        if self.reading.partial {
            let same = self.reading.source == next.source;
            if same {
                self.take_partial(line, next);
            }
            return same;
        }
        let text = next.text();
        if trim(text).is_empty() {
            self.blanks += 1;
            // Such a line belongs to the entry only if another one follows that does.
            return self.trace != Trace::None && self.blanks <= MAX_BLANK_LINES;
        }
        if next.fields.level.is_some() && self.trace == Trace::None {
            // It says a level of its own.
            return false;
        }
        let known = continuation::Known {
            structured: self.reading.indents(next),
            failing: self.reading.fields.level >= Some(crate::Level::Warn),
        };
        match self.trace.step(known, text) {
            Some(trace) => {
                self.trace = trace;
                self.extend(line);
                true
            }
            None => false,
        }
    }

    fn extend(&mut self, line: Line<'a>) {
        self.last = (line.number, line.end);
        self.blanks = 0;
    }

    /// Another piece of a line that the container runtime has split.
    fn take_partial(&mut self, line: Line<'a>, next: &Reading<'a>) {
        self.head_lines += 1;
        self.extend(line);
        let mut text = std::mem::take(&mut self.reading.fields.message).into_owned();
        text.push_str(next.text());
        if next.partial {
            self.reading.fields.message = Cow::Owned(text);
            return;
        }
        self.reading = self.reading.completed(&text);
        self.trace = Trace::begin(self.reading.text(), self.reading.structured);
    }

    #[inline(always)]
    pub(super) fn entry(
        mut self,
        block: &'a str,
        assumed: Assumed,
        years: &mut Years,
    ) -> Entry<'a> {
        if self.reading.partial {
            let text = std::mem::take(&mut self.reading.fields.message);
            self.reading = self.reading.completed(&text);
        }
        let mut raw = &block[self.first.start..self.last.1];
        if !raw.as_bytes().last().is_some_and(u8::is_ascii_graphic) {
            raw = raw.trim_end();
        }
        let mut fields = self.reading.fields;
        if !self.reading.begins {
            fields.message = trimmed(fields.message);
        }
        if self.last.0 > self.first.number {
            fields.message = Cow::Owned(whole_message(
                fields.message,
                lines(raw).skip(self.head_lines),
                assumed,
            ));
            if self.trace == Trace::Json
                && let Some(object) = read_object(&fields.message)
            {
                fields = object;
            }
        }
        if fields.transaction_id.is_none() {
            fields.transaction_id = match &fields.message {
                Cow::Borrowed(text) => message::transaction(text).map(Cow::Borrowed),
                Cow::Owned(text) => message::transaction(text).map(|id| Cow::Owned(id.to_owned())),
            };
        }
        let timestamp = fields.timestamp.map(bounded);
        Entry {
            line_start: self.first.number,
            line_end: self.last.0,
            raw,
            format: self.reading.format,
            assumed_year: years.of(timestamp.as_deref().unwrap_or_default()),
            timestamp,
            level: fields.level,
            component: fields.component.map(bounded),
            operation: fields.operation.map(bounded),
            transaction_id: fields.transaction_id.map(bounded),
            message: fields.message,
        }
    }
}

/// The first line and those that continue it.
fn whole_message<'a>(
    first: Cow<'a, str>,
    rest: impl Iterator<Item = Line<'a>>,
    assumed: Assumed,
) -> String {
    let mut text = first.into_owned();
    for line in rest {
        text.push('\n');
        text.push_str(read(line.text, assumed).text().trim_end());
    }
    text
}

#[inline]
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
