//! What can go wrong in a reconcile: a category for machines, a text for people.

use std::time::Duration;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server said no, or could not be reached.
    #[error("cannot {what}: {source}")]
    Api {
        /// What was tried.
        what: &'static str,
        /// What came back.
        source: Box<kube::Error>,
    },
    /// The API server did not answer in time.
    #[error("cannot {what}: no answer within {seconds} seconds", seconds = crate::api::TIMEOUT.as_secs())]
    Timeout {
        /// What was tried.
        what: &'static str,
    },
    /// The object has changed since the decision was made.
    #[error("{what} has changed meanwhile; deciding anew")]
    Stale {
        /// What has changed.
        what: &'static str,
    },
    /// Another operator leads, or this one could not renew its lease.
    #[error("not the leader any more; writing nothing")]
    NotLeader,
    /// The object cannot be read as its kind.
    #[error("the object cannot be read: {0}; correct or delete it")]
    Invalid(String),
    /// An object of that name exists and belongs to something else.
    #[error("{kind} {name} exists and belongs to something else; delete or rename it")]
    Foreign {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
    },
    /// A Job of that name is being deleted.
    #[error("Job {name} is still being deleted; its successor starts when it is gone")]
    Ending {
        /// Name of the Job.
        name: String,
    },
    /// The API server does not take a Job: a quota, a policy, or what it is to be made of.
    #[error("the API server refused the Job: {words}")]
    JobRefused {
        /// What the API server says.
        words: String,
    },
    /// The object lacks what the API server always sets.
    #[error("the object has no {0}; it did not come from an API server")]
    Incomplete(&'static str),
    /// The token for the analyzer cannot be read.
    #[error("cannot read the internal token: {0}")]
    Token(String),
}

impl Error {
    /// A static word for metrics and for the choice of what to do next.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Api { source, .. } => match &**source {
                kube::Error::Api(status) if status.code == 409 => "conflict",
                kube::Error::Api(status) if status.code == 403 => "forbidden",
                kube::Error::Api(status) if status.code == 404 => "not_found",
                kube::Error::Api(status) if status.code == 422 => "refused",
                kube::Error::Api(status) if status.code == 429 => "throttled",
                kube::Error::Api(_) => "api",
                _ => "connection",
            },
            Self::Timeout { .. } => "timeout",
            Self::Stale { .. } => "stale",
            Self::NotLeader => "not_leader",
            Self::Invalid(_) => "invalid",
            Self::Foreign { .. } => "foreign",
            Self::Ending { .. } => "ending",
            Self::JobRefused { .. } => "refused",
            Self::Incomplete(_) => "incomplete",
            Self::Token(_) => "token",
        }
    }

    /// When to try again. `look` is how soon to look again at what no watch tells.
    pub fn retry_after(&self, look: Duration) -> Duration {
        match self.category() {
            "conflict" | "stale" => Duration::from_millis(100),
            "ending" => Duration::from_secs(1),
            "timeout" | "connection" | "api" => look,
            // It has too much to do already.
            "throttled" => look * 3,
            "not_leader" => Duration::from_secs(5),
            _ => Duration::from_secs(30),
        }
    }

    /// Whether this stays until a person mends it: people must see it on the object.
    pub fn is_lasting(&self) -> bool {
        matches!(
            self.category(),
            "forbidden" | "refused" | "invalid" | "foreign" | "incomplete" | "token"
        )
    }

    /// Whether this is part of ordinary life: a decision overtaken by an event.
    pub fn is_ordinary(&self) -> bool {
        matches!(
            self.category(),
            "conflict" | "stale" | "ending" | "not_leader"
        )
    }
}

/// The result of anything that can fail so.
pub type Result<T> = std::result::Result<T, Error>;
