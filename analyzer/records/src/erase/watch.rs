//! What is erased, kept up: asking costs an `open` and an `fstat` while nothing was erased since.

use std::sync::{Arc, Mutex};

use super::erased::Erased;
use super::log;
use crate::error::{Context, Error};
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
    /// The log that was read, and as far as it was.
    read: Option<(FileId, u64)>,
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
        let path = log::path(&self.data);
        let opened = log::open(&self.data)?;
        let mut state = self.state.lock().expect("no panic holds it");
        let Some(file) = opened else {
            // What was erased stays erased, also if the log is taken away.
            return Ok(Arc::clone(&state.erased));
        };
        let stat = file.stat().context("read", &path)?;
        if state.read != Some((stat.id, stat.bytes)) {
            state.erased = Arc::new(Erased::load(&self.data)?);
            state.read = Some((stat.id, stat.bytes));
        }
        Ok(Arc::clone(&state.erased))
    }
}
