//! What came of an erasure, for the one who asked for it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::erased::Erased;
use super::tombstone::{Named, Tombstone};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{Open, Stream};
use crate::layout::DataDir;

/// Interactions that a receipt names; all are counted.
pub const MAX_INTERACTIONS_NAMED: usize = 10_000;

/// Largest receipt that is read, in bytes.
const MAX_RECEIPT_BYTES: u64 = 16 << 20;

/// How far an erasure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is on disk, and every reader obeys it.
    #[default]
    Accepted,
    /// No segment, blob or statement of it is left.
    Rewritten,
    /// Nothing of it is left in data sets, exported files and the quarantine either, and the models trained on it are
    /// marked.
    Complete,
}

/// A segment that lost records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentRewritten {
    /// The file that is gone.
    pub from: String,
    /// The generation that replaced it; absent: it was removed whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Records of this erasure that were in it.
    pub records: u64,
    /// Its bytes.
    pub bytes_before: u64,
    /// Bytes of what replaced it; absent while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_after: Option<u64>,
}

/// A file that lost something, or is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileReached {
    /// Which.
    pub file: String,
    /// Bytes that are gone.
    pub bytes: u64,
}

/// A data set that was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetGone {
    /// Its id.
    pub id: String,
    /// Its digest.
    pub digest: String,
}

/// A model version that was marked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelMarked {
    /// Its name.
    pub version: String,
    /// The data set it was trained on.
    pub dataset: String,
    /// `false`: that data set is gone, and nobody knows what was in it.
    pub certain: bool,
}

/// What came of an erasure. It names no person: a subject is there as a salted hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// By which it is looked up.
    pub receipt_id: Uuid,
    /// Number of the tombstone.
    pub number: u64,
    /// How far it is.
    pub state: State,
    /// When it was asked for; of a subject, what was stored before is erased.
    pub requested: DateTime<Utc>,
    /// When it was complete.
    #[serde(default)]
    pub completed: Option<DateTime<Utc>>,
    /// What is erased.
    #[serde(flatten)]
    pub target: Named,
    /// Interactions that were found.
    pub interactions_found: u64,
    /// Their ids, at most [`MAX_INTERACTIONS_NAMED`].
    pub interactions: Vec<Uuid>,
    /// Statements of the subject that were found.
    pub statements_found: u64,
    /// Segments of interactions that were rewritten or removed.
    #[serde(default)]
    pub segments: Vec<SegmentRewritten>,
    /// Segments of feedback.
    #[serde(default)]
    pub feedback: Vec<SegmentRewritten>,
    /// Blobs that were removed.
    #[serde(default)]
    pub blobs: Vec<FileReached>,
    /// Files in the quarantine that lost lines: kept torn tails, damaged and rejected lines.
    #[serde(default)]
    pub quarantine: Vec<FileReached>,
    /// Data sets that were deleted.
    #[serde(default)]
    pub data_sets: Vec<DatasetGone>,
    /// Exported files that were deleted.
    #[serde(default)]
    pub exported_files: Vec<FileReached>,
    /// Model versions that were marked.
    #[serde(default)]
    pub models: Vec<ModelMarked>,
    /// What may hold something of it and stays, and why.
    #[serde(default)]
    pub left: Vec<String>,
    /// What is not reached yet, and what it takes.
    #[serde(default)]
    pub waiting_for: Vec<String>,
}

impl Receipt {
    /// Of an erasure that nobody has begun with.
    pub(super) fn new(tombstone: &Tombstone) -> Self {
        let mut receipt = Self {
            receipt_id: tombstone.receipt_id,
            number: tombstone.number,
            state: State::Accepted,
            requested: tombstone.requested,
            completed: None,
            target: tombstone.target.clone(),
            interactions_found: 0,
            interactions: vec![],
            statements_found: 0,
            segments: vec![],
            feedback: vec![],
            blobs: vec![],
            quarantine: vec![],
            data_sets: vec![],
            exported_files: vec![],
            models: vec![],
            left: vec![],
            waiting_for: vec![],
        };
        receipt.found(tombstone);
        receipt
    }

    /// Says what the search found.
    pub(super) fn found(&mut self, tombstone: &Tombstone) {
        self.interactions_found = tombstone.covers.len() as u64;
        let named = tombstone.covers.iter().take(MAX_INTERACTIONS_NAMED);
        self.interactions = named.map(|covered| covered.id).collect();
        self.statements_found = tombstone.feedback.as_ref().map_or(0, |said| said.events);
    }
}

fn path(data: &DataDir, receipt_id: Uuid) -> PathBuf {
    let name = format!("{receipt_id}.json");
    data.erasure_receipts().join(name)
}

/// The receipt with this id; `None`: there is none.
pub fn receipt(data: &DataDir, receipt_id: Uuid) -> Result<Option<Receipt>, Error> {
    let erased = Erased::load(data)?;
    erased
        .of_receipt(receipt_id)
        .map(|tombstone| of(data, tombstone))
        .transpose()
}

/// The receipts of all erasures, oldest first.
pub fn receipts(data: &DataDir) -> Result<Vec<Receipt>, Error> {
    Erased::load(data)?.all().map(|t| of(data, t)).collect()
}

/// The receipt of a tombstone. Its file is written by who carries the erasure out; until then, and where it is damaged,
/// the tombstone says what is known.
pub(super) fn of(data: &DataDir, tombstone: &Tombstone) -> Result<Receipt, Error> {
    let path = path(data, tombstone.receipt_id);
    let mut bytes = vec![];
    match data.fs().open(&path, Open::Read) {
        Ok(file) => {
            let mut stream = Stream::new(file, 0, MAX_RECEIPT_BYTES);
            std::io::Read::read_to_end(&mut stream, &mut bytes).context("read", &path)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).context("open", &path),
    }
    let written = serde_json::from_slice::<Receipt>(&bytes).ok();
    let mut receipt = written.unwrap_or_else(|| Receipt::new(tombstone));
    receipt.found(tombstone);
    if let Some(at) = tombstone.done {
        receipt.state = State::Complete;
        receipt.completed = Some(at);
        receipt.waiting_for.clear();
    }
    Ok(receipt)
}

pub(super) fn write(data: &DataDir, receipt: &Receipt) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(receipt).expect("a receipt is JSON");
    files::write_atomic_on(data.fs(), &path(data, receipt.receipt_id), &text)
}
