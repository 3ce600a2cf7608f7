//! `X.labels.jsonl` beside the log `X`: an object for each labelled line or range of lines, in the order of the lines.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::links::{self, Link};
use crate::error::{Context, Error};
use crate::example::LabelSource;
use crate::filesystem::{Open, Stream};
use crate::layout::DataDir;

/// Weight of a label in the loss, at most: ten reviewers' words.
const MAX_WEIGHT: f32 = 100.0;

/// Bytes of one line of a sidecar.
const MAX_LINE_BYTES: u64 = 64 << 10;

/// What somebody knows of a line, or of several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LineLabel {
    /// The first line, from 1.
    pub(crate) line: u64,
    /// The last line; the first without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line_end: Option<u64>,
    /// The label.
    pub(crate) is_failure: bool,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) severity: Option<f32>,
    /// In place of the one that the line has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) component: Option<String>,
    /// In place of the one that the line has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    /// Who says so; gold without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label_source: Option<LabelSource>,
    /// Weight in the loss; that of the source without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<f32>,
    /// Entries that the line stands for; 1 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    /// It judges, and is never trained on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) held_out: bool,
    /// The interaction that the line is of, by which an erasure finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interaction_id: Option<String>,
    /// Whose label it is, as an export named them; none: whoever may write the file is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contributor: Option<String>,
    /// When they said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) said_at: Option<DateTime<Utc>>,
}

impl LineLabel {
    fn last(&self) -> u64 {
        self.line_end.unwrap_or(self.line)
    }
}

/// The labels of one log, read as far as the log is.
pub(super) struct Sidecar {
    reader: BufReader<Stream>,
    path: PathBuf,
    number: u64,
    next: Option<LineLabel>,
}

impl Sidecar {
    /// The one beside a log, if there is one.
    pub(super) fn of(data: &DataDir, log: &Path) -> Result<Option<Self>, Error> {
        let mut name = log.as_os_str().to_owned();
        name.push(super::LABELS);
        let path = PathBuf::from(name);
        if links::of(data, &path) == Link::Out {
            let problem = links::LEADS_OUT.to_owned();
            return Err(Error::Damaged { path, problem });
        }
        let file = match data.fs().open(&path, Open::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("open", &path),
        };
        let mut sidecar = Self {
            reader: BufReader::new(Stream::new(file, 0, u64::MAX)),
            path,
            number: 0,
            next: None,
        };
        sidecar.next = sidecar.read(0)?;
        Ok(Some(sidecar))
    }

    /// The label of an entry of these lines: the last one that names one of them. Asked for in the order of the log.
    pub(super) fn of_lines(&mut self, first: u64, last: u64) -> Result<Option<LineLabel>, Error> {
        let mut found = None;
        while let Some(label) = &self.next {
            if label.line > last {
                break;
            }
            if label.last() >= first {
                found = Some(label.clone());
            }
            if label.last() > last {
                break;
            }
            let done = label.last();
            self.next = self.read(done)?;
        }
        Ok(found)
    }

    /// How many labels are of lines behind the end of a log of so many lines, and the line of the first of them here.
    pub(super) fn behind(&mut self, lines: u64) -> Result<Option<(u64, u64)>, Error> {
        let mut found: Option<(u64, u64)> = None;
        while let Some(label) = &self.next {
            let last = label.last();
            if last > lines {
                found.get_or_insert((self.number, 0)).1 += 1;
            }
            self.next = self.read(last)?;
        }
        Ok(found)
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn read(&mut self, after: u64) -> Result<Option<LineLabel>, Error> {
        loop {
            let mut line = String::new();
            let read = (&mut self.reader)
                .take(MAX_LINE_BYTES)
                .read_line(&mut line)
                .context("read", &self.path)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if line.trim().is_empty() {
                continue;
            }
            let label: LineLabel = serde_json::from_str(&line)
                .map_err(|error| self.wrong(&format!("it is no label: {error}")))?;
            if label.line <= after || label.last() < label.line {
                return Err(self.wrong("the labels are not in the order of the lines"));
            }
            let severity = label.severity.unwrap_or_default();
            let weight = label.weight.unwrap_or(1.0);
            if !(0.0..=1.0).contains(&severity)
                || !(f32::MIN_POSITIVE..=MAX_WEIGHT).contains(&weight)
            {
                return Err(self.wrong(&format!(
                    "the severity must be from 0 to 1, the weight above 0 and at most {MAX_WEIGHT}"
                )));
            }
            return Ok(Some(label));
        }
    }

    fn wrong(&self, problem: &str) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            problem: format!(
                "line {}: {problem}; see `Other logs` in docs/data.md",
                self.number
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sidecar(text: &str) -> Result<Sidecar, Error> {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("a.log");
        std::fs::write(dir.path().join("a.log.labels.jsonl"), text).unwrap();
        let data = DataDir::new(dir.path());
        assert!(
            Sidecar::of(&data, &dir.path().join("b.log"))
                .unwrap()
                .is_none()
        );
        Sidecar::of(&data, &log).map(|found| found.expect("it is there"))
    }

    #[test]
    fn labels_of_lines_and_ranges() {
        let text = "{\"line\":2,\"is_failure\":true}\n\n{\"line\":5,\"line_end\":9,\"is_failure\":false}\n\
            {\"line\":12,\"is_failure\":true,\"severity\":0.5}\n";
        let mut labels = sidecar(text).unwrap();
        for (first, last, expect) in [
            (1, 1, None),
            (2, 2, Some(true)),
            (3, 4, None),
            (5, 5, Some(false)),
            (6, 8, Some(false)),
            (9, 12, Some(true)),
            (13, 13, None),
        ] {
            let found = labels.of_lines(first, last).unwrap();
            assert_eq!(
                found.map(|label| label.is_failure),
                expect,
                "{first}-{last}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("{\"line\":1}\n", "is_failure"),
            ("nothing\n", "line 1: it is no label"),
            ("{\"line\":0,\"is_failure\":true}", "order"),
            ("{\"line\":3,\"line_end\":2,\"is_failure\":true}", "order"),
            (
                "{\"line\":1,\"is_failure\":true,\"severity\":2}",
                "severity",
            ),
        ] {
            let said = sidecar(text).err().expect(word).to_string();
            assert!(
                said.contains(word) && said.contains("a.log.labels.jsonl"),
                "{said}"
            );
        }
        let mut labels =
            sidecar("{\"line\":2,\"is_failure\":true}\n{\"line\":2,\"is_failure\":false}").unwrap();
        assert!(labels.of_lines(2, 2).is_err());
    }
}
