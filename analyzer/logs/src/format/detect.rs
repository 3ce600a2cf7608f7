//! Which format a log has: the one that most of its lines have.

use serde::{Deserialize, Serialize};

use super::{Assumed, Format, read};
use crate::lines::lines;

/// Lines looked at, spread over the text. Blank lines and what is indented (frames of a stack
/// trace, wrapped text) say nothing about the format.
const SAMPLE_LINES: usize = 500;

/// One line in so many must have a format for the log to be called by it.
const MIN_SHARE: usize = 10;

/// The detected format of a log, with the reason to show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// The format that most lines with a structure have.
    pub format: Format,
    /// `412 of 500 sampled lines are klog`.
    pub reason: String,
}

/// Detects the format by the share of sampled lines that each format claims.
pub fn detect(text: &str) -> Detection {
    let telling = || {
        lines(text)
            .map(|line| line.text)
            .filter(|line| !line.trim_ascii().is_empty() && !line.starts_with([' ', '\t']))
    };
    let step = (telling().count() / SAMPLE_LINES).max(1);
    let sample: Vec<_> = telling().step_by(step).collect();
    // Services of any name, if that is what most of the log is.
    let named = Assumed {
        format: Format::Compose,
        forced: false,
    };
    match most(&sample, named) {
        (Format::Compose, count) if count * 2 > sample.len() => {
            found(Format::Compose, count, &sample)
        }
        _ => {
            let (format, count) = most(&sample, Assumed::NOTHING);
            found(format, count, &sample)
        }
    }
}

fn found(format: Format, count: usize, sample: &[&str]) -> Detection {
    let sampled = sample.len();
    if count == 0 {
        return Detection {
            format: Format::Plain,
            reason: format!("none of {sampled} sampled lines has a known structure"),
        };
    }
    let reason = format!("{count} of {sampled} sampled lines are {format}");
    if count * MIN_SHARE < sampled {
        return Detection {
            format: Format::Plain,
            reason: format!("only {reason}"),
        };
    }
    Detection { format, reason }
}

/// The format that most lines have, plain ones aside, and how many those are.
fn most(sample: &[&str], assumed: Assumed) -> (Format, usize) {
    let mut counts = [0usize; Format::SPECIFIC.len()];
    for line in sample {
        let format = read(line, assumed).format;
        if let Some(index) = Format::SPECIFIC.iter().position(|known| *known == format) {
            counts[index] += 1;
        }
    }
    let mut best = (Format::Plain, 0);
    for (format, count) in Format::SPECIFIC.into_iter().zip(counts) {
        if count > best.1 {
            best = (format, count);
        }
    }
    best
}
