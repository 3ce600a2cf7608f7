//! A model version on disk: `models/<version>/` with a manifest of digests. Read, never mapped: a file that changes
//! under a mapping takes the process down.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use logloop_logs::TemplateMatcher;

use serde::de::DeserializeOwned;

use crate::network::Network;
use crate::sequence::{MAX_SEQUENCE_BYTES, SequenceError, SequenceModel};
use crate::suspects::{SUSPECTS_FILE, Suspects};

mod digest;
mod error;
mod manifest;
mod name;

pub use digest::{digest, is_digest};
pub use error::ArtifactError;
use manifest::check_manifest;
pub use manifest::{DatasetRef, FileEntry, MANIFEST_SCHEMA, Manifest};
pub use name::{MAX_VERSION_CHARS, RULES_VERSION, check_version};

/// Name of the manifest.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Name of the weights.
pub const MODEL_FILE: &str = "model.safetensors";
/// Name of the model of sequences; versions of older releases, and of too little data, have none.
pub const SEQUENCE_FILE: &str = "sequence.json";
/// Name of the figures.
pub const METRICS_FILE: &str = "metrics.json";
/// Name of the model card.
pub const CARD_FILE: &str = "README.md";
/// Folder below the models with a file for each training that is at work.
pub const PROGRESS_DIR: &str = ".progress";
/// Bytes of a manifest, at most.
pub const MAX_MANIFEST_BYTES: u64 = 256 * 1024;
/// Bytes of any other file of a version, at most.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// A version, verified and ready to score.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it is.
    pub manifest: Manifest,
    /// What it does.
    pub network: Network,
    /// What is normal for a transaction or window, if it knows.
    pub sequence: Option<SequenceModel>,
    /// Why its model of sequences is not used: another release made it.
    pub sequence_problem: Option<String>,
    matcher: OnceLock<Arc<TemplateMatcher>>,
}

impl Model {
    /// What it knows of sequences, and what finds the templates of that.
    pub fn sequences(&self) -> Option<(&SequenceModel, &TemplateMatcher)> {
        let sequence = self.sequence.as_ref()?;
        let matcher = self.matcher.get_or_init(|| Arc::new(sequence.matcher()));
        Some((sequence, matcher))
    }
}

/// Loads a version: each file's digest is compared with the manifest's, the model's with the expected one.
pub fn load(
    models_dir: &Path,
    version: &str,
    expected_digest: Option<&str>,
) -> Result<Model, ArtifactError> {
    let manifest = manifest(models_dir, version)?;
    let dir = models_dir.join(version);
    let path = dir.join(MODEL_FILE);
    if let Some(expected) = expected_digest.filter(|expected| *expected != manifest.digest) {
        return Err(ArtifactError::Digest {
            path,
            expected: expected.to_owned(),
            found: manifest.digest,
        });
    }
    let (mut network, mut sequence, mut sequence_problem) = (None, None, None);
    for (name, entry) in &manifest.files {
        let path = dir.join(name);
        let limit = if name == SEQUENCE_FILE {
            MAX_SEQUENCE_BYTES
        } else {
            MAX_FILE_BYTES
        };
        let bytes = read_bounded(&path, limit)?;
        let found = FileEntry::of(&bytes);
        if found != *entry {
            let describe =
                |entry: &FileEntry| format!("sha256:{} ({} bytes)", entry.sha256, entry.bytes);
            return Err(ArtifactError::Digest {
                path,
                expected: describe(entry),
                found: describe(&found),
            });
        }
        if name == MODEL_FILE {
            let read = Network::from_safetensors(&bytes);
            network = Some(read.map_err(|source| ArtifactError::Network { path, source })?);
        } else if name == SEQUENCE_FILE {
            match SequenceModel::from_json(&bytes) {
                Ok(model) => sequence = Some(model),
                // The rest of such a version serves; its templates are not those of this program.
                Err(error @ SequenceError::Other { .. }) => {
                    sequence_problem = Some(format!("{} {error}", path.display()));
                }
                Err(source) => return Err(ArtifactError::Sequence { path, source }),
            }
        }
    }
    match network {
        Some(network) => Ok(Model {
            manifest,
            network,
            sequence,
            sequence_problem,
            matcher: OnceLock::new(),
        }),
        None => Err(unusable(&dir, format!("it lists no {MODEL_FILE}"))),
    }
}

/// Reads the manifest of a version, without looking at the other files.
pub fn manifest(models_dir: &Path, version: &str) -> Result<Manifest, ArtifactError> {
    check_version(version)?;
    let dir = models_dir.join(version);
    if !dir.is_dir() {
        return Err(ArtifactError::NotFound {
            version: version.to_owned(),
            dir: models_dir.to_owned(),
        });
    }
    let bytes = read_bounded(&dir.join(MANIFEST_FILE), MAX_MANIFEST_BYTES)?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| unusable(&dir, error.to_string()))?;
    match check_manifest(&manifest, version) {
        Some(problem) => Err(unusable(&dir, problem)),
        None => Ok(manifest),
    }
}

/// The figures of a version as it was trained, verified against its manifest.
pub fn metrics(models_dir: &Path, manifest: &Manifest) -> Result<serde_json::Value, ArtifactError> {
    listed(models_dir, manifest, METRICS_FILE)
}

/// A JSON file that the manifest lists.
fn listed<T: DeserializeOwned>(
    models_dir: &Path,
    manifest: &Manifest,
    name: &str,
) -> Result<T, ArtifactError> {
    let dir = models_dir.join(&manifest.version);
    let path = dir.join(name);
    let bytes = read_bounded(&path, MAX_MANIFEST_BYTES)?;
    if manifest.files.get(name) != Some(&FileEntry::of(&bytes)) {
        return Err(unusable(&dir, format!("{name} is not the file it lists")));
    }
    serde_json::from_slice(&bytes).map_err(|error| ArtifactError::Manifest {
        path,
        problem: format!("not JSON: {error}"),
    })
}

/// The labels that a version does not believe, verified against its manifest; none where it lists no such file.
pub fn suspects(models_dir: &Path, manifest: &Manifest) -> Result<Suspects, ArtifactError> {
    if !manifest.files.contains_key(SUSPECTS_FILE) {
        return Ok(Suspects::default());
    }
    listed(models_dir, manifest, SUSPECTS_FILE)
}

/// All versions by name; for a damaged one, why. A missing folder holds none.
pub fn list(models_dir: &Path) -> io::Result<Vec<(String, Result<Manifest, ArtifactError>)>> {
    let entries = match fs::read_dir(models_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut versions = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && check_version(&name).is_ok()
            && entry.path().is_dir()
        {
            versions.push(name);
        }
    }
    versions.sort();
    Ok(versions
        .into_iter()
        .map(|name| (name.clone(), manifest(models_dir, &name)))
        .collect())
}

fn unusable(dir: &Path, problem: String) -> ArtifactError {
    ArtifactError::Manifest {
        path: dir.join(MANIFEST_FILE),
        problem,
    }
}

/// Reads a whole file, refusing one over the limit before any of it is kept.
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, ArtifactError> {
    let io_error = |source| ArtifactError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io_error)?;
    if file.metadata().map_err(io_error)?.len() > limit {
        return Err(ArtifactError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error)?;
    if bytes.len() as u64 > limit {
        return Err(ArtifactError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
