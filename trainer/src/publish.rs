//! Publishing: everything aside, fsync, one rename. Of two racing pods one wins, and the other finds it done.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use logloop_records::{Context, Error, sync_dir};
use logloop_scoring::artifact::{MANIFEST_FILE, Manifest, PROGRESS_DIR};

/// Age from which what another attempt left behind is taken for dead: no publishing takes that long.
const LEFTOVER_AGE: Duration = Duration::from_secs(24 * 3600);
/// How names of unfinished publications end.
const ASIDE_SUFFIX: &str = ".tmp";

/// Who published the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// This call.
    Now,
    /// Another attempt, before or at the same time; its files count.
    Before,
}

/// Publishes a version, unless there is one of that name.
pub fn publish(
    models: &Path,
    manifest: &Manifest,
    files: &[(&str, &[u8])],
) -> Result<Published, Error> {
    let target = models.join(&manifest.version);
    let aside = models.join(format!(
        ".{}.{}-{:016x}{ASIDE_SUFFIX}",
        manifest.version,
        std::process::id(),
        RandomState::new().hash_one(0)
    ));
    let result = write_aside(&aside, manifest, files).and_then(|()| {
        fs::rename(&aside, &target).context("publish", &target)?;
        sync_dir(models)
    });
    let published = match result {
        Ok(()) => Published::Now,
        // Whatever went wrong here, even our files swept away: the winner's version is there.
        Err(_) if target.join(MANIFEST_FILE).is_file() => Published::Before,
        Err(error) => {
            let _ = fs::remove_dir_all(&aside);
            return Err(error);
        }
    };
    sweep(models, &manifest.version);
    Ok(published)
}

fn write_aside(aside: &Path, manifest: &Manifest, files: &[(&str, &[u8])]) -> Result<(), Error> {
    fs::create_dir_all(aside).context("make the folder", aside)?;
    for (name, bytes) in files {
        write(&aside.join(name), bytes)?;
    }
    let json = serde_json::to_vec_pretty(manifest).unwrap_or_default();
    write(&aside.join(MANIFEST_FILE), &json)?;
    sync_dir(aside)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create(path).context("make", path)?;
    file.write_all(bytes).context("write", path)?;
    file.sync_all().context("sync", path)
}

/// Removes what dead attempts left: those of this version, which nobody needs any more, and old ones of others.
fn sweep(models: &Path, version: &str) {
    let own = format!(".{version}.");
    let is_dead = |path: &PathBuf| {
        let age = fs::metadata(path)
            .and_then(|meta| meta.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age > LEFTOVER_AGE)
    };
    for path in entries(models) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_aside = name.starts_with('.') && name.ends_with(ASIDE_SUFFIX);
        if is_aside && (is_own(&name, &own) || is_dead(&path)) {
            let _ = fs::remove_dir_all(&path);
        }
    }
    let own = format!(".{version}.checkpoint.");
    for path in entries(&models.join(PROGRESS_DIR)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_own(&name, &own) || is_dead(&path) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// `.<version>.<pid>-<random>.tmp`; a version's name may hold dots itself.
fn is_own(name: &str, own: &str) -> bool {
    name.strip_prefix(own)
        .and_then(|rest| rest.strip_suffix(ASIDE_SUFFIX))
        .is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        })
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
