//! What a process that was killed has left: replaced generations, blobs of no record, unfinished files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::PruneReport;
use super::artifacts::REMOVED;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{Filesystem, RealFilesystem};
use crate::layout::{DataDir, Kind};
use crate::store::{read_segment, segments, sidecar_path, superseded};

/// Age from which on a blob that no record names is one of a record that was never stored: a record follows its blob
/// within seconds.
const ORPHAN_BLOB_AGE: Duration = Duration::from_secs(3600);

/// Age from which on an unfinished file or folder is nobody's work any more.
const UNFINISHED_AGE: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    log_blob: Option<String>,
}

pub(super) fn remove(data: &DataDir, dry_run: bool, report: &mut PruneReport) -> Result<(), Error> {
    let mut leftovers = orphan_blobs(data)?;
    for kind in [Kind::Interactions, Kind::Feedback] {
        let replaced = superseded(data, kind)?;
        if !replaced.is_empty() && !dry_run {
            // Whoever was killed may not have made the newer generation's name durable.
            let dir = data.sealed(kind);
            data.fs().sync_dir(&dir).context("sync the folder", &dir)?;
        }
        for path in replaced {
            leftovers.push(sidecar_path(&path));
            leftovers.push(path);
        }
        leftovers.extend(unfinished(data.fs(), &data.sealed(kind))?);
    }
    leftovers.extend(unfinished(data.fs(), &data.blobs())?);
    leftovers.extend(unfinished(&RealFilesystem, &data.datasets())?);
    for dir in [data.datasets(), data.models()] {
        let there = files::list(&RealFilesystem, &dir)?;
        leftovers.extend(there.into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with('.') && name.ends_with(REMOVED)
        }));
    }
    for path in leftovers {
        report.freed_bytes += remove_one(data.fs(), &path, dry_run)?;
    }
    Ok(())
}

fn remove_one(fs: &dyn Filesystem, path: &Path, dry_run: bool) -> Result<u64, Error> {
    let Ok(stat) = fs.stat(path) else {
        return Ok(0);
    };
    if dry_run {
        return Ok(stat.bytes);
    }
    tracing::info!(path = %path.display(), "removing a leftover");
    if stat.is_dir {
        // Of an unfinished data set.
        std::fs::remove_dir_all(path).context("remove", path)?;
        return Ok(stat.bytes);
    }
    files::remove(fs, path)
}

fn orphan_blobs(data: &DataDir) -> Result<Vec<PathBuf>, Error> {
    let mut old: Vec<PathBuf> = files::list(data.fs(), &data.blobs())?;
    old.retain(|path| !is_hidden(path) && is_older(data.fs(), path, ORPHAN_BLOB_AGE));
    if old.is_empty() {
        return Ok(old);
    }
    let mut named = HashSet::new();
    for segment in segments(data, Kind::Interactions)? {
        read_segment::<Head>(&segment, |line| {
            named.extend(line.record.log_blob);
            Ok(())
        })?;
    }
    old.retain(|path| {
        !named.contains(
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .as_ref(),
        )
    });
    Ok(old)
}

fn unfinished(fs: &dyn Filesystem, dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = files::list(fs, dir)?;
    found.retain(|path| {
        path.extension().is_some_and(|end| end == "tmp") && is_older(fs, path, UNFINISHED_AGE)
    });
    Ok(found)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .starts_with('.')
}

fn is_older(fs: &dyn Filesystem, path: &Path, age: Duration) -> bool {
    fs.stat(path).is_ok_and(|stat| {
        SystemTime::now()
            .duration_since(stat.modified)
            .is_ok_and(|past| past > age)
    })
}
