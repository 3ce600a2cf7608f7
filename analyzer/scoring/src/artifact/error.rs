//! Why a version is not usable.

use std::io;
use std::path::PathBuf;

use super::name::MAX_VERSION_CHARS;
use crate::network::NetworkError;
use crate::sequence::SequenceError;

/// Why a version is not usable. The text says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The name could not be a version's.
    #[error(
        "{0:?} is not a version name: use 1 to {MAX_VERSION_CHARS} of a-z, 0-9, '-' and '.', beginning and ending with \
         a letter or digit, without \"..\", and neither \"rules\" nor *.json"
    )]
    Version(String),
    /// There is no such version.
    #[error(
        "there is no model version {version:?} in {dir}; it was never published there, or was removed"
    )]
    NotFound {
        /// The version.
        version: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is larger than any real one.
    #[error(
        "{path} has more than {limit} bytes, which no model version has; publish the version again"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// The manifest is damaged, or of another kind.
    #[error("{path} is not a usable manifest ({problem}); publish the version again")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file is not the one that was published, or another one was expected.
    #[error(
        "{path} has the digest {found}, expected {expected}; it was changed or replaced, publish the version again"
    )]
    Digest {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The weights cannot be served.
    #[error("{path} {source}; train a new version with this release")]
    Network {
        /// The weights.
        path: PathBuf,
        /// What is wrong with them.
        source: NetworkError,
    },
    /// The model of sequences cannot be served.
    #[error("{path} {source}; train a new version with this release")]
    Sequence {
        /// The model.
        path: PathBuf,
        /// What is wrong with it.
        source: SequenceError,
    },
}

impl ArtifactError {
    /// A short name that does not change, for metrics and answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version(_) => "invalid_version",
            Self::NotFound { .. } => "version_not_found",
            Self::Io { .. } => "model_unreadable",
            Self::TooLarge { .. }
            | Self::Manifest { .. }
            | Self::Network { .. }
            | Self::Sequence { .. } => "model_unusable",
            Self::Digest { .. } => "digest_mismatch",
        }
    }
}
