//! Carrying erasures out: what every reader leaves out already is taken from the disk.

use std::collections::HashMap;
use std::path::Path;

use chrono::Utc;

use super::active::ActiveSearch;
use super::erased::Erased;
use super::receipt::Receipt;
use super::request::resolve;
use super::scan::Snapshot;
use super::segments::{Planned, plan};
use super::watch::Watch;
use super::work::{Work, unless_full};
use crate::error::{Context, Error};
use crate::files;
use crate::layout::{DataDir, Kind};
use crate::maintenance;
use crate::store::{meta, seal_orphans, segments, sidecar_path, superseded};

/// Carries erasures out; remembers what it has looked through.
#[derive(Debug)]
pub struct Eraser {
    data: DataDir,
    /// Names of the sealed segments of each store in which nothing is erased, and the number up to which that is so.
    clean: HashMap<&'static str, HashMap<String, u64>>,
    active: ActiveSearch,
    watch: Watch,
}

impl Eraser {
    /// Of this data directory; nothing is read yet.
    pub fn new(data: &DataDir) -> Self {
        Self {
            data: data.clone(),
            clean: HashMap::new(),
            active: ActiveSearch::default(),
            watch: Watch::new(data),
        }
    }

    /// Whether the segment at `path`, which is still written to, holds something that is being erased: it is to be
    /// sealed then.
    pub fn is_held_in(&mut self, kind: Kind, path: &Path) -> Result<bool, Error> {
        let erased = self.watch.now()?;
        if erased.pending().next().is_none() {
            return Ok(false);
        }
        let listed = segments(&self.data, kind)?;
        match listed.iter().find(|s| !s.sealed && s.path == path) {
            Some(segment) => self.active.holds(segment, kind, &erased),
            None => Ok(false),
        }
    }

    /// Does what can be done now; returns the receipts of the erasures that were not done before. [`Error::Busy`]:
    /// somebody else removes or rewrites segments; it is done later, or by them. What a writer still holds is left until
    /// it is sealed.
    pub fn pass(&mut self) -> Result<Vec<Receipt>, Error> {
        super::keep_reserve(&self.data);
        if self.is_idle()? {
            return Ok(vec![]);
        }
        let _lock = maintenance::lock(&self.data, "an erasure")?;
        self.pass_locked()
    }

    fn is_idle(&self) -> Result<bool, Error> {
        let now = Utc::now();
        Ok(self.watch.now()?.watched(now).next().is_none())
    }

    /// The same for who holds the maintenance lock.
    pub(crate) fn pass_locked(&mut self) -> Result<Vec<Receipt>, Error> {
        if self.is_idle()? {
            return Ok(vec![]);
        }
        let data = self.data.clone();
        let erased = Erased::load(&data)?;
        for tombstone in erased.pending().filter(|t| !t.resolved) {
            // Whoever accepted it was killed; lengths of that time are not known, the times of records are.
            unless_full(resolve(&data, tombstone, &Snapshot::new()))?;
        }
        let erased = self.watch.now()?;
        let mut listed = segments(&data, Kind::Interactions)?;
        listed.extend(segments(&data, Kind::Feedback)?);
        self.active.forget_what_is_sealed(&listed);
        let mut work = Work::begin(&data, &erased)?;
        for kind in [Kind::Interactions, Kind::Feedback] {
            seal_orphans(&data, kind, None)?;
            remove_leftovers(&data, kind)?;
            // The active ones first: what is sealed meanwhile is then seen twice, not missed.
            work.wait_for_writers(kind, &mut self.active)?;
            let planned = self.plan(kind, &erased)?;
            work.rewrite(kind, planned)?;
        }
        work.remove_blobs()?;
        work.reach_the_rest()?;
        work.end()
    }

    fn plan(&mut self, kind: Kind, erased: &Erased) -> Result<Vec<Planned>, Error> {
        let mut all = vec![];
        let now = Utc::now();
        let mut clean = HashMap::new();
        for segment in segments(&self.data, kind)? {
            if !segment.sealed {
                continue;
            }
            let known = self.clean.get(kind.name());
            let known = known.and_then(|known| known.get(&segment.name())).copied();
            let known = known.unwrap_or(0);
            let newer = || erased.watched(now).filter(|t| t.number > known);
            // The sidecar of a segment of feedback does not say what it is about; there is little of it.
            let may = newer().next().is_some()
                && (kind == Kind::Feedback || erased.may_lie_in(&meta(&segment)?, newer()));
            match may.then(|| plan(&segment, kind, erased)).transpose()? {
                Some(Some(planned)) => all.push(planned),
                _ => {
                    clean.insert(segment.name(), erased.number());
                }
            }
        }
        self.clean.insert(kind.name(), clean);
        Ok(all)
    }
}

/// Removes what a rewrite that was killed has left: a replaced generation, an unfinished one, a sidecar of neither. All of
/// it can hold what is erased.
fn remove_leftovers(data: &DataDir, kind: Kind) -> Result<(), Error> {
    let (fs, dir) = (data.fs(), data.sealed(kind));
    let mut leftovers = superseded(data, kind)?;
    if !leftovers.is_empty() {
        // The newer generation's name may not be durable.
        fs.sync_dir(&dir).context("sync the folder", &dir)?;
    }
    let there = files::list(fs, &dir)?;
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.into_owned()
    };
    let sidecars: Vec<_> = there
        .iter()
        .filter(|path| name(path).ends_with(".jsonl") && !leftovers.contains(path))
        .map(|path| sidecar_path(path))
        .collect();
    for path in there {
        let name = name(&path);
        let is_unfinished = name.starts_with('.') && name.contains(".jsonl.");
        let is_alone = name.ends_with(".meta.json") && !sidecars.contains(&path);
        if is_unfinished || is_alone {
            leftovers.push(path);
        }
    }
    for path in &leftovers {
        files::remove(fs, path)?;
    }
    if !leftovers.is_empty() {
        fs.sync_dir(&dir).context("sync the folder", &dir)?;
    }
    Ok(())
}
