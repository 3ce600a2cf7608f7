//! Train, validation and test: by group, so that no statement is on two sides.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use logloop_scoring::features::stable_hash;

use crate::items::Item;
use crate::rng::Rng;

/// Share of the groups that are tested on.
pub const TEST_SHARE: f64 = 0.15;
/// Share of the groups that stop the training and set the threshold.
pub const VALIDATION_SHARE: f64 = 0.15;
/// Groups with a label that validation and test get at least, as far as training keeps twice as many.
const MIN_GROUPS: usize = 2;

/// Where an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Trained on.
    Train,
    /// Stops the training, sets calibration and threshold.
    Validation,
    /// Only measured on.
    Test,
}

/// Indices of the items of each part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Trained on.
    pub train: Vec<usize>,
    /// Stops the training, sets calibration and threshold.
    pub validation: Vec<usize>,
    /// Only measured on.
    pub test: Vec<usize>,
}

/// Splits by group, which is the hash of a template: a template stays on its side in every data set in which it is mined.
/// Only where a part would lack a label is it topped up with the next groups.
pub fn by_group(items: &[Item]) -> Split {
    by(items, |item| item.group)
}

/// Splits by masked text: only to show beside the honest split how much it flatters. Texts that differ in a value may be on two
/// sides.
pub fn by_text(items: &[Item]) -> Split {
    by(items, |item| stable_hash(&item.template))
}

/// What has the same number is on one side.
fn by(items: &[Item], number: impl Fn(&Item) -> u64) -> Split {
    let mut parts: BTreeMap<u64, Part> = BTreeMap::new();
    for item in items {
        let number = number(item);
        parts.entry(number).or_insert_with(|| part_of(number));
    }
    for label in [true, false] {
        let with_label = items.iter().filter(|item| item.is_failure == label);
        let with_label: BTreeSet<u64> = with_label.map(&number).collect();
        for part in [Part::Test, Part::Validation] {
            top_up(&mut parts, &with_label, part);
        }
    }
    let mut split = Split::default();
    for (index, item) in items.iter().enumerate() {
        match parts[&number(item)] {
            Part::Train => split.train.push(index),
            Part::Validation => split.validation.push(index),
            Part::Test => split.test.push(index),
        }
    }
    split
}

impl Split {
    /// A number of these sides, and of the groups that folds are made of.
    pub fn number(&self, items: &[Item]) -> u64 {
        let mut hash = DefaultHasher::new();
        for part in [&self.train, &self.validation, &self.test] {
            part.len().hash(&mut hash);
            for &index in part {
                (index, items[index].group).hash(&mut hash);
            }
        }
        hash.finish()
    }

    /// These items without a test part: validation is what it would be among all.
    pub fn without_test(items: &[Item], known: &[usize]) -> Self {
        let is_validation = |index: &usize| part_of(items[*index].group) == Part::Validation;
        let (validation, train) = known.iter().copied().partition(is_validation);
        Self {
            train,
            validation,
            test: Vec::new(),
        }
    }
}

/// Splits without regard to groups: only to show beside the honest split how much it flatters.
pub fn random(items: usize, seed: u64) -> Split {
    let mut order: Vec<usize> = (0..items).collect();
    Rng::new(seed, "random split").shuffle(&mut order);
    let test = order.split_off(items - (items as f64 * TEST_SHARE) as usize);
    let validation = order.split_off(order.len() - (items as f64 * VALIDATION_SHARE) as usize);
    Split {
        train: order,
        validation,
        test,
    }
}

/// The part of a group, from its template alone.
fn part_of(group: u64) -> Part {
    let position = group as f64 / u64::MAX as f64;
    if position < TEST_SHARE {
        Part::Test
    } else if position < TEST_SHARE + VALIDATION_SHARE {
        Part::Validation
    } else {
        Part::Train
    }
}

/// Moves groups from training to a part that has too few of a label.
fn top_up(parts: &mut BTreeMap<u64, Part>, with_label: &BTreeSet<u64>, part: Part) {
    let count = |parts: &BTreeMap<u64, Part>, part| {
        let of_part = with_label.iter().filter(|group| parts[group] == part);
        of_part.count()
    };
    for group in with_label {
        let enough = count(parts, part) >= MIN_GROUPS;
        if enough || count(parts, Part::Train) <= 2 * MIN_GROUPS {
            return;
        }
        if parts[group] == Part::Train {
            parts.insert(*group, part);
        }
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
