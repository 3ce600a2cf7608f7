//! A model version on disk: `models/<version>/` with a manifest of digests. Read, never mapped: a file that changes
//! under a mapping takes the process down.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::features::FEATURE_VERSION;
use crate::network::{Network, NetworkError};

/// Layout of the manifest.
pub const MANIFEST_SCHEMA: u32 = 1;
/// Name of the manifest.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Name of the weights.
pub const MODEL_FILE: &str = "model.safetensors";
/// Name of the figures.
pub const METRICS_FILE: &str = "metrics.json";
/// Name of the model card.
pub const CARD_FILE: &str = "README.md";
/// What versions are called that are no model: the built-in rules.
pub const RULES_VERSION: &str = "rules";
/// Characters of a version's name, at most.
pub const MAX_VERSION_CHARS: usize = 63;
/// Bytes of a manifest, at most.
pub const MAX_MANIFEST_BYTES: u64 = 256 * 1024;
/// Bytes of any other file of a version, at most.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// `manifest.json`: what a version is, where it comes from, and the digest of each file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`MANIFEST_SCHEMA`].
    pub schema: u32,
    /// Name; the folder's.
    pub version: String,
    /// `sha256:` and the SHA-256 of `model.safetensors` in hex.
    pub digest: String,
    /// When it was published.
    pub created: DateTime<Utc>,
    /// Feature version it was trained with.
    pub feature_version: u32,
    /// Version it was fine-tuned from.
    #[serde(default)]
    pub base: Option<String>,
    /// What it was trained on.
    pub dataset: DatasetRef,
    /// Seed of the training.
    pub seed: u64,
    /// What it predicts.
    pub heads: Vec<String>,
    /// Its files but for the manifest, by name.
    pub files: BTreeMap<String, FileEntry>,
}

/// A data set, by name and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRef {
    /// Name below `datasets/`.
    pub id: String,
    /// `sha256:` and hex.
    pub digest: String,
}

/// One file of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl FileEntry {
    /// The entry of a file with these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: sha256_hex(bytes),
            bytes: bytes.len() as u64,
        }
    }
}

/// A version, verified and ready to score.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it is.
    pub manifest: Manifest,
    /// What it does.
    pub network: Network,
}

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
}

impl ArtifactError {
    /// A short name that does not change, for metrics and answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version(_) => "invalid_version",
            Self::NotFound { .. } => "version_not_found",
            Self::Io { .. } => "model_unreadable",
            Self::TooLarge { .. } | Self::Manifest { .. } | Self::Network { .. } => {
                "model_unusable"
            }
            Self::Digest { .. } => "digest_mismatch",
        }
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
    let mut network = None;
    for (name, entry) in &manifest.files {
        let path = dir.join(name);
        let bytes = read_bounded(&path, MAX_FILE_BYTES)?;
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
        }
    }
    match network {
        Some(network) => Ok(Model { manifest, network }),
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
    let dir = models_dir.join(&manifest.version);
    let path = dir.join(METRICS_FILE);
    let bytes = read_bounded(&path, MAX_MANIFEST_BYTES)?;
    if manifest.files.get(METRICS_FILE) != Some(&FileEntry::of(&bytes)) {
        return Err(unusable(
            &dir,
            format!("{METRICS_FILE} is not the file it lists"),
        ));
    }
    serde_json::from_slice(&bytes).map_err(|error| ArtifactError::Manifest {
        path,
        problem: format!("not JSON: {error}"),
    })
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

/// Refuses names that could not be a version's (a path, hidden, reserved).
pub fn check_version(version: &str) -> Result<(), ArtifactError> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let fine = version.len() <= MAX_VERSION_CHARS
        && version
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
        && edge(version.chars().next())
        && edge(version.chars().next_back())
        && !version.contains("..")
        && !version.ends_with(".json")
        && version != RULES_VERSION;
    if fine {
        Ok(())
    } else {
        Err(ArtifactError::Version(version.to_owned()))
    }
}

/// Whether a text has the form of a digest: `sha256:` and 64 hex digits in lower case.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(is_sha256)
}

/// The digest of these bytes: `sha256:` and hex.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(bytes))
}

fn is_sha256(hex: &str) -> bool {
    hex.len() == 64
        && hex
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn unusable(dir: &Path, problem: String) -> ArtifactError {
    ArtifactError::Manifest {
        path: dir.join(MANIFEST_FILE),
        problem,
    }
}

/// What is wrong with a manifest, if anything.
fn check_manifest(manifest: &Manifest, version: &str) -> Option<String> {
    let model = manifest
        .files
        .get(MODEL_FILE)
        .map(|entry| format!("sha256:{}", entry.sha256));
    if manifest.schema != MANIFEST_SCHEMA {
        Some(format!(
            "schema {}, this program reads {MANIFEST_SCHEMA}",
            manifest.schema
        ))
    } else if manifest.version != version {
        Some(format!("it is the manifest of {:?}", manifest.version))
    } else if manifest.feature_version != FEATURE_VERSION {
        Some(format!(
            "feature version {}, this program reads {FEATURE_VERSION}",
            manifest.feature_version
        ))
    } else if !is_digest(&manifest.digest) || model.as_ref() != Some(&manifest.digest) {
        Some(format!(
            "its digest {:?} is not that of {MODEL_FILE} ({model:?})",
            manifest.digest
        ))
    } else {
        let odd = |name: &&String| Path::new(name).file_name() != Some(name.as_ref());
        manifest
            .files
            .keys()
            .find(odd)
            .map(|name| format!("{name:?} is not a plain file name"))
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
#[path = "artifact_tests.rs"]
mod tests;
