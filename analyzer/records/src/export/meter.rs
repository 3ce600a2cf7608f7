//! How far an export is, over all threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::options::{OnProgress, Progress};
use crate::error::Error;

/// Bytes read between two reports.
const REPORT_BYTES: u64 = 4 << 20;

/// Counts bytes and rows, and tells whoever asked.
pub(super) struct Meter {
    read: AtomicU64,
    rows: AtomicU64,
    total: u64,
    stopped: AtomicBool,
    told: Mutex<()>,
    on_progress: Option<OnProgress>,
}

impl Meter {
    pub(super) fn new(total_bytes: u64, on_progress: Option<OnProgress>) -> Self {
        Self {
            read: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            total: total_bytes,
            stopped: AtomicBool::new(false),
            told: Mutex::new(()),
            on_progress,
        }
    }

    /// So many more bytes were read. An error: the export is to end.
    pub(super) fn read(&self, bytes: u64) -> Result<(), Error> {
        let before = self.read.fetch_add(bytes, Ordering::Relaxed);
        if before / REPORT_BYTES == (before + bytes) / REPORT_BYTES {
            return Ok(());
        }
        self.tell()
    }

    /// So many more rows were made.
    pub(super) fn wrote(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Ends the other threads' work.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Reports, and asks whether to go on.
    pub(super) fn tell(&self) -> Result<(), Error> {
        if let Some(on_progress) = &self.on_progress {
            let _one = self
                .told
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            let progress = Progress {
                read_bytes: self.read.load(Ordering::Relaxed),
                total_bytes: self.total,
                examples: self.rows.load(Ordering::Relaxed),
            };
            if on_progress(&progress).is_break() {
                self.stop();
            }
        }
        self.go_on()
    }

    /// An error: the export is to end.
    pub(super) fn go_on(&self) -> Result<(), Error> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        Ok(())
    }
}
