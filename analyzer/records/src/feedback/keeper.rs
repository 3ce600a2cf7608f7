//! The feedback store of a serving process: what was said is in memory, and on disk before it counts.

use std::sync::{Mutex, RwLock};

use uuid::Uuid;

use super::index::Index;
use super::{Correction, Feedback, FeedbackFigures, Merged};
use crate::erase::Watch;
use crate::error::Error;
use crate::layout::{DataDir, Kind};
use crate::store::{Options, Store};

/// Feedback, open for appending.
#[derive(Debug)]
pub struct FeedbackStore {
    data: DataDir,
    store: Store,
    index: RwLock<Index>,
    erased: Watch,
    /// What is said is compared with what was said before, and stored, one after the other.
    order: Mutex<()>,
}

impl FeedbackStore {
    /// Opens the store and reads what was said so far. `writer` names this process among several.
    pub fn open(data: &DataDir, writer: &str, options: Options) -> Result<Self, Error> {
        let store = Store::open(data, Kind::Feedback, writer, options)?;
        let erased = Watch::new(data);
        let mut index = Index::default();
        index.refresh(data, &erased.now()?)?;
        Ok(Self {
            data: data.clone(),
            store,
            index: RwLock::new(index),
            erased,
            order: Mutex::default(),
        })
    }

    /// Stores what somebody says, unless it changes nothing: then it is said already. Returns all that holds now of the
    /// interaction.
    pub fn say(&self, event: Feedback) -> Result<Merged, Error> {
        let _order = self.order.lock().expect("no panic holds it");
        // What changes nothing is not stored: another process may have been told something else meanwhile.
        self.refresh()?;
        let before = self.of(event.interaction_id).unwrap_or_default();
        let mut after = before.clone();
        after.add(event.clone());
        if after.says_the_same(&before) {
            return Ok(before);
        }
        self.store.append(&event)?;
        self.index.write().expect("no panic holds it").add(event);
        Ok(after)
    }

    /// All that was said of an interaction.
    pub fn of(&self, id: Uuid) -> Option<Merged> {
        if let Err(error) = self.obey_erasures() {
            tracing::error!(%error, "what was said is not shown: nobody knows what of it is erased");
            return None;
        }
        self.index
            .read()
            .expect("no panic holds it")
            .of(id)
            .cloned()
    }

    /// The corrections of a template that count: the latest gold one, and the latest of each subject.
    pub fn corrections_of(&self, template_id: &str) -> Vec<Correction> {
        let index = self.index.read().expect("no panic holds it");
        index
            .corrections_of(template_id)
            .into_iter()
            .cloned()
            .collect()
    }

    /// How much was said by now.
    pub fn figures(&self) -> FeedbackFigures {
        self.index.read().expect("no panic holds it").figures()
    }

    /// All corrections that count.
    pub fn corrections(&self) -> Vec<Correction> {
        let index = self.index.read().expect("no panic holds it");
        let templates = index.templates();
        templates
            .flat_map(|template| index.corrections_of(template))
            .cloned()
            .collect()
    }

    /// Reads what other processes have stored since, without what is erased; says whether that changed anything.
    pub fn refresh(&self) -> Result<bool, Error> {
        let erased = self.erased.now()?;
        let mut index = self.index.write().expect("no panic holds it");
        index.refresh(&self.data, &erased)
    }

    /// Leaves out what is erased by now, by whatever process. `true`: something was erased since this was asked last.
    /// While nothing was, it costs as much as asking [`Watch::now`].
    pub fn obey_erasures(&self) -> Result<bool, Error> {
        let erased = self.erased.now()?;
        if self.index.read().expect("no panic holds it").knows(&erased) {
            return Ok(false);
        }
        let mut index = self.index.write().expect("no panic holds it");
        index.refresh(&self.data, &erased)?;
        Ok(true)
    }

    /// The store of the statements.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Forgets, in memory, what was said of an interaction that is no more.
    pub fn forget(&self, id: Uuid) {
        self.index.write().expect("no panic holds it").forget(id);
    }

    /// Ends the writer after what waits is written.
    pub fn close(&self) {
        self.store.close();
    }
}
