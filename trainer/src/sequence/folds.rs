//! Parts of the sequences that know nothing of each other: by log, or by time where the logs are few.

use std::collections::BTreeMap;

use super::observed::Observed;

/// Parts that sequences are divided into.
pub(super) const FOLDS: usize = 5;

/// The part of each sequence. Logs stay whole if there are at least as many as parts and none has more than half of the
/// sequences; otherwise each part is a fifth of the time.
pub(super) fn folds(sequences: &[&Observed]) -> Vec<usize> {
    let mut logs: BTreeMap<u32, usize> = BTreeMap::new();
    for sequence in sequences {
        *logs.entry(sequence.log).or_default() += 1;
    }
    let largest = logs.values().max().copied().unwrap_or_default();
    if logs.len() < FOLDS || largest * 2 > sequences.len() {
        let part = sequences.len().div_ceil(FOLDS).max(1);
        return (0..sequences.len()).map(|at| at / part).collect();
    }
    let mut by_size: Vec<(u32, usize)> = logs.into_iter().collect();
    by_size.sort_by_key(|(log, size)| (std::cmp::Reverse(*size), *log));
    let mut sizes = [0; FOLDS];
    let mut of_log = BTreeMap::new();
    for (log, size) in by_size {
        let least = (0..FOLDS)
            .min_by_key(|fold| sizes[*fold])
            .unwrap_or_default();
        sizes[least] += size;
        of_log.insert(log, least);
    }
    sequences
        .iter()
        .map(|sequence| of_log[&sequence.log])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_stay_whole_where_they_can() {
        let of = |logs: &[u32]| {
            let all: Vec<_> = logs
                .iter()
                .map(|log| Observed::normal(vec![1], *log))
                .collect();
            folds(&all.iter().collect::<Vec<_>>())
        };
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 1]), [0, 1, 2, 3, 4, 1, 0]);
        assert_eq!(of(&[1; 10]), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
        let one_large = [&[1; 6][..], &[2, 3, 4, 5, 6]].concat();
        assert_eq!(of(&one_large), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]);
        assert!(of(&[]).is_empty());
    }
}
