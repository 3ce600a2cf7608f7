//! The writer: one thread that gathers what waits, appends it, syncs once and answers all.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;

use super::active::{Active, AppendError, seal_orphans};
use super::meta::{Head, SegmentMeta};
use crate::crc;
use crate::error::Error;
use crate::layout::{DataDir, Kind};

/// Largest record in bytes, as one line.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// Records that may wait for the writer; more have to wait themselves.
const MAX_QUEUE_RECORDS: usize = 1024;

/// Bytes written before one sync.
const MAX_BATCH_BYTES: usize = 32 << 20;

/// How often an idle writer looks whether its segment is old enough to be sealed.
const IDLE_TICK: Duration = Duration::from_millis(500);

/// When a segment is sealed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Size in bytes from which on a segment is sealed.
    pub seal_bytes: u64,
    /// Age of its oldest record from which on a segment is sealed.
    pub seal_age: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seal_bytes: 64 << 20,
            seal_age: Duration::from_secs(3600),
        }
    }
}

/// A store open for appending.
pub struct Store {
    queue: Mutex<Option<SyncSender<Append>>>,
    active: Arc<Mutex<ActiveView>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What others may know of the active segment.
#[derive(Clone, Debug, Default)]
struct ActiveView {
    path: std::path::PathBuf,
    meta: SegmentMeta,
}

struct Append {
    line: String,
    head: Head,
    done: SyncSender<Result<(), Error>>,
}

impl Store {
    /// Opens a store for appending: locks an active segment, recovers it, seals what dead
    /// writers left. `writer` names this process among others (a pod's name).
    pub fn open(data: &DataDir, kind: Kind, writer: &str, options: Options) -> Result<Self, Error> {
        let active = Active::open(data, kind, writer)?;
        seal_orphans(data, kind, &active.path)?;
        let view = Arc::new(Mutex::new(ActiveView {
            path: active.path.clone(),
            meta: active.meta.clone(),
        }));
        let (queue, requests) = sync_channel(MAX_QUEUE_RECORDS);
        let worker = Worker {
            data: data.clone(),
            kind,
            writer: writer.to_owned(),
            options,
            active: Some(active),
            abandoned: None,
            view: Arc::clone(&view),
        };
        let thread = std::thread::Builder::new()
            .name(format!("{}-writer", kind.name()))
            .spawn(move || worker.run(&requests))
            .map_err(|source| Error::Io {
                action: "start the writer of",
                path: data.store(kind),
                source,
            })?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            active: view,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Appends a record; returns when it is on disk. Blocks the calling thread.
    pub fn append(&self, record: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(record)
            .map_err(|error| Error::Invalid(format!("the record is no JSON: {error}")))?;
        if text.len() > MAX_RECORD_BYTES - 64 {
            return Err(Error::TooLarge {
                bytes: text.len(),
                bound: MAX_RECORD_BYTES - 64,
            });
        }
        let head = serde_json::from_str(&text)
            .map_err(|error| Error::Invalid(format!("the record has no time stamp: {error}")))?;
        let (done, answer) = sync_channel(1);
        let queue = self
            .queue
            .lock()
            .expect("no panic holds it")
            .clone()
            .ok_or(Error::Closed)?;
        queue
            .send(Append {
                line: crc::seal(&text),
                head,
                done,
            })
            .map_err(|_| Error::Closed)?;
        answer.recv().map_err(|_| Error::Closed)?
    }

    /// Path and counts of the active segment.
    pub fn active(&self) -> (std::path::PathBuf, SegmentMeta) {
        let view = self.active.lock().expect("no panic holds it").clone();
        (view.path, view.meta)
    }

    /// Ends the writer after what waits is written. Appends fail from now on.
    pub fn close(&self) {
        self.queue.lock().expect("no panic holds it").take();
        if let Some(thread) = self.thread.lock().expect("no panic holds it").take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

struct Worker {
    data: DataDir,
    kind: Kind,
    writer: String,
    options: Options,
    /// None after a failed sync until a new segment could be opened.
    active: Option<Active>,
    /// A segment that must not be written to again and could not be moved away yet. It stays locked.
    abandoned: Option<Active>,
    view: Arc<Mutex<ActiveView>>,
}

impl Worker {
    fn run(mut self, requests: &Receiver<Append>) {
        loop {
            match requests.recv_timeout(IDLE_TICK) {
                Ok(first) => self.commit(first, requests),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.seal_if_due();
        }
    }

    fn commit(&mut self, first: Append, requests: &Receiver<Append>) {
        let mut bytes = first.line.clone().into_bytes();
        let (mut heads, mut waiting) = (vec![first.head], vec![first.done]);
        while bytes.len() < MAX_BATCH_BYTES
            && let Ok(next) = requests.try_recv()
        {
            bytes.extend_from_slice(next.line.as_bytes());
            heads.push(next.head);
            waiting.push(next.done);
        }
        let result = self.append(&bytes, &heads);
        self.publish();
        for done in waiting {
            // The one who asked may be gone; the record is stored all the same.
            let _ = done.send(result.as_ref().copied().map_err(copy));
        }
    }

    fn append(&mut self, bytes: &[u8], heads: &[Head]) -> Result<(), Error> {
        self.move_abandoned()?;
        if self.active.is_none() {
            self.active = Some(Active::open(&self.data, self.kind, &self.writer)?);
        }
        let active = self.active.as_mut().expect("opened above");
        match active.append(bytes, heads) {
            Ok(()) => Ok(()),
            Err(AppendError::Refused(error)) => Err(error),
            Err(AppendError::Poisoned(error)) => {
                tracing::error!(%error, "the segment is abandoned");
                self.abandoned = self.active.take();
                // If this fails too, the next append tries again before it writes anything.
                let _ = self.move_abandoned();
                Err(error)
            }
        }
    }

    fn move_abandoned(&mut self) -> Result<(), Error> {
        if let Some(abandoned) = &self.abandoned {
            abandoned.seal(&self.data, self.kind)?;
            self.abandoned = None;
        }
        Ok(())
    }

    fn seal_if_due(&mut self) {
        let Some(active) = &self.active else { return };
        let due =
            active.meta.bytes >= self.options.seal_bytes || active.age() >= self.options.seal_age;
        if due && active.meta.bytes > 0 {
            self.seal();
            match Active::open(&self.data, self.kind, &self.writer) {
                Ok(active) => self.active = Some(active),
                Err(error) => {
                    tracing::error!(%error, "no new segment; the next append tries again")
                }
            }
            self.publish();
        }
    }

    fn seal(&mut self) {
        if let Some(active) = self.active.take()
            && let Err(error) = active.seal(&self.data, self.kind)
        {
            tracing::error!(%error, "the segment could not be sealed; it is sealed at the next start");
        }
    }

    fn publish(&self) {
        let mut view = self.view.lock().expect("no panic holds it");
        match &self.active {
            Some(active) => {
                *view = ActiveView {
                    path: active.path.clone(),
                    meta: active.meta.clone(),
                }
            }
            None => view.meta = SegmentMeta::default(),
        }
    }
}

/// An I/O error for each of those who wait.
fn copy(error: &Error) -> Error {
    match error {
        Error::Io {
            action,
            path,
            source,
        } => {
            let source = std::io::Error::new(source.kind(), source.to_string());
            Error::Io {
                action,
                path: path.clone(),
                source,
            }
        }
        Error::Full { path } => Error::Full { path: path.clone() },
        Error::Busy { path } => Error::Busy { path: path.clone() },
        other => Error::Invalid(other.to_string()),
    }
}
