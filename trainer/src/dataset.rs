//! Which data set: the one named, or what the collected data comes to today.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::Utc;
use logloop_records::dataset::{self, DatasetManifest};
use logloop_records::erase::deleted_for;
use logloop_records::export::{ExportOptions, export_dataset};
use logloop_records::{DataDir, TrainingExample};

use crate::error::TrainerError;
use crate::examples::{Examples, Needs};

/// Columns that no training looks at.
const UNUSED_COLUMNS: [&str; 6] = [
    "error_patterns",
    "keywords",
    "transaction_id",
    "source",
    "is_useful",
    "user_feedback",
];

/// Columns that do not say whose label an example has.
const TEXT_COLUMNS: [&str; 5] = [
    "log_entry",
    "operation",
    "timestamp",
    "before_template",
    "before_level",
];

/// A data set on the volume; its examples are read from there whenever they are asked for.
#[derive(Debug)]
pub struct Stored {
    dir: PathBuf,
    /// What it holds.
    pub manifest: DatasetManifest,
}

impl Examples for Stored {
    type Error = TrainerError;

    fn each(
        &self,
        needs: Needs,
        mut take: impl FnMut(&TrainingExample),
    ) -> Result<(), TrainerError> {
        let mut without = UNUSED_COLUMNS.to_vec();
        if needs == Needs::Labels {
            without.extend(TEXT_COLUMNS);
        }
        dataset::for_each_example(&self.dir, &self.manifest, &without, |example| {
            take(&example);
        })?;
        Ok(())
    }
}

/// Opens the data set of that name. Without a name the collected data is exported first; if that gives nothing new,
/// it is the newest one.
pub fn open(data: &Path, id: Option<&str>) -> Result<Stored, TrainerError> {
    let dir = folder(data, id)?;
    let manifest = dataset::read_usable_manifest(&dir)?;
    Ok(Stored { dir, manifest })
}

/// Its manifest alone.
pub fn open_manifest(data: &Path, id: Option<&str>) -> Result<DatasetManifest, TrainerError> {
    let dir = folder(data, id)?;
    Ok(dataset::read_manifest(&dir)?)
}

fn folder(data: &Path, id: Option<&str>) -> Result<PathBuf, TrainerError> {
    if !data.is_dir() {
        let message = format!(
            "there is no data directory at {}; check --data, or that the volume is mounted",
            data.display()
        );
        return Err(TrainerError::new("data_not_found", message));
    }
    let datasets = DataDir::new(data).datasets();
    let dir = match id {
        Some(id) => datasets.join(id),
        None => datasets.join(current(data, &datasets)?),
    };
    let gone = id.and_then(|id| deleted_for(&DataDir::new(data), id));
    if let Some(erasure) = gone.filter(|_| !dir.is_dir()) {
        let message = format!(
            "data set {} was deleted: it held something of erasure {erasure}; export the data again under another name",
            dir.display()
        );
        return Err(TrainerError::new("dataset_erased", message));
    }
    if !dir.is_dir() {
        let message = format!(
            "there is no data set at {}; export one with `logloop-analyzer export`, or leave --dataset out",
            dir.display()
        );
        return Err(TrainerError::new("dataset_not_found", message));
    }
    Ok(dir)
}

/// Id of the data set that holds what is collected by now.
fn current(data: &Path, datasets: &Path) -> Result<String, TrainerError> {
    let newest = match dataset::newest(datasets)? {
        Some(dir) => Some(dataset::read_manifest(&dir)?),
        None => None,
    };
    let id = format!("d{}", Utc::now().format("%Y%m%d-%H%M%S-%3f"));
    let exported = export_dataset(data, &id, &ExportOptions::default())?;
    match newest {
        Some(newest) if exported.examples == 0 || exported.digest == newest.digest => {
            // The export only showed that there is nothing new; it is ours to take back.
            let _ = fs::remove_dir_all(datasets.join(&id));
            Ok(newest.id)
        }
        _ => Ok(id),
    }
}
