//! What is kept about a person, for that person.

use std::io::{Read, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::artifacts;
use super::erased::Erased;
use super::quarantine::relative;
use super::scan::{Attribution, Head};
use super::tombstone::Covered;
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
pub fn kept_about(data: &DataDir, subject: &str, mut out: impl Write) -> Result<Kept, Error> {
    let erased = Erased::load(data)?;
    let mut kept = Kept::default();
    let mut theirs: Vec<Covered> = vec![];
    let mut line = |value: &Value| {
        serde_json::to_writer(&mut out, value)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .context("write", "what is kept".as_ref())
    };
    for segment in segments(data, Kind::Interactions)? {
        if segment.sealed && !meta(&segment)?.may_have_subject(subject) {
            continue;
        }
        let Some(opened) = segment.open()? else {
            continue;
        };
        for_each_line(opened, &segment.path, |raw| {
            let Ok(head) = serde_json::from_slice::<Head>(raw.bytes) else {
                return Ok(());
            };
            let id = head.id(raw.bytes);
            let is_theirs = head.subject.as_deref() == Some(subject);
            if !raw.ended || !is_theirs || erased.is_erased(id, Some(subject), head.timestamp) {
                return Ok(());
            }
            let record: Value = serde_json::from_slice(raw.bytes).unwrap_or_default();
            line(&json!({"kind": "interaction", "id": id, "interaction": record}))?;
            if let Some(name) = &head.log_blob {
                let path = blob::path(data, name)?;
                each_part(blob::open(data, &path)?, |text| {
                    line(&json!({"kind": "log", "interaction_id": id, "text": text}))
                })
                .map_err(|error| at(error, &path))?;
            }
            kept.interactions += 1;
            theirs.push(Covered {
                id,
                time: head.timestamp,
                log: head.log_blob.is_some()
                    || record["log_content"]
                        .as_str()
                        .is_some_and(|log| !log.is_empty()),
                blob: None,
            });
            Ok(())
        })?;
    }
    theirs.sort_by_key(|covered| covered.id);
    let is_of_theirs = |id| {
        theirs
            .binary_search_by_key(&id, |covered| covered.id)
            .is_ok()
    };
    for segment in segments(data, Kind::Feedback)? {
        let Some(opened) = segment.open()? else {
            continue;
        };
        for_each_line(opened, &segment.path, |raw| {
            let Ok(said) = serde_json::from_slice::<Feedback>(raw.bytes) else {
                return Ok(());
            };
            if !raw.ended || erased.is_said_erased(&said) {
                return Ok(());
            }
            if said.subject.as_deref() == Some(subject) {
                kept.statements += 1;
                line(&json!({"kind": "statement", "statement": said}))?;
            } else if is_of_theirs(said.interaction_id) {
                kept.statements_of_others += 1;
                let said = Feedback {
                    subject: None,
                    ..said
                };
                line(&json!({"kind": "statement_of_other", "statement": said}))?;
            }
            Ok(())
        })?;
    }
    for kind in [Kind::Interactions, Kind::Feedback] {
        for path in files::list(data.fs(), &data.quarantine(kind))? {
            let file = data.fs().open(&path, Open::Read).context("open", &path)?;
            for_each_line(Stream::new(file, 0, u64::MAX), &path, |raw| {
                if Attribution::of(raw.bytes).subject.as_deref() != Some(subject) {
                    return Ok(());
                }
                kept.quarantined += 1;
                let text = String::from_utf8_lossy(raw.bytes);
                let file = relative(data, &path);
                line(&json!({"kind": "quarantined", "file": file, "text": text}))
            })?;
        }
    }
    for path in files::list(&RealFilesystem, &data.datasets())? {
        let Ok(manifest) = read_manifest(&path) else {
            continue;
        };
        let (made, since) = (manifest.created, manifest.filter.since);
        let is_in = |covered: &Covered| {
            covered.log && covered.time <= made && since.is_none_or(|since| covered.time >= since)
        };
        if !theirs.iter().any(is_in) {
            continue;
        }
        kept.data_sets += 1;
        line(&json!({"kind": "data_set", "id": manifest.id, "digest": manifest.digest}))?;
        for version in artifacts::models_of(data, &manifest.id)? {
            kept.models += 1;
            line(&json!({"kind": "model", "version": version, "data_set": manifest.id}))?;
        }
    }
    out.flush().context("write", "what is kept".as_ref())?;
    Ok(kept)
}

/// Calls `each` for every part of a text; a character is never parted.
fn each_part(
    mut reader: impl Read,
    mut each: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut part: Vec<u8> = Vec::with_capacity(LOG_PART_BYTES);
    loop {
        let room = (LOG_PART_BYTES - part.len()) as u64;
        let read = (&mut reader).take(room).read_to_end(&mut part);
        let read = read.context("read", "its log".as_ref())?;
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

fn at(error: Error, path: &std::path::Path) -> Error {
    match error {
        Error::Io { action, source, .. } => Error::Io {
            action,
            path: path.to_owned(),
            source,
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_join_to_the_text() {
        let text = "é€𝄞a".repeat(LOG_PART_BYTES / 4);
        let mut joined = String::new();
        let mut parts = 0;
        each_part(text.as_bytes(), |part| {
            parts += 1;
            assert!(part.len() <= LOG_PART_BYTES);
            joined.push_str(part);
            Ok(())
        })
        .unwrap();
        assert!(joined == text && parts > 2);
    }
}
