//! A sequence to learn from, or to judge by.

use logloop_scoring::sequence::{Profile, TRUST};

/// One transaction or window, with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// A window of this component's; none for a transaction.
    pub window: Option<Option<String>>,
    /// Its counts and order.
    pub profile: Profile,
    /// The log it is from, as a number.
    pub log: u32,
    /// Who sent the log, as a hash; none: it is from the volume, and trusted.
    pub who: Option<u64>,
    /// How far it is trusted to be normal, 1 to [`TRUST`].
    pub weight: u64,
    /// Whether a person said that something in it failed; none: nobody looked.
    pub said: Option<bool>,
    /// That was a reviewer.
    pub by_reviewer: bool,
    /// It only judges.
    pub held_out: bool,
}

impl Observed {
    /// A transaction that is trusted to be normal.
    pub fn normal(steps: Vec<u32>, log: u32) -> Self {
        Self {
            window: None,
            profile: Profile::new(steps, true),
            log,
            who: None,
            weight: TRUST,
            said: None,
            by_reviewer: false,
            held_out: false,
        }
    }

    /// Whether a person found a failure in it.
    pub fn is_abnormal(&self) -> bool {
        self.said == Some(true)
    }

    /// Whether the model learns from it.
    pub fn teaches(&self) -> bool {
        !self.is_abnormal()
            && !self.held_out
            && self.profile.whole
            && !self.profile.steps.is_empty()
    }
}
