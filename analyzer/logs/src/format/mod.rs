//! The formats, and which of them a log has.

mod access;
mod cri;
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
use crate::lines::lines;

/// Lines looked at, spread over the whole log, to detect the format.
const SAMPLE_LINES: usize = 500;

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

impl Format {
    /// All formats but [`Format::Plain`], the most specific first.
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

/// The detected format of a log, with the reason to show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// The format that most lines have.
    pub format: Format,
    /// `412 of 500 sampled lines are klog`.
    pub reason: String,
}

/// Detects the format by the share of sampled lines that each format claims.
pub fn detect(text: &str) -> Detection {
    let total = lines(text)
        .filter(|line| !line.text.trim().is_empty())
        .count();
    let step = total.div_ceil(SAMPLE_LINES).max(1);
    let mut counts = [0usize; Format::SPECIFIC.len()];
    let mut sampled = 0;
    for line in lines(text)
        .filter(|line| !line.text.trim().is_empty())
        .step_by(step)
    {
        sampled += 1;
        if let Some((format, _)) = parse_any(line.text, 0) {
            let index = Format::SPECIFIC
                .iter()
                .position(|specific| *specific == format);
            counts[index.expect("parse_any returns a specific format")] += 1;
        }
    }
    let (index, count) = (0..counts.len())
        .map(|index| (index, counts[index]))
        // The first of equals: the more specific one.
        .max_by_key(|(index, count)| (*count, usize::MAX - index))
        .expect("there are formats");
    if count == 0 {
        let reason = format!("none of {sampled} sampled lines has a known structure");
        return Detection {
            format: Format::Plain,
            reason,
        };
    }
    let format = Format::SPECIFIC[index];
    Detection {
        format,
        reason: format!("{count} of {sampled} sampled lines are {format}"),
    }
}

/// Parses a line by `first`, then by any other format.
pub(crate) fn parse_line(line: &str, first: Format) -> Option<Fields<'_>> {
    first
        .parse(line, 0)
        .or_else(|| parse_any(line, 0).map(|(_, fields)| fields))
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
