//! Accepting an erasure.

use chrono::Utc;
use uuid::Uuid;

use super::erased::Erased;
use super::exports;
use super::log::{self, MAX_COVERED_IN_A_LINE};
use super::receipt::{self, Receipt};
use super::scan::{Snapshot, find, snapshot};
use super::subject::SubjectHash;
use super::tombstone::{Asked, Covers, Line, Named, Tombstone};
use crate::error::Error;
use crate::layout::DataDir;

/// Longest name of a subject, in bytes.
pub const MAX_SUBJECT_BYTES: usize = 1024;

/// What is to be erased.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// One interaction, with what was said about it.
    Interaction(Uuid),
    /// Everything that a subject asked and said until now, and what others said about it.
    Subject(&'a str),
}

/// Accepts an erasure: when this returns it is on disk, every reader obeys it, and the store was searched for what it
/// covers. An interaction that is erased already has its receipt. On an error it is not accepted, but may be obeyed.
pub fn request(data: &DataDir, target: Target<'_>) -> Result<Receipt, Error> {
    if data.fs().stat(data.root()).is_err() {
        return Err(Error::Invalid(format!(
            "there is no data directory at {}: check --data and the volume's mount",
            data.root().display()
        )));
    }
    if let Target::Subject(name) = target
        && (name.is_empty() || name.len() > MAX_SUBJECT_BYTES)
    {
        return Err(Error::Invalid(format!(
            "a subject has 1 to {MAX_SUBJECT_BYTES} bytes"
        )));
    }
    if matches!(target, Target::Interaction(id) if id.is_nil()) {
        return Err(Error::Invalid(
            "the nil id names no interaction: give the id that the store shows".to_owned(),
        ));
    }
    let stored_before = snapshot(data)?;
    let held = log::hold(data)?;
    let erased = held.erased()?;
    let target = match target {
        Target::Interaction(id) => {
            if let Some(known) = erased.of_interaction(id) {
                return receipt::of(data, known);
            }
            Named::InteractionId(id)
        }
        Target::Subject(name) => {
            Named::Subject(SubjectHash::of(name, &exports::salt(data, &erased)?))
        }
    };
    let asked = Asked {
        number: erased.number() + 1,
        receipt_id: Uuid::now_v7(),
        requested: Utc::now(),
        target,
    };
    let tombstone = Tombstone::new(asked.clone());
    let line = Line {
        erasure: Some(asked),
        ..Line::default()
    };
    held.append(&[line])?;
    // Nobody waits for the log while the store is searched.
    drop(held);
    let number = tombstone.number;
    resolve(data, &tombstone, &stored_before)?;
    let erased = Erased::load(data)?;
    let tombstone = erased.get(number).ok_or_else(|| Error::Damaged {
        path: data.erasures(),
        problem: format!("erasure {number} was written and is not there; ask for it again"),
    })?;
    receipt::of(data, tombstone)
}

/// Searches the store for what an erasure covers, and writes it down.
pub(super) fn resolve(
    data: &DataDir,
    tombstone: &Tombstone,
    stored_before: &Snapshot,
) -> Result<(), Error> {
    let salt = exports::salt(data, &Erased::load(data)?)?;
    let found = find(data, tombstone, stored_before, &salt)?;
    let mut parts: Vec<_> = found
        .interactions
        .chunks(MAX_COVERED_IN_A_LINE)
        .map(<[_]>::to_vec)
        .collect();
    if parts.is_empty() {
        parts.push(vec![]);
    }
    let last = parts.len() - 1;
    let mut feedback = found.feedback;
    let of_part = |(index, interactions)| Line {
        covers: Some(Covers {
            number: tombstone.number,
            interactions,
            feedback: feedback.take(),
            last: index == last,
        }),
        ..Line::default()
    };
    let lines: Vec<Line> = parts.into_iter().enumerate().map(of_part).collect();
    log::hold(data)?.append(&lines)
}
