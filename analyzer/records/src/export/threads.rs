//! Work on several threads, each index once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::meter::Meter;
use crate::error::Error;

/// Threads of one export, at most.
pub const MAX_THREADS: usize = 64;

/// Threads for so many indices, of so many that are given.
pub(super) fn used(count: usize, given: usize) -> usize {
    given.clamp(1, MAX_THREADS).min(count.max(1))
}

/// Calls for each index below `count`, in their order where there is one thread, what `worker` makes for each of the threads ([`used`]).
/// The results are in the order of the indices. After an error the other threads end as soon as they ask the meter.
pub(super) fn each<T, F>(
    count: usize,
    threads: usize,
    meter: &Meter,
    worker: impl Fn() -> F + Sync,
) -> Result<Vec<T>, Error>
where
    T: Send,
    F: FnMut(usize) -> Result<T, Error>,
{
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<T, Error>)>> = Mutex::default();
    let run = || {
        let mut work = worker();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let result = work(index);
            let failed = result.is_err();
            let mut results = results.lock().unwrap_or_else(|e| e.into_inner());
            results.push((index, result));
            if failed {
                meter.stop();
                return next.store(count, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    // Of several errors the cause, not that the others were stopped by it.
    results.sort_by_key(|(index, result)| (matches!(result, Err(Error::Stopped)), *index));
    results.into_iter().map(|(_, result)| result).collect()
}
