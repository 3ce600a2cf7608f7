//! The export that the service makes, one at a time, in a thread of its own.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use logloop_records::export::{ExportOptions, Progress, Written, export_document};
use logloop_records::{DataDir, Error};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::access::Scope;
use crate::events::Events;

/// Bytes of stored interactions that are exported while the client waits.
pub const MAX_SYNCHRONOUS_BYTES: u64 = 512_000_000;

/// Between two reports of its progress.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Threads of the export: the analyses go on beside it.
const THREADS: usize = 1;

/// How an export is, or how the last one ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExportStatus {
    /// Where it is.
    pub state: ExportState,
    /// When it began.
    pub started: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
    /// The file that it writes.
    pub output_file: Option<PathBuf>,
    /// Interactions that gave examples, when it is done.
    pub interactions: Option<u64>,
    /// Files that could not be used, when it is done; the log of the service names them.
    pub not_used: Option<usize>,
    /// Why it failed, and what to do.
    pub error: Option<String>,
}

/// Where an export is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// There was none since the service started.
    #[default]
    None,
    /// It works.
    Running,
    /// Its file is whole.
    Done,
    /// It ended with an error; the file is as it was before.
    Failed,
}

/// The exports of one service.
#[derive(Debug)]
pub struct Exports {
    /// Up to so many bytes of interactions the client waits for the end.
    pub synchronous_bytes: u64,
    status: Mutex<ExportStatus>,
    events: Arc<Events>,
}

impl Exports {
    /// None yet; progress is told to `events`.
    pub fn new(events: Arc<Events>, synchronous_bytes: u64) -> Self {
        Self {
            synchronous_bytes,
            status: Mutex::default(),
            events,
        }
    }

    /// How it is.
    pub fn status(&self) -> ExportStatus {
        self.lock().clone()
    }

    /// Begins to export to `output`; its end can be awaited, and need not be. `None`: one is at work already.
    pub fn begin(
        self: &Arc<Self>,
        data: DataDir,
        output: PathBuf,
    ) -> Option<oneshot::Receiver<Result<Written, Error>>> {
        let mut status = self.lock();
        if status.state == ExportState::Running {
            return None;
        }
        *status = ExportStatus {
            state: ExportState::Running,
            started: Some(Utc::now()),
            output_file: Some(output.clone()),
            ..ExportStatus::default()
        };
        drop(status);
        let (ended, end) = oneshot::channel();
        let this = Arc::clone(self);
        // A thread of its own: a runtime that ends does not wait for it, and the file appears whole or not at all.
        std::thread::spawn(move || {
            let result = this.export(data.root(), &output);
            this.end(&result);
            let _ = ended.send(result);
        });
        Some(end)
    }

    fn export(self: &Arc<Self>, data: &Path, output: &Path) -> Result<Written, Error> {
        let this = Arc::clone(self);
        let told = Mutex::new(Instant::now());
        let on_progress = move |progress: &Progress| {
            this.lock().progress = *progress;
            let mut told = told.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if told.elapsed() >= REPORT_EVERY {
                *told = Instant::now();
                this.tell();
            }
            ControlFlow::Continue(())
        };
        let options = ExportOptions {
            threads: THREADS,
            progress: Some(Arc::new(on_progress)),
            ..ExportOptions::default()
        };
        let work = || export_document(data, output, &options);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
            Err(Error::Invalid(
                "the export failed unexpectedly; please report it".to_owned(),
            ))
        })
    }

    fn end(&self, result: &Result<Written, Error>) {
        let mut status = self.lock();
        status.ended = Some(Utc::now());
        match result {
            Ok(written) => {
                status.state = ExportState::Done;
                status.progress.examples = written.examples;
                status.interactions = Some(written.interactions);
                status.not_used = Some(written.problems.len());
            }
            Err(error) => {
                tracing::error!(%error, "the export failed");
                status.state = ExportState::Failed;
                status.error = Some(error.to_string());
            }
        }
        drop(status);
        self.tell();
    }

    fn tell(&self) {
        self.events.tell("export", Scope::Export, &self.status());
    }

    fn lock(&self) -> MutexGuard<'_, ExportStatus> {
        self.status
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
