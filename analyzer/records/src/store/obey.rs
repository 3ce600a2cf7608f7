//! What a writer does about erasures: its active segment is sealed, so that it can be rewritten.

use super::segment::segments;
use super::writer::Store;
use crate::erase::{Erased, holds};
use crate::error::Error;

impl Store {
    /// Seals the active segment if something in it is erased, and takes what is erased out of the totals.
    pub fn obey(&self, erased: &Erased) -> Result<(), Error> {
        if erased.watched(chrono::Utc::now()).next().is_some() {
            let own = self.active().0;
            let listed = segments(&self.shared.data, self.shared.kind)?;
            for segment in listed.iter().filter(|s| !s.sealed && s.path == own) {
                if holds(segment, self.shared.kind, erased)? {
                    self.seal();
                }
            }
        }
        self.shared.refresh();
        Ok(())
    }
}
