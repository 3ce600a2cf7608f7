//! How far figures can be relied on: percentile intervals by resampling (Efron, 1979). Whole groups are drawn, as the
//! entries of one resemble each other.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::items::Item;
use crate::metrics::{Figures, Judged};
use crate::rng::Rng;
use crate::scorer::Scorer;

/// Times that groups are drawn.
const RESAMPLES: usize = 400;
/// Share of the resamples within the interval.
pub const LEVEL: f64 = 0.95;
/// Entries up to which it is done; with more, chance is not what is wrong with a figure.
const MAX_ENTRIES: usize = 50_000;
/// Seed of the draws.
const SEED: u64 = 42;
/// The figures that have an interval.
const FIGURES: [&str; 5] = [
    "failure_f1",
    "failure_precision",
    "failure_recall",
    "failure_pr_auc",
    "failure_brier",
];

/// Lower and upper end by figure; those without samples are absent.
pub fn intervals(scorer: Scorer<'_>, items: &[&Item]) -> BTreeMap<String, [f64; 2]> {
    if items.len() > MAX_ENTRIES {
        return BTreeMap::new();
    }
    let mut of: BTreeMap<u64, Vec<Judged>> = BTreeMap::new();
    for item in items {
        of.entry(item.group).or_default().push(scorer.judge(item));
    }
    let groups: Vec<&Vec<Judged>> = of.values().collect();
    let drawn: Vec<BTreeMap<String, f64>> = (0..RESAMPLES)
        .into_par_iter()
        .map(|at| {
            let mut rng = Rng::new(SEED.wrapping_add(at as u64), "bootstrap");
            let draw = groups.iter().map(|_| groups[rng.below(groups.len())]);
            let sample: Vec<Judged> = draw.flatten().copied().collect();
            Figures::of(&sample).metrics
        })
        .collect();
    let interval = |name: &str| {
        let mut values: Vec<f64> = drawn
            .iter()
            .filter_map(|of| of.get(name).copied())
            .collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| (share * (values.len() - 1) as f64).round() as usize;
        let tail = (1.0 - LEVEL) / 2.0;
        (!values.is_empty()).then(|| (name.to_owned(), [values[at(tail)], values[at(1.0 - tail)]]))
    };
    FIGURES.iter().filter_map(|name| interval(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    #[test]
    fn an_interval_holds_the_figure_and_narrows_with_more_templates() {
        let width = |templates: usize| {
            // The rules find the timeouts and miss one kind of failure in four.
            let items: Vec<Item> = (0..templates)
                .map(|i| match i % 8 {
                    0..3 => item(&format!("connection timed out {i}"), true),
                    3 => item(&format!("plain words {i}"), true),
                    _ => item(&format!("all is well {i}"), false),
                })
                .collect();
            let items: Vec<&Item> = items.iter().collect();
            let [low, high] = intervals(Scorer::Rules, &items)["failure_recall"];
            let recall = Scorer::Rules.figures(items).metrics["failure_recall"];
            assert!(low <= recall && recall <= high, "{low} {recall} {high}");
            high - low
        };
        assert!(width(64) > 2.0 * width(1024));
    }

    #[test]
    fn entries_of_one_template_are_one_draw() {
        let items: Vec<Item> = (0..100)
            .map(|i| {
                item(
                    if i < 99 {
                        "connection timed out"
                    } else {
                        "lost"
                    },
                    true,
                )
            })
            .collect();
        let items: Vec<&Item> = items.iter().collect();
        let [low, high] = intervals(Scorer::Rules, &items)["failure_recall"];
        assert_eq!(
            (low, high),
            (0.0, 1.0),
            "two templates, not a hundred entries"
        );
        assert!(intervals(Scorer::Rules, &[]).is_empty());
    }
}
