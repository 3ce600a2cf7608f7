//! The wide part: logistic regression on the features, solved rather than descended.
//!
//! Dual coordinate descent (Yu, Huang, Lin: Dual coordinate descent methods for logistic regression and maximum entropy
//! models, 2011, algorithm 5), each entry with its own weight. From a base, weights are drawn to the base's instead of to
//! zero.

use logloop_scoring::Network;
use logloop_scoring::features::{BUCKETS, Blocks};
use logloop_scoring::network::{WIDE, WIDE_BIAS, pool_scale, pool_wide};

use crate::rng::Rng;

/// Rounds over all entries, at most.
const MAX_ROUNDS: usize = 60;
/// Largest gradient at which it is solved.
const TOLERANCE: f64 = 0.02;
/// Newton steps for one entry, at most.
const MAX_NEWTON_STEPS: usize = 30;
/// How exactly the one-entry problems are solved, at first and at last.
const INNER_TOLERANCE: (f64, f64) = (1e-2, 1e-6);
/// What a Newton step that leaves the interval shrinks to.
const SHRINK: f64 = 0.1;

/// How the weights are held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    /// Inverse of the pull towards the base, for an entry of weight 1: liblinear's `C`.
    pub freedom: f32,
    /// Whether a bias is found, too.
    pub has_bias: bool,
}

/// Of the wide part: the features of an entry have length 2 at most.
pub const PULL: Pull = Pull {
    freedom: 100.0,
    has_bias: true,
};

/// Weights of the wide part.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide {
    /// One for each bucket.
    pub weights: Vec<f32>,
    /// Added to every logit.
    pub bias: f32,
}

impl Default for Wide {
    fn default() -> Self {
        Self {
            weights: vec![0.0; BUCKETS as usize],
            bias: 0.0,
        }
    }
}

/// One entry: features, label, weight (mean 1).
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Its features.
    pub blocks: Blocks<'a>,
    /// The label.
    pub is_failure: bool,
    /// Weight in the loss, above 0.
    pub weight: f32,
    /// What is known of its logit besides.
    pub offset: f32,
}

impl Wide {
    /// That of a published network.
    pub fn of(network: &Network) -> Self {
        let tensors = network.tensors();
        let of = |name: &str| {
            tensors
                .get(name)
                .map(|(_, values)| *values)
                .unwrap_or_default()
        };
        Self {
            weights: of(WIDE).to_vec(),
            bias: of(WIDE_BIAS).first().copied().unwrap_or_default(),
        }
    }

    /// The logit of an entry.
    pub fn logit(&self, blocks: Blocks<'_>) -> f32 {
        pool_wide(&self.weights, blocks) + self.bias
    }

    /// Minimizes the pull's freedom times the weighted log loss plus half the squared distance from the base.
    pub fn solve(entries: &[Labelled<'_>], base: &Wide, pull: Pull, seed: u64) -> Self {
        let mut wide = base.clone();
        let bias = f32::from(u8::from(pull.has_bias));
        let norms: Vec<f64> = entries
            .iter()
            .map(|entry| f64::from(bias) + norm(entry.blocks))
            .collect();
        let bound = |at: usize| f64::from(pull.freedom * entries[at].weight);
        let mut duals: Vec<f64> = (0..entries.len())
            .map(|at| (1e-3 * bound(at)).min(1e-8))
            .collect();
        for (entry, dual) in entries.iter().zip(&duals) {
            wide.shift(entry, *dual, bias);
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let mut rng = Rng::new(seed, "wide");
        let mut inner = INNER_TOLERANCE.0;
        for _ in 0..MAX_ROUNDS {
            rng.shuffle(&mut order);
            let (mut largest, mut newton_steps) = (0.0f64, 0);
            for &at in &order {
                let entry = &entries[at];
                let sign = if entry.is_failure { 1.0 } else { -1.0 };
                let margin = sign * f64::from(wide.logit(entry.blocks) + entry.offset);
                let one = One {
                    curve: norms[at],
                    margin,
                    bound: bound(at),
                };
                let (dual, gradient, steps) = one.solve(duals[at], inner);
                largest = largest.max(gradient);
                newton_steps += steps;
                if dual != duals[at] {
                    wide.shift(entry, dual - duals[at], bias);
                    duals[at] = dual;
                }
            }
            if largest < TOLERANCE {
                break;
            }
            if newton_steps <= entries.len() / 10 {
                inner = (inner * 0.1).max(INNER_TOLERANCE.1);
            }
        }
        wide
    }

    /// What a change of an entry's dual does to the weights.
    fn shift(&mut self, entry: &Labelled<'_>, dual: f64, bias: f32) {
        let signed = if entry.is_failure { dual } else { -dual } as f32;
        for block in entry.blocks.each() {
            let step = signed * pool_scale(block.len());
            for &feature in block {
                self.weights[feature as usize] += step;
            }
        }
        self.bias += bias * signed;
    }
}

/// Squared length of an entry's features.
fn norm(blocks: Blocks<'_>) -> f64 {
    let mut seen: Vec<(u32, f64)> = Vec::new();
    for block in blocks.each() {
        let value = f64::from(pool_scale(block.len()));
        seen.extend(block.iter().map(|&feature| (feature, value)));
    }
    seen.sort_unstable_by_key(|(feature, _)| *feature);
    let of_one = |same: &[(u32, f64)]| same.iter().map(|(_, value)| value).sum::<f64>().powi(2);
    seen.chunk_by(|a, b| a.0 == b.0).map(of_one).sum::<f64>()
}

/// The problem of one entry's dual, all others fixed.
struct One {
    curve: f64,
    margin: f64,
    bound: f64,
}

impl One {
    /// The new dual, the gradient at the old one, and the steps it took.
    fn solve(&self, old: f64, tolerance: f64) -> (f64, f64, usize) {
        let Self {
            curve,
            margin,
            bound,
        } = *self;
        // Of the dual and its complement the one that is better conditioned is solved for.
        let flipped = 0.5 * curve * (bound - 2.0 * old) + margin < 0.0;
        let (from, sign) = if flipped {
            (bound - old, -1.0)
        } else {
            (old, 1.0)
        };
        let mut z = if bound - from < 0.5 * bound {
            SHRINK * from
        } else {
            from
        };
        let gradient = |z: f64| curve * (z - from) + sign * margin + (z / (bound - z)).ln();
        let mut slope = gradient(z);
        let first = slope.abs();
        let mut steps = 0;
        while slope.abs() >= tolerance && steps < MAX_NEWTON_STEPS {
            let step = z - slope / (curve + bound / (bound - z) / z);
            z = if step <= 0.0 {
                z * SHRINK
            } else {
                step.min(bound * (1.0 - 1e-12))
            };
            slope = gradient(z);
            steps += 1;
        }
        if steps == 0 {
            return (old, first, 0);
        }
        (if flipped { bound - z } else { z }, first, steps)
    }
}

#[cfg(test)]
#[path = "wide_tests.rs"]
mod tests;
