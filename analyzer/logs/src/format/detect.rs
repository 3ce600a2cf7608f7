//! Which format a log has: the one that most of its lines have.

use serde::{Deserialize, Serialize};

use super::{Format, read};
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
    let mut counts = [0usize; Format::SPECIFIC.len()];
    let mut sampled = 0;
    for line in lines(text)
        .filter(|line| !line.text.trim().is_empty())
        .step_by(step)
    {
        sampled += 1;
        let format = read(line.text, Format::DETECTING).format;
        if let Some(index) = Format::SPECIFIC.iter().position(|known| *known == format) {
            counts[index] += 1;
        }
    }
    let (index, count) = (0..counts.len())
        .map(|index| (index, counts[index]))
        // The first of equals: the more specific one.
        .max_by_key(|(index, count)| (*count, usize::MAX - index))
        .expect("there are formats");
    if count == 0 {
        let reason = format!("none of {sampled} sampled lines has a known structure");
        return Detection {
            format: Format::Plain,
            reason,
        };
    }
    let format = Format::SPECIFIC[index];
    Detection {
        format,
        reason: format!("{count} of {sampled} sampled lines are {format}"),
    }
}
