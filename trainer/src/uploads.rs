//! Uploads that bring more distinct entries than may count: which of them do.
//!
//! Most uploads have fewer rows than entries may count, and need no thought. A table of fixed size counts rows by the hash
//! of their upload; uploads that share a place are counted together, so that none with too many is overlooked (the first row
//! of a count-min sketch: Cormode and Muthukrishnan 2005). Only of the suspects are entries told apart, in a second pass.

use std::collections::{BTreeMap, BTreeSet};

use logloop_records::LabelSource;

use crate::contributors::MAX_ITEMS_PER_UPLOAD;

/// Places of the table that counts rows, 4 bytes each.
const PLACES: usize = 1 << 20;

/// Uploads whose entries are told apart, at most (up to 150 KiB each). Of what others with too many rows bring, the entries
/// count whose hash is lowest, in the share of [`MAX_ITEMS_PER_UPLOAD`] among their rows.
pub(crate) const MAX_LARGE_UPLOADS: usize = 1_024;

/// Who is stronger than whom, for [`Entries::has`].
const SOURCES: [LabelSource; 5] = [
    LabelSource::Gold,
    LabelSource::Correction,
    LabelSource::Thumb,
    LabelSource::Model,
    LabelSource::Rule,
];

/// Rows of uploads, and the entries of large ones.
#[derive(Debug)]
pub(crate) struct Uploads {
    rows: Vec<u32>,
    large: BTreeMap<u64, Entries>,
    most_large: usize,
}

impl Uploads {
    pub(crate) fn new(most_large: usize) -> Self {
        Self {
            rows: vec![0; PLACES],
            large: BTreeMap::new(),
            most_large,
        }
    }

    /// First pass: a row of an upload.
    pub(crate) fn count(&mut self, upload: u64) {
        let rows = &mut self.rows[place(upload)];
        *rows = rows.saturating_add(1);
    }

    /// Whether some upload may bring too many, so that the second pass is worth its time.
    pub(crate) fn may_be_large(&self) -> bool {
        self.rows.iter().any(|rows| is_large(*rows))
    }

    /// Second pass: an upload has a label of an entry, from this source.
    pub(crate) fn add(&mut self, upload: u64, source: LabelSource, key: u64) {
        if !is_large(self.rows[place(upload)]) {
            return;
        }
        if let Some(entries) = self.large.get_mut(&upload) {
            entries.add(source, key);
            return;
        }
        if self.large.len() >= self.most_large {
            // The lowest hashes are told apart, whatever comes first.
            match self.large.last_key_value() {
                Some((highest, _)) if *highest > upload => self.large.pop_last(),
                _ => return,
            };
        }
        self.large.entry(upload).or_default().add(source, key);
    }

    /// Whether an entry is over what its upload may bring.
    pub(crate) fn is_over(&self, upload: Option<u64>, key: u64) -> bool {
        let Some(upload) = upload else {
            return false;
        };
        let rows = self.rows[place(upload)];
        if !is_large(rows) {
            return false;
        }
        match self.large.get(&upload) {
            Some(entries) => !entries.has(key),
            None => share_of(key, rows) >= MAX_ITEMS_PER_UPLOAD as u64,
        }
    }
}

fn place(upload: u64) -> usize {
    upload as usize % PLACES
}

/// Where a hash lies among so many rows: 0 to rows - 1.
fn share_of(key: u64, rows: u32) -> u64 {
    ((u128::from(key) * u128::from(rows)) >> u64::BITS) as u64
}

fn is_large(rows: u32) -> bool {
    rows as usize > MAX_ITEMS_PER_UPLOAD
}

/// Entries of an upload: those that come first by their strongest label, then by their hash.
#[derive(Debug, Default)]
struct Entries(BTreeSet<(LabelSource, u64)>);

impl Entries {
    fn add(&mut self, source: LabelSource, key: u64) {
        for known in SOURCES {
            if self.0.contains(&(known, key)) {
                if known <= source {
                    return;
                }
                self.0.remove(&(known, key));
            }
        }
        self.0.insert((source, key));
        if self.0.len() > MAX_ITEMS_PER_UPLOAD {
            self.0.pop_last();
        }
    }

    fn has(&self, key: u64) -> bool {
        SOURCES
            .iter()
            .any(|source| self.0.contains(&(*source, key)))
    }
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::{Correction, Rule};
    use logloop_scoring::features::stable_hash;

    use super::*;

    const MANY: usize = MAX_ITEMS_PER_UPLOAD;

    /// Uploads with so many entries each, and what of each counts.
    fn kept(most_large: usize, sizes: &[usize]) -> Vec<usize> {
        let mut uploads = Uploads::new(most_large);
        let name = |at: usize| stable_hash(&format!("upload {at}"));
        let key = |upload: usize, at: usize| stable_hash(&format!("{upload} {at}"));
        for (upload, size) in sizes.iter().enumerate() {
            (0..*size).for_each(|_| uploads.count(name(upload)));
        }
        assert_eq!(
            uploads.may_be_large(),
            sizes.iter().any(|size| *size > MANY)
        );
        for (upload, size) in sizes.iter().enumerate() {
            (0..*size).for_each(|at| uploads.add(name(upload), Rule, key(upload, at)));
        }
        assert!(uploads.large.len() <= most_large);
        let counts = |(upload, size): (usize, &usize)| {
            let used =
                (0..*size).filter(|at| !uploads.is_over(Some(name(upload)), key(upload, *at)));
            used.count()
        };
        sizes.iter().enumerate().map(counts).collect()
    }

    #[test]
    fn an_upload_brings_so_many() {
        assert_eq!(kept(9, &[MANY, 10]), [MANY, 10]);
        assert_eq!(kept(9, &[MANY + 1, 10, 3 * MANY]), [MANY, 10, MANY]);
    }

    #[test]
    fn of_those_that_are_not_told_apart_about_as_many_count() {
        let exact = kept(1, &[2 * MANY, 2 * MANY, 4 * MANY]);
        let about = exact.iter().filter(|count| **count != MANY);
        assert_eq!(about.clone().count(), 2);
        for count in about {
            assert!(count.abs_diff(MANY) < MANY / 10, "{count}");
        }
    }

    #[test]
    fn the_strongest_labels_come_first_and_bring_their_weak_ones() {
        let mut entries = Entries::default();
        (0..MANY as u64 + 10).for_each(|key| entries.add(Rule, key));
        assert!(entries.has(0) && !entries.has(MANY as u64));
        entries.add(Correction, u64::MAX);
        entries.add(Rule, u64::MAX);
        assert!(entries.has(u64::MAX) && !entries.has(MANY as u64 - 1));
        assert_eq!(entries.0.len(), MANY);
    }
}
