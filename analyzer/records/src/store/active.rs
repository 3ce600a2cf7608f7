//! The active segment: locked, recovered, appended to, sealed.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::facts::Facts;
use super::lock::{Lock, lock};
use super::meta::{SegmentMeta, count};
use super::recovery::recover;
use super::segment::{Segment, is_gone, sealed_name, unsealed};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, Open, Stat, write_all_at};
use crate::layout::{DataDir, Kind};

/// Active segments that processes of one name can have at the same time.
const MAX_SEGMENTS_OF_A_NAME: usize = 64;

/// A segment that this process alone appends to.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) path: PathBuf,
    file: Arc<dyn FileHandle>,
    pub(super) meta: SegmentMeta,
    opened: Instant,
    /// Age of what it held when it was opened.
    age_before: Duration,
}

impl Active {
    /// Locks an active segment: the documented one, or one of this writer's own if that is taken. One whose end cannot
    /// be recovered is sealed as it is, and another is opened.
    pub(super) fn open(data: &DataDir, kind: Kind, writer: &str) -> Result<Self, Error> {
        files::create_dir(data.fs(), &data.sealed(kind))?;
        for path in candidates(data, kind, writer) {
            for _ in 0..2 {
                let Lock::Held(file) = lock(data.fs(), &path, Open::Create)? else {
                    break;
                };
                let segment = Segment::held(data, path.clone(), Arc::clone(&file))?;
                match recover(data, kind, &segment, &file) {
                    Ok(()) => return Self::new(data, kind, segment.path, file),
                    Err(error) => {
                        tracing::error!(%error, "the segment is sealed as it is, its end not recovered");
                        seal_path(data, kind, &path, &*file)?;
                    }
                }
            }
        }
        Err(Error::Busy {
            path: data.store(kind),
            by: "other processes that write".to_owned(),
        })
    }

    fn new(
        data: &DataDir,
        kind: Kind,
        path: PathBuf,
        file: Arc<dyn FileHandle>,
    ) -> Result<Self, Error> {
        let segment = Segment::held(data, path.clone(), Arc::clone(&file))?;
        let meta = count(&segment)?;
        // The record is no safer than the name of its file.
        if let Err(source) = data.fs().sync_dir(&data.store(kind)) {
            if meta.bytes == 0 {
                // A name that may have been lost is not used again: nothing was acknowledged under it.
                let _ = data.fs().remove_file(&path);
            }
            return Err(source).context("sync the folder", &data.store(kind));
        }
        let age_before = meta.first.map_or(Duration::ZERO, |first| {
            SystemTime::now()
                .duration_since(first.into())
                .unwrap_or_default()
        });
        Ok(Self {
            path,
            file,
            meta,
            opened: Instant::now(),
            age_before,
        })
    }

    /// Appends whole lines and makes them durable. On an error the file is as before, or
    /// `Poisoned` says that it must be abandoned.
    pub(super) fn append(&mut self, lines: &[u8], facts: &[Facts]) -> Result<(), AppendError> {
        let before = self.meta.bytes;
        if let Err(source) = write_all_at(&*self.file, lines, before) {
            let full = is_full(&source);
            let error = self.error("append to", source);
            // A full disk leaves the segment good if what was written of the batch can be taken back, durably.
            let cut = self.file.set_len(before);
            return Err(if full && cut.is_ok() && self.file.sync_data().is_ok() {
                AppendError::Refused(error)
            } else {
                AppendError::Poisoned(error)
            });
        }
        if let Err(source) = self.file.sync_data() {
            // The kernel may have dropped the dirty pages: this file is not trusted again.
            // Take the unacknowledged bytes back if that still works.
            let _ = self.file.set_len(before);
            return Err(AppendError::Poisoned(self.error("sync", source)));
        }
        self.meta.bytes += lines.len() as u64;
        facts.iter().for_each(|facts| self.meta.add(facts));
        if self.meta.records == facts.len() as u64 {
            self.opened = Instant::now();
        }
        Ok(())
    }

    fn error(&self, action: &'static str, source: io::Error) -> Error {
        let path = self.path.clone();
        if is_full(&source) {
            Error::Full { path }
        } else {
            Error::Io {
                action,
                path,
                source,
            }
        }
    }

    /// Age of its oldest record.
    pub(super) fn age(&self) -> Duration {
        self.age_before + self.opened.elapsed()
    }

    /// Moves the segment to the sealed ones, under this name. Without a byte in it there is nothing to move: `None`.
    /// All that was acknowledged is durable already: nothing is synced but the folder.
    pub(super) fn seal(&self, data: &DataDir, kind: Kind) -> Result<Option<PathBuf>, Error> {
        seal_path(data, kind, &self.path, &*self.file)
    }

    /// Moves the segment out of the way for good: its file is not synced again, so it must not be appended to again.
    pub(super) fn abandon(&self, data: &DataDir, kind: Kind) -> Result<Option<PathBuf>, Error> {
        let stat = self.file.stat().context("read", &self.path)?;
        if stat.bytes == 0 && is_named(data, &self.path, stat)? {
            files::remove(data.fs(), &self.path)?;
        }
        self.seal(data, kind)
    }
}

/// Why an append failed.
#[derive(Debug)]
pub(super) enum AppendError {
    /// The segment is as it was.
    Refused(Error),
    /// The segment must not be written to again.
    Poisoned(Error),
}

pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

fn candidates(data: &DataDir, kind: Kind, writer: &str) -> impl Iterator<Item = PathBuf> {
    let (dir, name) = (data.store(kind), kind.name());
    let own = (1..=MAX_SEGMENTS_OF_A_NAME).map(move |n| match n {
        1 => format!(".{writer}"),
        n => format!(".{writer}-{n}"),
    });
    let writer_names = std::iter::once(String::new()).chain(own.collect::<Vec<_>>());
    writer_names.map(move |suffix| dir.join(format!("{name}{suffix}.jsonl")))
}

/// Seals what dead writers left: every unsealed segment whose lock is free. Returns how many.
pub(crate) fn seal_orphans(data: &DataDir, kind: Kind, own: Option<&Path>) -> Result<u64, Error> {
    let mut sealed = 0;
    let shared = data.store(kind).join(format!("{}.jsonl", kind.name()));
    for segment in unsealed(data, kind)? {
        if own == Some(&*segment.path) {
            continue;
        }
        let Lock::Held(file) = lock(data.fs(), &segment.path, Open::Existing)? else {
            continue;
        };
        let now = Segment::held(data, segment.path.clone(), Arc::clone(&file))?;
        if now.bytes == 0 {
            if now.path != shared {
                files::remove(data.fs(), &now.path)?;
            }
            continue;
        }
        let ready = recover(data, kind, &now, &file)
            .and_then(|()| file.sync_all().context("sync", &now.path));
        if let Err(error) = ready {
            tracing::error!(%error, "a dead writer's segment is sealed as it is");
        }
        // Another tool may have made the store's folder.
        files::create_dir(data.fs(), &data.sealed(kind))?;
        seal_path(data, kind, &now.path, &*file)?;
        sealed += 1;
    }
    Ok(sealed)
}

/// Whether the path still names this very file.
fn is_named(data: &DataDir, path: &Path, file: Stat) -> Result<bool, Error> {
    match data.fs().stat(path) {
        Ok(named) => Ok(named.id == file.id),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error).context("look at", path),
    }
}

/// The rename need not be durable at once: whichever name a power loss leaves is found and read. But the new name must
/// be before the old one can name another file; who makes that file syncs its folder.
fn seal_path(
    data: &DataDir,
    kind: Kind,
    path: &Path,
    file: &dyn FileHandle,
) -> Result<Option<PathBuf>, Error> {
    let stat = file.stat().context("read", path)?;
    if stat.bytes == 0 || !is_named(data, path, stat)? {
        return Ok(None);
    }
    let target = data.sealed(kind).join(sealed_name(kind));
    data.fs().rename(path, &target).context("seal", path)?;
    let dir = data.sealed(kind);
    if let Err(error) = data.fs().sync_dir(&dir) {
        tracing::error!(%error, dir = %dir.display(), "the folder could not be synced");
    }
    Ok(Some(target))
}
