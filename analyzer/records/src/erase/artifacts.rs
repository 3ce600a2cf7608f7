//! Data sets that hold something erased, and the models trained on them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::log::write_with_room;
use super::made::{Made, Only};
use super::receipt::{DatasetGone, ModelMarked, Receipt};
use super::subject::{SubjectHash, new_salt};
use super::tombstone::Tombstone;
use crate::dataset::{has_rows_of, read_manifest};
use crate::error::{Context, Error};
use crate::export::{LOCK_FILE, SNAPSHOT_FILE};
use crate::files;
use crate::filesystem::{Filesystem, Open, RealFilesystem};
use crate::layout::DataDir;

/// Name of the file that marks a model version.
pub const MARK_FILE: &str = "erasure.json";

/// What stays of a data set that was deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct DatasetTombstone {
    id: String,
    digest: String,
    created: DateTime<Utc>,
    since: Option<DateTime<Utc>>,
    /// Of whom alone it had rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectHash>,
    /// Number of the last erasure that it knew of.
    erasures: u64,
    /// The erasure for which it was deleted.
    deleted_for: u64,
}

impl DatasetTombstone {
    fn made(&self) -> Made<'_> {
        Made {
            at: self.created,
            erasures: self.erasures,
            since: self.since,
            only: self.subject.as_ref().map(Only::Hashed),
        }
    }
}

/// Why a model version is marked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelErasure {
    /// Number of the erasure.
    pub number: u64,
    /// Its receipt.
    pub receipt_id: Uuid,
    /// When it was asked for.
    pub requested: DateTime<Utc>,
    /// `false`: the data set is gone, and nobody knows what was in it.
    pub certain: bool,
}

#[derive(Deserialize)]
struct ModelManifest {
    created: DateTime<Utc>,
    #[serde(default)]
    base: Option<String>,
    dataset: DatasetRef,
}

#[derive(Deserialize)]
struct DatasetRef {
    id: String,
}

/// Where what stays of deleted data sets lies.
fn tombstones(data: &DataDir) -> PathBuf {
    data.datasets().join(".erased")
}

fn tombstone_of(data: &DataDir, id: &str) -> Option<DatasetTombstone> {
    let bytes = std::fs::read(tombstones(data).join(format!("{id}.json"))).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Number of the erasure for which a data set was deleted; `None`: it was not.
pub fn deleted_for(data: &DataDir, dataset: &str) -> Option<u64> {
    tombstone_of(data, dataset).map(|gone| gone.deleted_for)
}

/// Deletes the data sets that hold something of an erasure. The receipt names them, waits for an unfinished export that
/// holds something, and says what is left because nobody can tell.
pub(super) fn delete_datasets(
    data: &DataDir,
    erasure: &Tombstone,
    receipt: &mut Receipt,
) -> Result<(), Error> {
    for path in files::list(&RealFilesystem, &data.datasets())? {
        let name = name_of(&path);
        if name.starts_with('.') {
            if is_unfinished(&name) && !is_done_with(&path, erasure)? {
                let waiting = &mut receipt.waiting_for;
                waiting.push(format!("the export that is making {name} has to end"));
            }
            continue;
        }
        let Ok(manifest) = read_manifest(&path) else {
            continue;
        };
        let made = Made::data_set(&manifest);
        if !erasure.may_be_in(&made)
            && (erasure.is_obeyed_by(&made) || !names_unfound(erasure, &path, &mut receipt.left))
        {
            continue;
        }
        let stays = DatasetTombstone {
            id: manifest.id.clone(),
            digest: manifest.digest.clone(),
            created: manifest.created,
            since: manifest.filter.since,
            subject: made.only.map(|only| {
                let salt = erasure.salt().map_or_else(new_salt, str::to_owned);
                only.hashed(&salt)
            }),
            erasures: manifest.erasures,
            deleted_for: erasure.number,
        };
        let text = serde_json::to_vec_pretty(&stays).expect("a tombstone is JSON");
        write_with_room(data, &tombstones(data).join(format!("{name}.json")), &text)?;
        remove_dir(data, &path, &name)?;
        receipt.data_sets.push(DatasetGone {
            id: manifest.id,
            digest: manifest.digest,
        });
    }
    Ok(())
}

/// An interaction that the store does not have any more can still have given rows.
fn names_unfound(erasure: &Tombstone, dataset: &Path, left: &mut Vec<String>) -> bool {
    let Some(id) = erasure.unfound() else {
        return false;
    };
    has_rows_of(dataset, id).unwrap_or_else(|error| {
        left.push(format!(
            "{}: nobody can say whether it has rows of {id} ({error}): delete it if it may",
            dataset.display()
        ));
        false
    })
}

fn is_unfinished(name: &str) -> bool {
    name.ends_with(".tmp")
}

/// Whether an unfinished data set holds nothing of an erasure: it knows of it, or nobody works on it and it is removed.
fn is_done_with(path: &Path, erasure: &Tombstone) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Snapshot {
        erasures: u64,
    }
    let snapshot = std::fs::read(path.join(SNAPSHOT_FILE)).ok();
    let snapshot = snapshot.and_then(|bytes| serde_json::from_slice::<Snapshot>(&bytes).ok());
    if snapshot.is_some_and(|snapshot| snapshot.erasures >= erasure.number) {
        return Ok(true);
    }
    let lock = path.join(LOCK_FILE);
    match RealFilesystem.open(&lock, Open::Create) {
        Ok(file) => {
            if !file.try_lock().context("lock", &lock)? {
                return Ok(false);
            }
            // Held until it is gone: who waits for it begins anew.
            let removed = std::fs::remove_dir_all(path).context("remove", path);
            drop(file);
            removed.map(|()| true)
        }
        // Published or removed in between: looked at the next time.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context("open", &lock),
    }
}

/// Out of sight first: nobody reads half a data set.
fn remove_dir(data: &DataDir, path: &Path, name: &str) -> Result<(), Error> {
    let aside = data
        .datasets()
        .join(format!(".{name}.{}.erased", Uuid::now_v7().simple()));
    std::fs::rename(path, &aside).context("delete", path)?;
    std::fs::remove_dir_all(&aside).context("delete", &aside)?;
    files::sync_dir(&data.datasets())
}

/// Removes what a deletion that was killed has left.
pub(super) fn remove_leftovers(data: &DataDir) -> Result<(), Error> {
    for path in files::list(&RealFilesystem, &data.datasets())? {
        let name = name_of(&path);
        if name.starts_with('.') && name.ends_with(".erased") && name != ".erased" {
            std::fs::remove_dir_all(&path).context("delete", &path)?;
        }
    }
    Ok(())
}

/// Marks the model versions that were trained on something of an erasure, or go on from one that was. Its digest stays
/// what it is: the mark lies beside the manifest.
pub(super) fn mark_models(data: &DataDir, erasure: &Tombstone) -> Result<Vec<ModelMarked>, Error> {
    let mut models = vec![];
    for path in files::list(&RealFilesystem, &data.models())? {
        let name = name_of(&path);
        let manifest = std::fs::read(path.join("manifest.json")).ok();
        let manifest = manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let (false, Some(manifest)) = (name.starts_with('.'), manifest) {
            let manifest: ModelManifest = manifest;
            let held = held_by(data, erasure, &manifest)?;
            models.push((path, name, manifest, held));
        }
    }
    // Of a base that is gone nobody knows what it held.
    let there: BTreeSet<String> = models.iter().map(|(_, name, ..)| name.clone()).collect();
    for (_, _, manifest, held) in &mut models {
        let is_gone = manifest
            .base
            .as_ref()
            .is_some_and(|base| !there.contains(base));
        if held.is_none() && is_gone && erasure.is_held_by(manifest.created, None) {
            *held = Some(false);
        }
    }
    // A version that goes on from another holds what that one holds.
    loop {
        let held: Vec<(String, bool)> = models
            .iter()
            .filter_map(|(_, name, _, held)| Some((name.clone(), (*held)?)))
            .collect();
        let mut changed = false;
        for (_, _, manifest, of_model) in &mut models {
            let base = manifest.base.as_ref();
            let of_base = held.iter().find(|(name, _)| Some(name) == base);
            // Sure is more than unsure, and unsure is more than no.
            if let Some((_, certain)) = of_base
                && of_model.is_none_or(|own| !own && *certain)
            {
                *of_model = Some(*certain);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut marked = vec![];
    for (path, version, manifest, held) in models {
        let Some(certain) = held else { continue };
        mark(data, &path, erasure, certain)?;
        marked.push(ModelMarked {
            version,
            dataset: manifest.dataset.id,
            certain,
        });
    }
    Ok(marked)
}

/// Whether a model was trained on something of an erasure: `None`: no; `Some(false)`: it may have been.
fn held_by(
    data: &DataDir,
    erasure: &Tombstone,
    manifest: &ModelManifest,
) -> Result<Option<bool>, Error> {
    let dir = data.datasets().join(&manifest.dataset.id);
    let deleted = tombstone_of(data, &manifest.dataset.id);
    let there = read_manifest(&dir).ok();
    let known = match &there {
        Some(manifest) => Some(Made::data_set(manifest)),
        None => deleted.as_ref().map(DatasetTombstone::made),
    };
    let deleted_for = deleted.as_ref().map(|gone| gone.deleted_for);
    Ok(match known {
        // Its rows were searched before it went.
        Some(_) if deleted_for == Some(erasure.number) => Some(true),
        Some(made) => erasure.may_be_in(&made).then_some(true),
        None => erasure.is_held_by(manifest.created, None).then_some(false),
    })
}

/// Versions that were trained on a data set.
pub(super) fn models_of(data: &DataDir, dataset: &str) -> Result<Vec<String>, Error> {
    let mut found = vec![];
    for path in files::list(&RealFilesystem, &data.models())? {
        let bytes = std::fs::read(path.join("manifest.json")).ok();
        let manifest = bytes.and_then(|bytes| serde_json::from_slice::<ModelManifest>(&bytes).ok());
        if manifest.is_some_and(|manifest| manifest.dataset.id == dataset) {
            found.push(name_of(&path));
        }
    }
    Ok(found)
}

fn mark(data: &DataDir, model: &Path, erasure: &Tombstone, certain: bool) -> Result<(), Error> {
    let mut marks = marks_of(model);
    if marks.iter().any(|mark| mark.number == erasure.number) {
        return Ok(());
    }
    marks.push(ModelErasure {
        number: erasure.number,
        receipt_id: erasure.receipt_id,
        requested: erasure.requested,
        certain,
    });
    let text = serde_json::to_vec_pretty(&marks).expect("marks are JSON");
    write_with_room(data, &model.join(MARK_FILE), &text)
}

/// The erasures that came after a model version was trained on what they erase. `model` is its folder.
pub fn marks_of(model: &Path) -> Vec<ModelErasure> {
    let bytes = std::fs::read(model.join(MARK_FILE)).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// The marks of a model version as a file for one that goes on from it. `None`: it has none.
pub fn marks_to_pass_on(model: &Path) -> Option<Vec<u8>> {
    let marks = marks_of(model);
    (!marks.is_empty()).then(|| serde_json::to_vec_pretty(&marks).expect("marks are JSON"))
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.into_owned()
}
