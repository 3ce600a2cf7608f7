//! What ends a command: a code for programs, and words for people.

use logloop_scoring::ArtifactError;

/// A failed command. The message says what happened, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TrainerError {
    /// A short name that does not change.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl TrainerError {
    /// An error with this code and message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl From<ArtifactError> for TrainerError {
    fn from(error: ArtifactError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<logloop_records::Error> for TrainerError {
    fn from(error: logloop_records::Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<candle_core::Error> for TrainerError {
    fn from(error: candle_core::Error) -> Self {
        Self::new(
            "training_failed",
            format!("the network could not be computed: {error}"),
        )
    }
}
