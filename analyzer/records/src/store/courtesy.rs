//! How much of the time an export or a prune reads while others append.
//!
//! Whoever sends a log waits until it is stored; whoever exports or prunes waits for minutes anyhow. Reading takes a
//! processor, and on a small machine that is one of those that the appends need. So while the active segments grow, all
//! threads of such a command together work half of the time of one; while nobody appends, they work all of it.

use std::time::{Duration, Instant};

use super::watch::Watch;
use crate::layout::{DataDir, Kind};

/// Time of work between two looks at the active segments.
const WORK: Duration = Duration::from_millis(50);

/// Times as long as all threads worked that all of them pause.
const PAUSE_PER_WORK: u32 = 1;

/// Longest pause at once: who stops appending is noticed after it.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// What one thread that reads a store asks from time to time.
pub(crate) struct Courtesy {
    watch: Watch,
    /// Threads of the command.
    threads: u32,
    /// When its work began, after the last look.
    since: Instant,
    /// How much longer it may pause in all.
    left: Duration,
}

impl Courtesy {
    /// To those who append interactions, from one of so many threads that pauses so long in all, at most.
    pub(crate) fn of(data: &DataDir, threads: usize, at_most: Duration) -> Self {
        Self {
            watch: Watch::over(&data.store(Kind::Interactions), data.shared_fs()),
            threads: u32::try_from(threads).unwrap_or(u32::MAX),
            since: Instant::now(),
            left: at_most,
        }
    }

    /// Between two pieces of work: pauses if it is time to, and somebody appended.
    pub(crate) fn give_way(&mut self) {
        let worked = self.since.elapsed();
        if worked < WORK {
            return;
        }
        let pause = pause(self.watch.has_grown(), worked, self.threads).min(self.left);
        if !pause.is_zero() {
            std::thread::sleep(pause);
            self.left -= pause;
        }
        self.since = Instant::now();
    }
}

/// How long one of so many threads pauses after it worked so long, if there were appends meanwhile: with it, they all
/// work `1 / (1 + PAUSE_PER_WORK)` of the time of one.
fn pause(has_grown: bool, worked: Duration, threads: u32) -> Duration {
    if !has_grown {
        return Duration::ZERO;
    }
    let times = threads.max(1).saturating_mul(1 + PAUSE_PER_WORK) - 1;
    worked.saturating_mul(times).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interaction;
    use crate::store::{Options, Store};

    #[test]
    fn a_pause_follows_the_work_the_threads_and_the_appends() {
        let ms = Duration::from_millis;
        for (has_grown, worked, threads, expected) in [
            (false, ms(50), 1, ms(0)),
            (false, ms(10_000), 8, ms(0)),
            (true, ms(0), 1, ms(0)),
            (true, ms(50), 0, ms(50)),
            (true, ms(50), 1, ms(50)),
            (true, ms(50), 2, ms(150)),
            (true, ms(50), 8, ms(750)),
            (true, ms(50), 64, MAX_PAUSE),
            (true, ms(10_000), 1, MAX_PAUSE),
            (true, Duration::MAX, u32::MAX, MAX_PAUSE),
        ] {
            let found = pause(has_grown, worked, threads);
            assert_eq!(
                found, expected,
                "{has_grown}, {worked:?}, {threads} threads"
            );
        }
    }

    #[test]
    fn pauses_beside_appends_until_it_has_paused_enough() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let options = Options {
            background: false,
            ..Options::default()
        };
        let store = Store::open(&data, Kind::Interactions, "a", options).unwrap();
        let at_most = WORK / 2;
        let mut courtesy = Courtesy::of(&data, 1, at_most);
        let worked = |courtesy: &mut Courtesy| {
            courtesy.since = Instant::now().checked_sub(WORK).unwrap();
            courtesy.give_way();
            at_most - courtesy.left
        };
        assert_eq!(worked(&mut courtesy), Duration::ZERO, "nobody appends");
        store.append(&Interaction::default()).unwrap();
        courtesy.give_way();
        assert_eq!(courtesy.left, at_most, "it has only begun to work");
        assert_eq!(worked(&mut courtesy), at_most);
        store.append(&Interaction::default()).unwrap();
        assert_eq!(worked(&mut courtesy), at_most, "no longer than it may");
    }
}
