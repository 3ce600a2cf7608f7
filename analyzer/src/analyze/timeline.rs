//! Entries and failures over time, in bounded memory, whatever the range and the order of the times.

use chrono::{DateTime, SecondsFormat};
use logloop_records::{TimeBucket, Timeline};
use logloop_scoring::rules::Evidence;

/// Buckets in an answer.
const MAX_BUCKETS: usize = 60;

/// Buckets held while counting, 56 bytes each.
const MAX_HELD: usize = 1024;

/// Widths that people read, in seconds, each a multiple of the one before, so that no count is ever split; from the
/// last one on they double.
const WIDTHS: [i64; 14] = [
    1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800,
];

/// Times outside of the years 1 to 9999 are none, in milliseconds since 1970.
const TIMES: std::ops::Range<i64> = -62_135_596_800_000..253_402_300_800_000;

/// A gap that no log of one run has, in seconds: beyond it is a clock that was not set.
const MIN_STRAY_GAP: i64 = 30 * 86_400;

/// One in this many entries, at most, may be strays.
const STRAY_ONE_IN: u64 = 100;

/// A histogram that finds its range and its width by itself.
///
/// It holds the buckets that have entries, sorted; when there are too many, it goes to the next width. One that is far
/// from all others (a clock that began at 1970) costs one bucket, not the width of all.
#[derive(Default)]
pub(super) struct Histogram {
    /// Index into the widths.
    step: usize,
    held: Vec<Held>,
    /// Line of the last success, 0 without one.
    success: u64,
    /// The bucket before: most entries fall into it.
    last: usize,
}

#[derive(Clone, Copy, Default)]
struct Held {
    /// Its beginning, divided by the width.
    at: i64,
    entries: u64,
    /// Line of the success that came before the last failures.
    success: u64,
    /// Failures since then.
    failures: Failures,
    /// Failures before it: whether the log survived them, its end tells.
    before: Failures,
}

#[derive(Clone, Copy, Default)]
struct Failures {
    clear: u64,
    /// Other ones: whether they count, the end of the log tells.
    unclear: u64,
}

impl Failures {
    fn add(&mut self, other: Self) {
        self.clear += other.clear;
        self.unclear += other.unclear;
    }
}

impl Held {
    /// Goes on after the success at a line.
    fn succeed(&mut self, success: u64) {
        if self.success < success {
            self.before.add(std::mem::take(&mut self.failures));
            self.success = success;
        }
    }
}

impl Histogram {
    /// Counts an entry at a time in milliseconds since 1970, UTC, after the success at a line (0: none).
    #[inline]
    pub(super) fn add(&mut self, milliseconds: i64, evidence: Evidence, success: u64) {
        self.success = success;
        if !TIMES.contains(&milliseconds) {
            return;
        }
        let at = milliseconds.div_euclid(1000 * width(self.step));
        if self.held.get(self.last).is_none_or(|held| held.at != at) {
            self.last = self.find(at);
        }
        let held = &mut self.held[self.last];
        held.entries += 1;
        if evidence != Evidence::None {
            held.succeed(success);
            let failures = &mut held.failures;
            *if evidence == Evidence::Clear {
                &mut failures.clear
            } else {
                &mut failures.unclear
            } += 1;
        }
        if self.held.len() > MAX_HELD {
            // Far below the bound, so that it is not reached again at once.
            while self.held.len() > MAX_HELD / 2 {
                self.coarsen();
            }
        }
    }

    fn find(&mut self, at: i64) -> usize {
        let found = self.held.binary_search_by_key(&at, |held| held.at);
        found.unwrap_or_else(|place| {
            let empty = Held {
                at,
                ..Held::default()
            };
            self.held.insert(place, empty);
            place
        })
    }

    /// Goes to the next width.
    fn coarsen(&mut self) {
        let ratio = width(self.step + 1) / width(self.step);
        self.step += 1;
        self.last = 0;
        self.held.dedup_by(|next, before| {
            let same = next.at.div_euclid(ratio) == before.at.div_euclid(ratio);
            if same {
                before.entries += next.entries;
                let success = before.success.max(next.success);
                before.succeed(success);
                next.succeed(success);
                before.failures.add(next.failures);
                before.before.add(next.before);
            }
            same
        });
        for held in &mut self.held {
            held.at = held.at.div_euclid(ratio);
        }
    }

    /// The timeline, if any entry had a time, and how many entries are not in it because their clocks were far off.
    /// `unclear`: whether failures that are not clear count; `survived`: whether those before the last success do not.
    pub(super) fn finish(mut self, unclear: bool, survived: bool) -> (Option<Timeline>, u64) {
        let strays = self.remove_strays();
        while self.span() > MAX_BUCKETS as i64 {
            self.coarsen();
        }
        let Some(first) = self.held.first().map(|held| held.at) else {
            return (None, strays);
        };
        let seconds = width(self.step);
        let mut buckets: Vec<TimeBucket> = (first..first + self.span())
            .map(|at| TimeBucket {
                start: rfc3339(at * seconds),
                ..TimeBucket::default()
            })
            .collect();
        for held in &mut self.held {
            held.succeed(self.success);
            if !survived {
                held.failures.add(held.before);
            }
            let Failures {
                clear,
                unclear: other,
            } = held.failures;
            let bucket = &mut buckets[(held.at - first) as usize];
            bucket.entries = held.entries;
            bucket.failures = clear + if unclear { other } else { 0 };
        }
        let timeline = Timeline {
            bucket_seconds: seconds as u64,
            buckets,
        };
        (Some(timeline), strays)
    }

    /// Buckets from the first to the last, empty ones included.
    fn span(&self) -> i64 {
        match (self.held.first(), self.held.last()) {
            (Some(first), Some(last)) => last.at - first.at + 1,
            _ => 0,
        }
    }

    /// Drops the few entries, at either end, that a long gap parts from all others.
    fn remove_strays(&mut self) -> u64 {
        let gap = MIN_STRAY_GAP / width(self.step);
        let entries = |held: &[Held]| held.iter().map(|held| held.entries).sum::<u64>();
        let most = entries(&self.held) / STRAY_ONE_IN;
        let gaps: Vec<usize> = (1..self.held.len())
            .filter(|at| self.held[*at].at - self.held[at - 1].at > gap.max(1))
            .collect();
        let few = |held: &[Held]| entries(held) <= most;
        let end = gaps.iter().copied().find(|at| few(&self.held[*at..]));
        let end = end.unwrap_or(self.held.len());
        let start = gaps.into_iter().rev().find(|at| few(&self.held[..*at]));
        let start = start.unwrap_or(0);
        let strays = entries(&self.held[..start]) + entries(&self.held[end..]);
        self.held.truncate(end);
        self.held.drain(..start);
        strays
    }
}

/// Width of a step, in seconds.
fn width(step: usize) -> i64 {
    let last = WIDTHS.len() - 1;
    WIDTHS[step.min(last)] << step.saturating_sub(last)
}

fn rfc3339(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T10:00:00Z.
    const TEN: i64 = 1_795_341_600;

    fn timeline(seconds: impl IntoIterator<Item = i64>) -> (Timeline, u64) {
        let mut histogram = Histogram::default();
        for second in seconds {
            let evidence = [Evidence::None, Evidence::Clear][(second % 2) as usize];
            histogram.add(second * 1000, evidence, 0);
        }
        let (timeline, strays) = histogram.finish(true, false);
        (timeline.unwrap_or_default(), strays)
    }

    fn entries(timeline: &Timeline) -> Vec<u64> {
        timeline
            .buckets
            .iter()
            .map(|bucket| bucket.entries)
            .collect()
    }

    #[test]
    fn empty_buckets_are_there_and_the_order_is_none_of_its_business() {
        for seconds in [[0, 1, 1, 4], [4, 1, 0, 1]] {
            let (timeline, strays) = timeline(seconds.map(|second| TEN + second));
            assert_eq!((timeline.bucket_seconds, strays), (1, 0));
            assert_eq!(entries(&timeline), [1, 2, 0, 0, 1]);
            assert_eq!(timeline.buckets[0].start, "2026-11-22T10:00:00Z");
            assert_eq!(timeline.buckets[1].failures, 2);
        }
    }

    #[test]
    fn any_range_fits_and_no_entry_is_lost() {
        for (step, width) in [(1, 1), (2, 5), (60, 86_400), (4000, 5_000_000)] {
            let count = 100_000;
            for backwards in [false, true] {
                let order = |n: i64| if backwards { count - 1 - n } else { n };
                let (timeline, _) = timeline((0..count).map(|n| TEN + step * order(n)));
                let buckets = timeline.buckets.len();
                assert!((8..=MAX_BUCKETS).contains(&buckets), "{step}: {buckets}");
                assert!(timeline.bucket_seconds >= width, "{step}");
                assert_eq!(entries(&timeline).iter().sum::<u64>(), count as u64);
            }
        }
    }

    #[test]
    fn buckets_begin_at_round_times() {
        let (timeline, _) = timeline((0..7200).map(|second| TEN + 17 + second));
        assert_eq!(timeline.bucket_seconds, 300);
        assert_eq!(timeline.buckets[0].start, "2026-11-22T10:00:00Z");
        assert_eq!(timeline.buckets[0].entries, 300 - 17);
        assert_eq!(timeline.buckets.len(), 25);
    }

    #[test]
    fn a_clock_that_was_not_set_does_not_flatten_the_rest() {
        let boot = [0, 1, 2];
        let (timeline, strays) = timeline(boot.into_iter().chain(TEN..TEN + 1000));
        assert_eq!(strays, 3);
        assert_eq!(timeline.buckets[0].start, "2026-11-22T10:00:00Z");
        let half = (0..50).chain(TEN..TEN + 50);
        let (timeline, strays) = super::tests::timeline(half);
        assert_eq!((strays, timeline.buckets.len() > 2), (0, true));
    }

    #[test]
    fn what_the_log_survived_is_no_failure() {
        for (survived, failures) in [(true, [0, 1]), (false, [2, 2])] {
            let mut histogram = Histogram::default();
            for (second, success) in [(0, 0), (0, 0), (1, 0), (1, 9)] {
                histogram.add((TEN + second) * 1000, Evidence::Clear, success);
            }
            let timeline = histogram.finish(true, survived).0.unwrap();
            let got: Vec<u64> = timeline.buckets.iter().map(|b| b.failures).collect();
            assert_eq!(got, failures);
        }
    }

    #[test]
    fn odd_times_do_no_harm() {
        let mut histogram = Histogram::default();
        for time in [
            i64::MIN,
            i64::MAX,
            TIMES.start,
            TIMES.end - 1,
            TIMES.end,
            -1,
        ] {
            histogram.add(time, Evidence::Weak, 0);
        }
        let timeline = histogram.finish(true, false).0.unwrap();
        assert_eq!(timeline.buckets.iter().map(|b| b.failures).sum::<u64>(), 3);
        assert!(timeline.buckets.len() <= MAX_BUCKETS);
        assert_eq!(Histogram::default().finish(true, false), (None, 0));
    }
}
