//! All that a decision on a retention rests on. Gathered once, then no more reads.

use crate::{
    jobs::{outcome::Seen, way::Waiting},
    training_run::facts::Claim,
};
use jiff::Timestamp;
use logloop_operator_api::DataRetention;
use std::{collections::BTreeMap, time::Duration};

/// What is known around a retention.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// The retention.
    pub retention: DataRetention,
    /// Its claim.
    pub claim: Claim,
    /// Labels of the analyzer's pods that hold its claim, if only one node can mount that.
    pub beside: Option<BTreeMap<String, String>>,
    /// The Job of the plan that is under way.
    pub attempt: Seen,
    /// An analyzer's pod that waits to mount its claim, if only one node can.
    pub waiting: Option<Waiting>,
    /// Its Jobs that have ended, oldest first.
    pub ended: Vec<String>,
    /// Name of a run that exports from its claim.
    pub exporting: Option<String>,
    /// Each version and the data set it was trained on.
    pub trained_on: Vec<(String, String)>,
    /// Versions that must stay.
    pub protected: Vec<String>,
    /// Data sets that must stay.
    pub protected_datasets: Vec<String>,
    /// How soon to try a failed Job again.
    pub retry: Duration,
    /// How soon to look again at what no watch tells.
    pub look: Duration,
}
