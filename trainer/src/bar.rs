//! How far a training is, on a terminal; a Job's log gets lines alone.

use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, Instant};

use crate::progress::Progress;
use crate::report;

/// Time between two updates.
const UPDATE_EVERY: Duration = Duration::from_millis(100);
/// Columns of the bar.
const COLUMNS: usize = 24;
/// Erases the line and goes to its beginning.
const ERASE: &str = "\r\u{1b}[2K";

/// A bar on standard output: nothing at all unless that is a terminal.
#[derive(Debug)]
pub struct Bar {
    is_terminal: bool,
    drawn: Option<Instant>,
}

impl Bar {
    /// Nothing is drawn before the first step.
    pub fn new() -> Self {
        Self {
            is_terminal: stdout().is_terminal(),
            drawn: None,
        }
    }

    /// A line at the end of an epoch, the bar in between.
    pub fn report(&mut self, progress: &Progress) {
        if progress.validation_loss.is_some() {
            self.clear();
            report::progress(progress);
        }
        let is_due = self.drawn.is_none_or(|at| at.elapsed() >= UPDATE_EVERY);
        if self.is_terminal && is_due {
            self.drawn = Some(Instant::now());
            write(&format!("{ERASE}{}", drawing(progress)));
        }
    }

    /// Removes the bar, for other lines to follow.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            write(ERASE);
        }
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

/// A bar that cannot be drawn is no reason to stop.
fn write(text: &str) {
    let _ = write!(stdout(), "{text}").and_then(|()| stdout().flush());
}

fn drawing(progress: &Progress) -> String {
    let steps = progress.steps.max(1);
    let step = progress.step.min(steps);
    let filled = step * COLUMNS / steps;
    format!(
        "{}{} {:>3} %  epoch {}/{}  loss {:.4}  {} s left at most",
        "█".repeat(filled),
        "░".repeat(COLUMNS - filled),
        step * 100 / steps,
        progress.epoch,
        progress.epochs,
        progress.loss,
        progress.eta_seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn() {
        let progress = |step, steps| Progress {
            step,
            steps,
            epoch: 2,
            epochs: 20,
            loss: 0.5,
            eta_seconds: 7,
            ..Progress::default()
        };
        for (step, steps, expect) in [
            (0, 0, "░░░░░░░░░░░░░░░░░░░░░░░░   0 %"),
            (1, 4, "██████░░░░░░░░░░░░░░░░░░  25 %"),
            (9, 4, "████████████████████████ 100 %"),
        ] {
            let drawn = drawing(&progress(step, steps));
            assert_eq!(
                drawn,
                format!("{expect}  epoch 2/20  loss 0.5000  7 s left at most")
            );
        }
    }

    #[test]
    fn a_log_gets_no_bar() {
        let mut bar = Bar {
            is_terminal: false,
            drawn: None,
        };
        bar.report(&Progress::default());
        assert!(bar.drawn.is_none());
        bar.is_terminal = true;
        bar.report(&Progress::default());
        assert!(bar.drawn.is_some());
        bar.clear();
        assert!(bar.drawn.is_none());
    }
}
