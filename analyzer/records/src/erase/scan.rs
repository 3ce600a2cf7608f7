//! Finds what an erasure covers, and whose a line is.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::subject::SubjectHash;
use super::tombstone::{Covered, Named, Said, Tombstone, Whose};
use crate::archive::id_of_line;
use crate::error::Error;
use crate::filesystem::FileId;
use crate::layout::{DataDir, Kind};
use crate::store::{Presence, Segment, SegmentMeta, for_each_line, meta, segments};

/// A record's own time is taken within this time of the one that its id carries.
const ID_SLACK: TimeDelta = TimeDelta::seconds(120);

/// What a line is, as far as erasures go; of either store.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) timestamp: DateTime<Utc>,
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    pub(super) interaction_id: Uuid,
    #[serde(default)]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) log_blob: Option<String>,
    #[serde(default)]
    log_content: Presence,
}

impl Head {
    /// Id of an interaction, also of one without: the same as readers give it.
    pub(super) fn id(&self, line: &[u8]) -> Uuid {
        if self.id.is_nil() {
            id_of_line(self.timestamp, line)
        } else {
            self.id
        }
    }
}

/// Lengths of the segments when an erasure was asked for: what lies within was stored before.
pub(super) type Snapshot = HashMap<FileId, u64>;

pub(super) fn snapshot(data: &DataDir) -> Result<Snapshot, Error> {
    let mut lengths = Snapshot::new();
    for kind in [Kind::Interactions, Kind::Feedback] {
        lengths.extend(segments(data, kind)?.iter().map(|s| (s.id, s.bytes)));
    }
    Ok(lengths)
}

/// What an erasure covers, as the store is now.
pub(super) struct Found {
    pub(super) interactions: Vec<Covered>,
    pub(super) feedback: Option<Said>,
}

/// Searches the store; `salt` is for the names of those who asked. A record of a subject counts if it was made before the erasure was asked for, or lies within the
/// snapshot: the clocks of those who store may differ.
pub(super) fn find(
    data: &DataDir,
    tombstone: &Tombstone,
    before: &Snapshot,
    salt: &str,
) -> Result<Found, Error> {
    let mut found = Found {
        interactions: vec![],
        feedback: None,
    };
    let is_theirs = |subject: Option<&str>| match (&tombstone.target, subject) {
        (Named::Subject(hash), Some(name)) => SubjectHash::of(name, &hash.salt) == *hash,
        _ => false,
    };
    let is_before = |segment: &Segment, time, offset| {
        time <= tombstone.requested || before.get(&segment.id).is_some_and(|n| offset < *n)
    };
    for segment in segments(data, Kind::Interactions)? {
        if segment.sealed && !may_hold(&meta(&segment)?, &tombstone.target, is_theirs) {
            continue;
        }
        each(&segment, |head, line, offset| {
            let id = head.id(line);
            let covers = match &tombstone.target {
                Named::InteractionId(wanted) => *wanted == id,
                Named::Subject(_) => {
                    is_theirs(head.subject.as_deref())
                        && is_before(&segment, head.timestamp, offset)
                }
            };
            if covers {
                found.interactions.push(Covered {
                    id,
                    time: head.timestamp,
                    log: head.log_content.0 || head.log_blob.is_some(),
                    blob: head.log_blob,
                    whose: match (&tombstone.target, &head.subject) {
                        (Named::Subject(_), _) => Whose::Unknown,
                        (_, None) => Whose::Nobody,
                        (_, Some(name)) => Whose::Subject(SubjectHash::of(name, salt)),
                    },
                });
            }
        })?;
    }
    if matches!(tombstone.target, Named::Subject(_)) {
        for segment in segments(data, Kind::Feedback)? {
            each(&segment, |head, _, offset| {
                if is_theirs(head.subject.as_deref()) && is_before(&segment, head.timestamp, offset)
                {
                    let said = Said::at(head.timestamp);
                    match &mut found.feedback {
                        Some(known) => known.merge(&said),
                        none => *none = Some(said),
                    }
                }
            })?;
        }
    }
    Ok(found)
}

fn may_hold(
    counts: &SegmentMeta,
    target: &Named,
    is_theirs: impl Fn(Option<&str>) -> bool,
) -> bool {
    match target {
        Named::Subject(_) => {
            counts.more_subjects || counts.subjects.iter().any(|name| is_theirs(Some(name)))
        }
        Named::InteractionId(id) => {
            let made = id.get_timestamp().and_then(|time| {
                let (seconds, nanos) = time.to_unix();
                DateTime::from_timestamp(seconds.cast_signed(), nanos)
            });
            match (made, counts.first, counts.last) {
                (_, None, _) | (_, _, None) => false,
                (None, _, _) => true,
                (Some(made), Some(first), Some(last)) => {
                    (first - ID_SLACK..=last + ID_SLACK).contains(&made)
                }
            }
        }
    }
}

/// Calls `each` for every record of a segment, with its line and where that begins.
fn each(segment: &Segment, mut each: impl FnMut(Head, &[u8], u64)) -> Result<(), Error> {
    let Some(opened) = segment.open()? else {
        return Ok(());
    };
    for_each_line(opened, &segment.path, |line| {
        if line.ended
            && let Ok(head) = serde_json::from_slice::<Head>(line.bytes)
        {
            each(head, line.bytes, line.offset);
        }
        Ok(())
    })
}

/// Whose a line is that is no record: what is left of one, or what an older tool wrote.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Attribution {
    pub(super) id: Option<Uuid>,
    pub(super) about: Option<Uuid>,
    pub(super) subject: Option<String>,
}

impl Attribution {
    /// The last whole field of each name counts. Within a text of the record quotes are escaped, so that a log that
    /// looks like a record is not taken for one.
    pub(super) fn of(line: &[u8]) -> Self {
        let id = |name: &str| {
            let text = last_value(line, name)?.get(..36)?;
            Uuid::try_parse_ascii(text).ok()
        };
        Self {
            id: id("\"id\":"),
            about: id("\"interaction_id\":"),
            subject: last_value(line, "\"subject\":").and_then(|rest| {
                let mut values = serde_json::Deserializer::from_slice(&[b"\"", rest].concat())
                    .into_iter::<String>()
                    .collect::<Vec<_>>();
                values.drain(..).next()?.ok()
            }),
        }
    }

    pub(super) fn is_nobodys(&self) -> bool {
        *self == Self::default()
    }
}

/// What follows the quote that begins the value of the last field `name` (quoted, with its colon).
fn last_value<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let name = name.as_bytes();
    let at = (0..line.len().checked_sub(name.len())? + 1)
        .rev()
        .find(|at| line[*at..].starts_with(name) && (*at == 0 || line[at - 1] != b'\\'))?;
    let rest = line[at + name.len()..].trim_ascii_start();
    rest.strip_prefix(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_torn_line_is() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let of = |line: &str| Attribution::of(line.as_bytes());
        let whole = format!(r#"{{"id":"{id}","subject":"a\"nn","log_bl"#);
        let found = of(&whole);
        assert_eq!(found.id, id.parse().ok());
        assert_eq!(found.subject.as_deref(), Some("a\"nn"));
        let said = of(&format!(
            r#"{{"interaction_id": "{id}", "subject": "bob"}}"#
        ));
        assert_eq!((said.id, said.about), (None, id.parse().ok()));
        for nobodys in [
            "",
            r#"{"log_content":"{\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}"#,
            r#"{"id":"01890a5d-ac"#,
            r#"{"subject":"an"#,
        ] {
            assert!(of(nobodys).is_nobodys(), "{nobodys}");
        }
    }
}
