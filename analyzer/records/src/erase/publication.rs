//! Publishing what was made from the store, never past an erasure of it.

use chrono::{DateTime, Utc};

use super::erased::Erased;
use super::exports::is_read_only;
use super::log;
use crate::error::Error;
use crate::layout::DataDir;

/// What something was made from.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Number of the last erasure when the snapshot was taken.
    pub erasures: u64,
    /// When the snapshot was taken.
    pub taken: DateTime<Utc>,
    /// Interactions before this time were left out.
    pub since: Option<DateTime<Utc>>,
}

/// Publishes by `commit` (a rename), unless something that the source may hold was erased meanwhile: then
/// [`Error::Erased`] says so, nothing is published, and it has to be made again. An erasure that is asked for while
/// `commit` runs waits for it, and finds what it published.
pub fn publish<T>(
    data: &DataDir,
    source: Source,
    commit: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let held = match log::hold(data) {
        Ok(held) => Some(held),
        // Where nobody can write nobody erases either; another node's mount may, and is seen as far as it is there.
        Err(error) if is_read_only(&error) => None,
        Err(error) => return Err(error),
    };
    let erased = Erased::load(data)?;
    let newer = erased.all().find(|tombstone| {
        !tombstone.is_known_to(source.erasures, source.taken)
            && tombstone.is_held_by(source.taken, source.since)
    });
    let published = match newer {
        Some(tombstone) => Err(Error::Erased {
            number: tombstone.number,
        }),
        None => commit(),
    };
    drop(held);
    published
}
