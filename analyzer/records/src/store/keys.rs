//! Idempotency keys: a request that is sent again is stored once.
//!
//! The key is a field of the record, so the index survives whatever the store survives. It is bounded by age and number;
//! a key that was forgotten is new again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::facts::{Facts, Head};
use super::meta::meta;
use super::reader::read_segment;
use super::segment::segments;
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
pub enum Claim<'a> {
    /// It is stored as this record.
    Stored(Uuid),
    /// It is being answered right now.
    Running,
    /// It is new: the caller is the one to answer it.
    New(Reservation<'a>),
}

/// Holds a key for one request until its record is stored, or this is dropped.
#[derive(Debug)]
pub struct Reservation<'a> {
    keys: &'a Keys,
    key: Key,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut state = self.keys.state.lock().expect("no panic holds it");
        state.running.remove(&self.key);
    }
}

/// The index.
#[derive(Debug, Default)]
pub(super) struct Keys {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Read from the store at the first claim.
    loaded: bool,
    ids: HashMap<Key, Uuid>,
    /// In the order they came.
    order: VecDeque<(DateTime<Utc>, Key)>,
    running: HashSet<Key>,
}

impl Keys {
    pub(super) fn claim(
        &self,
        data: &DataDir,
        kind: Kind,
        subject: Option<&str>,
        key: &str,
    ) -> Result<Claim<'_>, Error> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(Error::Invalid(format!(
                "an idempotency key has 1 to {MAX_KEY_BYTES} bytes"
            )));
        }
        let key = (subject.map(str::to_owned), key.to_owned());
        let mut state = self.state.lock().expect("no panic holds it");
        if !state.loaded {
            state.load(data, kind)?;
        }
        state.forget(Utc::now());
        if let Some(id) = state.ids.get(&key) {
            return Ok(Claim::Stored(*id));
        }
        if !state.running.insert(key.clone()) {
            return Ok(Claim::Running);
        }
        drop(state);
        Ok(Claim::New(Reservation { keys: self, key }))
    }

    /// Records were stored.
    pub(super) fn stored(&self, facts: &[Facts]) {
        if facts.iter().all(|facts| facts.key.is_none()) {
            return;
        }
        let mut state = self.state.lock().expect("no panic holds it");
        facts.iter().for_each(|facts| state.add(facts));
    }
}

impl State {
    fn load(&mut self, data: &DataDir, kind: Kind) -> Result<(), Error> {
        let since = Utc::now() - KEY_AGE;
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
        found.iter().for_each(|facts| self.add(facts));
        self.loaded = true;
        Ok(())
    }

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
