//! The formats, and which of them a log has.

mod access;
mod cri;
mod detect;
mod json;
mod klog;
mod leveled;
mod logfmt;
mod pipe;
mod syslog;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::level::Level;

pub use detect::{Detection, detect};

/// Deepest nesting of formats (an application's JSON inside CRI).
const MAX_NESTING: usize = 3;

/// What one line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields<'a> {
    /// As logged.
    pub(crate) timestamp: Option<Cow<'a, str>>,
    /// Read from whatever word the writer uses.
    pub(crate) level: Option<Level>,
    /// Logger, service or source file.
    pub(crate) component: Option<Cow<'a, str>>,
    /// What it was doing.
    pub(crate) operation: Option<Cow<'a, str>>,
    /// Transaction, trace or request id.
    pub(crate) transaction_id: Option<Cow<'a, str>>,
    /// The rest.
    pub(crate) message: Cow<'a, str>,
}

/// The formats that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `ts|LEVEL|component|operation|message`, and shorter.
    Pipe,
    /// One JSON object a line.
    Json,
    /// `key=value` pairs with a level or message among them.
    Logfmt,
    /// `I1122 10:00:00.000000 1 file.go:12] message`.
    Klog,
    /// `<time> LEVEL component: message`, and log4j, logback, Python logging and the like.
    Leveled,
    /// RFC 3164 with or without priority.
    Syslog,
    /// Apache and nginx access logs.
    Access,
    /// The container runtime's prefix before any other format.
    Cri,
    /// None of these.
    Plain,
}

impl Fields<'_> {
    fn into_owned(self) -> Fields<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Fields {
            timestamp: own(self.timestamp),
            level: self.level,
            component: own(self.component),
            operation: own(self.operation),
            transaction_id: own(self.transaction_id),
            message: Cow::Owned(self.message.into_owned()),
        }
    }
}

impl Format {
    /// All formats but [`Format::Plain`], the most specific first.
    const DETECTING: Self = Self::Cri;
    const SPECIFIC: [Self; 8] = [
        Self::Cri,
        Self::Json,
        Self::Klog,
        Self::Pipe,
        Self::Access,
        Self::Syslog,
        Self::Leveled,
        Self::Logfmt,
    ];

    /// Name as in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pipe => "pipe",
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Klog => "klog",
            Self::Leveled => "leveled",
            Self::Syslog => "syslog",
            Self::Access => "access",
            Self::Cri => "cri",
            Self::Plain => "plain",
        }
    }

    fn parse<'a>(self, line: &'a str, depth: usize) -> Option<Fields<'a>> {
        match self {
            Self::Pipe => pipe::parse(line),
            Self::Json => json::parse(line, depth),
            Self::Logfmt => logfmt::parse(line),
            Self::Klog => klog::parse(line),
            Self::Leveled => leveled::parse(line),
            Self::Syslog => syslog::parse(line),
            Self::Access => access::parse(line),
            Self::Cri => cri::parse(line, depth),
            Self::Plain => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::SPECIFIC.into_iter().chain([Self::Plain]);
        known()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| {
                let names: Vec<_> = known().map(Self::as_str).collect();
                format!("unknown format {name:?}; known are {}", names.join(", "))
            })
    }
}

/// One line, read.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    /// The outermost format.
    pub(crate) format: Format,
    /// It has a structure of its own inside of what wraps it: no line like that continues another.
    pub(crate) begins: bool,
    /// Its writer begins messages with a time stamp or a level: what is indented goes on.
    pub(crate) structured: bool,
    /// A container runtime has split the line here.
    pub(crate) partial: bool,
    /// What it says; of a line that does not begin an entry the message is [`Reading::text`].
    pub(crate) fields: Fields<'a>,
    /// The line without what wraps it, if it does not begin an entry.
    pub(crate) text: Cow<'a, str>,
    /// What wraps it, and whose line it is: only lines of the same source continue each other.
    pub(crate) source: Option<(Format, Cow<'a, str>)>,
}

impl<'a> Reading<'a> {
    /// The first line of the message that an entry would have.
    #[inline]
    pub(crate) fn first_text(&self) -> &str {
        if self.begins {
            &self.fields.message
        } else {
            &self.text
        }
    }

    /// Whether both come from the same writer.
    pub(crate) fn same_source(&self, other: &Self) -> bool {
        self.source == other.source
    }

    /// With the whole text of a line that came in pieces.
    pub(crate) fn completed(&self, text: &str) -> Self {
        let inner = read(text, Format::Plain).into_owned();
        let outer = &self.fields;
        Reading {
            format: self.format,
            partial: false,
            source: self.source.clone(),
            fields: Fields {
                timestamp: inner.fields.timestamp.or_else(|| outer.timestamp.clone()),
                component: inner.fields.component.or_else(|| outer.component.clone()),
                ..inner.fields
            },
            ..inner
        }
    }

    fn into_owned(self) -> Reading<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Reading {
            format: self.format,
            begins: self.begins,
            structured: self.structured,
            partial: self.partial,
            fields: self.fields.into_owned(),
            text: own(self.text),
            source: self.source.map(|(format, name)| (format, own(name))),
        }
    }
}

/// Reads one line of a log that has this format.
pub(crate) fn read(line: &str, format: Format) -> Reading<'_> {
    let parsed = match format {
        Format::Plain => None,
        _ => format
            .parse(line, 0)
            .map(|fields| (format, fields))
            .or_else(|| parse_any(line, 0)),
    };
    let begins = parsed.is_some();
    let (format, fields) = parsed.unwrap_or((Format::Plain, Fields::default()));
    Reading {
        format,
        begins,
        structured: begins,
        partial: false,
        fields,
        text: Cow::Borrowed(line),
        source: None,
    }
}

fn parse_any(line: &str, depth: usize) -> Option<(Format, Fields<'_>)> {
    Format::SPECIFIC
        .into_iter()
        .find_map(|format| format.parse(line, depth).map(|fields| (format, fields)))
}

/// Parses text inside of another format; plain text becomes the message.
fn nested(text: &str, depth: usize) -> Fields<'_> {
    let inner = if depth < MAX_NESTING {
        parse_any(text, depth + 1)
    } else {
        None
    };
    inner.map_or_else(
        || Fields {
            message: Cow::Borrowed(text),
            ..Fields::default()
        },
        |(_, fields)| fields,
    )
}

/// Reads a JSON object that may span lines.
pub(crate) fn read_object(text: &str) -> Option<Fields<'static>> {
    json::parse(text, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (line, format, level, component, operation, transaction, message)
    type Row<'a> = (
        &'a str,
        Format,
        Option<Level>,
        Option<&'a str>,
        Option<&'a str>,
        Option<&'a str>,
        &'a str,
    );

    #[test]
    fn fields_of_each_format() {
        let rows: &[Row<'_>] = &[
            (
                "2026-11-22T10:00:00Z|ERROR|billing|charge|card declined",
                Format::Pipe,
                Some(Level::Error),
                Some("billing"),
                Some("charge"),
                None,
                "card declined",
            ),
            (
                "2026-11-22 10:00:00|warn|slow answer",
                Format::Pipe,
                Some(Level::Warn),
                None,
                None,
                None,
                "slow answer",
            ),
            (
                r#"{"ts":"2026-11-22T10:00:00Z","level":"error","logger":"raft","msg":"lost \"leader\"","trace_id":"abc","err":"timeout"}"#,
                Format::Json,
                Some(Level::Error),
                Some("raft"),
                None,
                Some("abc"),
                r#"lost "leader" err=timeout"#,
            ),
            (
                r#"{"log":"E1122 10:00:00.123456       1 a.go:7] boom\n","stream":"stderr","time":"2026-11-22T10:00:00Z"}"#,
                Format::Json,
                Some(Level::Error),
                Some("a.go"),
                None,
                None,
                "boom",
            ),
            (
                r#"time="2026-11-22T10:00:00Z" level=warning msg="no space left" module=snapshot request_id=r1"#,
                Format::Logfmt,
                Some(Level::Warn),
                Some("snapshot"),
                None,
                Some("r1"),
                "no space left",
            ),
            (
                r#"E1122 10:00:00.123456   12 kubelet.go:99] "Failed to sync pod" err="timeout" pod="a/b""#,
                Format::Klog,
                Some(Level::Error),
                Some("kubelet.go"),
                None,
                None,
                r#"Failed to sync pod err="timeout" pod="a/b""#,
            ),
            (
                "2026-11-22 10:00:00,123 [main] ERROR com.acme.Db - pool exhausted",
                Format::Leveled,
                Some(Level::Error),
                Some("com.acme.Db"),
                None,
                None,
                "pool exhausted",
            ),
            (
                "2026-11-22 10:00:00,123 - urllib3.pool - WARNING - retrying",
                Format::Leveled,
                Some(Level::Warn),
                Some("urllib3.pool"),
                None,
                None,
                "retrying",
            ),
            (
                "2026-11-22T10:00:00.1Z  INFO hyper::client: connected",
                Format::Leveled,
                Some(Level::Info),
                Some("hyper::client"),
                None,
                None,
                "connected",
            ),
            (
                "2026/11/22 10:00:00 [error] 7#7: *1 upstream timed out",
                Format::Leveled,
                Some(Level::Error),
                None,
                None,
                None,
                "7#7: *1 upstream timed out",
            ),
            (
                "ERROR: could not connect",
                Format::Leveled,
                Some(Level::Error),
                None,
                None,
                None,
                "could not connect",
            ),
            (
                "Nov 22 10:00:00 web1 sshd[71]: Failed password for root",
                Format::Syslog,
                None,
                Some("sshd"),
                None,
                None,
                "Failed password for root",
            ),
            (
                r#"1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 503 12 "-" "curl""#,
                Format::Access,
                Some(Level::Error),
                None,
                Some("GET"),
                None,
                r#""GET /a HTTP/1.1" 503"#,
            ),
            (
                r#"2026-11-22T10:00:00.123456789Z stderr F {"level":"error","msg":"inner"}"#,
                Format::Cri,
                Some(Level::Error),
                None,
                None,
                None,
                "inner",
            ),
        ];
        for (line, format, level, component, operation, transaction, message) in rows {
            let (got, fields) = parse_any(line, 0).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(got, *format, "{line}");
            assert_eq!(fields.level, *level, "{line}");
            assert_eq!(fields.component.as_deref(), *component, "{line}");
            assert_eq!(fields.operation.as_deref(), *operation, "{line}");
            assert_eq!(fields.transaction_id.as_deref(), *transaction, "{line}");
            assert_eq!(fields.message, *message, "{line}");
        }
    }

    #[test]
    fn plain_text_has_no_format() {
        for line in [
            "hello world",
            "a|b",
            "x = y",
            "{not json",
            "2026 was a year",
            "",
            "Error",
        ] {
            assert_eq!(parse_any(line, 0), None, "{line}");
        }
        assert_eq!(detect("hello\nworld\n").format, Format::Plain);
    }

    #[test]
    fn the_majority_wins_not_the_first_line() {
        let text = "Starting up\nI1122 10:00:00.000001 1 a.go:1] one\nI1122 10:00:00.000002 1 a.go:1] two\n";
        let found = detect(text);
        assert_eq!(found.format, Format::Klog);
        assert_eq!(found.reason, "2 of 3 sampled lines are klog");
    }

    #[test]
    fn names_are_read_back() {
        assert_eq!("klog".parse(), Ok(Format::Klog));
        assert!("csv".parse::<Format>().unwrap_err().contains("known are"));
    }
}
