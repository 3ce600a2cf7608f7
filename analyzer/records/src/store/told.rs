//! Something that is said once, to any number who wait for it: threads or futures.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// What is said, once it is.
#[derive(Debug)]
pub(super) struct Told<T> {
    state: Mutex<State<T>>,
    said: Condvar,
}

#[derive(Debug)]
struct State<T> {
    said: Option<T>,
    wakers: Vec<Waker>,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                said: None,
                wakers: vec![],
            }),
            said: Condvar::new(),
        }
    }
}

impl<T> Told<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no panic holds it")
    }

    /// Says it; who waits goes on.
    pub(super) fn say(&self, what: T) {
        let mut state = self.lock();
        state.said = Some(what);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.said.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Blocks until it is said.
    pub(super) fn wait<R>(&self, hear: impl FnOnce(&T) -> R) -> R {
        let state = self
            .said
            .wait_while(self.lock(), |state| state.said.is_none())
            .expect("no panic holds it");
        hear(state.said.as_ref().expect("waited for it"))
    }

    /// The same as a future; `place` is where this one's waker is kept between polls.
    pub(super) fn poll<R>(
        &self,
        place: &mut Option<usize>,
        context: &Context<'_>,
        hear: impl FnOnce(&T) -> R,
    ) -> Poll<R> {
        let mut state = self.lock();
        if let Some(what) = &state.said {
            return Poll::Ready(hear(what));
        }
        match *place {
            Some(at) => state.wakers[at].clone_from(context.waker()),
            None => {
                *place = Some(state.wakers.len());
                state.wakers.push(context.waker().clone());
            }
        }
        Poll::Pending
    }
}
