//! The log of erasures: lines that are durable before anybody is told, read by every reader.
//!
//! Each line begins behind a line end of its own: what a failed write or sync has left is a line that nobody can read,
//! and never part of a good one. A failed sync is not tried again: the erasure was not accepted, and may be obeyed all the same.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::erased::Erased;
use super::tombstone::Line;
use crate::crc::{self, Check};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, Open, Stream, write_all_at};
use crate::layout::DataDir;
use crate::store::for_each_line;

/// Interactions that one line names; about 120 bytes each.
pub(super) const MAX_COVERED_IN_A_LINE: usize = 10_000;

/// How long the log is waited for: it is held for a line, or for a rename.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// How often it is asked for meanwhile.
const LOCK_POLL: Duration = Duration::from_millis(5);

pub(super) fn path(data: &DataDir) -> PathBuf {
    data.erasures().join("erasures.jsonl")
}

/// The log; `None`: nothing was ever erased.
pub(super) fn open(data: &DataDir) -> Result<Option<Arc<dyn FileHandle>>, Error> {
    match data.fs().open(&path(data), Open::Read) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("open", &path(data)),
    }
}

/// Calls `each` for every line that can be read; returns how many cannot.
pub(super) fn read(
    data: &DataDir,
    file: &Arc<dyn FileHandle>,
    mut each: impl FnMut(Line),
) -> Result<u64, Error> {
    let path = path(data);
    let mut damaged = 0;
    for_each_line(Stream::new(Arc::clone(file), 0, u64::MAX), &path, |line| {
        if line.is_blank() {
            return Ok(());
        }
        match serde_json::from_slice(line.bytes) {
            Ok(read) if crc::check(line.bytes) == Check::Right => each(read),
            // What was being written is not asked for yet.
            _ if !line.ended => {}
            _ => damaged += 1,
        }
        Ok(())
    })?;
    Ok(damaged)
}

/// The log, held: nobody else appends, and nothing that is made from the store is published meanwhile.
pub(super) struct Held {
    data: DataDir,
    _lock: Arc<dyn FileHandle>,
}

/// Waits for the log and holds it.
pub(super) fn hold(data: &DataDir) -> Result<Held, Error> {
    files::create_dir(data.fs(), &data.erasures())?;
    let path = data.erasures().join(".lock");
    let lock = data.fs().open(&path, Open::Create).context("lock", &path)?;
    let began = Instant::now();
    while !lock.try_lock().context("lock", &path)? {
        if began.elapsed() > LOCK_WAIT {
            return Err(Error::Busy { path });
        }
        std::thread::sleep(LOCK_POLL);
    }
    Ok(Held {
        data: data.clone(),
        _lock: lock,
    })
}

impl Held {
    pub(super) fn erased(&self) -> Result<Erased, Error> {
        Erased::load(&self.data)
    }

    /// Appends lines; they are durable when this returns.
    pub(super) fn append(&self, lines: &[Line]) -> Result<(), Error> {
        let path = path(&self.data);
        let fs = self.data.fs();
        let file = fs.open(&path, Open::Create).context("open", &path)?;
        let before = file.stat().context("read", &path)?.bytes;
        let mut bytes = vec![b'\n'];
        for line in lines {
            crc::seal_record(line, &mut bytes)
                .map_err(|error| Error::Invalid(format!("the erasure is no JSON: {error}")))?;
        }
        // What a failure leaves stays: a file that shrinks and grows again looks unchanged to who has read it.
        let written = write_all_at(&*file, &bytes, before).and_then(|()| file.sync_data());
        written.map_err(|source| self.error(source))?;
        // The line is no safer than the name of its file.
        let dir = self.data.erasures();
        fs.sync_dir(&dir).context("sync the folder", &dir)
    }

    fn error(&self, source: io::Error) -> Error {
        let path = path(&self.data);
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { path },
            _ => Error::Io {
                action: "append to",
                path,
                source,
            },
        }
    }
}
