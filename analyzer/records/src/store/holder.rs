//! The segments that a writing process holds.

use super::active::{Active, AppendError};
use super::commit::Batch;
use super::shared::Shared;
use super::writer::Options;
use crate::error::Error;

/// The segments that this process holds.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) name: String,
    /// None after a failed sync until a new segment could be opened.
    pub(super) active: Option<Active>,
    /// A segment that must not be written to again and could not be moved away yet. It stays locked.
    pub(super) abandoned: Option<Active>,
}

impl Holder {
    pub(super) fn is_due(&self, options: &Options) -> bool {
        self.active.as_ref().is_some_and(|active| {
            active.meta.bytes > 0
                && (active.meta.bytes >= options.seal_bytes || active.age() >= options.seal_age)
        })
    }

    pub(super) fn append(&mut self, shared: &Shared, batch: &Batch) -> Result<(), Error> {
        let active = self.ensure(shared)?;
        match active.append(&batch.bytes, &batch.facts) {
            Ok(()) => {
                shared.counts.appended(&active.meta);
                Ok(())
            }
            Err(AppendError::Refused(error)) => Err(error),
            Err(AppendError::Poisoned(error)) => {
                tracing::error!(%error, "the segment is abandoned");
                self.abandoned = self.active.take();
                // If this fails too, the next append tries again before it writes anything.
                let _ = self.move_abandoned(shared);
                Err(error)
            }
        }
    }

    /// The active segment, opened if there is none.
    pub(super) fn ensure(&mut self, shared: &Shared) -> Result<&mut Active, Error> {
        self.move_abandoned(shared)?;
        if self.active.is_none() {
            let active = Active::open(&shared.data, shared.kind, &self.name)?;
            shared.counts.own(&active.path, &active.meta);
            self.active = Some(active);
        }
        Ok(self.active.as_mut().expect("opened above"))
    }

    fn move_abandoned(&mut self, shared: &Shared) -> Result<(), Error> {
        if let Some(abandoned) = &self.abandoned {
            shared.counts.begin_seal();
            let moved = abandoned.abandon(&shared.data, shared.kind);
            shared
                .counts
                .end_seal(moved.as_ref().ok().and_then(Clone::clone));
            moved?;
            self.abandoned = None;
        }
        Ok(())
    }
}
