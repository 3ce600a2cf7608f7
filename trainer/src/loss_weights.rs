//! How much each entry counts in the loss: its own weight, and the rarer label more.

use crate::heads::{self, Classes};
use crate::items::Item;
use crate::mlp::Labels;

/// Most that an entry of the rarer label counts more than its own weight.
const MAX_CLASS_FACTOR: f64 = 50.0;

/// Factors by label, so that the mean weight of the training part is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights {
    failure: f32,
    other: f32,
}

impl LossWeights {
    /// Factors for a training part.
    pub fn new(items: &[Item], train: &[usize]) -> Self {
        let sum = |label: bool| -> f64 {
            train
                .iter()
                .map(|&i| &items[i])
                .filter(|i| i.is_failure == label)
                .map(|i| f64::from(i.weight))
                .sum()
        };
        let (failures, others) = (sum(true), sum(false));
        let factor = |own: f64| {
            if own > 0.0 {
                ((failures + others) / own).min(MAX_CLASS_FACTOR)
            } else {
                1.0
            }
        };
        let (failure, other) = (factor(failures), factor(others));
        let total = failure * failures + other * others;
        let scale = if total > 0.0 {
            train.len() as f64 / total
        } else {
            1.0
        };
        Self {
            failure: (failure * scale) as f32,
            other: (other * scale) as f32,
        }
    }

    /// What a failure of this part counts on average for each unit that another entry does; 1 if one of them lacks.
    pub fn balance(&self, items: &[Item], part: &[usize]) -> f32 {
        let labels = self.labels(items, part);
        let mean = |label: f32| {
            let of_label = labels
                .failure
                .iter()
                .zip(&labels.weight)
                .filter(|(l, _)| **l == label);
            let (sum, count) = of_label.fold((0.0, 0.0), |(sum, count), (_, weight)| {
                (sum + weight, count + 1.0)
            });
            if count > 0.0 { sum / count } else { 0.0f32 }
        };
        let (failure, other) = (mean(1.0), mean(0.0));
        if failure > 0.0 && other > 0.0 {
            failure / other
        } else {
            1.0
        }
    }

    /// The labels of these items.
    pub fn labels(&self, items: &[Item], part: &[usize]) -> Labels {
        let mut labels = Labels::default();
        for item in part.iter().map(|&index| &items[index]) {
            labels.failure.push(f32::from(u8::from(item.is_failure)));
            labels.severity.push(item.severity);
            labels.weight.push(
                item.weight
                    * if item.is_failure {
                        self.failure
                    } else {
                        self.other
                    },
            );
        }
        labels
    }
}

impl Labels {
    /// Adds the classes of the heads that choose. Level and component are features: they are asked for only where they
    /// are hidden (`bare`).
    pub fn choose(&mut self, items: &[Item], part: &[usize], classes: &Classes, bare: &[bool]) {
        for (head, known) in classes {
            let hides = head != "operation";
            let target = |(index, bare): (&usize, &bool)| {
                let asked = *bare || !hides;
                asked.then(|| heads::target(&items[*index], head, known))?
            };
            let targets = part.iter().zip(bare).map(target).collect();
            self.choices.insert(head.clone(), targets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    #[test]
    fn the_mean_is_one_and_the_rare_count_more() {
        let items: Vec<Item> = (0..1000)
            .map(|i| item(&format!("t{i}"), i % 50 == 0))
            .collect();
        let all: Vec<usize> = (0..1000).collect();
        let weights = LossWeights::new(&items, &all);
        let labels = weights.labels(&items, &all);
        assert!((labels.weight.iter().sum::<f32>() / 1000.0 - 1.0).abs() < 1e-3);
        assert!(labels.weight[0] / labels.weight[1] > 6.9, "√49");
    }

    #[test]
    fn one_label_alone_is_finite() {
        let items = [item("a", true), item("b", true)];
        assert!(
            LossWeights::new(&items, &[0, 1])
                .labels(&items, &[0, 1])
                .weight
                .iter()
                .all(|w| (*w - 1.0).abs() < 1e-6)
        );
        assert_eq!(
            LossWeights::new(&[], &[]),
            LossWeights {
                failure: 1.0,
                other: 1.0
            }
        );
    }
}
