//! Which format a log has: the one that most of its lines have.

use serde::{Deserialize, Serialize};

use super::{Assumed, Format, read};
use crate::lines::lines;

/// Lines looked at, spread over the text.
const SAMPLE_LINES: usize = 500;

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
    let total = lines(text)
        .filter(|line| !line.text.trim().is_empty())
        .count();
    let step = (total / SAMPLE_LINES).max(1);
    let sample: Vec<_> = lines(text)
        .filter(|line| !line.text.trim().is_empty())
        .step_by(step)
        .map(|line| line.text)
        .collect();
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
    let reason = if format == Format::Plain {
        format!("none of {sampled} sampled lines has a known structure")
    } else {
        format!("{count} of {sampled} sampled lines are {format}")
    };
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
