//! A store open for appending.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::active::{Active, AppendError, seal_orphans};
use super::commit::{Batch, Commits, Pending, Queue};
use super::counts::{Counts, Totals};
use super::facts::Record;
use super::keys::{Claim, Keys};
use super::locks;
use super::meta::{SegmentMeta, finish};
use super::segment::segments;
use crate::crc;
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::Open;
use crate::layout::{DataDir, Kind};

/// Largest record in bytes, as one line.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// How often the background thread looks whether a segment is old enough to be sealed.
const TICK: Duration = Duration::from_millis(500);

/// How often the store is listed again for what other processes did.
const REFRESH: Duration = Duration::from_secs(5);

/// How often segments of writers that have died meanwhile are looked for.
const ORPHANS: Duration = Duration::from_secs(60);

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

#[derive(Debug)]
struct Shared {
    data: DataDir,
    kind: Kind,
    options: Options,
    queue: Queue,
    writer: Mutex<Writer>,
    counts: Counts,
    keys: Keys,
    /// The housekeeping thread is to end.
    ending: Mutex<bool>,
    end: Condvar,
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
        counts.refresh(data, kind)?;
        let shared = Arc::new(Shared {
            data: data.clone(),
            kind,
            options,
            queue: Queue::default(),
            writer: Mutex::new(Writer {
                name: writer.to_owned(),
                active,
                abandoned: None,
            }),
            counts,
            keys: Keys::default(),
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
        let (pending, commits) = self.add(record, true)?;
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
            let (pending, commits) = self.add(record, true)?;
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
        if !self.shared.options.background {
            return Err(Error::Invalid(
                "nothing commits in the background: use append".to_owned(),
            ));
        }
        Ok(self.add(record, false)?.0)
    }

    fn add(&self, record: &impl Record, lead: bool) -> Result<(Pending, Commits), Error> {
        let mut line = Vec::with_capacity(4096);
        crc::seal_record(record, &mut line)
            .map_err(|error| Error::Invalid(format!("the record is no JSON: {error}")))?;
        if line.len() > MAX_RECORD_BYTES {
            return Err(Error::TooLarge {
                bytes: line.len(),
                bound: MAX_RECORD_BYTES,
            });
        }
        self.shared.queue.add(&line, record.facts(), lead)
    }

    /// Path and counts of the active segment.
    pub fn active(&self) -> (PathBuf, SegmentMeta) {
        self.shared.counts.active()
    }

    /// Totals over the store, in constant time. What other processes did is in them within seconds.
    pub fn totals(&self) -> Totals {
        self.shared.counts.totals()
    }

    /// Whether a request with this idempotency key is stored, under way, or new. A record with the key ends the claim.
    pub fn claim(&self, subject: Option<&str>, key: &str) -> Result<Claim<'_>, Error> {
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
    Ok(())
}

impl Shared {
    /// The thread that commits while many append.
    fn commit_what_is_handed_over(&self) {
        while self.queue.wait_for_work() {
            while let Some(batch) = self.queue.take() {
                self.commit(batch);
            }
        }
    }

    /// The thread that does what nobody waits for.
    fn keep_house(&self) {
        let (mut refreshed, mut orphans) = (Instant::now(), Instant::now());
        loop {
            let ending = self.ending.lock().expect("no panic holds it");
            let (ending, _) = self
                .end
                .wait_timeout_while(ending, TICK, |ending| !*ending)
                .expect("no panic holds it");
            if *ending {
                // What has no sidecar from before is counted at the next start.
                return self.finish_fresh();
            }
            drop(ending);
            self.seal_if_due();
            if refreshed.elapsed() >= REFRESH {
                self.refresh();
                refreshed = Instant::now();
            }
            if orphans.elapsed() >= ORPHANS {
                self.seal_orphans();
                orphans = Instant::now();
            }
            while self.write_one_sidecar() && !*self.ending.lock().expect("no panic holds it") {}
        }
    }

    /// Commits for the caller, who was the first to come; those who came meanwhile are left to the background thread.
    fn lead(&self) {
        while let Some(batch) = self.queue.take() {
            self.commit(batch);
            if self.options.background {
                self.queue.hand_over();
                return;
            }
        }
    }

    fn commit(&self, batch: Batch) {
        let mut writer = self.writer.lock().expect("no panic holds it");
        let result = writer.append(self, &batch);
        if result.is_ok() {
            self.keys.stored(&batch.facts);
        }
        self.queue.done(batch, result);
        if writer.is_due(&self.options) {
            self.seal(&mut writer);
        }
    }

    fn seal_if_due(&self) {
        let mut writer = self.writer.lock().expect("no panic holds it");
        if writer.is_due(&self.options) {
            self.seal(&mut writer);
        }
    }

    fn seal(&self, writer: &mut Writer) {
        let Some(active) = &writer.active else { return };
        self.counts.begin_seal();
        let sealed = active.seal(&self.data, self.kind);
        match sealed {
            Ok(target) => {
                self.counts.end_seal(target);
                writer.active = None;
                if let Err(error) = writer.ensure(self) {
                    tracing::error!(%error, "no new segment; the next append tries again");
                }
            }
            Err(error) => {
                // It goes on being appended to, and is sealed another time.
                self.counts.end_seal(None);
                tracing::error!(%error, "the segment could not be sealed");
            }
        }
    }

    fn refresh(&self) {
        if let Err(error) = self.counts.refresh(&self.data, self.kind) {
            tracing::warn!(%error, "the totals are not up to date");
        }
    }

    fn seal_orphans(&self) {
        let own = self.counts.active().0;
        match seal_orphans(&self.data, self.kind, Some(&own)) {
            Ok(0) => {}
            Ok(_) => self.refresh(),
            Err(error) => tracing::warn!(%error, "what dead writers left is sealed later"),
        }
    }

    /// Writes the sidecars of what this process has sealed, and counts what has none.
    fn write_sidecars(&self) {
        while self.write_one_sidecar() {}
    }

    fn finish_fresh(&self) {
        let fresh = self.counts.take_fresh();
        if !fresh.is_empty()
            && let Err(error) = self.finish(&fresh)
        {
            tracing::warn!(%error, "sidecars are written another time");
        }
    }

    /// `false`: there is no more to do.
    fn write_one_sidecar(&self) -> bool {
        self.finish_fresh();
        self.counts.count_one().unwrap_or_else(|error| {
            tracing::error!(%error, "a segment is not in the totals");
            true
        })
    }

    fn finish(&self, fresh: &[PathBuf]) -> Result<(), Error> {
        for segment in segments(&self.data, self.kind)? {
            if segment.sealed
                && fresh.contains(&segment.path)
                && let Some(counted) = self.counts.of(&segment.name())
            {
                let meta = finish(&segment, &counted)?;
                self.counts.set(&segment.name(), meta);
            }
        }
        Ok(())
    }
}

/// The segments that this process holds.
#[derive(Debug)]
struct Writer {
    name: String,
    /// None after a failed sync until a new segment could be opened.
    active: Option<Active>,
    /// A segment that must not be written to again and could not be moved away yet. It stays locked.
    abandoned: Option<Active>,
}

impl Writer {
    fn is_due(&self, options: &Options) -> bool {
        self.active.as_ref().is_some_and(|active| {
            active.meta.bytes > 0
                && (active.meta.bytes >= options.seal_bytes || active.age() >= options.seal_age)
        })
    }

    fn append(&mut self, shared: &Shared, batch: &Batch) -> Result<(), Error> {
        let active = self.ensure(shared)?;
        match active.append(&batch.bytes, &batch.facts) {
            Ok(()) => {
                shared.counts.appended(&active.meta);
                Ok(())
            }
            Err(AppendError::Refused(error)) => Err(error),
            Err(AppendError::Poisoned(error)) => {
                tracing::error!(%error, "the segment is abandoned");
                self.abandoned = self.active.take();
                // If this fails too, the next append tries again before it writes anything.
                let _ = self.move_abandoned(shared);
                Err(error)
            }
        }
    }

    /// The active segment, opened if there is none.
    fn ensure(&mut self, shared: &Shared) -> Result<&mut Active, Error> {
        self.move_abandoned(shared)?;
        if self.active.is_none() {
            let active = Active::open(&shared.data, shared.kind, &self.name)?;
            shared.counts.own(&active.path, &active.meta);
            self.active = Some(active);
        }
        Ok(self.active.as_mut().expect("opened above"))
    }

    fn move_abandoned(&mut self, shared: &Shared) -> Result<(), Error> {
        if let Some(abandoned) = &self.abandoned {
            shared.counts.begin_seal();
            let moved = abandoned.abandon(&shared.data, shared.kind);
            shared
                .counts
                .end_seal(moved.as_ref().ok().and_then(Clone::clone));
            moved?;
            self.abandoned = None;
        }
        Ok(())
    }
}
