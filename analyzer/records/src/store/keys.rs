//! Idempotency keys: a request that is sent again is stored once.
//!
//! The key is a field of the record, so the index survives whatever the store survives. It is bounded by age and number;
//! a key that was forgotten is new again.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::facts::{Facts, Head};
use super::meta::meta;
use super::reader::read_segment;
use super::segment::segments;
use super::told::Told;
use crate::error::Error;
use crate::layout::{DataDir, Kind};

/// Longest key in bytes.
pub const MAX_KEY_BYTES: usize = 255;

/// How long a key is remembered.
const KEY_AGE: TimeDelta = TimeDelta::hours(24);

/// Keys that are remembered; the oldest is forgotten for a new one.
const MAX_KEYS: usize = 100_000;

/// A key of one subject: another's is another key.
type Key = (Option<String>, String);

/// What a key says about a request.
#[derive(Debug)]
pub enum Claim {
    /// It is stored as this record.
    Stored(Uuid),
    /// It is being answered right now.
    Running(Running),
    /// It is new: the caller is the one to answer it.
    New(Reservation),
}

/// Another request with the same key: a future that is ready when it has ended, stored or not. Then claim again.
#[derive(Debug)]
pub struct Running {
    ended: Arc<Told<()>>,
    place: Option<usize>,
}

impl Future for Running {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.ended.poll(&mut this.place, context, |()| ())
    }
}

/// Holds a key for one request until its record is stored, or this is dropped.
#[derive(Debug)]
#[must_use = "the key is free again when this is dropped"]
pub struct Reservation {
    keys: Arc<Keys>,
    key: Key,
    ended: Arc<Told<()>>,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.keys.lock().running.remove(&self.key);
        self.ended.say(());
    }
}

/// The index.
#[derive(Debug, Default)]
pub(super) struct Keys {
    state: Mutex<State>,
    /// Held while the store is read at the first claim; what is stored meanwhile does not wait for it.
    loading: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Read from the store at the first claim.
    loaded: bool,
    ids: HashMap<Key, Uuid>,
    /// In the order they came.
    order: VecDeque<(DateTime<Utc>, Key)>,
    running: HashMap<Key, Arc<Told<()>>>,
}

impl Keys {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic holds it")
    }

    pub(super) fn claim(
        self: &Arc<Self>,
        data: &DataDir,
        kind: Kind,
        subject: Option<&str>,
        key: &str,
    ) -> Result<Claim, Error> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(Error::Invalid(format!(
                "an idempotency key has 1 to {MAX_KEY_BYTES} bytes"
            )));
        }
        self.load(data, kind)?;
        let key = (subject.map(str::to_owned), key.to_owned());
        let mut state = self.lock();
        state.forget(Utc::now());
        if let Some(id) = state.ids.get(&key) {
            return Ok(Claim::Stored(*id));
        }
        if let Some(ended) = state.running.get(&key) {
            let ended = Arc::clone(ended);
            return Ok(Claim::Running(Running { ended, place: None }));
        }
        let ended = Arc::default();
        state.running.insert(key.clone(), Arc::clone(&ended));
        drop(state);
        let keys = Arc::clone(self);
        Ok(Claim::New(Reservation { keys, key, ended }))
    }

    /// Reads the keys of the store, once.
    fn load(&self, data: &DataDir, kind: Kind) -> Result<(), Error> {
        if self.lock().loaded {
            return Ok(());
        }
        let _loading = self.loading.lock().expect("no panic holds it");
        if self.lock().loaded {
            return Ok(());
        }
        let found = stored_since(data, kind, Utc::now() - KEY_AGE)?;
        let mut state = self.lock();
        found.iter().for_each(|facts| state.add(facts));
        // What was stored while the store was read came before what it held.
        state.order.make_contiguous().sort_by_key(|(time, _)| *time);
        state.loaded = true;
        Ok(())
    }

    /// Records were stored.
    pub(super) fn stored(&self, facts: &[Facts]) {
        if facts.iter().all(|facts| facts.key.is_none()) {
            return;
        }
        let mut state = self.lock();
        facts.iter().for_each(|facts| state.add(facts));
    }
}

/// Records with a key, by time.
fn stored_since(data: &DataDir, kind: Kind, since: DateTime<Utc>) -> Result<Vec<Facts>, Error> {
    let mut found = vec![];
    for segment in segments(data, kind)? {
        if segment.sealed {
            let counts = meta(&segment)?;
            if counts.keyed == 0 || counts.last.is_none_or(|last| last < since) {
                continue;
            }
        }
        read_segment::<Head>(&segment, |line| {
            let facts = Facts::from(line.record);
            if facts.key.is_some() && facts.time >= since {
                found.push(facts);
            }
            Ok(())
        })?;
    }
    found.sort_by_key(|facts| facts.time);
    Ok(found)
}

impl State {
    /// The first record of a key stays.
    fn add(&mut self, facts: &Facts) {
        let Some(key) = &facts.key else { return };
        let key = (facts.subject.clone(), key.clone());
        if self.ids.contains_key(&key) {
            return;
        }
        self.ids.insert(key.clone(), facts.id);
        self.order.push_back((facts.time, key));
        if self.order.len() > MAX_KEYS {
            self.forget_oldest();
        }
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        while self
            .order
            .front()
            .is_some_and(|(time, _)| *time < now - KEY_AGE)
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.ids.remove(&key);
        }
    }
}
