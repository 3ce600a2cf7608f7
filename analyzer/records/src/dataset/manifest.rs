//! `dataset.json`: what a data set holds and where it comes from.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::export::Filter;

/// Longest id of a data set.
const MAX_ID_BYTES: usize = 63;

/// Layout of the parts and of the manifest.
pub const DATASET_SCHEMA: u32 = 5;

/// The oldest layout that is read: 3 has contributors, transactions and windows, 2 does not; 4 has
/// neighbours; 5 has when something was said, and whose a sequence is.
pub const OLDEST_READ_SCHEMA: u32 = 2;

/// The manifest of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetManifest {
    /// See [`DATASET_SCHEMA`].
    pub schema: u32,
    /// Name of the folder.
    pub id: String,
    /// `sha256:` and the digest over the sorted digests of the parts.
    pub digest: String,
    /// When it was made; not part of the digest.
    pub created: DateTime<Utc>,
    /// Version of the program that made it.
    #[serde(default)]
    pub program: String,
    /// What was left out on purpose.
    #[serde(default)]
    pub filter: Filter,
    /// It was made of the logs below `logs/` alone.
    #[serde(default)]
    pub logs_only: bool,
    /// Version of the templates, see `logloop_logs::TEMPLATE_VERSION`.
    pub template_version: u32,
    /// Number of the last erasure that it obeys.
    #[serde(default)]
    pub erasures: u64,
    /// Rows over all parts.
    pub examples: u64,
    /// Rows labelled as failures.
    pub failures: u64,
    /// Interactions that gave rows.
    pub interactions: u64,
    /// Rows labelled by a person's correction or as gold.
    pub corrections: u64,
    /// Corrected rows that judge and are never trained on.
    pub held_out: u64,
    /// Rows by label source.
    pub by_label_source: BTreeMap<String, u64>,
    /// Rows by component, the most frequent ones.
    pub by_component: BTreeMap<String, u64>,
    /// Records and entries left out, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// What could not be used, and where; as many as [`crate::export::MAX_PROBLEMS`].
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// The parts.
    pub parts: Vec<Part>,
    /// Transactions and windows over all sequence parts.
    #[serde(default)]
    pub sequences: u64,
    /// The parts that hold transactions and windows; `examples` counts their rows.
    #[serde(default)]
    pub sequence_parts: Vec<Part>,
    /// The segments of interactions that were read.
    pub segments: Vec<SourceFile>,
    /// The logs that were read.
    #[serde(default)]
    pub logs: Vec<SourceFile>,
}

impl DatasetManifest {
    /// Whether this program reads the data set.
    pub fn is_readable(&self) -> bool {
        (OLDEST_READ_SCHEMA..=DATASET_SCHEMA).contains(&self.schema)
    }
}

/// One Parquet file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// File name in the folder.
    pub file: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub examples: u64,
    /// The segment or log that they are from.
    #[serde(default)]
    pub source: String,
}

/// A file that could not be used, or not as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path below the data directory.
    pub file: String,
    /// What is wrong, with the line where it is about one, and what to do.
    pub problem: String,
}

/// One file of the snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceFile {
    /// File name of a segment; path of a log below the data directory.
    pub file: String,
    /// Bytes read: the length at the snapshot.
    pub bytes: u64,
    /// SHA-256 of those bytes, hexadecimal.
    pub sha256: String,
}

impl DatasetManifest {
    /// All Parquet files: those of examples and those of sequences.
    pub fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().chain(&self.sequence_parts)
    }
}

/// Digest of a data set: SHA-256 over the sorted digests of its parts, a line each.
pub fn digest_of_parts<'p>(parts: impl IntoIterator<Item = &'p Part>) -> String {
    let mut digests: Vec<_> = parts.into_iter().map(|part| part.sha256.as_str()).collect();
    digests.sort_unstable();
    let mut hash = Sha256::new();
    for digest in digests {
        hash.update(digest.as_bytes());
        hash.update(b"\n");
    }
    format!("sha256:{}", hex(&hash.finalize()))
}

/// Whether `id` can name a data set (and so a folder).
pub fn is_dataset_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ID_BYTES
        && !id.starts_with(['.', '-'])
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
