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
pub type Intervals = BTreeMap<String, [f64; 2]>;

/// The figures of each draw. Draws of the same entries are the same whoever is judged, so that scorers can be compared draw
/// by draw.
#[derive(Clone, Debug, Default)]
pub struct Draws(Vec<BTreeMap<String, f64>>);

impl Draws {
    /// What a scorer comes to; none of more than [`MAX_ENTRIES`] entries.
    pub fn of(scorer: Scorer<'_>, items: &[&Item]) -> Self {
        if items.len() > MAX_ENTRIES {
            return Self::default();
        }
        let mut of: BTreeMap<u64, Vec<Judged>> = BTreeMap::new();
        for item in items {
            of.entry(item.group).or_default().push(scorer.judge(item));
        }
        let groups: Vec<&Vec<Judged>> = of.values().collect();
        let draw = |at: usize| {
            let mut rng = Rng::new(SEED.wrapping_add(at as u64), "bootstrap");
            let drawn = groups.iter().map(|_| groups[rng.below(groups.len())]);
            let sample: Vec<Judged> = drawn.flatten().copied().collect();
            Figures::of_decisions(&sample).metrics
        };
        Self((0..RESAMPLES).into_par_iter().map(draw).collect())
    }

    /// Of each figure.
    pub fn intervals(&self) -> Intervals {
        intervals(|name| {
            self.0
                .iter()
                .filter_map(|of| of.get(name).copied())
                .collect()
        })
    }

    /// Of the difference of each figure: these minus the others, which are of the same entries.
    pub fn differences(&self, others: &Self) -> Intervals {
        intervals(|name| {
            let pairs = self.0.iter().zip(&others.0);
            let difference =
                pairs.filter_map(|(own, other)| Some(own.get(name)? - other.get(name)?));
            difference.collect()
        })
    }
}

fn intervals(values: impl Fn(&str) -> Vec<f64>) -> Intervals {
    let interval = |name: &&str| {
        let mut values = values(name);
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let value = values[(share * (values.len() - 1) as f64).round() as usize];
            (value * 1e4).round() / 1e4
        };
        let tail = (1.0 - LEVEL) / 2.0;
        (!values.is_empty()).then(|| ((*name).to_owned(), [at(tail), at(1.0 - tail)]))
    };
    FIGURES.iter().filter_map(interval).collect()
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
            let [low, high] = Draws::of(Scorer::Rules, &items).intervals()["failure_recall"];
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
        let [low, high] = Draws::of(Scorer::Rules, &items).intervals()["failure_recall"];
        assert_eq!(
            (low, high),
            (0.0, 1.0),
            "two templates, not a hundred entries"
        );
        assert!(Draws::of(Scorer::Rules, &[]).intervals().is_empty());
    }

    #[test]
    fn scorers_are_compared_draw_by_draw() {
        let items: Vec<Item> = (0..40)
            .map(|i| item(&format!("connection timed out {i}"), i % 2 == 0))
            .collect();
        let items: Vec<&Item> = items.iter().collect();
        let draws = Draws::of(Scorer::Rules, &items);
        let [low, high] = draws.intervals()["failure_precision"];
        assert!(low < 0.45 && high > 0.55, "{low} {high}");
        let same = draws.differences(&draws);
        assert!(
            same.len() > 3 && same.values().all(|of| *of == [0.0, 0.0]),
            "{same:?}"
        );
        assert!(draws.differences(&Draws::default()).is_empty());
    }
}
