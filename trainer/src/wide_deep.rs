//! The wide part and the deep part as one: mixed by what they say of entries that they did not see.

use logloop_scoring::network::{WIDE, WIDE_BIAS, head_names};
use rayon::prelude::*;

use crate::items::Item;
use crate::loss_weights::LossWeights;
use crate::mlp::{Labels, Tensors};
use crate::wide::{Labelled, PULL, Wide};

/// Shares of what a further part says that are tried.
const SHARES: [f32; 4] = [0.0, 0.25, 0.5, 1.0];
/// Share of the loss that a further part must take away before it is believed: a lesser gain is noise.
const MIN_GAIN: f64 = 0.02;

/// What the wide part says of each of `known` (in its order), by a solution without the fold that it is in.
pub fn cross_fit(items: &[Item], known: &[usize], folds: &[Vec<usize>], seed: u64) -> Vec<f32> {
    let of_fold = |fold: &Vec<usize>| -> Vec<(usize, f32)> {
        let others = known.iter().copied();
        let others: Vec<usize> = others
            .filter(|index| fold.binary_search(index).is_err())
            .collect();
        let wide = solve(items, &others, &Wide::default(), seed);
        let logit = |&index: &usize| (index, wide.logit(items[index].blocks()));
        fold.iter().map(logit).collect()
    };
    let mut logits: Vec<_> = folds.par_iter().flat_map_iter(of_fold).collect();
    logits.sort_unstable_by_key(|(index, _)| *index);
    logits.into_iter().map(|(_, logit)| logit).collect()
}

/// The wide part of these items, from a base.
pub fn solve(items: &[Item], part: &[usize], base: &Wide, seed: u64) -> Wide {
    let labels = LossWeights::new(items, part).labels(items, part);
    let entries: Vec<Labelled<'_>> = part
        .iter()
        .zip(&labels.weight)
        .map(|(&index, &weight)| Labelled {
            blocks: items[index].blocks(),
            is_failure: items[index].is_failure,
            weight,
            offset: 0.0,
        })
        .collect();
    Wide::solve(&entries, base, PULL, seed)
}

/// The share of what a further part adds to these logits that makes the sum judge best.
pub fn share(logits: &[f32], added: &[f32], labels: &Labels) -> f32 {
    let loss = |share: f32| {
        let sums = logits
            .iter()
            .zip(added)
            .map(|(logit, added)| logit + share * added);
        log_loss(sums, labels)
    };
    let enough = loss(0.0) * (1.0 - MIN_GAIN);
    let tried = SHARES.map(|share| (share, loss(share)));
    let best = tried.into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
    best.filter(|(_, loss)| *loss < enough)
        .map_or(0.0, |(share, _)| share)
}

/// The deep part's weights with the wide part's among them, its failure head counting its share.
pub fn join(mut deep: Tensors, wide: Wide, share: f32) -> Tensors {
    for name in head_names("failure") {
        if let Some((_, values)) = deep.get_mut(&name) {
            values.iter_mut().for_each(|value| *value *= share);
        }
    }
    deep.insert(WIDE.to_owned(), (vec![wide.weights.len()], wide.weights));
    deep.insert(WIDE_BIAS.to_owned(), (vec![1], vec![wide.bias]));
    deep
}

/// Weighted log loss, added up.
fn log_loss(logits: impl Iterator<Item = f32>, labels: &Labels) -> f64 {
    let labels = labels.failure.iter().zip(&labels.weight);
    logits
        .zip(labels)
        .map(|(logit, (failure, weight))| {
            let margin = if *failure > 0.5 { logit } else { -logit };
            f64::from(*weight)
                * (f64::from(-margin.abs()).exp().ln_1p() + f64::from((-margin).max(0.0)))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(failure: &[f32]) -> Labels {
        Labels {
            failure: failure.to_vec(),
            weight: vec![1.0; failure.len()],
            ..Labels::default()
        }
    }

    #[test]
    fn the_deep_part_counts_only_where_it_helps() {
        let labels = labels(&[1.0, 1.0, 0.0, 0.0]);
        let wide = [1.0, -0.5, -1.0, 0.5];
        for (deep, share) in [
            ([1.0, 2.0, -1.0, -2.0], 1.0),
            ([-3.0, -3.0, 3.0, 3.0], 0.0),
            ([0.01, 0.01, -0.01, -0.01], 0.0),
            ([0.0; 4], 0.0),
        ] {
            assert_eq!(super::share(&wide, &deep, &labels), share, "{deep:?}");
        }
        assert_eq!(super::share(&[], &[], &Labels::default()), 0.0);
    }

    #[test]
    fn the_loss_of_huge_logits_is_finite() {
        let loss = log_loss([1e30f32, -1e30].into_iter(), &labels(&[0.0, 0.0]));
        assert!(loss > 1e29 && loss.is_finite());
    }
}
