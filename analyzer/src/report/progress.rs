//! How far a long analysis is, on standard error while it runs.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use super::words;

/// Time between two updates.
const UPDATE_EVERY: Duration = Duration::from_millis(100);

/// What is done within this time shows nothing.
const QUIET: Duration = Duration::from_millis(500);

/// Columns of the bar.
const BAR: u64 = 24;

/// Erases the line and goes to its beginning.
const ERASE: &str = "\r\u{1b}[2K";

/// A progress bar on standard error: nothing at all unless that is a terminal.
pub struct Progress {
    total: Option<u64>,
    done: u64,
    begun: Instant,
    next: Instant,
    shown: bool,
    is_terminal: bool,
}

impl Progress {
    /// For `total_bytes` of input, if that is known.
    pub fn new(total_bytes: Option<u64>) -> Self {
        let begun = Instant::now();
        Self {
            total: total_bytes,
            done: 0,
            begun,
            next: begun + QUIET,
            shown: false,
            is_terminal: stderr().is_terminal(),
        }
    }

    /// Tells that so many more bytes are done; at most ten times a second it is shown. Call it for blocks, not for
    /// lines: it looks at the clock.
    pub fn advance(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        if !self.is_terminal {
            return;
        }
        let now = Instant::now();
        if now >= self.next {
            self.next = now + UPDATE_EVERY;
            self.shown = true;
            let line = line(self.done, self.total, now - self.begun);
            // A progress bar that cannot be written is no reason to stop.
            let _ = write!(stderr(), "{ERASE}{line}").and_then(|()| stderr().flush());
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        if self.shown {
            let _ = write!(stderr(), "{ERASE}").and_then(|()| stderr().flush());
        }
    }
}

fn line(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let rate = (done as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    let speed = format!("{}/s", size(rate));
    // A file that grows has more than its size.
    let Some(total) = total.filter(|total| *total > 0 && *total >= done) else {
        return format!("{} read, {speed}", size(done));
    };
    let part = |of: u64| (u128::from(done) * u128::from(of) / u128::from(total)) as u64;
    let filled = part(BAR) as usize;
    let bar = "█".repeat(filled) + &"░".repeat(BAR as usize - filled);
    let left = (total - done) / rate.max(1);
    let left = if rate == 0 {
        String::new()
    } else {
        format!(", {} left", duration(left))
    };
    format!("{bar} {:>3} % of {}, {speed}{left}", part(100), size(total))
}

fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => words::counted(bytes, "byte", "bytes"),
    }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown() {
        let second = Duration::from_secs(1);
        for (done, total, elapsed, shown) in [
            (0, Some(0), second, "0 bytes read, 0 bytes/s"),
            (3 << 20, None, second, "3.0 MiB read, 3.0 MiB/s"),
            (5 << 20, Some(4 << 20), second, "5.0 MiB read, 5.0 MiB/s"),
            (
                1 << 29,
                Some(1 << 30),
                4 * second,
                "████████████░░░░░░░░░░░░  50 % of 1.0 GiB, 128.0 MiB/s, 4 s left",
            ),
            (
                1 << 10,
                Some(1 << 30),
                second,
                "░░░░░░░░░░░░░░░░░░░░░░░░   0 % of 1.0 GiB, 1.0 KiB/s, 291 h 16 min left",
            ),
            (
                0,
                Some(9),
                Duration::ZERO,
                "░░░░░░░░░░░░░░░░░░░░░░░░   0 % of 9 bytes, 0 bytes/s",
            ),
        ] {
            assert_eq!(line(done, total, elapsed), shown);
        }
        assert!(line(u64::MAX, Some(u64::MAX), second).contains("100 %"));
        assert_eq!(duration(61), "1 min 1 s");
    }

    #[test]
    fn short_input_shows_nothing() {
        let mut progress = Progress::new(Some(10));
        progress.is_terminal = true;
        progress.advance(10);
        assert!(!progress.shown);
        progress.finish();
    }
}
