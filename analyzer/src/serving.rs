//! The model that answers, swapped while requests go on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use logloop_records::DataDir;
use logloop_scoring::{ArtifactError, Model, ServingDocument, VersionRef, artifact};
use serde::Serialize;

/// What this process has loaded.
#[derive(Clone, Default)]
pub struct Loaded {
    /// The document that it follows.
    pub document: ServingDocument,
    /// The stable model; none means the rules.
    pub model: Option<Arc<Model>>,
    /// Why the stable version of the document is not the one that answers.
    pub problem: Option<String>,
}

/// What is loaded, as the operator reads it back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadedVersions {
    /// The version that answers; none means the rules.
    pub stable: Option<VersionRef>,
    /// The version on trial.
    pub candidate: Option<VersionRef>,
}

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum ServingError {
    /// An older document than the one in force.
    #[error(
        "generation {got} is older than {have}, which is in force: read the serving document again"
    )]
    Stale {
        /// Of the refused document.
        got: u64,
        /// In force.
        have: u64,
    },
    /// Another document with the same generation.
    #[error("generation {0} is in force with another content: raise the generation")]
    Conflict(u64),
    /// A trial was asked for.
    #[error("this analyzer serves no candidates: leave `candidate` out")]
    Candidate,
    /// The model cannot be loaded; the one before stays.
    #[error("{0}; the version before goes on answering")]
    Unusable(#[from] ArtifactError),
}

/// The slot that requests read the model from.
pub struct Serving {
    models: PathBuf,
    slot: RwLock<Arc<Loaded>>,
    /// One change at a time.
    change: Mutex<()>,
}

impl Serving {
    /// Answers by rules until a document is applied.
    pub fn new(data: &DataDir) -> Self {
        Self {
            models: data.models(),
            slot: RwLock::default(),
            change: Mutex::new(()),
        }
    }

    /// What is loaded now.
    pub fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.slot.read().expect("no panic holds it"))
    }

    /// Applies a document: the model is loaded and verified first, then swapped. Reads files.
    pub fn apply(&self, document: &ServingDocument) -> Result<Arc<Loaded>, ServingError> {
        let _change = self.change.lock().expect("no panic holds it");
        let current = self.loaded();
        let (got, have) = (document.generation, current.document.generation);
        if got < have {
            return Err(ServingError::Stale { got, have });
        }
        if got == have && have > 0 && *document != current.document {
            return Err(ServingError::Conflict(have));
        }
        if *document == current.document && current.problem.is_none() {
            return Ok(current);
        }
        self.swap(document)
    }

    /// Applies a document at start-up: what cannot be loaded is remembered, and the rules answer.
    pub fn apply_at_start(&self, document: &ServingDocument) {
        if let Err(error) = self.apply(document) {
            tracing::error!(%error, "the serving document cannot be followed; the rules answer");
            let loaded = Loaded {
                document: document.clone(),
                model: None,
                problem: Some(error.to_string()),
            };
            *self.slot.write().expect("no panic holds it") = Arc::new(loaded);
        }
    }

    fn swap(&self, document: &ServingDocument) -> Result<Arc<Loaded>, ServingError> {
        if document.candidate.is_some() {
            return Err(ServingError::Candidate);
        }
        let model = match &document.stable {
            Some(stable) => Some(Arc::new(artifact::load(
                &self.models,
                &stable.version,
                Some(&stable.digest),
            )?)),
            None => None,
        };
        if let Some(problem) = model
            .as_ref()
            .and_then(|model| model.sequence_problem.as_ref())
        {
            tracing::warn!(%problem, "transactions and windows are not judged; train a new version with this release");
        }
        let loaded = Arc::new(Loaded {
            document: document.clone(),
            model,
            problem: None,
        });
        *self.slot.write().expect("no panic holds it") = Arc::clone(&loaded);
        let version = document
            .stable
            .as_ref()
            .map_or("rules", |stable| &stable.version);
        tracing::info!(version, generation = document.generation, "serving");
        Ok(loaded)
    }
}

impl Loaded {
    /// The versions that really answer.
    pub fn versions(&self) -> LoadedVersions {
        let stable = self.model.as_ref().map(|model| VersionRef {
            version: model.manifest.version.clone(),
            digest: model.manifest.digest.clone(),
        });
        LoadedVersions {
            stable,
            candidate: None,
        }
    }
}

/// Reads a serving document; a missing file is none.
pub fn read_document(path: &Path) -> Result<Option<ServingDocument>, String> {
    match std::fs::read(path) {
        Ok(bytes) => ServingDocument::parse(&bytes)
            .map(Some)
            .map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}
