//! `manifest.json` of a version.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::MODEL_FILE;
use super::digest::{is_digest, sha256_hex};
use crate::features::{FEATURE_VERSION, OLDEST_FEATURE_VERSION};

/// Layout of the manifest.
pub const MANIFEST_SCHEMA: u32 = 1;

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

/// What is wrong with a manifest, if anything.
pub(super) fn check_manifest(manifest: &Manifest, version: &str) -> Option<String> {
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
    } else if !(OLDEST_FEATURE_VERSION..=FEATURE_VERSION).contains(&manifest.feature_version) {
        Some(format!(
            "feature version {}, this program reads {OLDEST_FEATURE_VERSION} to {FEATURE_VERSION}",
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
