//! Where the records of a segment begin.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::Error;
use crate::filesystem::{FileId, Stream};
use crate::store::{Landmark, Segment, for_each_line};

/// Segments whose index is remembered; about 64 bytes a record.
const MAX_CACHED_SEGMENTS: usize = 32;

/// The order of interactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Microseconds since 1970.
    pub(super) time: i64,
    pub(super) id: Uuid,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:016x}{:032x}",
            self.time.cast_unsigned(),
            self.id.as_u128()
        )
    }
}

impl Key {
    pub(super) fn read(cursor: &str) -> Result<Self, Error> {
        let parts = cursor
            .is_ascii()
            .then(|| cursor.split_at_checked(16))
            .flatten();
        let key = parts.and_then(|(time, id)| {
            (id.len() == 32).then_some(())?;
            Some(Self {
                time: u64::from_str_radix(time, 16).ok()?.cast_signed(),
                id: Uuid::from_u128(u128::from_str_radix(id, 16).ok()?),
            })
        });
        key.ok_or_else(|| {
            Error::Invalid("the cursor is none of ours: begin again without one".to_owned())
        })
    }
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) offset: u64,
    /// Bytes of the line without its end.
    pub(super) length: u32,
    pub(super) subject: u64,
}

/// The records of a segment, in the order they lie there.
#[derive(Clone, Debug, Default)]
pub(super) struct SegmentIndex {
    pub(super) entries: Vec<Entry>,
    /// Up to where the segment is in it.
    read: Landmark,
}

#[derive(Deserialize)]
struct Head {
    timestamp: DateTime<Utc>,
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    subject: Option<String>,
}

impl SegmentIndex {
    fn is_all_of(&self, segment: &Segment) -> Result<bool, Error> {
        let Some((file, end)) = segment.handle()? else {
            return Ok(false);
        };
        Ok(self.read.end() >= end && self.read.is_in(&file))
    }

    fn extend(&mut self, segment: &Segment) -> Result<(), Error> {
        let Some((file, end)) = segment.handle()? else {
            *self = Self::default();
            return Ok(());
        };
        if !self.read.is_in(&file) {
            *self = Self::default();
        }
        let from = self.read.end();
        if end <= from {
            return Ok(());
        }
        let mut done = from;
        for_each_line(
            Stream::new(Arc::clone(&file), from, end),
            &segment.path,
            |line| {
                if !line.ended {
                    return Ok(());
                }
                done = from + line.offset + line.length;
                if let Ok(head) = serde_json::from_slice::<Head>(line.bytes)
                    && !line.is_too_long()
                {
                    let id = match head.id {
                        id if id.is_nil() => id_of_line(head.timestamp, line.bytes),
                        id => id,
                    };
                    self.entries.push(Entry {
                        key: Key {
                            time: head.timestamp.timestamp_micros(),
                            id,
                        },
                        offset: from + line.offset,
                        length: line.bytes.len() as u32,
                        subject: head.subject.as_deref().map_or(0, hash_of_subject),
                    });
                }
                Ok(())
            },
        )?;
        self.read = Landmark::of(&file, &segment.path, done)?;
        Ok(())
    }
}

/// The id of a record that has none: a UUIDv7 of its time and of the SHA-256 of its line, so the same each time.
pub fn id_of_line(time: DateTime<Utc>, line: &[u8]) -> Uuid {
    let digest = Sha256::digest(line);
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

pub(super) fn hash_of_subject(subject: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    hasher.finish()
}

/// Indexes of the segments looked into last.
#[derive(Debug, Default)]
pub(super) struct Cache {
    recent: Mutex<VecDeque<(FileId, Arc<SegmentIndex>)>>,
}

impl Cache {
    /// The index of a segment, extended to what the segment holds now.
    pub(super) fn of(&self, segment: &Segment) -> Result<Arc<SegmentIndex>, Error> {
        let mut recent = self.recent.lock().expect("no panic holds it");
        let at = recent.iter().position(|(id, _)| *id == segment.id);
        let known = at.and_then(|at| recent.remove(at)).map(|(_, index)| index);
        drop(recent);
        let mut index = known.unwrap_or_default();
        if !index.is_all_of(segment)? {
            Arc::make_mut(&mut index).extend(segment)?;
        }
        let mut recent = self.recent.lock().expect("no panic holds it");
        recent.retain(|(id, _)| *id != segment.id);
        recent.push_front((segment.id, Arc::clone(&index)));
        recent.truncate(MAX_CACHED_SEGMENTS);
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let key = Key {
            time: -5,
            id: Uuid::from_u128(u128::MAX - 7),
        };
        assert_eq!(Key::read(&key.to_string()).unwrap(), key);
        for odd in [
            "",
            "x",
            "é",
            &"g".repeat(48),
            &"0".repeat(47),
            &"0".repeat(49),
        ] {
            assert!(Key::read(odd).is_err(), "{odd}");
        }
    }
}
