//! By which id an imported record is known.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::archive::id_of_line;
use crate::error::Error;
use crate::layout::{DataDir, Kind};
use crate::store::{read_segment, segments};

/// The ids of a store, and of what was imported since.
pub(super) struct Ids {
    known: HashSet<Uuid>,
    /// Of records that redaction made alike: the lines they come from, by the id of the first. Never stored.
    alike: HashMap<Uuid, Vec<Uuid>>,
}

impl Ids {
    /// Reads those of every record that is stored: about 40 bytes each are held.
    pub(super) fn of(data: &DataDir) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            timestamp: DateTime<Utc>,
            #[serde(default)]
            id: Uuid,
        }
        let mut known = HashSet::new();
        for segment in segments(data, Kind::Interactions)? {
            read_segment::<Head>(&segment, |line| {
                known.insert(match line.record.id {
                    id if id.is_nil() => id_of_line(line.record.timestamp, line.raw),
                    id => id,
                });
                Ok(())
            })?;
        }
        Ok(Self {
            known,
            alike: HashMap::new(),
        })
    }

    pub(super) fn has(&self, id: Uuid) -> bool {
        self.known.contains(&id)
    }

    /// Adds an id. `false`: it was there.
    pub(super) fn add(&mut self, id: Uuid) {
        self.known.insert(id);
    }

    /// The id of a record without one of its own, in which something was replaced. `line` is its id by the line as it
    /// came; it holds a digest of the values that were replaced, short ones could be found out by it, so it is compared
    /// and not stored. `anonymous` is the record without these values. Several records that differ in nothing but them are
    /// numbered in the order in which they come.
    pub(super) fn redacted(&mut self, time: DateTime<Utc>, line: Uuid, anonymous: &str) -> Uuid {
        let first = id_of_line(time, anonymous.as_bytes());
        let alike = self.alike.entry(first).or_default();
        let place = alike.iter().position(|other| *other == line);
        let place = place.unwrap_or_else(|| {
            alike.push(line);
            alike.len() - 1
        });
        match place {
            0 => first,
            _ => id_of_line(time, format!("{anonymous}\n{place}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redaction_made_alike_stays_apart_and_is_known_again() {
        let time = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let lines = [1u128, 2, 1, 3].map(Uuid::from_u128);
        let import = || {
            let mut ids = Ids {
                known: HashSet::new(),
                alike: HashMap::new(),
            };
            lines.map(|line| ids.redacted(time, line, "p=[…]"))
        };
        let [a, b, a_again, c] = import();
        assert!(a == a_again && a != b && b != c && a != c);
        assert_eq!(import(), [a, b, a, c]);
    }
}
