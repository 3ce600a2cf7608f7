//! The log of erasures: lines that are durable before anybody is told, read by every reader.
//!
//! Each line begins behind a line end of its own: what a failed write or sync has left is a line that nobody can read,
//! and never part of a good one. A failed sync is not tried again: the erasure was not accepted, and may be obeyed all the same.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::erased::Erased;
use super::tombstone::Line;
use crate::crc::{self, Check};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, FileId, Open, Stream, write_all_at};
use crate::layout::DataDir;
use crate::store::for_each_line;

/// Interactions that one line names; about 120 bytes each.
pub(super) const MAX_COVERED_IN_A_LINE: usize = 10_000;

/// How long the log is waited for: it is held for a line, or for a rename.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// How often it is asked for meanwhile.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// Files that a sync has failed on in this process: they are read, and not written to again.
static ABANDONED: Mutex<BTreeSet<FileId>> = Mutex::new(BTreeSet::new());

/// The files of the log in the order they were begun; another one is begun after a failed sync only.
fn paths(data: &DataDir) -> Result<Vec<PathBuf>, Error> {
    let mut found: Vec<(u64, PathBuf)> = files::list(data.fs(), &data.erasures())?
        .into_iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let number = name.strip_prefix("erasures.")?.strip_suffix("jsonl")?;
            let number = match number.strip_suffix('.') {
                None => number.is_empty().then_some(1),
                Some(number) => number.parse().ok(),
            };
            Some((number?, path))
        })
        .collect();
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// `erasures.jsonl`, `erasures.2.jsonl` and so on.
fn path(data: &DataDir, number: usize) -> PathBuf {
    data.erasures().join(match number {
        1 => "erasures.jsonl".to_owned(),
        number => format!("erasures.{number}.jsonl"),
    })
}

/// A file of the log, open.
pub(super) struct Opened {
    path: PathBuf,
    file: Arc<dyn FileHandle>,
    /// Which file it is, and how long.
    pub(super) length: (FileId, u64),
}

/// The log; none of it is there while nothing was ever erased.
pub(super) fn open(data: &DataDir) -> Result<Vec<Opened>, Error> {
    let mut all = vec![];
    for path in paths(data)? {
        let file = data.fs().open(&path, Open::Read).context("open", &path)?;
        let stat = file.stat().context("read", &path)?;
        let length = (stat.id, stat.bytes);
        all.push(Opened { path, file, length });
    }
    Ok(all)
}

/// Calls `each` for every line that can be read; returns how many cannot.
pub(super) fn read(log: &[Opened], mut each: impl FnMut(Line)) -> Result<u64, Error> {
    let mut damaged = 0;
    for Opened { path, file, length } in log {
        let stream = Stream::new(Arc::clone(file), 0, length.1);
        for_each_line(stream, path, |line| {
            if line.is_blank() {
                return Ok(());
            }
            match serde_json::from_slice(line.bytes) {
                Ok(read) if crc::check(line.bytes) == Check::Right => each(read),
                // What is being written is not accepted yet.
                _ if !line.ended => {}
                _ => damaged += 1,
            }
            Ok(())
        })?;
    }
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
            let by = "another process".to_owned();
            return Err(Error::Busy { path, by });
        }
        std::thread::sleep(LOCK_POLL);
    }
    Ok(Held {
        data: data.clone(),
        _lock: lock,
    })
}

/// Keeps space for erasures, as far as there is some.
pub(crate) fn keep_reserve(data: &DataDir) {
    if super::reserve::is_short(data) {
        match hold(data) {
            Ok(held) => held.take_back(),
            Err(error) => tracing::debug!(%error, "no space is kept for erasures"),
        }
    }
}

/// Writes a small file that must be there before something erased is removed; of the reserve where the disk is full.
pub(super) fn write_with_room(data: &DataDir, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    match files::write_atomic(path, bytes) {
        Err(error) if error.code() == "storage_full" => {
            hold(data)?.with_room(|| files::write_atomic(path, bytes))
        }
        other => other,
    }
}

impl Held {
    pub(super) fn data(&self) -> &DataDir {
        &self.data
    }

    pub(super) fn erased(&self) -> Result<Erased, Error> {
        Erased::load(&self.data)
    }

    /// Appends lines; they are durable when this returns. Where the disk is full the reserve is given up for them.
    pub(super) fn append(&self, lines: &[Line]) -> Result<(), Error> {
        self.with_room(|| self.append_once(lines))
    }

    /// Writes something that an erasure needs; again with some of the reserve given up, where the disk is full.
    fn with_room(&self, write: impl Fn() -> Result<(), Error>) -> Result<(), Error> {
        loop {
            match write() {
                Err(error) if error.code() == "storage_full" && self.release()? => {}
                other => return other,
            }
        }
    }

    fn append_once(&self, lines: &[Line]) -> Result<(), Error> {
        let mut bytes = vec![b'\n'];
        for line in lines {
            crc::seal_record(line, &mut bytes)
                .map_err(|error| Error::Invalid(format!("the erasure is no JSON: {error}")))?;
        }
        let (path, file) = self.last()?;
        let before = file.stat().context("read", &path)?;
        // What a failure leaves stays: a file that shrinks and grows again looks unchanged to who has read it.
        write_all_at(&*file, &bytes, before.bytes).map_err(|source| refused(&path, source))?;
        if let Err(source) = file.sync_data() {
            ABANDONED
                .lock()
                .expect("no panic holds it")
                .insert(before.id);
            return Err(refused(&path, source));
        }
        // The line is no safer than the name of its file.
        let dir = self.data.erasures();
        let synced = self.data.fs().sync_dir(&dir);
        synced.context("sync the folder", &dir)
    }

    /// The file to append to.
    fn last(&self) -> Result<(PathBuf, Arc<dyn FileHandle>), Error> {
        let fs = self.data.fs();
        let there = paths(&self.data)?;
        if let Some(path) = there.last() {
            let file = fs.open(path, Open::Existing).context("open", path)?;
            let id = file.stat().context("read", path)?.id;
            if !ABANDONED.lock().expect("no panic holds it").contains(&id) {
                return Ok((path.clone(), file));
            }
        }
        let path = path(&self.data, there.len() + 1);
        match fs.open(&path, Open::Create) {
            Ok(file) => Ok((path, file)),
            Err(source) => Err(refused(&path, source)),
        }
    }
}

fn refused(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { path },
        _ => Error::Io {
            action: "append to",
            path,
            source,
        },
    }
}
