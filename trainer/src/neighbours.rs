//! What was logged before an entry, as far as it tells more than the entry itself.
//!
//! Stacked (Wolpert, 1992): what the networks said of entries that they did not see is the offset of a logistic regression
//! on the features of the entries before. So it learns only what the entries themselves do not tell, and the model of an
//! entry by itself stays as it is.

use logloop_scoring::features::Blocks;
use logloop_scoring::network::pool_block;
use rayon::prelude::*;

use crate::folds;
use crate::items::Item;
use crate::loss_weights::LossWeights;
use crate::wide::{Labelled, Pull, Wide};
use crate::wide_deep;

/// Freer, one odd entry before a failure would do more than the failure's own words.
const PULL: Pull = Pull {
    freedom: 1.0,
    has_bias: false,
};

/// Weights of the features of entries before, and the `unseen` logits as they are with them; none, and the logits as
/// they were, where entries in other folds are not judged better for it.
pub(crate) fn heed(items: &[Item], unseen: &mut [(usize, f32)], seed: u64) -> Option<Vec<f32>> {
    unseen.sort_unstable_by_key(|(index, _)| *index);
    let known: Vec<usize> = unseen.iter().map(|(index, _)| *index).collect();
    let folds = folds::by_group(items, &known);
    if folds.len() < 2 || known.iter().all(|&index| items[index].before.is_empty()) {
        return None;
    }
    let labels = LossWeights::new(items, &known).labels(items, &known);
    let entries: Vec<Labelled<'_>> = unseen
        .iter()
        .zip(&labels.weight)
        .map(|((index, logit), &weight)| Labelled {
            blocks: Blocks {
                fields: &items[*index].before,
                ..Blocks::default()
            },
            is_failure: items[*index].is_failure,
            weight,
            offset: *logit,
        })
        .collect();
    // From nothing, also where the network goes on from a base: that one may have seen every fold.
    let solve = |part: &[Labelled<'_>]| Wide::solve(part, &Wide::default(), PULL, seed).weights;
    let of_fold = |fold: &Vec<usize>| -> Vec<(usize, f32)> {
        let at = known.iter().zip(&entries);
        let others = at.filter(|(index, _)| fold.binary_search(index).is_err());
        let weights = solve(&others.map(|(_, entry)| *entry).collect::<Vec<_>>());
        let added = |&index: &usize| (index, pool_block(&weights, &items[index].before));
        fold.iter().map(added).collect()
    };
    let mut added: Vec<(usize, f32)> = folds.par_iter().flat_map_iter(of_fold).collect();
    added.sort_unstable_by_key(|(index, _)| *index);
    let added: Vec<f32> = added.into_iter().map(|(_, logit)| logit).collect();
    let own: Vec<f32> = unseen.iter().map(|(_, logit)| *logit).collect();
    let share = wide_deep::share(&own, &added, &labels);
    if share == 0.0 {
        return None;
    }
    for ((_, logit), added) in unseen.iter_mut().zip(&added) {
        *logit += share * added;
    }
    let mut weights = solve(&entries);
    weights.iter_mut().for_each(|weight| *weight *= share);
    Some(weights)
}

#[cfg(test)]
mod tests {
    use logloop_scoring::features::before_buckets;
    use logloop_scoring::{Network, rules};

    use super::*;
    use crate::fit::Hyperparameters;
    use crate::line;
    use crate::split::Split;
    use crate::testing::item;

    /// Entries that do not tell by themselves; `is_told`: what was logged before them does.
    fn world(is_told: bool) -> (Vec<Item>, Vec<(usize, f32)>) {
        let items: Vec<Item> = (0..400)
            .map(|at| {
                let is_failure = at % 2 == 1;
                let before = match (is_told, at % 4 / 2) {
                    (true, _) if is_failure => "giving up on the mirror",
                    (true, _) => "asking the mirror",
                    (false, 0) => "asking the mirror",
                    (false, _) => "giving up on the mirror",
                };
                Item {
                    before: before_buckets(before, None, &rules::score(before, None)),
                    ..item(&format!("step w{at}"), is_failure)
                }
            })
            .collect();
        let unseen = (0..items.len()).map(|at| (at, 0.1)).collect();
        (items, unseen)
    }

    #[test]
    fn what_tells_more_is_heeded() {
        let (items, mut unseen) = world(true);
        let weights = heed(&items, &mut unseen, 1).expect("it helps");
        for (index, logit) in unseen {
            let item = &items[index];
            assert_eq!(logit > 0.1, item.is_failure, "{logit}");
            let added = pool_block(&weights, &item.before);
            assert_eq!(added > 0.0, item.is_failure);
        }
    }

    /// Nor what a base heeded: its weights do not outlive that they do not help any more.
    #[test]
    fn what_a_base_heeded_is_learned_anew_or_gone() {
        let hyper = Hyperparameters {
            epochs: 1,
            batch_size: 64,
            learning_rate: 0.01,
            seed: 1,
        };
        let train = |is_told: bool, base: Option<&Network>| {
            let items = world(is_told).0;
            let split = Split {
                train: (0..items.len()).collect(),
                ..Split::default()
            };
            let trained = line::train(&items, &split, base, hyper, &mut |_| {});
            trained.expect("it trains").network
        };
        let base = train(true, None);
        assert!(base.heeds_neighbours());
        assert!(train(true, Some(&base)).heeds_neighbours());
        assert!(!train(false, Some(&base)).heeds_neighbours());
    }

    #[test]
    fn what_tells_nothing_is_not() {
        let (items, mut unseen) = world(false);
        let as_they_were = unseen.clone();
        assert_eq!(heed(&items, &mut unseen, 1), None);
        assert_eq!(unseen, as_they_were);
        let unknown: Vec<Item> = items
            .into_iter()
            .map(|item| Item {
                before: vec![],
                ..item
            })
            .collect();
        assert_eq!(heed(&unknown, &mut unseen, 1), None);
    }
}
