//! Folds for cross-fitting: a template is in one of them, and each has its share of the failures.

use std::collections::{BTreeMap, BTreeSet};

use logloop_scoring::features::stable_hash;

use crate::items::Item;

/// Folds, if there are templates enough.
const FOLDS: usize = 5;
/// Templates of each label that a fold needs.
const MIN_TEMPLATES_PER_FOLD: usize = 2;

/// Indices of `known`, in sorted folds; one fold or none where there are too few templates of a label.
pub fn by_template(items: &[Item], known: &[usize]) -> Vec<Vec<usize>> {
    let mut failing: BTreeMap<&str, bool> = BTreeMap::new();
    for &index in known {
        *failing.entry(&items[index].template).or_default() |= items[index].is_failure;
    }
    let of = |label: bool| -> BTreeSet<(u64, &str)> {
        failing
            .iter()
            .filter(|(_, is_failure)| **is_failure == label)
            .map(|(template, _)| (stable_hash(template), *template))
            .collect()
    };
    let (failures, others) = (of(true), of(false));
    let folds = FOLDS.min(failures.len().min(others.len()) / MIN_TEMPLATES_PER_FOLD);
    if folds < 2 {
        return Vec::new();
    }
    let fold_of: BTreeMap<&str, usize> = [failures, others]
        .iter()
        .flat_map(|templates| templates.iter().enumerate())
        .map(|(at, (_, template))| (*template, at % folds))
        .collect();
    let mut found = vec![Vec::new(); folds];
    for &index in known {
        found[fold_of[items[index].template.as_str()]].push(index);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    #[test]
    fn a_template_is_in_one_fold_and_failures_are_in_all() {
        let items: Vec<Item> = (0..60)
            .map(|i| item(&format!("t{}", i % 30), i % 30 < 12))
            .collect();
        let known: Vec<usize> = (0..60).filter(|i| i % 7 != 0).collect();
        let folds = by_template(&items, &known);
        assert_eq!(folds.len(), 5);
        let mut all: Vec<usize> = folds.concat();
        all.sort_unstable();
        assert_eq!(all, known);
        let templates = folds.iter().map(|fold| {
            assert!(fold.is_sorted());
            assert!(
                fold.iter().any(|&i| items[i].is_failure)
                    && fold.iter().any(|&i| !items[i].is_failure)
            );
            fold.iter()
                .map(|&i| &items[i].template)
                .collect::<BTreeSet<_>>()
                .len()
        });
        assert_eq!(
            templates.sum::<usize>(),
            known
                .iter()
                .map(|&i| &items[i].template)
                .collect::<BTreeSet<_>>()
                .len()
        );
    }

    #[test]
    fn too_few_of_a_label_make_no_folds() {
        let items: Vec<Item> = (0..40).map(|i| item(&format!("t{i}"), i < 3)).collect();
        assert!(by_template(&items, &(0..40).collect::<Vec<_>>()).is_empty());
        assert_eq!(by_template(&items[..0], &[]).len(), 0);
    }
}
