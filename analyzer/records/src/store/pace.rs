//! How fast a store is cleaned up while others append to it.

use std::time::{Duration, Instant};

use super::segment::Segment;
use super::watch::Watch;

/// Times as long as a sync took that the disk is left to those who append.
const PAUSE_PER_WORK: u32 = 4;

/// Longest pause after one sync.
const MAX_PAUSE: Duration = Duration::from_millis(250);

/// Leaves the disk to those who append, for as long as somebody does.
pub(super) struct Pace(Watch);

impl Pace {
    /// Beside the active segments of the store that a sealed segment is of.
    pub(super) fn beside(segment: &Segment) -> Self {
        let sealed = segment.path.parent();
        let folder = sealed.and_then(|sealed| sealed.parent());
        Self(Watch::over(
            folder.unwrap_or(&segment.path),
            segment.shared_fs(),
        ))
    }

    /// Does a sync, or what else the disk does in one go, and pauses if somebody appended since the last time.
    pub(super) fn work<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        let took = began.elapsed();
        if self.0.has_grown() {
            std::thread::sleep(pause(took));
        }
        done
    }
}

fn pause(took: Duration) -> Duration {
    took.saturating_mul(PAUSE_PER_WORK).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interaction;
    use crate::layout::{DataDir, Kind};
    use crate::store::{Options, Store, segments};

    #[test]
    fn the_active_segments_beside_a_sealed_one_are_watched() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let options = Options {
            background: false,
            ..Options::default()
        };
        let store = Store::open(&data, Kind::Interactions, "a", options).unwrap();
        store.append(&Interaction::default()).unwrap();
        store.seal();
        let sealed = segments(&data, Kind::Interactions).unwrap();
        let mut pace = Pace::beside(&sealed[0]);
        store.append(&Interaction::default()).unwrap();
        assert!(pace.0.has_grown());
    }

    #[test]
    fn the_pause_is_bounded() {
        let ms = Duration::from_millis;
        for (took, expected) in [(0, ms(0)), (5, ms(20)), (10_000, MAX_PAUSE)] {
            assert_eq!(pause(ms(took)), expected, "{took} ms");
        }
    }
}
