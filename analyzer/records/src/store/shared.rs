//! What the threads of a store share, and what each of them does.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::active::seal_orphans;
use super::commit::{Batch, Queue};
use super::counts::Counts;
use super::holder::Holder;
use super::keys::Keys;
use super::meta::finish;
use super::segment::segments;
use super::writer::Options;
use crate::erase::Watch;
use crate::error::Error;
use crate::layout::{DataDir, Kind};

/// How often the background thread looks whether a segment is old enough to be sealed.
const TICK: Duration = Duration::from_millis(500);

/// How often the store is listed again for what other processes did.
const REFRESH: Duration = Duration::from_secs(5);

/// How often segments of writers that have died meanwhile are looked for.
const ORPHANS: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) data: DataDir,
    pub(super) kind: Kind,
    pub(super) options: Options,
    pub(super) queue: Queue,
    pub(super) writer: Mutex<Holder>,
    pub(super) counts: Counts,
    pub(super) keys: Arc<Keys>,
    pub(super) erased: Watch,
    /// The housekeeping thread is to end.
    pub(super) ending: Mutex<bool>,
    pub(super) end: Condvar,
}

impl Shared {
    /// The thread that commits while many append.
    pub(super) fn commit_what_is_handed_over(&self) {
        while self.queue.wait_for_work() {
            self.queue.rest();
            while let Some(batch) = self.queue.take() {
                self.commit(batch);
                self.queue.rest();
            }
        }
    }

    /// The thread that does what nobody waits for.
    pub(super) fn keep_house(&self) {
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
    pub(super) fn lead(&self) {
        while let Some(batch) = self.queue.take() {
            self.commit(batch);
            if self.options.background {
                self.queue.hand_over();
                return;
            }
        }
    }

    pub(super) fn commit(&self, batch: Batch) {
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

    pub(super) fn seal_if_due(&self) {
        let mut writer = self.writer.lock().expect("no panic holds it");
        if writer.is_due(&self.options) {
            self.seal(&mut writer);
        }
    }

    pub(super) fn seal(&self, writer: &mut Holder) {
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

    pub(super) fn refresh(&self) {
        if let Err(error) = self.counts.refresh(&self.data, self.kind, &self.erased) {
            tracing::warn!(%error, "the totals are not up to date");
        }
    }

    pub(super) fn seal_orphans(&self) {
        let own = self.counts.active().0;
        match seal_orphans(&self.data, self.kind, Some(&own)) {
            Ok(0) => {}
            Ok(_) => self.refresh(),
            Err(error) => tracing::warn!(%error, "what dead writers left is sealed later"),
        }
    }

    /// Writes the sidecars of what this process has sealed, and counts what has none.
    pub(super) fn write_sidecars(&self) {
        while self.write_one_sidecar() {}
    }

    pub(super) fn finish_fresh(&self) {
        let fresh = self.counts.take_fresh();
        if !fresh.is_empty()
            && let Err(error) = self.finish(&fresh)
        {
            tracing::warn!(%error, "sidecars are written another time");
        }
    }

    /// `false`: there is no more to do.
    pub(super) fn write_one_sidecar(&self) -> bool {
        self.finish_fresh();
        self.counts.count_one().unwrap_or_else(|error| {
            tracing::error!(%error, "a segment is not in the totals");
            true
        })
    }

    pub(super) fn finish(&self, fresh: &[PathBuf]) -> Result<(), Error> {
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
