//! How fast a store is cleaned up while others append to it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::segment::Segment;
use crate::files;

/// Times as long as a sync took that the disk is left to those who append.
const PAUSE_PER_WORK: u32 = 4;

/// Longest pause after one sync.
const MAX_PAUSE: Duration = Duration::from_millis(250);

/// Leaves the disk to those who append, for as long as somebody does.
pub(super) struct Pace<'a> {
    segment: &'a Segment,
    /// Lengths of the active segments when they were last looked at.
    lengths: HashMap<PathBuf, u64>,
}

impl<'a> Pace<'a> {
    /// Beside the active segments of the store that a sealed segment is of.
    pub(super) fn beside(segment: &'a Segment) -> Self {
        let mut pace = Self {
            segment,
            lengths: HashMap::new(),
        };
        pace.has_grown();
        pace
    }

    /// Does a sync, or what else the disk does in one go, and pauses if somebody appended since the last time.
    pub(super) fn work<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        let took = began.elapsed();
        if self.has_grown() {
            std::thread::sleep(pause(took));
        }
        done
    }

    /// Whether an active segment grew, came or went since the last time.
    fn has_grown(&mut self) -> bool {
        let fs = self.segment.fs();
        let folder = self
            .segment
            .path
            .parent()
            .and_then(|sealed| sealed.parent());
        let listed = folder.and_then(|folder| files::list(fs, folder).ok());
        let lengths = listed.into_iter().flatten().filter_map(|path| {
            let stat = fs.stat(&path).ok()?;
            (path.extension().is_some_and(|end| end == "jsonl")).then_some((path, stat.bytes))
        });
        let lengths: HashMap<_, _> = lengths.collect();
        let has_grown = lengths != self.lengths;
        self.lengths = lengths;
        has_grown
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
    fn pauses_only_beside_somebody_who_appends() {
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
        assert!(!pace.has_grown(), "nobody appends");
        store.append(&Interaction::default()).unwrap();
        assert!(pace.has_grown());
        assert!(!pace.has_grown());
    }

    #[test]
    fn the_pause_is_bounded() {
        let ms = Duration::from_millis;
        for (took, expected) in [(0, ms(0)), (5, ms(20)), (10_000, MAX_PAUSE)] {
            assert_eq!(pause(ms(took)), expected, "{took} ms");
        }
    }
}
