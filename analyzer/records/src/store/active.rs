//! The active segment: locked, recovered, appended to, sealed.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, flock};

use super::meta::{Head, SegmentMeta};
use super::segment::sealed_name;
use crate::error::{Context, Error};
use crate::files;
use crate::layout::{DataDir, Kind};

/// Times a path is opened again when another process renamed it meanwhile.
const MAX_REOPENS: usize = 10;

/// Bytes read at once when looking back for the last line end.
const TAIL_CHUNK_BYTES: u64 = 64 << 10;

/// A segment that this process alone appends to.
pub(super) struct Active {
    pub(super) path: PathBuf,
    file: File,
    pub(super) meta: SegmentMeta,
    opened: Instant,
    /// Age of what it held when it was opened.
    age_before: Duration,
}

impl Active {
    /// Locks the active segment: the documented one, or this writer's own if that is taken.
    pub(super) fn open(data: &DataDir, kind: Kind, writer: &str) -> Result<Self, Error> {
        files::create_dir(&data.sealed(kind))?;
        let dir = data.store(kind);
        let shared = dir.join(format!("{}.jsonl", kind.name()));
        if let Some(file) = lock(&shared, true)? {
            return Self::recover(data, kind, shared, file);
        }
        let own = dir.join(format!("{}.{writer}.jsonl", kind.name()));
        match lock(&own, true)? {
            Some(file) => Self::recover(data, kind, own, file),
            None => Err(Error::Busy { path: own }),
        }
    }

    fn recover(data: &DataDir, kind: Kind, path: PathBuf, file: File) -> Result<Self, Error> {
        cut_torn_tail(data, kind, &path, &file)?;
        let info = file.metadata().context("read", &path)?;
        let segment = super::Segment::own(path.clone(), info.len());
        let meta = super::meta(&segment)?;
        let age_before = meta.first.map_or(Duration::ZERO, |first| {
            SystemTime::now()
                .duration_since(first.into())
                .unwrap_or_default()
        });
        files::sync_dir(&data.store(kind))?;
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
    pub(super) fn append(&mut self, lines: &[u8], heads: &[Head]) -> Result<(), AppendError> {
        let before = self.meta.bytes;
        if let Err(source) = self.file.write_all_at(lines, before) {
            let cut = self.file.set_len(before);
            let error = match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    Error::Full {
                        path: self.path.clone(),
                    }
                }
                _ => Error::Io {
                    action: "append to",
                    path: self.path.clone(),
                    source,
                },
            };
            return Err(if cut.is_ok() {
                AppendError::Refused(error)
            } else {
                AppendError::Poisoned(error)
            });
        }
        if let Err(source) = self.file.sync_data() {
            // Take the unacknowledged bytes back if that still works; the kernel may have
            // dropped the dirty pages, so this file is not trusted again either way.
            let _ = self.file.set_len(before);
            let error = Error::Io {
                action: "sync",
                path: self.path.clone(),
                source,
            };
            return Err(AppendError::Poisoned(error));
        }
        self.meta.bytes += lines.len() as u64;
        heads.iter().for_each(|head| self.meta.add(head));
        Ok(())
    }

    pub(super) fn age(&self) -> Duration {
        self.age_before + self.opened.elapsed()
    }

    /// Moves the segment to the sealed ones. Without records there is nothing to move.
    pub(super) fn seal(&self, data: &DataDir, kind: Kind) -> Result<(), Error> {
        let _ = self.file.sync_all();
        seal_path(data, kind, &self.path, &self.file)
    }
}

/// Why an append failed.
pub(super) enum AppendError {
    /// The segment is as it was.
    Refused(Error),
    /// The segment must not be written to again.
    Poisoned(Error),
}

/// Seals what dead writers left: every unsealed segment whose lock is free.
pub(super) fn seal_orphans(data: &DataDir, kind: Kind, own: &Path) -> Result<(), Error> {
    for segment in super::segments(data, kind)?
        .into_iter()
        .filter(|s| !s.sealed && s.path != own)
    {
        if let Some(file) = lock(&segment.path, false)? {
            cut_torn_tail(data, kind, &segment.path, &file)?;
            file.sync_all().context("sync", &segment.path)?;
            seal_path(data, kind, &segment.path, &file)?;
        }
    }
    Ok(())
}

fn seal_path(data: &DataDir, kind: Kind, path: &Path, file: &File) -> Result<(), Error> {
    if file.metadata().context("read", path)?.len() == 0 {
        return Ok(());
    }
    let target = data.sealed(kind).join(sealed_name(kind));
    fs::rename(path, &target).context("seal", path)?;
    files::sync_dir(&data.sealed(kind))?;
    files::sync_dir(&data.store(kind))
}

/// Opens and locks `path`; `None` if another process holds the lock, or if it is not there and
/// must not be made.
fn lock(path: &Path, create: bool) -> Result<Option<File>, Error> {
    for _ in 0..MAX_REOPENS {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(create)
            .truncate(false)
            .open(path);
        let file = match opened {
            Err(error) if error.kind() == ErrorKind::NotFound && !create => return Ok(None),
            other => other.context("open for appending", path)?,
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(errno) => return Err(std::io::Error::from(errno)).context("lock", path),
        }
        // Sealed by its owner between open and lock: the path names another file by now.
        let locked = file.metadata().context("read", path)?;
        match fs::metadata(path) {
            Ok(named) if named.ino() == locked.ino() && named.dev() == locked.dev() => {
                return Ok(Some(file));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Cuts an unfinished last line and keeps its bytes in the quarantine.
fn cut_torn_tail(data: &DataDir, kind: Kind, path: &Path, mut file: &File) -> Result<(), Error> {
    let length = file.metadata().context("read", path)?.len();
    let whole = last_line_end(file, length).context("read", path)?;
    if whole == length {
        return Ok(());
    }
    let mut torn = Vec::new();
    file.seek(SeekFrom::Start(whole))
        .and_then(|_| file.read_to_end(&mut torn))
        .context("read", path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let kept = data
        .quarantine(kind)
        .join(format!("{name}.{}.torn", uuid::Uuid::now_v7()));
    let saved = files::create_dir(&data.quarantine(kind)).and_then(|()| {
        File::create(&kept)
            .and_then(|mut f| f.write_all(&torn))
            .context("write", &kept)
    });
    match saved {
        Ok(()) => {
            tracing::warn!(bytes = torn.len(), kept = %kept.display(), "an unfinished last line was cut")
        }
        // Starting up needs no free space: without room for the copy the tail stays in place,
        // ended, so that it is one damaged line and swallows no other.
        Err(error) => {
            tracing::warn!(%error, "an unfinished last line could not be copied; it stays as a damaged line");
            return file
                .write_all_at(b"\n", length)
                .context("end the last line of", path);
        }
    }
    file.set_len(whole)
        .and_then(|()| file.sync_all())
        .context("truncate", path)
}

fn last_line_end(file: &File, length: u64) -> std::io::Result<u64> {
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(TAIL_CHUNK_BYTES);
        let mut chunk = vec![0; (end - start) as usize];
        file.read_exact_at(&mut chunk, start)?;
        if let Some(at) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
