//! All that a decision on a retention rests on. Gathered once, then no more reads.

use crate::{jobs::outcome::Seen, training_run::facts::Claim};
use jiff::Timestamp;
use logloop_operator_api::DataRetention;
use std::{collections::BTreeMap, time::Duration};

/// A run that works with what could be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// Its name.
    pub run: String,
    /// Whether it exports; else it works with a data set.
    pub exports: bool,
}

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
    /// Its Jobs that have ended, oldest first.
    pub ended: Vec<String>,
    /// A run that works with what a prune of this spec could remove.
    pub in_use: Option<InUse>,
    /// Each version and the data set it was trained on.
    pub trained_on: Vec<(String, String)>,
    /// Versions that must stay.
    pub protected: Vec<String>,
    /// How soon to try a failed Job again.
    pub retry: Duration,
    /// How soon to look again at what no watch tells.
    pub look: Duration,
}
