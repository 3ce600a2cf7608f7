//! What can go wrong with a data directory.

use std::io;
use std::path::{Path, PathBuf};

/// Error of the store, the data sets or the retention.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {action} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The store cannot take more.
    #[error("no space left for {}: free some space or raise the volume's size; nothing was stored", path.display())]
    Full {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// A record is larger than the store takes.
    #[error("the record has {bytes} bytes, the bound is {bound}; nothing was stored")]
    TooLarge {
        /// Size of the record.
        bytes: usize,
        /// The bound.
        bound: usize,
    },
    /// The writer thread has ended.
    #[error("the store is closed; nothing was stored")]
    Closed,
    /// A file does not hold what it should.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Somebody else is at work.
    #[error("{} is taken by {by}: run it again when that has ended", path.display())]
    Busy {
        /// What is taken.
        path: PathBuf,
        /// By whom, as far as it is known.
        by: String,
    },
    /// Whoever asked for it ended it before it was done.
    #[error("it was stopped before it was done: run it again to go on")]
    Stopped,
    /// Nothing is to be kept.
    #[error(
        "nothing is kept here (--keep-nothing): start the analyzer without it to keep what people ask and say"
    )]
    NothingKept,
    /// What was made holds something that was erased meanwhile.
    #[error(
        "erasure {number} came meanwhile, and this would hold something of it: nothing was published; make it again"
    )]
    Erased {
        /// Number of the erasure.
        number: u64,
    },
    /// A data set with this id was made otherwise.
    #[error(
        "data set {id:?} is there already and stays as it was made: {difference}; take another id, or ask for it as it was"
    )]
    DatasetTaken {
        /// Its id.
        id: String,
        /// What is different.
        difference: String,
    },
    /// A data set with this id held something that was erased.
    #[error(
        "data set {id:?} was deleted for erasure {number}, and models may name it: take another id"
    )]
    DatasetErased {
        /// Its id.
        id: String,
        /// Number of the erasure.
        number: u64,
    },
    /// The request itself is wrong.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// Stable name for results and answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                ) =>
            {
                "storage_full"
            }
            Self::Io { .. } => "io_error",
            Self::Full { .. } => "storage_full",
            Self::TooLarge { .. } => "record_too_large",
            Self::Closed => "store_closed",
            Self::Damaged { .. } => "damaged",
            Self::Busy { .. } => "busy",
            Self::Stopped => "stopped",
            Self::NothingKept => "nothing_kept",
            Self::Erased { .. } => "erased_meanwhile",
            Self::DatasetTaken { .. } => "dataset_exists",
            Self::DatasetErased { .. } => "dataset_erased",
            Self::Invalid(_) => "invalid",
        }
    }
}

impl Error {
    /// The same once more, for each of those whom it concerns.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Io {
                action,
                path,
                source,
            } => {
                let source = match source.raw_os_error() {
                    Some(code) => io::Error::from_raw_os_error(code),
                    None => io::Error::new(source.kind(), source.to_string()),
                };
                Self::Io {
                    action,
                    path: path.clone(),
                    source,
                }
            }
            Self::Full { path } => Self::Full { path: path.clone() },
            Self::TooLarge { bytes, bound } => Self::TooLarge {
                bytes: *bytes,
                bound: *bound,
            },
            Self::Closed => Self::Closed,
            Self::Damaged { path, problem } => Self::Damaged {
                path: path.clone(),
                problem: problem.clone(),
            },
            Self::Busy { path, by } => Self::Busy {
                path: path.clone(),
                by: by.clone(),
            },
            Self::Stopped => Self::Stopped,
            Self::NothingKept => Self::NothingKept,
            Self::Erased { number } => Self::Erased { number: *number },
            Self::DatasetTaken { id, difference } => Self::DatasetTaken {
                id: id.clone(),
                difference: difference.clone(),
            },
            Self::DatasetErased { id, number } => Self::DatasetErased {
                id: id.clone(),
                number: *number,
            },
            Self::Invalid(problem) => Self::Invalid(problem.clone()),
        }
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => " (give the process's user the right to write there)",
        io::ErrorKind::ReadOnlyFilesystem => " (mount the volume for writing)",
        io::ErrorKind::StorageFull => " (free some space on the volume)",
        _ => "",
    }
}

/// Adds what was tried, and on what, to an I/O error.
pub trait Context<T> {
    /// `action` is a verb: "open", "write".
    fn context(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }
}
