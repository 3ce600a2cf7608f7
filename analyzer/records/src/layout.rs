//! Where things lie below the data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::filesystem::{Filesystem, RealFilesystem};

/// A data directory.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
    fs: Arc<dyn Filesystem>,
}

/// One of the two append stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked and answered.
    Interactions,
    /// What people said about it.
    Feedback,
}

impl Kind {
    /// Folder below the data directory, and the stem of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactions => "chat_interactions",
            Self::Feedback => "chat_feedback",
        }
    }
}

impl DataDir {
    /// The data directory at `root`; nothing is read or made.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::on(root, Arc::new(RealFilesystem))
    }

    /// The same on another filesystem. Data sets and models are on the operating system's in any case.
    pub fn on(root: impl Into<PathBuf>, fs: Arc<dyn Filesystem>) -> Self {
        Self {
            root: root.into(),
            fs,
        }
    }

    /// The filesystem that the store is on.
    pub fn fs(&self) -> &dyn Filesystem {
        &*self.fs
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn shared_fs(&self) -> Arc<dyn Filesystem> {
        Arc::clone(&self.fs)
    }

    /// Folder of a store.
    pub fn store(&self, kind: Kind) -> PathBuf {
        self.root.join(kind.name())
    }

    /// Folder of a store's sealed segments.
    pub fn sealed(&self, kind: Kind) -> PathBuf {
        self.store(kind).join("sealed")
    }

    /// Folder of what recovery set aside.
    pub fn quarantine(&self, kind: Kind) -> PathBuf {
        self.store(kind).join("quarantine")
    }

    /// Folder of logs too large for a record.
    pub fn blobs(&self) -> PathBuf {
        self.store(Kind::Interactions).join("blobs")
    }

    /// Folder of the data sets.
    pub fn datasets(&self) -> PathBuf {
        self.root.join("datasets")
    }

    /// Folder of the model versions.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// The serving document where no operator gives one.
    pub fn serving(&self) -> PathBuf {
        self.models().join("serving.json")
    }

    /// The JSON document that `POST /api/training/export` writes.
    pub fn training_export(&self) -> PathBuf {
        self.root.join("chat_training_data.json")
    }

    /// Folder of the erasures: tombstones, receipts, and which files were exported.
    pub fn erasures(&self) -> PathBuf {
        self.root.join("erasures")
    }

    /// Folder of the receipts of erasures.
    pub fn erasure_receipts(&self) -> PathBuf {
        self.erasures().join("receipts")
    }

    /// Space that is kept for writing erasures down.
    pub fn erasure_reserve(&self) -> PathBuf {
        self.erasures().join("reserve")
    }

    /// Folder of the logs that join a data set.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log that `export --output-log-format` writes.
    pub fn log_export(&self) -> PathBuf {
        self.logs().join("chat_training/chat_interactions.log")
    }

    /// The key under which exports name contributors; it is in no export.
    pub fn contributor_key(&self) -> PathBuf {
        self.root.join(".contributors.key")
    }

    /// Held by whoever removes or rewrites sealed segments.
    pub fn maintenance_lock(&self) -> PathBuf {
        self.root.join(".maintenance.lock")
    }
}
