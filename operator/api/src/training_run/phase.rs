//! Where a run is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a run is. The last five are ends: a run never leaves them.
#[derive(
    Serialize,
    Deserialize,
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    JsonSchema,
)]
#[schemars(inline)]
pub enum Phase {
    /// Checks what it needs.
    #[default]
    Pending,
    /// Another run or a clean-up goes first.
    Queued,
    /// The export Job runs.
    Exporting,
    /// The train Job runs.
    Training,
    /// The evaluate Job runs.
    Gating,
    /// The analyzer loads the new version.
    RollingOut,
    /// The new version serves; or it is published, if that was all that was asked for.
    Succeeded,
    /// There was too little to train on, or nothing new.
    Skipped,
    /// The gate kept the new version out.
    Rejected,
    /// The new version was put in and taken out again.
    RolledBack,
    /// It could not be done.
    Failed,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::Queued,
        Self::Exporting,
        Self::Training,
        Self::Gating,
        Self::RollingOut,
        Self::Succeeded,
        Self::Skipped,
        Self::Rejected,
        Self::RolledBack,
        Self::Failed,
    ];

    /// Whether the run has ended.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Skipped | Self::Rejected | Self::RolledBack | Self::Failed
        )
    }

    /// As it stands in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Queued => "Queued",
            Self::Exporting => "Exporting",
            Self::Training => "Training",
            Self::Gating => "Gating",
            Self::RollingOut => "RollingOut",
            Self::Succeeded => "Succeeded",
            Self::Skipped => "Skipped",
            Self::Rejected => "Rejected",
            Self::RolledBack => "RolledBack",
            Self::Failed => "Failed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
