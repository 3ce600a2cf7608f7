//! Lines that are no records any more, and whose they are.

use chrono::{DateTime, Utc};

use super::erased::Erased;
use super::scan::Attribution;
use super::tombstone::Tombstone;

/// The erasure that covers a damaged line that still names its interaction or subject. When it was made is not asked: of
/// what is damaged nobody misses more than they should.
pub(super) fn erasure_of<'a>(line: &[u8], erased: &'a Erased) -> Option<&'a Tombstone> {
    by(&Attribution::of(line), erased)
}

pub(super) fn by<'a>(whose: &Attribution, erased: &'a Erased) -> Option<&'a Tombstone> {
    let earliest = DateTime::<Utc>::MIN_UTC;
    let subject = whose.subject.as_deref();
    let id = whose.id.or(whose.about).unwrap_or_default();
    erased.by(id, subject, earliest)
}
