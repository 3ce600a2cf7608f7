//! What the routes share.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::access::Access;
use crate::events::Events;
use crate::exports::{Exports, MAX_SYNCHRONOUS_BYTES};
use crate::loop_state::LoopState;
use crate::metrics::Metrics;
use crate::recorder::Recorder;
use crate::redaction::Redaction;
use crate::routes::MAX_BODY_BYTES;
use crate::serving::Serving;

/// Analyses at the same time, for each core: they are bound by the processor.
const ANALYSES_PER_CORE: usize = 2;

/// Bodies of the largest size in memory at the same time, for each core.
const BODIES_PER_CORE: usize = 2;

/// State of the service.
#[derive(Clone)]
pub struct App {
    /// The stores.
    pub recorder: Arc<Recorder>,
    /// What every text passes before it is analyzed and stored.
    pub redaction: Arc<Redaction>,
    /// The model that answers.
    pub serving: Arc<Serving>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Bounds the bodies that are in memory, in KiB.
    pub bodies: Arc<Semaphore>,
    /// Bounds the analyses at the same time, and so their memory.
    pub analyses: Arc<Semaphore>,
    /// What is told to whoever listens.
    pub events: Arc<Events>,
    /// The export at work.
    pub exports: Arc<Exports>,
    /// What the operator says the loop is doing.
    pub loop_state: Arc<LoopState>,
    /// How callers are known.
    pub access: Arc<Access>,
    /// Holds the token of `PUT /internal/serving`; read at each request, since it is rotated.
    pub internal_token_file: Option<PathBuf>,
}

impl App {
    /// Wires the parts.
    pub fn new(
        recorder: Recorder,
        redaction: Redaction,
        serving: Serving,
        access: Access,
        internal_token_file: Option<PathBuf>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let events = Arc::new(Events::default());
        Self {
            recorder: Arc::new(recorder),
            redaction: Arc::new(redaction),
            serving: Arc::new(serving),
            metrics: Arc::default(),
            bodies: Arc::new(Semaphore::new(
                BODIES_PER_CORE * cores * MAX_BODY_BYTES / 1024,
            )),
            analyses: Arc::new(Semaphore::new(cores * ANALYSES_PER_CORE)),
            exports: Arc::new(Exports::new(Arc::clone(&events), MAX_SYNCHRONOUS_BYTES)),
            events,
            loop_state: Arc::default(),
            access: Arc::new(access),
            internal_token_file,
        }
    }
}
