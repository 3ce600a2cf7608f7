//! All that a decision on a run rests on. Gathered once, then no more reads.

use super::unchanged::Earlier;
use crate::{
    jobs::{outcome::Seen, way::Waiting},
    rollout::{PodState, document::Held},
};
use jiff::Timestamp;
use logloop_operator_api::{TrainingRun, training_run::Progress};
use std::{collections::BTreeMap, time::Duration};

/// The claim of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Neither the run nor the operator names one.
    Unnamed,
    /// There is none of that name.
    Missing(String),
    /// It cannot be used, and this is why.
    Unusable(String, String),
    /// It is there.
    Found(String),
}

/// What is known around a run.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// The run.
    pub run: TrainingRun,
    /// Its claim.
    pub claim: Claim,
    /// The analyzer it is for, if it or the operator names one.
    pub target: Option<String>,
    /// Labels of the analyzer's pods that hold its claim, if only one node can mount that.
    pub beside: Option<BTreeMap<String, String>>,
    /// The Job of the attempt that is under way, or that was suspended last.
    pub attempt: Seen,
    /// SHA-256 over what decides on the model besides the data set.
    pub recipe: String,
    /// What the same recipe came to before, for the same analyzer and from the same claim.
    pub earlier: Vec<Earlier>,
    /// An analyzer's pod that waits to mount its claim, if only one node can.
    pub waiting: Option<Waiting>,
    /// Jobs of the run that have not ended.
    pub unfinished: Vec<String>,
    /// The serving document of its target.
    pub held: Held,
    /// The name of another run that owns that document.
    pub other_owner: Option<String>,
    /// A DataRetention whose Job removes from the same claim just now.
    pub pruning: Option<String>,
    /// How far its training has come, if an analyzer on its claim tells.
    pub progress: Option<Progress>,
    /// The ready pods of its target, while it rolls out.
    pub pods: Vec<PodState>,
    /// How soon to try a failed Job again.
    pub retry: Duration,
    /// How soon to look again at what no watch tells.
    pub look: Duration,
}

impl Facts {
    /// When nothing can be read around a run: what it says itself.
    pub fn unknown(run: TrainingRun, now: Timestamp) -> Self {
        Self {
            now,
            run,
            claim: Claim::Unnamed,
            target: None,
            beside: None,
            recipe: String::new(),
            earlier: Vec::new(),
            attempt: Seen::default(),
            waiting: None,
            unfinished: Vec::new(),
            held: Held::default(),
            other_owner: None,
            pruning: None,
            progress: None,
            pods: Vec::new(),
            retry: Duration::ZERO,
            look: Duration::ZERO,
        }
    }
}
