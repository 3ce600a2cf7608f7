//! The folder in which a data set is made: held by one process at a time, and found again by who goes on after a kill.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::options::ExportOptions;
use super::snapshot::Snapshot;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, Filesystem, Open, RealFilesystem};
use crate::layout::DataDir;

/// Held by the process that works in the folder.
pub(crate) const LOCK_FILE: &str = ".lock";

/// The snapshot.
pub(crate) const SNAPSHOT_FILE: &str = "snapshot.json";

/// Between two looks at whether the other process has ended.
const WAIT: Duration = Duration::from_millis(200);

/// The folder, held until this is dropped.
pub(super) struct Workplace {
    pub(super) dir: PathBuf,
    _lock: Arc<dyn FileHandle>,
}

impl Workplace {
    /// Takes the folder, once no other process has it. `None`: meanwhile the data set was published.
    pub(super) fn enter(
        data: &DataDir,
        id: &str,
        is_published: impl Fn() -> bool,
    ) -> Result<Option<Self>, Error> {
        // Retention removes an old folder that ends like this.
        let dir = data.datasets().join(format!(".{id}.tmp"));
        let mut told = false;
        loop {
            if is_published() {
                return Ok(None);
            }
            files::create_dir(&RealFilesystem, &dir)?;
            let path = dir.join(LOCK_FILE);
            let lock = match RealFilesystem.open(&path, Open::Create) {
                Ok(lock) => lock,
                // Published in between: the folder has another name now.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error).context("make", &path),
            };
            if lock.try_lock().context("lock", &path)? {
                let held = lock.stat().context("read", &path)?;
                let is_there = RealFilesystem
                    .stat(&path)
                    .is_ok_and(|named| named.id == held.id);
                if is_there {
                    return Ok(Some(Self { dir, _lock: lock }));
                }
                continue;
            }
            if !told {
                tracing::info!(
                    dataset = id,
                    "another process makes this data set: waiting for it"
                );
                told = true;
            }
            std::thread::sleep(WAIT);
        }
    }

    /// The snapshot that is worked on: the kept one, else a new one, and nothing of an older one is left.
    pub(super) fn snapshot(
        &self,
        data: &DataDir,
        options: &ExportOptions,
    ) -> Result<Snapshot, Error> {
        let path = self.dir.join(SNAPSHOT_FILE);
        if let Some(kept) = Snapshot::kept(data, &path, options)? {
            return Ok(kept);
        }
        self.clear(|_| true)?;
        let snapshot = Snapshot::take(data, options)?;
        let text = serde_json::to_vec(&snapshot).expect("a snapshot is JSON");
        files::write_atomic(&path, &text)?;
        Ok(snapshot)
    }

    /// Removes the files whose name `goes`.
    pub(super) fn clear(&self, goes: impl Fn(&str) -> bool) -> Result<(), Error> {
        for path in files::list(&RealFilesystem, &self.dir)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name != LOCK_FILE && goes(&name) {
                files::remove(&RealFilesystem, &path)?;
            }
        }
        Ok(())
    }

    /// Gives the folder its name, at once for every reader.
    pub(super) fn publish(&self, target: &Path) -> Result<(), Error> {
        files::sync_dir(&self.dir)?;
        match fs::rename(&self.dir, target) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists
                ) =>
            {
                return Err(Error::Damaged {
                    path: target.to_owned(),
                    problem: "something that is no data set is in its place: move it away".into(),
                });
            }
            Err(error) => return Err(error).context("publish", target),
        }
        files::remove(&RealFilesystem, &target.join(LOCK_FILE))?;
        files::sync_dir(target.parent().unwrap_or(Path::new(".")))
    }
}
