//! Group commit: what waits is written and synced together, by one of those who wait.
//!
//! While nobody commits, the first to append does it at once, in its own thread: no wait and no hand-over when idle.
//! Those who come meanwhile gather the next batch; the background thread commits it, so that nobody works for others.
//! Those who say that they can wait are given a moment for more to come: a sync takes the processor too.

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::facts::Facts;
use super::told::Told;
use crate::error::Error;

/// Records of one batch; more have to wait for the next.
const MAX_BATCH_RECORDS: usize = 4096;

/// Bytes of one batch.
const MAX_BATCH_BYTES: usize = 32 << 20;

/// Bytes of an emptied buffer that are kept for the next batch.
const MAX_SPARE_BYTES: usize = 4 << 20;

/// Time since the last commit that those who can wait are waited for.
const REST: Duration = Duration::from_millis(2);

/// Records that are worth a commit of their own at once, though all of them could wait.
const ENOUGH_RECORDS: usize = 64;

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
    /// When the last commit ended.
    ended: Option<Instant>,
    /// Somebody in the batch that gathers does not wait for others.
    hurry: bool,
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

    /// What gathers may wait for more.
    fn can_rest(&self) -> bool {
        !self.closed
            && !self.hurry
            && !self.is_full()
            && (1..ENOUGH_RECORDS).contains(&self.gathering.facts.len())
    }
}

/// What the one who adds a record does, and expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adds {
    /// Commits if nobody else does.
    Leading,
    /// Leaves that to the background thread, and expects it at once.
    Hurrying,
    /// The same, and can wait for others to come.
    Resting,
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

    /// Adds a line to the batch that gathers.
    pub(super) fn add(
        &self,
        line: &[u8],
        facts: Facts,
        adds: Adds,
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
        let could_rest = state.can_rest();
        state.hurry |= adds != Adds::Resting;
        let commits = if state.committing {
            if could_rest && !state.can_rest() {
                self.work.notify_one();
            }
            Commits::Other
        } else {
            state.committing = true;
            if adds == Adds::Leading {
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
        state.hurry = false;
        drop(state);
        self.moved.notify_all();
        Some(batch)
    }

    /// Says what has become of a batch.
    pub(super) fn done(&self, mut batch: Batch, result: Result<(), Error>) {
        batch.outcome.say(result);
        batch.bytes.clear();
        batch.bytes.shrink_to(MAX_SPARE_BYTES);
        let mut state = self.lock();
        state.spare = batch.bytes;
        state.ended = Some(Instant::now());
    }

    /// Lets more gather, for a moment and only if all who wait can.
    pub(super) fn rest(&self) {
        let state = self.lock();
        let since = state.ended.map_or(REST, |ended| ended.elapsed());
        let (_state, _timeout) = self
            .work
            .wait_timeout_while(state, REST.saturating_sub(since), |state| state.can_rest())
            .expect("no panic holds it");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_all_can_wait_are_waited_for() {
        let queue = Queue::default();
        let add = |adds| queue.add(b"{}\n", Facts::default(), adds).unwrap().1;
        let can_rest = || queue.lock().can_rest();
        assert!(!can_rest(), "nobody is there");
        assert_eq!(add(Adds::Resting), Commits::Other);
        assert!(can_rest());
        add(Adds::Hurrying);
        assert!(!can_rest());
        assert_eq!(queue.take().unwrap().facts.len(), 2);
        (1..ENOUGH_RECORDS).for_each(|_| assert_eq!(add(Adds::Resting), Commits::Other));
        assert!(can_rest(), "the next batch is another");
        add(Adds::Resting);
        assert!(!can_rest(), "enough have come");
        queue.take().unwrap();
        assert!(queue.take().is_none());
        assert_eq!(add(Adds::Leading), Commits::Caller);
        assert!(!can_rest());
    }
}
