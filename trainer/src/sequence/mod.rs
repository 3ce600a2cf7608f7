//! What is normal for transactions and windows: sequences of a data set → kinds → counts → thresholds.
//!
//! Tables and thresholds, no network: a recurrent one was left out because the counts decide what is known of the labelled data
//! (see docs/benchmarks.md), cost a thousandth of its time, and say for each finding what was counted.

pub mod card;
mod count;
mod fit;
mod folds;
mod judge;
mod kinds;
mod learn;
mod load;
mod observed;
mod own;
mod threshold;
mod version;

#[cfg(test)]
mod tests;

pub use fit::{Fitted, MIN_SEQUENCES, fit};
pub use judge::judge;
pub use learn::{Learned, SequenceFigures, learn};
pub use load::{Loaded, load, load_judges};
pub use observed::Observed;
pub use threshold::ALARM_RATE;
pub use version::{NAME, Sequences, of_version, train_alone};
