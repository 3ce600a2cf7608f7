//! Examples as lines of a log: `timestamp|level|component|operation|message`, an example a line.
//!
//! In every field `\` is written `\\`, a line feed `\n`, a carriage return `\r`; in the fields before the message `|` is
//! written `\p`. A field that is not known is empty. Labels go into the sidecar, see `logs`.

use std::borrow::Cow;

use logloop_logs::Entry;

use super::entries::Seen;
use super::logs::LineLabel;
use crate::example::TrainingExample;

/// Fields before the message.
const FIELDS: usize = 4;

/// The line of an example, with its end.
pub(super) fn write(example: &TrainingExample) -> String {
    let mut message = None;
    logloop_logs::parse_each(&example.log_entry, None, |entry: Entry<'_>| {
        message.get_or_insert(entry.message);
    });
    let message = match message {
        // The masked text must be the same when it is read again.
        Some(message) if logloop_logs::mask(&message) == example.template => message,
        _ => Cow::Borrowed(example.template.as_str()),
    };
    let asked = example.interaction_timestamp.map(|time| time.to_rfc3339());
    let mut line = String::new();
    for field in [
        example.timestamp.as_deref().or(asked.as_deref()),
        example.level.as_deref(),
        example.component.as_deref(),
        example.operation.as_deref(),
    ] {
        escape(field.unwrap_or_default(), true, &mut line);
        line.push('|');
    }
    escape(&message, false, &mut line);
    line.push('\n');
    line
}

/// The label of that line, for its sidecar.
pub(super) fn label(example: &TrainingExample, line: u64) -> LineLabel {
    LineLabel {
        line,
        line_end: None,
        is_failure: example.is_failure,
        severity: Some(example.severity),
        component: None,
        operation: None,
        label_source: Some(example.label_source),
        weight: Some(example.weight),
        count: Some(example.count),
        held_out: example.held_out,
        interaction_id: example.interaction_id.clone(),
        contributor: example
            .contributor
            .clone()
            .or_else(|| example.interaction_id.clone()),
        said_at: example.said_at,
    }
}

/// A line that was read back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// Time stamp, level, component, operation; empty where not known.
    before: [Cow<'a, str>; FIELDS],
    message: Cow<'a, str>,
}

/// Reads a line. `None`: it is none of this format.
pub(super) fn read(line: &str) -> Option<Fields<'_>> {
    let mut parts = line.trim_end_matches(['\r', '\n']).splitn(FIELDS + 1, '|');
    let mut next = || parts.next().map(unescape);
    Some(Fields {
        before: [next()?, next()?, next()?, next()?],
        message: next()?,
    })
}

impl Fields<'_> {
    /// As an entry.
    pub(super) fn seen(&self) -> Seen<'_> {
        let [timestamp, level, component, operation] = self
            .before
            .each_ref()
            .map(|field| Some(&**field).filter(|text| !text.is_empty()));
        Seen {
            raw: &self.message,
            key: logloop_logs::key(&self.message),
            message: &self.message,
            level,
            component,
            operation,
            timestamp,
            transaction_id: None,
            count: 1,
            before: None,
        }
    }
}

fn escape(text: &str, is_field: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '|' if is_field => out.push_str("\\p"),
            c => out.push(c),
        }
    }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('p') => out.push('|'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(log_entry: &str, message: &str) -> TrainingExample {
        TrainingExample {
            log_entry: log_entry.to_owned(),
            template: logloop_logs::mask(message),
            component: Some("db|pool".to_owned()),
            level: Some("ERROR".to_owned()),
            timestamp: Some("2026-11-22 10:00:00".to_owned()),
            ..TrainingExample::default()
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let trace = "lost \\ it\njava.io.IOException: x|y\n\tat a.B.c(B.java:3)";
        for (entry, message) in [
            (
                "2026-11-22 10:00:00 ERROR db: pool 7 exhausted".to_owned(),
                "pool 7 exhausted",
            ),
            (format!("2026-11-22 10:00:00 ERROR db: {trace}"), trace),
            ("plain".to_owned(), "plain"),
        ] {
            let example = example(&entry, message);
            let line = write(&example);
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            let back = read(&line).unwrap();
            let seen = back.seen();
            assert_eq!(logloop_logs::mask(seen.message), example.template, "{line}");
            assert_eq!(
                (seen.timestamp, seen.level, seen.component, seen.operation),
                (
                    Some("2026-11-22 10:00:00"),
                    Some("ERROR"),
                    Some("db|pool"),
                    None
                ),
            );
        }
        assert!(read("one|two").is_none());
    }

    #[test]
    fn any_text_comes_back() {
        for text in ["", "\\", "\\n", "a\nb\r\nc", "|", "\\p|", "ü\\\\\n"] {
            for is_field in [false, true] {
                let mut out = String::new();
                escape(text, is_field, &mut out);
                assert!(!out.contains(['\n', '\r']));
                assert!(!is_field || !out.contains('|'));
                assert_eq!(unescape(&out), text);
            }
        }
    }

    #[test]
    fn the_parser_takes_a_line_for_what_it_is() {
        let line = write(&example(
            "2026-11-22 10:00:00 ERROR db: pool 7 exhausted",
            "pool 7 exhausted",
        ));
        let line = line.replace("\\p", "-").repeat(3);
        let parsed = logloop_logs::parse(&line, None);
        assert_eq!(parsed.detection.format, logloop_logs::Format::Pipe);
        let entry = &parsed.entries[2];
        assert_eq!(entry.component.as_deref(), Some("db-pool"));
        assert_eq!(entry.level, Some(logloop_logs::Level::Error));
        assert_eq!(entry.message, "pool 7 exhausted");
    }

    /// A label that goes through a file is still one contributor's.
    #[test]
    fn a_label_says_whose_it_is() {
        let by = |contributor: Option<&str>, interaction: Option<&str>| {
            let example = TrainingExample {
                contributor: contributor.map(str::to_owned),
                interaction_id: interaction.map(str::to_owned),
                ..TrainingExample::default()
            };
            label(&example, 1).contributor
        };
        assert_eq!(by(Some("c"), Some("i")).as_deref(), Some("c"));
        assert_eq!(by(None, Some("i")).as_deref(), Some("i"));
        assert_eq!(by(None, None), None);
    }
}
