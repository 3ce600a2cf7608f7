//! Old data sets and model versions that nothing refers to.

use std::cmp::Reverse;
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

/// How the name ends of a folder that is being removed.
pub(super) const REMOVED: &str = ".removed";

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
    if options.keep_models.is_none() && options.keep_datasets.is_none() {
        return Ok(());
    }
    let mut models = models(data)?;
    let protected = protected(data, options)?;
    let mut referenced: HashSet<String> = options.protected_datasets.iter().cloned().collect();
    models.sort_by_key(|(path, manifest)| Reverse((manifest.created, name_of(path))));
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
    datasets.sort_by_key(|(created, path)| Reverse((*created, name_of(path))));
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

/// The versions that stay. A serving document that cannot be read names none of them: nothing is removed then.
fn protected(data: &DataDir, options: &PruneOptions) -> Result<HashSet<String>, Error> {
    let path = data.serving();
    let serving = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
            path,
            problem: format!(
                "which model versions serve cannot be read ({error}), so none is removed, and no data set: mend the \
                 file, or promote a version"
            ),
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Serving::default(),
        Err(error) => return Err(error).context("read", &path),
    };
    let served = [serving.stable, serving.candidate]
        .into_iter()
        .flatten()
        .map(|v| v.version);
    let named = options.protected_models.iter().cloned();
    Ok(named.chain(served).collect())
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
        // Out of sight first: nobody reads half of it, also where this is killed.
        let aside = path.with_file_name(format!(".{}{REMOVED}", name_of(path)));
        std::fs::rename(path, &aside).context("remove", path)?;
        std::fs::remove_dir_all(&aside).context("remove", &aside)?;
        files::sync_dir(path.parent().unwrap_or(path))?;
    }
    Ok(bytes)
}
