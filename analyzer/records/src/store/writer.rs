//! A store open for appending.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::active::{Active, seal_orphans};
use super::commit::{Adds, Commits, Pending, Queue};
use super::counts::{Counts, Totals};
use super::facts::Record;
use super::holder::Holder;
use super::keys::Claim;
use super::locks;
use super::meta::SegmentMeta;
use super::shared::Shared;
use crate::crc;
use crate::erase::{Watch, keep_reserve};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::Open;
use crate::layout::{DataDir, Kind};

/// Largest record in bytes, as one line.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// How a store is kept.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Size in bytes from which on a segment is sealed.
    pub seal_bytes: u64,
    /// Age of its oldest record from which on a segment is sealed.
    pub seal_age: Duration,
    /// Processes on several nodes write to the directory: it is refused on a volume whose locks do not reach them.
    pub several_nodes: bool,
    /// Threads commit under load, seal by age and write sidecars. Without them [`Store::housekeep`] does the
    /// last two, and the appending threads the first.
    pub background: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seal_bytes: 64 << 20,
            seal_age: Duration::from_secs(3600),
            several_nodes: false,
            background: true,
        }
    }
}

/// A store open for appending.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Store {
    /// Opens a store for appending: locks an active segment, recovers it, seals what dead writers left. `writer` names
    /// this process among others (a pod's name). A full disk does not keep it from opening: appends fail with
    /// [`Error::Full`] until there is space.
    pub fn open(data: &DataDir, kind: Kind, writer: &str, options: Options) -> Result<Self, Error> {
        if options.several_nodes {
            locks::require_several_nodes(data.root())?;
        }
        files::create_dir(data.fs(), &data.sealed(kind))?;
        sync_folders(data, kind)?;
        let active = match Active::open(data, kind, writer) {
            Ok(active) => Some(active),
            Err(error) if error.code() == "storage_full" => {
                tracing::error!(%error, "the store is open, and takes nothing until there is space");
                None
            }
            Err(error) => return Err(error),
        };
        let own = active.as_ref().map(|active| &*active.path);
        if let Err(error) = seal_orphans(data, kind, own) {
            tracing::error!(%error, "what dead writers left is sealed later");
        }
        let counts = Counts::default();
        if let Some(active) = &active {
            counts.own(&active.path, &active.meta);
        }
        let erased = Watch::new(data);
        counts.refresh(data, kind, &erased)?;
        let shared = Arc::new(Shared {
            data: data.clone(),
            kind,
            options,
            queue: Queue::default(),
            writer: Mutex::new(Holder {
                name: writer.to_owned(),
                active,
                abandoned: None,
            }),
            counts,
            keys: Arc::default(),
            erased,
            ending: Mutex::default(),
            end: Condvar::new(),
        });
        let store = Self {
            shared,
            threads: Mutex::default(),
        };
        if options.background {
            store.start("commit", Shared::commit_what_is_handed_over)?;
            store.start("keep", Shared::keep_house)?;
        }
        Ok(store)
    }

    fn start(&self, task: &str, run: fn(&Shared)) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new()
            .name(format!("{task}-{}", shared.kind.name()))
            .spawn(move || run(&shared))
            .context(
                "start a thread for",
                &self.shared.data.store(self.shared.kind),
            )?;
        self.threads.lock().expect("no panic holds it").push(thread);
        Ok(())
    }

    /// Appends a record; returns when it is on disk. Blocks the calling thread.
    pub fn append(&self, record: &impl Record) -> Result<(), Error> {
        let (pending, commits) = self.add(record, Adds::Leading)?;
        if commits == Commits::Caller {
            self.shared.lead();
        }
        pending.wait()
    }

    /// Appends records together; returns when all are on disk. On an error those of some batches may be.
    pub fn append_all<R: Record>(&self, records: &[R]) -> Result<(), Error> {
        let mut waiting = vec![];
        let mut lead = false;
        let added = records.iter().try_for_each(|record| {
            let (pending, commits) = self.add(record, Adds::Leading)?;
            waiting.push(pending);
            if commits == Commits::Caller {
                lead = true;
            }
            if lead && self.shared.queue.is_full() {
                lead = false;
                self.shared.lead();
            }
            Ok(())
        });
        if lead {
            self.shared.lead();
        }
        waiting.into_iter().try_for_each(Pending::wait)?;
        added
    }

    /// Hands a record over to be stored; it is stored when the answer says so. Blocks only while more than a batch
    /// waits. Needs the background thread.
    pub fn submit(&self, record: &impl Record) -> Result<Pending, Error> {
        self.hand_over(record, Adds::Hurrying)
    }

    /// The same of a record that can wait 2 ms for others to share its sync: for those who keep the processor busy,
    /// and lose nothing by it.
    pub fn submit_resting(&self, record: &impl Record) -> Result<Pending, Error> {
        self.hand_over(record, Adds::Resting)
    }

    fn hand_over(&self, record: &impl Record, adds: Adds) -> Result<Pending, Error> {
        if !self.shared.options.background {
            return Err(Error::Invalid(
                "nothing commits in the background: use append".to_owned(),
            ));
        }
        Ok(self.add(record, adds)?.0)
    }

    fn add(&self, record: &impl Record, adds: Adds) -> Result<(Pending, Commits), Error> {
        let mut line = Vec::with_capacity(4096);
        crc::seal_record(record, &mut line)
            .map_err(|error| Error::Invalid(format!("the record is no JSON: {error}")))?;
        if line.len() > MAX_RECORD_BYTES {
            return Err(Error::TooLarge {
                bytes: line.len(),
                bound: MAX_RECORD_BYTES,
            });
        }
        self.shared.queue.add(&line, record.facts(), adds)
    }

    /// Path and counts of the active segment.
    pub fn active(&self) -> (PathBuf, SegmentMeta) {
        self.shared.counts.active()
    }

    /// Totals over the store, in constant time. What other processes did is in them within seconds.
    pub fn totals(&self) -> Totals {
        self.shared.counts.totals()
    }

    /// Takes what other processes did, and what was erased, into the totals now.
    pub fn refresh(&self) {
        self.shared.refresh();
    }

    /// Whether a request with this idempotency key is stored, under way, or new. A record with the key ends the claim.
    pub fn claim(&self, subject: Option<&str>, key: &str) -> Result<Claim, Error> {
        let shared = &self.shared;
        shared.keys.claim(&shared.data, shared.kind, subject, key)
    }

    /// Seals what is due, writes sidecars, counts what has none, seals what dead writers left.
    pub fn housekeep(&self) {
        self.shared.seal_if_due();
        self.shared.refresh();
        self.shared.seal_orphans();
        self.shared.write_sidecars();
    }

    /// Seals the active segment now, whatever its size and age.
    pub fn seal(&self) {
        let mut writer = self.shared.writer.lock().expect("no panic holds it");
        self.shared.seal(&mut writer);
    }

    /// Ends the writer after what waits is written. Appends fail from now on.
    pub fn close(&self) {
        self.shared.queue.close();
        *self.shared.ending.lock().expect("no panic holds it") = true;
        self.shared.end.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().expect("no panic holds it"));
        threads.into_iter().for_each(|thread| {
            let _ = thread.join();
        });
        let mut writer = self.shared.writer.lock().expect("no panic holds it");
        writer.active = None;
        writer.abandoned = None;
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// A process that was killed may have made folders and not have synced them.
fn sync_folders(data: &DataDir, kind: Kind) -> Result<(), Error> {
    for dir in [data.store(kind), data.root().to_owned()] {
        data.fs().sync_dir(&dir).context("sync the folder", &dir)?;
    }
    // Made now, so that retention needs no space later.
    let _ = data.fs().open(&data.maintenance_lock(), Open::Create);
    keep_reserve(data);
    Ok(())
}
