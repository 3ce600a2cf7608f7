//! Entries: one or more lines that say one thing.

use std::borrow::Cow;

use crate::continuation;
use crate::format::{Detection, Fields, Format, detect, parse_line};
use crate::level::Level;
use crate::lines::{Line, lines};

/// Lines of the longest entry; a longer trace goes on as another entry.
pub const MAX_ENTRY_LINES: u64 = 1000;

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
    /// As logged, up to [`MAX_FIELD_BYTES`].
    pub timestamp: Option<Cow<'a, str>>,
    /// Level, if the entry has one.
    pub level: Option<Level>,
    /// Logger, service or source file, up to [`MAX_FIELD_BYTES`].
    pub component: Option<Cow<'a, str>>,
    /// What it was doing, up to [`MAX_FIELD_BYTES`].
    pub operation: Option<Cow<'a, str>>,
    /// Transaction, trace or request id, up to [`MAX_FIELD_BYTES`].
    pub transaction_id: Option<Cow<'a, str>>,
    /// The message, with the lines that continue it.
    pub message: Cow<'a, str>,
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
}

/// What a log is, without its entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The format and why.
    pub detection: Detection,
    /// Lines of the log, blank ones included.
    pub total_lines: u64,
}

/// Parses `text`; the format is detected unless `forced`. Keeps all entries: see [`parse_each`].
pub fn parse(text: &str, forced: Option<Format>) -> Parsed<'_> {
    let mut entries = vec![];
    let summary = parse_each(text, forced, |entry| entries.push(entry));
    Parsed {
        detection: summary.detection,
        entries,
        total_lines: summary.total_lines,
    }
}

/// Parses `text` and hands over each entry in the order of the log; keeps none.
pub fn parse_each<'a>(
    text: &'a str,
    forced: Option<Format>,
    each: impl FnMut(Entry<'a>),
) -> Summary {
    let detection = match forced {
        Some(format) => Detection {
            format,
            reason: "as asked for".to_owned(),
        },
        None => detect(text),
    };
    let mut builder = Builder {
        text,
        format: detection.format,
        forced,
        each,
        open: None,
    };
    let mut total_lines = 0;
    for line in lines(text) {
        total_lines = line.number;
        builder.push(line);
    }
    builder.close();
    Summary {
        detection,
        total_lines,
    }
}

struct Builder<'a, F> {
    text: &'a str,
    format: Format,
    forced: Option<Format>,
    each: F,
    open: Option<Open<'a>>,
}

/// The entry that further lines may still continue.
struct Open<'a> {
    first: Line<'a>,
    last: Line<'a>,
    fields: Fields<'a>,
    structured: bool,
    trace: bool,
}

impl<'a, F: FnMut(Entry<'a>)> Builder<'a, F> {
    fn push(&mut self, line: Line<'a>) {
        if let Some(fields) = self.fields(line.text) {
            self.begin(line, fields, true);
        } else if self.continues(line) {
            let open = self.open.as_mut().expect("continues() saw it");
            open.trace |= continuation::is_frame(line.text) || continuation::opens_trace(line.text);
            open.last = line;
        } else if line.text.trim().is_empty() {
            self.close();
        } else {
            let fields = Fields {
                message: Cow::Borrowed(line.text.trim()),
                ..Fields::default()
            };
            self.begin(line, fields, false);
        }
    }

    fn fields(&self, line: &'a str) -> Option<Fields<'a>> {
        match self.forced {
            Some(Format::Plain) => None,
            _ => parse_line(line, self.format),
        }
    }

    fn continues(&self, line: Line<'a>) -> bool {
        self.open.as_ref().is_some_and(|open| {
            line.number - open.first.number < MAX_ENTRY_LINES
                && (continuation::continues(line.text, open.structured, open.trace)
                    || (open.structured && continuation::opens_trace(line.text)))
        })
    }

    fn begin(&mut self, line: Line<'a>, fields: Fields<'a>, structured: bool) {
        self.close();
        let trace = continuation::opens_trace(&fields.message) || continuation::is_frame(line.text);
        self.open = Some(Open {
            first: line,
            last: line,
            fields,
            structured,
            trace,
        });
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let raw = self.text[open.first.start..open.last.end].trim_end();
        let lines = raw.lines().count().max(1) as u64;
        let mut message = open.fields.message;
        if let Some((_, more)) = raw.split_once('\n') {
            message = Cow::Owned(format!("{message}\n{more}"));
        }
        (self.each)(Entry {
            line_start: open.first.number,
            line_end: open.first.number + lines - 1,
            raw,
            timestamp: open.fields.timestamp.map(bounded),
            level: open.fields.level,
            component: open.fields.component.map(bounded),
            operation: open.fields.operation.map(bounded),
            transaction_id: open.fields.transaction_id.map(bounded),
            message,
        });
    }
}

/// A field within [`MAX_FIELD_BYTES`].
fn bounded(field: Cow<'_, str>) -> Cow<'_, str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_one_entry_with_its_lines() {
        let text = "2026-11-22 10:00:00 ERROR db: query failed\n\
            java.io.IOException: reset\n\
            \tat com.acme.A.b(A.java:1)\n\
            Caused by: java.net.SocketException: closed\n\
            \t... 3 more\n\
            2026-11-22 10:00:01 INFO db: next\n";
        let parsed = parse(text, None);
        let ranges: Vec<_> = parsed
            .entries
            .iter()
            .map(|e| (e.line_start, e.line_end))
            .collect();
        assert_eq!(ranges, [(1, 5), (6, 6)]);
        assert_eq!(parsed.total_lines, 6);
    }

    #[test]
    fn a_python_traceback_belongs_to_its_log_line() {
        let text = "2026-11-22 10:00:00,1 ERROR app: request failed\n\
            Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\n\
            ValueError: bad\n\nDone\n";
        let parsed = parse(text, None);
        let ranges: Vec<_> = parsed
            .entries
            .iter()
            .map(|e| (e.line_start, e.line_end))
            .collect();
        assert_eq!(ranges, [(1, 5), (7, 7)]);
        assert!(parsed.entries[0].message.ends_with("ValueError: bad"));
    }

    #[test]
    fn mixed_formats_keep_their_fields() {
        let text =
            "{\"level\":\"info\",\"msg\":\"a\"}\nE1122 10:00:00.000001 1 b.go:1] b\nplain c\n";
        let levels: Vec<_> = parse(text, None).entries.iter().map(|e| e.level).collect();
        assert_eq!(levels, [Some(Level::Info), Some(Level::Error), None]);
    }

    #[test]
    fn every_line_that_is_not_blank_belongs_to_exactly_one_entry() {
        let text = "a\n\n  b\nTraceback (most recent call last):\n  x\n\n\nE: y\nlast";
        let parsed = parse(text, None);
        let mut owned = vec![0; parsed.total_lines as usize + 1];
        for entry in &parsed.entries {
            for line in entry.line_start..=entry.line_end {
                owned[line as usize] += 1;
            }
        }
        for line in lines(text).filter(|line| !line.text.trim().is_empty()) {
            assert_eq!(owned[line.number as usize], 1, "line {}", line.number);
        }
    }

    #[test]
    fn a_forced_format_is_obeyed() {
        let parsed = parse("ERROR: x\n", Some(Format::Plain));
        assert_eq!(parsed.entries[0].level, None);
        assert_eq!(parsed.detection.reason, "as asked for");
    }

    #[test]
    fn each_entry_is_handed_over_as_in_the_list() {
        let text = "a\n\nERROR: b\n  more\n{\"level\":\"info\",\"msg\":\"c\"}\n";
        let parsed = parse(text, None);
        let mut entries = vec![];
        let summary = parse_each(text, None, |entry| entries.push(entry));
        assert_eq!(entries, parsed.entries);
        assert_eq!(
            (summary.detection, summary.total_lines),
            (parsed.detection, parsed.total_lines)
        );
    }

    #[test]
    fn fields_are_cut_at_a_character() {
        let long = "ä".repeat(MAX_FIELD_BYTES);
        let json = format!(
            r#"{{"level":"error","msg":"m","time":"{long}","component":"x{long}","op":"{long}","trace":"{long}"}}"#
        );
        let pipe = format!("ERROR|{long}|{long}|m");
        for (text, trace) in [(&json, true), (&pipe, false)] {
            let parsed = parse(text, None);
            let entry = &parsed.entries[0];
            assert_eq!(entry.transaction_id.is_some(), trace);
            assert!(entry.component.is_some() && entry.operation.is_some());
            for field in [
                &entry.timestamp,
                &entry.component,
                &entry.operation,
                &entry.transaction_id,
            ] {
                let field = field.as_deref().unwrap_or("ä");
                assert!(field.len() <= MAX_FIELD_BYTES && field.ends_with('ä'));
            }
            assert_eq!(entry.message, "m");
        }
    }
}
