//! Old data sets and model versions that nothing refers to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{PruneOptions, PruneReport};
use crate::dataset::read_manifest;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;

#[derive(Deserialize)]
struct ModelManifest {
    created: DateTime<Utc>,
    dataset: DatasetRef,
}

#[derive(Deserialize)]
struct DatasetRef {
    id: String,
}

/// The versions that a laptop's serving document names.
#[derive(Default, Deserialize)]
struct Serving {
    stable: Option<VersionRef>,
    candidate: Option<VersionRef>,
}

#[derive(Deserialize)]
struct VersionRef {
    version: String,
}

pub(super) fn prune(
    data: &DataDir,
    options: &PruneOptions,
    report: &mut PruneReport,
) -> Result<(), Error> {
    let mut models = models(data)?;
    let protected = protected(data, options);
    let mut referenced = HashSet::new();
    models.sort_by_key(|(_, manifest)| std::cmp::Reverse(manifest.created));
    for (index, (path, manifest)) in models.into_iter().enumerate() {
        let name = name_of(&path);
        if options.keep_models.is_none_or(|keep| index < keep) || protected.contains(&name) {
            referenced.insert(manifest.dataset.id);
            continue;
        }
        report.freed_bytes += remove_dir(&path, options.dry_run)?;
        report.models.push(name);
    }
    let Some(keep) = options.keep_datasets else {
        return Ok(());
    };
    let mut datasets: Vec<_> = published(&data.datasets())?
        .into_iter()
        .filter_map(|path| Some((read_manifest(&path).ok()?.created, path)))
        .collect();
    datasets.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
    for (_, path) in datasets.into_iter().skip(keep) {
        let name = name_of(&path);
        if !referenced.contains(&name) {
            report.freed_bytes += remove_dir(&path, options.dry_run)?;
            report.datasets.push(name);
        }
    }
    Ok(())
}

fn models(data: &DataDir) -> Result<Vec<(PathBuf, ModelManifest)>, Error> {
    let readable = |path: PathBuf| {
        let bytes = std::fs::read(path.join("manifest.json")).ok()?;
        Some((path, serde_json::from_slice(&bytes).ok()?))
    };
    Ok(published(&data.models())?
        .into_iter()
        .filter_map(readable)
        .collect())
}

fn protected(data: &DataDir, options: &PruneOptions) -> HashSet<String> {
    let serving: Serving = std::fs::read(data.serving())
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let served = [serving.stable, serving.candidate]
        .into_iter()
        .flatten()
        .map(|v| v.version);
    options
        .protected_models
        .iter()
        .cloned()
        .chain(served)
        .collect()
}

/// Folders that are whole: a name that begins with a dot is somebody's unfinished work.
fn published(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = files::list(&RealFilesystem, dir)?;
    found.retain(|path| !name_of(path).starts_with('.'));
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn remove_dir(path: &Path, dry_run: bool) -> Result<u64, Error> {
    let bytes = files::list(&RealFilesystem, path)?
        .iter()
        .map(|file| std::fs::metadata(file).map_or(0, |meta| meta.len()))
        .sum();
    if !dry_run {
        std::fs::remove_dir_all(path).context("remove", path)?;
        files::sync_dir(path.parent().unwrap_or(path))?;
    }
    Ok(bytes)
}
