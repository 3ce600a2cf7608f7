//! From logits to probabilities, and where to cut: fitted on the validation part, where it is large enough.

use logloop_scoring::network::Calibration;

/// Entries of each label that a fit needs; below it only the weights of the loss are undone.
const MIN_ENTRIES: usize = 10;
/// Steps of the fit; it has two numbers to find.
const NEWTON_STEPS: usize = 50;
/// Pull towards the uncalibrated network, in entries.
const PRIOR_ENTRIES: f64 = 2.0;
/// Bounds of the scale: a fit outside of them is a sign of too little data.
const SCALE: std::ops::RangeInclusive<f64> = 0.1..=10.0;
/// Failures at which the threshold goes half the way from the balanced point to the best cut: few failures prove little.
const TRUST_HALF_AT_FAILURES: f32 = 500.0;
/// Bounds of the threshold, for people who read a probability.
const THRESHOLD: std::ops::RangeInclusive<f32> = 0.02..=0.8;

/// Fits `sigmoid(scale × logit + offset)` (Platt), then where to cut.
///
/// `balance`: what a failure counted in the loss, on average, for each unit that another entry did; it makes a logit of 0
/// the point at which both labels are equally likely *if they were equally frequent*. That point is the cut, as long as
/// few failures speak for another: a cut with the best F1 on a handful is luck. Without enough entries to fit, the offset
/// undoes the balance (the prior correction of King and Zeng, 2001).
pub fn fit(logits: &[(f32, bool)], balance: f32) -> Calibration {
    let failures = logits.iter().filter(|(_, is_failure)| *is_failure).count();
    if failures < MIN_ENTRIES || logits.len() - failures < MIN_ENTRIES {
        return Calibration {
            offset: -balance.ln(),
            threshold: sigmoid(-f64::from(balance).ln()) as f32,
            ..Calibration::default()
        };
    }
    let (scale, offset) = newton(logits);
    let probabilities: Vec<(f32, bool)> = logits
        .iter()
        .map(|(logit, label)| (sigmoid(scale * f64::from(*logit) + offset) as f32, *label))
        .collect();
    Calibration {
        scale: scale as f32,
        offset: offset as f32,
        threshold: threshold(&probabilities, failures, sigmoid(offset) as f32),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Minimizes the log loss with a quadratic pull towards scale 1 and offset 0.
fn newton(logits: &[(f32, bool)]) -> (f64, f64) {
    let (mut scale, mut offset) = (1.0, 0.0);
    for _ in 0..NEWTON_STEPS {
        let (mut gradient_scale, mut gradient_offset) =
            (PRIOR_ENTRIES * (scale - 1.0), PRIOR_ENTRIES * offset);
        let (mut ss, mut so, mut oo) = (PRIOR_ENTRIES, 0.0, PRIOR_ENTRIES);
        for (logit, label) in logits {
            let x = f64::from(*logit);
            let p = sigmoid(scale * x + offset);
            let (error, curve) = (p - f64::from(u8::from(*label)), p * (1.0 - p));
            gradient_scale += error * x;
            gradient_offset += error;
            ss += curve * x * x;
            so += curve * x;
            oo += curve;
        }
        let determinant = ss * oo - so * so;
        let step_scale = (oo * gradient_scale - so * gradient_offset) / determinant;
        let step_offset = (ss * gradient_offset - so * gradient_scale) / determinant;
        scale = (scale - step_scale.clamp(-1.0, 1.0)).clamp(*SCALE.start(), *SCALE.end());
        offset -= step_offset.clamp(-1.0, 1.0);
        if step_scale.abs() + step_offset.abs() < 1e-9 {
            break;
        }
    }
    (scale, offset)
}

/// The cut between two neighbouring probabilities that gives the best F1, of equal ones the nearest to `start`;
/// drawn to `start` as far as it rests on few failures.
fn threshold(probabilities: &[(f32, bool)], failures: usize, start: f32) -> f32 {
    let mut ranked = probabilities.to_vec();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut best, mut best_f1, mut found) = (start, 0.0, 0);
    for (index, (probability, is_failure)) in ranked.iter().enumerate() {
        found += usize::from(*is_failure);
        let next = ranked.get(index + 1).map_or(0.0, |(next, _)| *next);
        if next == *probability {
            continue;
        }
        let (low, high) = (
            next.max(*THRESHOLD.start()),
            probability.min(*THRESHOLD.end()),
        );
        if low > high {
            continue;
        }
        let cut = if low < start && high >= start {
            start
        } else {
            (low + high) / 2.0
        };
        let f1 = 2.0 * found as f32 / (index + 1 + failures) as f32;
        if f1 > best_f1 || (f1 == best_f1 && (cut - start).abs() < (best - start).abs()) {
            (best, best_f1) = (cut, f1);
        }
    }
    let trust = failures as f32 / (failures as f32 + TRUST_HALF_AT_FAILURES);
    start + (best - start) * trust
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of a world in which the true probability is sigmoid(2 × logit − 1).
    fn world() -> Vec<(f32, bool)> {
        let logits = (0..4000).map(|i| (i % 41) as f32 / 10.0 - 2.0);
        let position = |i: usize| (i / 41) as f64 / 97.0;
        logits
            .enumerate()
            .map(|(i, logit)| (logit, position(i) < sigmoid(2.0 * f64::from(logit) - 1.0)))
            .collect()
    }

    #[test]
    fn finds_scale_and_offset() {
        let fitted = fit(&world(), 1.0);
        assert!(
            (fitted.scale - 2.0).abs() < 0.15 && (fitted.offset + 1.0).abs() < 0.1,
            "{fitted:?}"
        );
        assert!(THRESHOLD.contains(&fitted.threshold));
    }

    #[test]
    fn few_failures_move_the_threshold_little() {
        let world = |times: usize| -> f32 {
            let one = (0..40).map(|i| (i as f32 / 100.0, i >= 25));
            let all: Vec<(f32, bool)> = std::iter::repeat_n(one, times).flatten().collect();
            threshold(&all, 15 * times, 0.5)
        };
        assert!(
            world(1) > 0.49 && world(1000) < 0.27,
            "{} {}",
            world(1),
            world(1000)
        );
    }

    #[test]
    fn few_entries_undo_the_weights_and_cut_where_the_loss_did() {
        let few: Vec<(f32, bool)> = (0..MIN_ENTRIES * 2 - 1)
            .map(|i| (i as f32, i % 2 == 0))
            .collect();
        for sample in [&few[..], &[]] {
            assert_eq!(fit(sample, 1.0), Calibration::default());
            let fitted = fit(sample, 10.0);
            assert_eq!(fitted.offset, -(10.0f32.ln()));
            assert!((fitted.threshold - 1.0 / 11.0).abs() < 1e-6, "{fitted:?}");
        }
    }

    #[test]
    fn separable_and_constant_logits_stay_in_bounds() {
        let separable: Vec<(f32, bool)> = (0..100)
            .map(|i| (if i < 50 { 9.0 } else { -9.0 }, i < 50))
            .collect();
        let fitted = fit(&separable, 1.0);
        assert!(
            fitted.scale.is_finite() && (fitted.threshold - 0.5).abs() < 0.01,
            "{fitted:?}"
        );
        let constant: Vec<(f32, bool)> = (0..100).map(|i| (0.0, i < 20)).collect();
        let fitted = fit(&constant, 1.0);
        assert!(
            fitted.offset < -1.0 && fitted.scale.is_finite(),
            "{fitted:?}"
        );
    }
}
