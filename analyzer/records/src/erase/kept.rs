//! What is kept about a person, for that person.

use std::io::{Read, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::artifacts;
use super::erased::Erased;
use super::quarantine::relative;
use super::scan::{Attribution, Head};
use super::tombstone::{Covered, Whose};
use crate::blob;
use crate::dataset::read_manifest;
use crate::error::{Context, Error};
use crate::feedback::Feedback;
use crate::files;
use crate::filesystem::{Open, RealFilesystem, Stream};
use crate::layout::{DataDir, Kind};
use crate::store::{for_each_line, meta, segments};

/// Bytes of a log in a blob that one line gives.
const LOG_PART_BYTES: usize = 1 << 20;

/// How much is kept about a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Interactions.
    pub interactions: u64,
    /// Statements of theirs.
    pub statements: u64,
    /// Statements of others about their interactions.
    pub statements_of_others: u64,
    /// Lines in the quarantine that name them.
    pub quarantined: u64,
    /// Data sets that were made while their interactions were there.
    pub data_sets: u64,
    /// Model versions trained on those.
    pub models: u64,
}

/// Writes what is kept about a subject as JSON Lines, each with its `kind`, in memory that does not grow with it:
/// `interaction` (as stored), `log` (parts of a log in a blob, in order), `statement` (theirs), `statement_of_other`
/// (about their interactions, without the other's name), `quarantined`, and the names of `data_set` and `model` that may
/// hold something of it. What is erased is not kept.
pub fn kept_about(data: &DataDir, subject: &str, out: impl Write) -> Result<Kept, Error> {
    let mut giving = Giving {
        data,
        subject,
        erased: Erased::load(data)?,
        out,
        kept: Kept::default(),
        theirs: vec![],
    };
    giving.interactions()?;
    giving.statements()?;
    giving.quarantined()?;
    giving.artifacts()?;
    let flushed = giving.out.flush();
    flushed.context("write", "what is kept".as_ref())?;
    Ok(giving.kept)
}

struct Giving<'a, W> {
    data: &'a DataDir,
    subject: &'a str,
    erased: Erased,
    out: W,
    kept: Kept,
    /// Their interactions.
    theirs: Vec<Covered>,
}

impl<W: Write> Giving<'_, W> {
    fn line(&mut self, value: &Value) -> Result<(), Error> {
        serde_json::to_writer(&mut self.out, value)
            .map_err(std::io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"))
            .context("write", "what is kept".as_ref())
    }

    fn interactions(&mut self) -> Result<(), Error> {
        for segment in segments(self.data, Kind::Interactions)? {
            if segment.sealed && !meta(&segment)?.may_have_subject(self.subject) {
                continue;
            }
            let Some(opened) = segment.open()? else {
                continue;
            };
            for_each_line(opened, &segment.path, |raw| match raw.ended {
                true => self.interaction(raw.bytes),
                false => Ok(()),
            })?;
        }
        self.theirs.sort_by_key(|covered| covered.id);
        Ok(())
    }

    fn interaction(&mut self, line: &[u8]) -> Result<(), Error> {
        let Ok(head) = serde_json::from_slice::<Head>(line) else {
            return Ok(());
        };
        let (id, subject) = (head.id(line), head.subject.as_deref());
        if subject != Some(self.subject) || self.erased.is_erased(id, subject, head.timestamp) {
            return Ok(());
        }
        let record: Value = serde_json::from_slice(line).unwrap_or_default();
        self.line(&json!({"kind": "interaction", "id": id, "interaction": record}))?;
        if let Some(name) = &head.log_blob {
            let path = blob::path(self.data, name)?;
            let log = blob::open(self.data, &path)?;
            each_part(log, &path, |text| {
                self.line(&json!({"kind": "log", "interaction_id": id, "text": text}))
            })?;
        }
        let inline = record["log_content"].as_str();
        self.kept.interactions += 1;
        self.theirs.push(Covered {
            id,
            time: head.timestamp,
            log: head.log_blob.is_some() || inline.is_some_and(|log| !log.is_empty()),
            blob: None,
            whose: Whose::Unknown,
        });
        Ok(())
    }

    fn statements(&mut self) -> Result<(), Error> {
        for segment in segments(self.data, Kind::Feedback)? {
            let Some(opened) = segment.open()? else {
                continue;
            };
            for_each_line(opened, &segment.path, |raw| {
                match serde_json::from_slice::<Feedback>(raw.bytes) {
                    Ok(said) if raw.ended && !self.erased.is_said_erased(&said) => {
                        self.statement(said)
                    }
                    _ => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    fn statement(&mut self, said: Feedback) -> Result<(), Error> {
        if said.subject.as_deref() == Some(self.subject) {
            self.kept.statements += 1;
            return self.line(&json!({"kind": "statement", "statement": said}));
        }
        let about = self
            .theirs
            .binary_search_by_key(&said.interaction_id, |covered| covered.id);
        if about.is_err() {
            return Ok(());
        }
        self.kept.statements_of_others += 1;
        let said = Feedback {
            subject: None,
            ..said
        };
        self.line(&json!({"kind": "statement_of_other", "statement": said}))
    }

    fn quarantined(&mut self) -> Result<(), Error> {
        for kind in [Kind::Interactions, Kind::Feedback] {
            for path in files::list(self.data.fs(), &self.data.quarantine(kind))? {
                let file = self.data.fs().open(&path, Open::Read);
                let stream = Stream::new(file.context("open", &path)?, 0, u64::MAX);
                for_each_line(stream, &path, |raw| {
                    if Attribution::of(raw.bytes).subject.as_deref() != Some(self.subject) {
                        return Ok(());
                    }
                    self.kept.quarantined += 1;
                    let text = String::from_utf8_lossy(raw.bytes);
                    let file = relative(self.data, &path);
                    self.line(&json!({"kind": "quarantined", "file": file, "text": text}))
                })?;
            }
        }
        Ok(())
    }

    /// Names of the data sets that may hold something of it, and of the models trained on them.
    fn artifacts(&mut self) -> Result<(), Error> {
        for path in files::list(&RealFilesystem, &self.data.datasets())? {
            let Ok(manifest) = read_manifest(&path) else {
                continue;
            };
            let (made, since) = (manifest.created, manifest.filter.since);
            let only = manifest.filter.subject.as_deref();
            if only.is_some_and(|only| only != self.subject) {
                continue;
            }
            if !self.theirs.iter().any(|c| c.is_held_by(made, since)) {
                continue;
            }
            self.kept.data_sets += 1;
            let (id, digest) = (&manifest.id, &manifest.digest);
            self.line(&json!({"kind": "data_set", "id": id, "digest": digest}))?;
            for version in artifacts::models_of(self.data, id)? {
                self.kept.models += 1;
                self.line(&json!({"kind": "model", "version": version, "data_set": id}))?;
            }
        }
        Ok(())
    }
}

/// Calls `each` for every part of a text; a character is never parted.
fn each_part(
    mut reader: impl Read,
    path: &Path,
    mut each: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut part: Vec<u8> = Vec::with_capacity(LOG_PART_BYTES);
    loop {
        let room = (LOG_PART_BYTES - part.len()) as u64;
        let read = (&mut reader).take(room).read_to_end(&mut part);
        let read = read.context("read", path)?;
        if read == 0 {
            break;
        }
        let whole = match std::str::from_utf8(&part) {
            Ok(_) => part.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => part.len(),
        };
        each(&String::from_utf8_lossy(&part[..whole]))?;
        part.drain(..whole);
    }
    if !part.is_empty() {
        each(&String::from_utf8_lossy(&part))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_join_to_the_text() {
        let text = "é€𝄞a".repeat(LOG_PART_BYTES / 4);
        let mut joined = String::new();
        let mut parts = 0;
        each_part(text.as_bytes(), Path::new("x"), |part| {
            parts += 1;
            assert!(part.len() <= LOG_PART_BYTES);
            joined.push_str(part);
            Ok(())
        })
        .unwrap();
        assert!(joined == text && parts > 2);
    }
}
