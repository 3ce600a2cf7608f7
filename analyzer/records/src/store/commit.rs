//! Group commit: what waits is written and synced together, by one of those who wait.
//!
//! While nobody commits, the first to append does it at once, in its own thread: no wait and no hand-over when idle.
//! Those who come meanwhile gather the next batch; the background thread commits it, so that nobody works for others.

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll};

use super::facts::Facts;
use super::told::Told;
use crate::error::Error;

/// Records of one batch; more have to wait for the next.
const MAX_BATCH_RECORDS: usize = 4096;

/// Bytes of one batch.
const MAX_BATCH_BYTES: usize = 32 << 20;

/// Bytes of an emptied buffer that are kept for the next batch.
const MAX_SPARE_BYTES: usize = 4 << 20;

/// Lines that are written and synced together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) facts: Vec<Facts>,
    outcome: Arc<Outcome>,
}

/// What has become of a batch; all of its records share it.
type Outcome = Told<Result<(), Error>>;

fn copy(result: &Result<(), Error>) -> Result<(), Error> {
    result.as_ref().copied().map_err(Error::again)
}

/// A record on its way to the disk. It is stored when this says so, by [`Pending::wait`] or as a future.
#[derive(Debug)]
#[must_use = "the record is stored only when this says so"]
pub struct Pending {
    outcome: Arc<Outcome>,
    place: Option<usize>,
}

impl Pending {
    /// Blocks until the record is on disk.
    pub fn wait(self) -> Result<(), Error> {
        self.outcome.wait(copy)
    }
}

impl Future for Pending {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.outcome.poll(&mut this.place, context, copy)
    }
}

/// The batch that gathers, and who commits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    /// A batch was taken, or nobody commits any more.
    moved: Condvar,
    /// The background thread has something to do.
    work: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    gathering: Batch,
    spare: Vec<u8>,
    committing: bool,
    /// The background thread is to commit.
    handed_over: bool,
    closed: bool,
}

impl QueueState {
    /// What gathers is enough for one batch. It can be more by one record.
    fn is_full(&self) -> bool {
        self.gathering.facts.len() >= MAX_BATCH_RECORDS
            || self.gathering.bytes.len() >= MAX_BATCH_BYTES
    }
}

/// Who is to commit what was just added.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Commits {
    /// The one who added it.
    Caller,
    /// Somebody does already, or the background thread was woken.
    Other,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().expect("no panic holds it")
    }

    /// Whether the next to add would have to wait.
    pub(super) fn is_full(&self) -> bool {
        self.lock().is_full()
    }

    /// Adds a line to the batch that gathers. `lead`: the caller commits if nobody else does.
    pub(super) fn add(
        &self,
        line: &[u8],
        facts: Facts,
        lead: bool,
    ) -> Result<(Pending, Commits), Error> {
        let mut state = self
            .moved
            .wait_while(self.lock(), |state| !state.closed && state.is_full())
            .expect("no panic holds it");
        if state.closed {
            return Err(Error::Closed);
        }
        state.gathering.bytes.extend_from_slice(line);
        state.gathering.facts.push(facts);
        let outcome = Arc::clone(&state.gathering.outcome);
        let commits = if state.committing {
            Commits::Other
        } else {
            state.committing = true;
            if lead {
                Commits::Caller
            } else {
                state.handed_over = true;
                self.work.notify_one();
                Commits::Other
            }
        };
        let pending = Pending {
            outcome,
            place: None,
        };
        Ok((pending, commits))
    }

    /// The batch to commit next; `None`: there is none, and nobody commits from now on.
    pub(super) fn take(&self) -> Option<Batch> {
        let mut state = self.lock();
        if state.gathering.facts.is_empty() {
            state.committing = false;
            drop(state);
            self.moved.notify_all();
            return None;
        }
        let mut batch = Batch {
            bytes: std::mem::take(&mut state.spare),
            ..Batch::default()
        };
        std::mem::swap(&mut batch, &mut state.gathering);
        drop(state);
        self.moved.notify_all();
        Some(batch)
    }

    /// Says what has become of a batch.
    pub(super) fn done(&self, mut batch: Batch, result: Result<(), Error>) {
        batch.outcome.say(result);
        batch.bytes.clear();
        batch.bytes.shrink_to(MAX_SPARE_BYTES);
        self.lock().spare = batch.bytes;
    }

    /// Leaves committing to the background thread, or ends it if nothing waits.
    pub(super) fn hand_over(&self) {
        let mut state = self.lock();
        if state.gathering.facts.is_empty() {
            state.committing = false;
            drop(state);
            self.moved.notify_all();
        } else {
            state.handed_over = true;
            self.work.notify_one();
        }
    }

    /// Waits until the background thread is to commit. `false`: it is to end.
    pub(super) fn wait_for_work(&self) -> bool {
        let waiting = |state: &mut QueueState| !state.handed_over && !state.closed;
        let mut state = self
            .work
            .wait_while(self.lock(), waiting)
            .expect("no panic holds it");
        std::mem::take(&mut state.handed_over)
    }

    /// Nothing can be added any more; returns when what was added is committed.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        self.work.notify_all();
        self.moved.notify_all();
        while state.committing {
            state = self.moved.wait(state).expect("no panic holds it");
        }
    }
}
