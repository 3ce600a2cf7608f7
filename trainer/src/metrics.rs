//! Figures of a scorer on labelled entries. A figure without samples is absent, never zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One entry: what a person or a weak source says, and what the scorer says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The label.
    pub is_failure: bool,
    /// Its severity; means something for failures only.
    pub severity: f32,
    /// The scorer's decision.
    pub called_failure: bool,
    /// What the scorer ranks by: higher is more of a failure.
    pub score: f32,
    /// The scorer's severity.
    pub scored_severity: f32,
    /// The scorer's probability of a failure, if it gives one.
    pub probability: Option<f32>,
}

/// Bins of equal width over which the calibration error is taken.
const CALIBRATION_BINS: usize = 10;
/// Failures whose severities are compared in pairs, at most: every n-th where there are more.
const MAX_RANKED: usize = 2000;

/// Figures by name, and how many entries each rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Only those that have samples.
    pub metrics: BTreeMap<String, f64>,
    /// All of them.
    pub samples: BTreeMap<String, u64>,
}

impl Figures {
    /// Figures over these entries, each counted once.
    ///
    /// Recall and the severity's error rest on the labelled failures, the others on all entries. Precision, F1 and
    /// PR-AUC need both labels: on failures alone, whoever calls everything a failure would have a perfect one.
    /// Whoever calls nothing a failure has a precision of 0, not none.
    pub fn of(judged: &[Judged]) -> Self {
        let mut figures = Self::of_decisions(judged);
        let failures: Vec<&Judged> = judged.iter().filter(|j| j.is_failure).collect();
        let errors = failures.iter();
        let errors = errors.map(|j| f64::from((j.severity - j.scored_severity).abs()));
        let all = failures.len() as f64;
        figures.add("severity_mae", ratio(errors.sum(), all), all);
        let (pairs_right, pairs) = ranked_pairs(&failures);
        figures.add("severity_pairs", ratio(pairs_right, pairs), pairs);
        let given: Vec<(f64, f64)> = given(judged).collect();
        let samples = given.len() as f64;
        figures.add("failure_ece", calibration_error(&given), samples);
        figures
    }

    /// Only those about whether an entry is a failure, in a time that grows hardly faster than the entries: what is taken
    /// over and over.
    pub fn of_decisions(judged: &[Judged]) -> Self {
        let count =
            |keep: &dyn Fn(&Judged) -> bool| judged.iter().filter(|j| keep(j)).count() as f64;
        let (all, failures) = (judged.len() as f64, count(&|j| j.is_failure));
        let found = count(&|j| j.is_failure && j.called_failure);
        let called = count(&|j| j.called_failure);
        let right = count(&|j| j.is_failure == j.called_failure);

        let mut figures = Self::default();
        let judging = figures.add_decisions("failure", [found, called, failures, all]);
        figures.add("failure_accuracy", ratio(right, all), all);
        figures.add("failure_pr_auc", average_precision(judged), judging);
        let squares = given(judged).map(|(p, label)| (p - label).powi(2));
        let (squares, samples) = squares.fold((0.0, 0.0), |(sum, count), square| {
            (sum + square, count + 1.0)
        });
        figures.add("failure_brier", ratio(squares, samples), samples);
        figures
    }

    /// Adds F1, precision and recall of what is called so: `found` of `called` are right, of `labelled` among `all`. Gives how
    /// many those rest on that need both labels; none if one is missing.
    pub(crate) fn add_decisions(
        &mut self,
        of: &str,
        [found, called, labelled, all]: [f64; 4],
    ) -> f64 {
        let both = labelled > 0.0 && labelled < all;
        let judging = if both { all } else { 0.0 };
        let mut add = |figure: &str, value, samples| {
            self.add(&format!("{of}_{figure}"), value, samples);
        };
        add("f1", ratio(2.0 * found, called + labelled), judging);
        add("precision", ratio(found, called), judging);
        add("recall", ratio(found, labelled), labelled);
        judging
    }

    /// Adds a figure and how many entries it rests on.
    pub(crate) fn add(&mut self, name: &str, value: f64, samples: f64) {
        if samples > 0.0 {
            // Four digits are more than any of these sets can tell apart.
            self.metrics
                .insert(name.to_owned(), (value * 1e4).round() / 1e4);
        }
        self.samples.insert(name.to_owned(), samples as u64);
    }

    /// One figure for people.
    pub fn text(&self, name: &str) -> String {
        self.metrics
            .get(name)
            .map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
    }
}

/// None of nothing is nothing.
pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The probabilities that were given, beside 1 for a failure and 0 for none.
fn given(judged: &[Judged]) -> impl Iterator<Item = (f64, f64)> {
    let pair = |j: &Judged| Some((f64::from(j.probability?), f64::from(u8::from(j.is_failure))));
    judged.iter().filter_map(pair)
}

/// Pairs of failures of which one is more severe, and how many of them the scorer ranks so; an equal score is half right.
fn ranked_pairs(failures: &[&Judged]) -> (f64, f64) {
    let each = failures.len().div_ceil(MAX_RANKED).max(1);
    let failures: Vec<&Judged> = failures.iter().copied().step_by(each).collect();
    let (mut right, mut pairs) = (0.0, 0.0);
    for (at, a) in failures.iter().enumerate() {
        for b in failures[at + 1..]
            .iter()
            .filter(|b| a.severity != b.severity)
        {
            pairs += 1.0;
            let scored = a.scored_severity.total_cmp(&b.scored_severity);
            right += match scored {
                std::cmp::Ordering::Equal => 0.5,
                scored => f64::from(u8::from(scored == a.severity.total_cmp(&b.severity))),
            };
        }
    }
    (right, pairs)
}

/// Expected calibration error (Guo et al., 2017): how far probabilities are from what happens, over bins, by their size.
fn calibration_error(given: &[(f64, f64)]) -> f64 {
    let mut bins = [(0.0, 0.0); CALIBRATION_BINS];
    for (probability, label) in given {
        let bin = (probability * CALIBRATION_BINS as f64) as usize;
        let (probabilities, labels) = &mut bins[bin.min(CALIBRATION_BINS - 1)];
        *probabilities += probability;
        *labels += label;
    }
    let gaps = bins
        .iter()
        .map(|(probabilities, labels): &(f64, f64)| (probabilities - labels).abs());
    gaps.sum::<f64>() / (given.len() as f64).max(1.0)
}

/// Area under the precision-recall curve as the average precision; entries with the same score stand together.
fn average_precision(judged: &[Judged]) -> f64 {
    let failures = judged.iter().filter(|j| j.is_failure).count() as f64;
    let mut ranked: Vec<&Judged> = judged.iter().collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let (mut found, mut seen, mut area) = (0.0, 0.0, 0.0);
    for tied in ranked.chunk_by(|a, b| a.score == b.score) {
        let new = tied.iter().filter(|j| j.is_failure).count() as f64;
        found += new;
        seen += tied.len() as f64;
        area += new * found / seen;
    }
    if failures > 0.0 { area / failures } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(is_failure: bool, called_failure: bool, score: f32) -> Judged {
        Judged {
            is_failure,
            severity: 0.8,
            called_failure,
            score,
            scored_severity: 0.5,
            probability: None,
        }
    }

    #[test]
    fn figures_by_hand() {
        let figures = Figures::of(&[
            judged(true, true, 0.9),
            judged(false, true, 0.8),
            judged(true, false, 0.4),
            judged(false, false, 0.1),
        ]);
        let expect = [
            ("failure_accuracy", 0.5, 4),
            ("failure_f1", 0.5, 4),
            ("failure_pr_auc", 0.8333, 4),
            ("failure_precision", 0.5, 4),
            ("failure_recall", 0.5, 2),
            ("severity_mae", 0.3, 2),
        ];
        for (name, value, samples) in expect {
            assert_eq!(
                (figures.metrics[name], figures.samples[name]),
                (value, samples),
                "{name}"
            );
        }
        assert_eq!(
            (figures.metrics.len(), figures.text("failure_f1").as_str()),
            (6, "0.500")
        );
    }

    #[test]
    fn probabilities_and_ranks_by_hand() {
        let entry = |severity, scored_severity, probability: f32| Judged {
            severity,
            scored_severity,
            probability: Some(probability),
            ..judged(severity > 0.0, true, 0.5)
        };
        let figures = Figures::of(&[
            entry(0.9, 0.8, 0.95),
            entry(0.5, 0.8, 0.55),
            entry(0.5, 0.9, 0.57),
            entry(0.0, 0.0, 0.59),
        ]);
        assert_eq!(
            figures.metrics["severity_pairs"], 0.25,
            "of two pairs one is tied, one is wrong"
        );
        let squares: f64 = [0.05f64, 0.45, 0.43, 0.59]
            .map(|error| error * error)
            .iter()
            .sum();
        assert!((figures.metrics["failure_brier"] - squares / 4.0).abs() < 1e-4);
        // 0.95 alone in its bin; three in one bin say 1.71, of which 2 fail.
        assert!((figures.metrics["failure_ece"] - (0.05 + 0.29) / 4.0).abs() < 1e-4);
    }

    #[test]
    fn without_failures_only_accuracy_is_left() {
        let figures = Figures::of(&[judged(false, true, 0.9), judged(false, false, 0.1)]);
        assert_eq!(
            figures.metrics,
            BTreeMap::from([("failure_accuracy".to_owned(), 0.5)])
        );
        assert_eq!(
            (
                figures.samples["failure_f1"],
                figures.samples["failure_accuracy"]
            ),
            (0, 2)
        );
        assert_eq!(figures.text("failure_f1"), "–");
        assert!(Figures::of(&[]).metrics.is_empty());
    }

    #[test]
    fn calling_everything_is_no_way_out() {
        let figures = Figures::of(&[judged(true, true, 0.9), judged(true, true, 0.8)]);
        assert_eq!(figures.samples["failure_f1"], 0);
        assert!(!figures.metrics.contains_key("failure_precision"));
        assert_eq!(figures.metrics["failure_recall"], 1.0);
    }

    #[test]
    fn calling_nothing_is_no_way_out() {
        let figures = Figures::of(&[judged(true, false, 0.5), judged(false, false, 0.5)]);
        assert_eq!(
            (
                figures.metrics["failure_precision"],
                figures.metrics["failure_f1"]
            ),
            (0.0, 0.0)
        );
        assert_eq!(
            figures.metrics["failure_pr_auc"], 0.5,
            "ties stand together"
        );
    }
}
