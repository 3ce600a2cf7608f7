//! What is erased, kept up: asking costs a listing, an `open` and an `fstat` while nothing was erased since.

use std::sync::{Arc, Mutex};

use super::erased::Erased;
use super::log;
use crate::error::Error;
use crate::filesystem::FileId;
use crate::layout::DataDir;

/// Knows what any process has erased.
#[derive(Debug)]
pub struct Watch {
    data: DataDir,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The files of the log that were read, and as far as they were.
    read: Vec<(FileId, u64)>,
    erased: Arc<Erased>,
}

impl Watch {
    /// Of this data directory; nothing is read yet.
    pub fn new(data: &DataDir) -> Self {
        Self {
            data: data.clone(),
            state: Mutex::default(),
        }
    }

    /// What is erased by now.
    pub fn now(&self) -> Result<Arc<Erased>, Error> {
        let log = log::open(&self.data)?;
        let lengths: Vec<_> = log.iter().map(|opened| opened.length).collect();
        let mut state = self.state.lock().expect("no panic holds it");
        // What was erased stays erased, also if the log is taken away.
        if !lengths.is_empty() && state.read != lengths {
            state.erased = Arc::new(Erased::read(&log)?);
            state.read = lengths;
        }
        Ok(Arc::clone(&state.erased))
    }
}
