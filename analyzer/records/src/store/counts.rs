//! Totals of a store, kept up as it changes: asking for them costs the same however much there is.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::hidden::Hidden;
use super::meta::{SegmentMeta, count, meta, read_sidecars};
use super::segment::{Segment, segments};
use crate::erase::Watch;
use crate::error::Error;
use crate::filesystem::FileId;
use crate::layout::{DataDir, Kind};

/// Totals over a store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Sums over all segments that are counted.
    pub sum: SegmentMeta,
    /// Segments, the active ones included.
    pub segments: u64,
    /// Sealed segments without a sidecar, not in the sum until they have been read in the background.
    pub uncounted: u64,
    /// The segment that this process appends to.
    pub active: PathBuf,
}

/// Counts of the segments, by file name: the generation is in it.
#[derive(Debug, Default)]
pub(super) struct Counts {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sealed: HashMap<String, SegmentMeta>,
    sealed_sum: SegmentMeta,
    uncounted: HashMap<String, Segment>,
    own: SegmentMeta,
    own_path: PathBuf,
    /// Active segments of other writers.
    others: HashMap<FileId, SegmentMeta>,
    /// What is erased and still lies in a segment.
    hidden: Hidden,
    /// Sealed by this process: not to be counted by a listing while its rename is on the way.
    sealing: bool,
    /// Sealed by this process, without a digest yet.
    fresh: Vec<PathBuf>,
}

impl State {
    fn sum_up(&mut self) {
        let mut sum = SegmentMeta::default();
        self.sealed.values().for_each(|meta| sum.merge(meta));
        self.sealed_sum = sum;
    }
}

impl Counts {
    /// The active segment as it is now.
    pub(super) fn own(&self, path: &Path, meta: &SegmentMeta) {
        let mut state = self.state.lock().expect("no panic holds it");
        state.own = meta.clone();
        if state.own_path != path {
            path.clone_into(&mut state.own_path);
        }
    }

    /// Records were appended to the active segment.
    pub(super) fn appended(&self, meta: &SegmentMeta) {
        self.state.lock().expect("no panic holds it").own = meta.clone();
    }

    /// Path and counts of the active segment.
    pub(super) fn active(&self) -> (PathBuf, SegmentMeta) {
        let state = self.state.lock().expect("no panic holds it");
        (state.own_path.clone(), state.own.clone())
    }

    pub(super) fn begin_seal(&self) {
        self.state.lock().expect("no panic holds it").sealing = true;
    }

    /// The active segment lies at `target` now; `None`: it could not be sealed, or was empty.
    pub(super) fn end_seal(&self, target: Option<PathBuf>) {
        let mut state = self.state.lock().expect("no panic holds it");
        state.sealing = false;
        if let Some(target) = target {
            let meta = std::mem::take(&mut state.own);
            state.sealed_sum.merge(&meta);
            state.sealed.insert(name(&target), meta);
            state.fresh.push(target);
        }
    }

    /// Segments that this process has sealed since this was asked last.
    pub(super) fn take_fresh(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.state.lock().expect("no panic holds it").fresh)
    }

    /// The counts of a sealed segment are known, or better known.
    pub(super) fn set(&self, name: &str, meta: SegmentMeta) {
        let mut state = self.state.lock().expect("no panic holds it");
        state.uncounted.remove(name);
        state.sealed.insert(name.to_owned(), meta);
        state.sum_up();
    }

    pub(super) fn of(&self, name: &str) -> Option<SegmentMeta> {
        let state = self.state.lock().expect("no panic holds it");
        state.sealed.get(name).cloned()
    }

    pub(super) fn totals(&self) -> Totals {
        let state = self.state.lock().expect("no panic holds it");
        let mut sum = state.sealed_sum.clone();
        sum.merge(&state.own);
        state.others.values().for_each(|meta| sum.merge(meta));
        state.hidden.subtract_from(&mut sum);
        let segments = state.sealed.len() + state.uncounted.len() + state.others.len() + 1;
        Totals {
            sum,
            segments: segments as u64,
            uncounted: state.uncounted.len() as u64,
            active: state.own_path.clone(),
        }
    }

    /// Lists the store again: other processes seal, rewrite and remove segments too. Reads sidecars, not segments, but
    /// for the active ones of other writers.
    pub(super) fn refresh(&self, data: &DataDir, kind: Kind, erased: &Watch) -> Result<(), Error> {
        let own = self.active().0;
        let (hidden, sealed_before) = {
            let state = self.state.lock().expect("no panic holds it");
            (state.hidden.clone(), state.fresh.clone())
        };
        let listed = segments(data, kind)?;
        let hidden = match kind {
            Kind::Interactions => hidden.renewed(&listed, &*erased.now()?)?,
            Kind::Feedback => hidden,
        };
        let known: HashSet<String> = {
            let state = self.state.lock().expect("no panic holds it");
            state.sealed.keys().cloned().collect()
        };
        let (mut unknown, mut others) = (vec![], HashMap::new());
        let mut there = HashSet::with_capacity(listed.len());
        for segment in listed {
            if !segment.sealed {
                if segment.path != own && segment.bytes > 0 {
                    others.insert(segment.id, self.other(&segment)?);
                }
                continue;
            }
            let name = segment.name();
            if !known.contains(&name) {
                unknown.push(segment);
            }
            there.insert(name);
        }
        let sidecars = read_sidecars(&unknown);
        let mut state = self.state.lock().expect("no panic holds it");
        if state.sealing || state.own_path != own {
            // What was listed may be the segment that is being sealed: the next time.
            return Ok(());
        }
        // Sealed while the store was listed; what was sealed before and is not there is gone.
        let fresh = state.fresh.iter();
        let fresh = fresh.filter(|path| !sealed_before.contains(path));
        let fresh: HashSet<String> = fresh.map(|path| name(path)).collect();
        state
            .sealed
            .retain(|name, _| there.contains(name) || fresh.contains(name));
        state.uncounted.clear();
        for (segment, sidecar) in unknown.into_iter().zip(sidecars) {
            let name = segment.name();
            if let Some(meta) = sidecar {
                state.sealed.entry(name).or_insert(meta);
            } else if !state.sealed.contains_key(&name) {
                state.uncounted.insert(name, segment);
            }
        }
        state.others = others;
        state.hidden = hidden;
        state.sum_up();
        Ok(())
    }

    /// Counts of another writer's active segment, read again only when it has grown.
    fn other(&self, segment: &Segment) -> Result<SegmentMeta, Error> {
        let state = self.state.lock().expect("no panic holds it");
        let known = state.others.get(&segment.id).cloned();
        drop(state);
        match known {
            Some(meta) if meta.bytes == segment.bytes => Ok(meta),
            _ => count(segment),
        }
    }

    /// Reads one segment that has no sidecar. `false`: there is none.
    pub(super) fn count_one(&self) -> Result<bool, Error> {
        let next = {
            let state = self.state.lock().expect("no panic holds it");
            state.uncounted.values().next().cloned()
        };
        let Some(segment) = next else {
            return Ok(false);
        };
        let name = segment.name();
        match meta(&segment) {
            Ok(meta) => self.set(&name, meta),
            Err(error) => {
                let mut state = self.state.lock().expect("no panic holds it");
                state.uncounted.remove(&name);
                return Err(error);
            }
        }
        Ok(true)
    }
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
