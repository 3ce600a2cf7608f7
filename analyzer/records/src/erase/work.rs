//! One pass of carrying erasures out, and the receipts that it fills in.

use std::collections::BTreeMap;

use chrono::Utc;

use super::active::ActiveSearch;
use super::erased::Erased;
use super::log;
use super::receipt::{self, FileReached, Receipt, SegmentRewritten, State};
use super::segments::Planned;
use super::tombstone::{Done, Line, Tombstone};
use super::{artifacts, exports, quarantine};
use crate::blob;
use crate::error::{Context, Error};
use crate::files;
use crate::layout::{DataDir, Kind};
use crate::store::segments;

/// One pass: the receipts that it fills in.
pub(super) struct Work<'a> {
    data: &'a DataDir,
    erased: &'a Erased,
    pending: Vec<&'a Tombstone>,
    receipts: BTreeMap<u64, Receipt>,
    before: BTreeMap<u64, Receipt>,
    /// What keeps all of them from being rewritten.
    in_the_way: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) fn begin(data: &'a DataDir, erased: &'a Erased) -> Result<Self, Error> {
        let mut receipts = BTreeMap::new();
        for tombstone in erased.watched(Utc::now()) {
            let mut receipt = receipt::of(data, tombstone)?;
            receipt.waiting_for.clear();
            settle(data, &mut receipt);
            receipts.insert(tombstone.number, receipt);
        }
        Ok(Self {
            data,
            erased,
            pending: erased.pending().collect(),
            before: receipts.clone(),
            receipts,
            in_the_way: vec![],
        })
    }

    /// What is to be done is in the receipts before it is done, so that they say it also when this is killed.
    pub(super) fn rewrite(&mut self, kind: Kind, planned: Vec<Planned>) -> Result<(), Error> {
        for planned in &planned {
            for (number, records) in &planned.records {
                let Some(receipt) = self.receipts.get_mut(number) else {
                    continue;
                };
                list(receipt, kind).push(SegmentRewritten {
                    from: planned.segment.name(),
                    to: planned.target(),
                    records: *records,
                    bytes_before: planned.segment.bytes,
                    bytes_after: None,
                });
            }
        }
        self.save();
        // Whole segments first: that needs no space.
        let (whole, parts): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|p| p.target().is_none());
        for planned in whole.into_iter().chain(parts) {
            let done = planned.carry_out();
            let name = planned.segment.name();
            for receipt in self.receipts.values_mut() {
                let all = list(receipt, kind);
                match &done {
                    Ok(bytes) => all
                        .iter_mut()
                        .filter(|entry| entry.from == name)
                        .for_each(|entry| entry.bytes_after = Some(*bytes)),
                    Err(_) => all.retain(|entry| entry.from != name),
                }
            }
            match done {
                Ok(_) => {
                    for (number, name) in &planned.blobs {
                        self.remove_blob(*number, name)?;
                    }
                }
                Err(error) if error.code() == "storage_full" => {
                    tracing::warn!(%error, "not rewritten yet");
                    self.in_the_way
                        .push(format!("there is no space to rewrite {name}: free some"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What a writer still appends to is rewritten when it is sealed.
    pub(super) fn wait_for_writers(
        &mut self,
        kind: Kind,
        active: &mut ActiveSearch,
    ) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for segment in segments(self.data, kind)? {
            if !segment.sealed && active.holds(&segment, kind, self.erased)? {
                self.in_the_way.push(format!(
                    "{} has to be sealed by the analyzer that writes to it",
                    segment.name()
                ));
            }
        }
        Ok(())
    }

    /// A blob goes after the segment that names it; also one that was left when this was killed.
    pub(super) fn remove_blobs(&mut self) -> Result<(), Error> {
        if !self.in_the_way.is_empty() {
            return Ok(());
        }
        for tombstone in self.pending.clone() {
            for name in tombstone.covers.iter().filter_map(|c| c.blob.as_ref()) {
                self.remove_blob(tombstone.number, name)?;
            }
        }
        Ok(())
    }

    fn remove_blob(&mut self, number: u64, name: &str) -> Result<(), Error> {
        let bytes = files::remove(self.data.fs(), &blob::path(self.data, name)?)?;
        if bytes > 0 {
            let dir = self.data.blobs();
            let synced = self.data.fs().sync_dir(&dir);
            synced.context("sync the folder", &dir)?;
            if let Some(receipt) = self.receipts.get_mut(&number) {
                let file = name.to_owned();
                receipt.blobs.push(FileReached { file, bytes });
            }
        }
        Ok(())
    }

    /// Quarantine, data sets, exported files and models: they wait for nobody, but for space.
    pub(super) fn reach_the_rest(&mut self) -> Result<(), Error> {
        let cleaned = quarantine::clean(self.data, self.erased, &self.pending);
        let space = match cleaned {
            Ok(cleaned) => {
                for (number, reached) in cleaned {
                    if let Some(receipt) = self.receipts.get_mut(&number) {
                        receipt.quarantine.push(reached);
                    }
                }
                None
            }
            Err(error) => Some(space_for(error)?),
        };
        artifacts::remove_leftovers(self.data)?;
        for tombstone in &self.pending {
            let Some(receipt) = self.receipts.get_mut(&tombstone.number) else {
                continue;
            };
            receipt.waiting_for.extend(space.clone());
            receipt.left.clear();
            if let Err(error) = reach(self.data, tombstone, receipt) {
                receipt.waiting_for.push(space_for(error)?);
            }
        }
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<Vec<Receipt>, Error> {
        let now = Utc::now();
        let mut done = vec![];
        for tombstone in &self.pending {
            let Some(receipt) = self.receipts.get_mut(&tombstone.number) else {
                continue;
            };
            let is_rewritten = self.in_the_way.is_empty();
            if is_rewritten && receipt.waiting_for.is_empty() {
                receipt.state = State::Complete;
                receipt.completed = Some(now);
                done.push(Line {
                    done: Some(Done {
                        number: tombstone.number,
                        at: now,
                    }),
                    ..Line::default()
                });
            } else if is_rewritten {
                receipt.state = State::Rewritten;
            }
            receipt.waiting_for.extend(self.in_the_way.iter().cloned());
        }
        self.save();
        if !done.is_empty() {
            unless_full(log::hold(self.data)?.append(&done))?;
        }
        let numbers: Vec<u64> = self.pending.iter().map(|t| t.number).collect();
        self.receipts.retain(|number, _| numbers.contains(number));
        Ok(self.receipts.into_values().collect())
    }

    /// A receipt that cannot be written keeps nothing from being removed: on a full disk that is what makes space.
    fn save(&mut self) {
        for (number, receipt) in &self.receipts {
            if self.before.get(number) == Some(receipt) {
                continue;
            }
            match receipt::write(self.data, receipt) {
                Ok(()) => {
                    self.before.insert(*number, receipt.clone());
                }
                Err(error) => tracing::warn!(%error, "a receipt is not up to date"),
            }
        }
    }
}

/// Data sets, exported files and models of one erasure.
fn reach(data: &DataDir, tombstone: &Tombstone, receipt: &mut Receipt) -> Result<(), Error> {
    artifacts::delete_datasets(data, tombstone, receipt)?;
    let (waiting, left) = (&mut receipt.waiting_for, &mut receipt.left);
    let files = exports::remove(data, tombstone, waiting, left)?;
    receipt.exported_files.extend(files);
    for model in artifacts::mark_models(data, tombstone)? {
        if !receipt.models.iter().any(|m| m.version == model.version) {
            receipt.models.push(model);
        }
    }
    Ok(())
}

/// What an erasure waits for where the disk is full: who removes on after it makes space. Other errors are none of that.
fn space_for(error: Error) -> Result<String, Error> {
    if error.code() == "storage_full" {
        tracing::warn!(%error, "not removed yet");
        return Ok(format!("there has to be some space: {error}"));
    }
    Err(error)
}

/// What only writes down how far an erasure is can wait for space: removing must not.
pub(super) fn unless_full(written: Result<(), Error>) -> Result<(), Error> {
    match written {
        Err(error) if error.code() == "storage_full" => {
            tracing::warn!(%error, "written down later");
            Ok(())
        }
        other => other,
    }
}

fn list(receipt: &mut Receipt, kind: Kind) -> &mut Vec<SegmentRewritten> {
    match kind {
        Kind::Interactions => &mut receipt.segments,
        Kind::Feedback => &mut receipt.feedback,
    }
}

/// Says what has become of rewrites whose end was not written down: they were done, or will be planned again.
fn settle(data: &DataDir, receipt: &mut Receipt) {
    for kind in [Kind::Interactions, Kind::Feedback] {
        let dir = data.sealed(kind);
        let bytes_of = |name: &String| data.fs().stat(&dir.join(name)).ok().map(|stat| stat.bytes);
        list(receipt, kind).retain_mut(|entry| {
            if entry.bytes_after.is_none() {
                let replaced = match &entry.to {
                    Some(to) => bytes_of(to),
                    None => bytes_of(&entry.from).is_none().then_some(0),
                };
                entry.bytes_after = replaced;
            }
            entry.bytes_after.is_some()
        });
    }
}
