//! All that a decision on a schedule rests on. Gathered once, then no more reads.

use jiff::Timestamp;
use logloop_operator_api::{TrainingRun, TrainingSchedule, training_schedule::Figures};
use std::time::Duration;

/// What is known around a schedule.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// The schedule.
    pub schedule: TrainingSchedule,
    /// Its runs, oldest first; without those that are being deleted.
    pub runs: Vec<TrainingRun>,
    /// Its runs that are being deleted.
    pub going: Vec<String>,
    /// What the analyzer has kept, or why that is not known; nothing if no trigger asks.
    pub kept: Option<Result<Figures, String>>,
    /// How soon to look again at what no watch tells.
    pub look: Duration,
    /// How often to ask the analyzer what it has kept.
    pub keep: Duration,
}
