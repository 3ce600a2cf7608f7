//! Folds for cross-fitting: a group is in one of them, and each has its share of the failures.

use std::collections::{BTreeMap, BTreeSet};

use crate::items::Item;

/// Folds, if there are groups enough.
const FOLDS: usize = 5;
/// Groups of each label that a fold needs.
const MIN_GROUPS_PER_FOLD: usize = 2;

/// Indices of `known`, in sorted folds; one fold or none where there are too few groups of a label.
pub fn by_group(items: &[Item], known: &[usize]) -> Vec<Vec<usize>> {
    let mut failing: BTreeMap<u64, bool> = BTreeMap::new();
    for &index in known {
        *failing.entry(items[index].group).or_default() |= items[index].is_failure;
    }
    // By number, which is a hash: no side of the alphabet comes first.
    let of = |label: bool| -> BTreeSet<u64> {
        let of_label = failing.iter().filter(|(_, failing)| **failing == label);
        of_label.map(|(group, _)| *group).collect()
    };
    let (failures, others) = (of(true), of(false));
    let folds = FOLDS.min(failures.len().min(others.len()) / MIN_GROUPS_PER_FOLD);
    if folds < 2 {
        return Vec::new();
    }
    let fold_of: BTreeMap<u64, usize> = [failures, others]
        .iter()
        .flat_map(|groups| groups.iter().enumerate())
        .map(|(at, group)| (*group, at % folds))
        .collect();
    let mut found = vec![Vec::new(); folds];
    for &index in known {
        found[fold_of[&items[index].group]].push(index);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    #[test]
    fn a_group_is_in_one_fold_and_failures_are_in_all() {
        let items: Vec<Item> = (0..60)
            .map(|i| item(&format!("t{}", i % 30), i % 30 < 12))
            .collect();
        let known: Vec<usize> = (0..60).filter(|i| i % 7 != 0).collect();
        let folds = by_group(&items, &known);
        assert_eq!(folds.len(), 5);
        let mut all: Vec<usize> = folds.concat();
        all.sort_unstable();
        assert_eq!(all, known);
        let groups = folds.iter().map(|fold| {
            assert!(fold.is_sorted());
            assert!(
                fold.iter().any(|&i| items[i].is_failure)
                    && fold.iter().any(|&i| !items[i].is_failure)
            );
            fold.iter()
                .map(|&i| items[i].group)
                .collect::<BTreeSet<_>>()
                .len()
        });
        assert_eq!(
            groups.sum::<usize>(),
            known
                .iter()
                .map(|&i| items[i].group)
                .collect::<BTreeSet<_>>()
                .len()
        );
    }

    #[test]
    fn too_few_of_a_label_make_no_folds() {
        let items: Vec<Item> = (0..40).map(|i| item(&format!("t{i}"), i < 3)).collect();
        assert!(by_group(&items, &(0..40).collect::<Vec<_>>()).is_empty());
        assert_eq!(by_group(&items[..0], &[]).len(), 0);
    }
}
