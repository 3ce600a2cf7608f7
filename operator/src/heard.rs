//! When a watch gave a sign of life, and when it told of anything.

use crate::clock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// When each watch last gave a sign of life.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<AtomicI64>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(clock::now().as_second())))
    }
}

impl Pulse {
    /// The watch lives.
    pub fn beat(&self) {
        self.0.store(clock::now().as_second(), Ordering::Relaxed);
    }

    /// Time since its last sign of life.
    pub fn age(&self) -> Duration {
        Duration::from_secs(
            u64::try_from(clock::now().as_second() - self.0.load(Ordering::Relaxed)).unwrap_or(0),
        )
    }
}

/// When a watch last told of anything, to the millisecond. Unlike [`Pulse`] nothing else makes it beat.
#[derive(Clone, Debug)]
pub struct Heard {
    began: Instant,
    // Milliseconds after that; none yet: as long ago as can be.
    last: Arc<AtomicU64>,
    count: Arc<AtomicU64>,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            last: Arc::new(AtomicU64::new(NEVER)),
            count: Arc::default(),
        }
    }
}

const NEVER: u64 = u64::MAX;

impl Heard {
    /// The watch tells of something.
    pub fn now(&self) {
        self.last.store(self.millis(), Ordering::Release);
        self.count.fetch_add(1, Ordering::Release);
    }

    /// How often it has told of anything: while that stays the same, so does its store.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Whether the watch has told of anything in this time.
    pub fn within(&self, time: Duration) -> bool {
        let last = self.last.load(Ordering::Acquire);
        last != NEVER && u128::from(self.millis().saturating_sub(last)) <= time.as_millis()
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_heard_for_a_while() {
        let heard = Heard::default();
        assert!(!heard.within(Duration::from_secs(3_600)), "never yet");
        heard.now();
        assert!(heard.within(Duration::from_secs(3_600)));
        std::thread::sleep(Duration::from_millis(5));
        assert!(!heard.within(Duration::from_millis(2)), "too long ago");
        assert_eq!(heard.count(), 1);
    }
}
