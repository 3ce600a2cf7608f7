//! The gate: is the new version worth serving? Pure.

use crate::jobs::results::Evaluate;
use logloop_operator_api::training_run::{Gate, GateMetric, GateResult, MetricResult, Verdict};

/// Metrics of which less is better end with one of these.
const LOWER_IS_BETTER: [&str; 4] = ["_mae", "_brier", "_ece", "_alarm_rate"];
/// How much two values may differ and still be equal: they come from sums of floating-point numbers.
const EQUAL_WITHIN: f64 = 1e-9;

/// Judges the new version by what both scored on the same held-out examples.
pub fn judge(gate: &Gate, scored: &Evaluate) -> GateResult {
    let metrics: Vec<MetricResult> = gate
        .metrics
        .iter()
        .map(|metric| judge_metric(metric, scored))
        .collect();
    let verdict = if metrics.iter().any(|m| m.verdict == Verdict::Fail) {
        Verdict::Fail
    } else if metrics.is_empty() || metrics.iter().any(|m| m.verdict == Verdict::Insufficient) {
        // No data is not a pass.
        Verdict::Insufficient
    } else {
        Verdict::Pass
    };
    let telling: Vec<&str> = metrics
        .iter()
        .filter(|m| m.verdict == verdict)
        .map(|m| m.reason.as_str())
        .collect();
    let reason = if telling.is_empty() {
        "the gate names no metric".to_owned()
    } else {
        telling.join("; ")
    };
    let against = Some(scored.serving.version.clone()).filter(|version| !version.is_empty());
    GateResult {
        verdict,
        reason,
        against,
        metrics,
    }
}

fn judge_metric(metric: &GateMetric, scored: &Evaluate) -> MetricResult {
    let name = &metric.name;
    let samples = scored.samples.get(name).copied().unwrap_or(0);
    let candidate = scored.candidate.metrics.get(name).copied();
    let serving = scored.serving.metrics.get(name).copied();
    let (verdict, reason) = verdict(metric, samples, candidate, serving);
    MetricResult {
        name: name.clone(),
        verdict,
        reason: format!("{name}: {reason}"),
        candidate,
        serving,
        samples,
    }
}

fn verdict(
    metric: &GateMetric,
    samples: i64,
    candidate: Option<f64>,
    serving: Option<f64>,
) -> (Verdict, String) {
    if samples < metric.min_samples.max(1) {
        let reason = format!(
            "{samples} held-out samples, and minSamples asks for {}; correct more entries",
            metric.min_samples
        );
        return (Verdict::Insufficient, reason);
    }
    let Some(value) = candidate else {
        return (
            Verdict::Insufficient,
            format!("the trainer did not measure it on {samples} samples; is the name right?"),
        );
    };
    let lower = LOWER_IS_BETTER.iter().any(|end| metric.name.ends_with(end));
    // How much worse the first is than the second.
    let worse = |a: f64, b: f64| if lower { a - b } else { b - a };
    if let Some(min) = metric.min
        && worse(value, min) > EQUAL_WITHIN
    {
        let limit = if lower { "at most" } else { "at least" };
        return (
            Verdict::Fail,
            format!("{value:.4}, must be {limit} {min} ({samples} samples)"),
        );
    }
    let Some(allowed) = metric.max_regression else {
        return (Verdict::Pass, format!("{value:.4} ({samples} samples)"));
    };
    let Some(now) = serving else {
        return (
            Verdict::Insufficient,
            format!("{value:.4}, but the version in service has no such metric to compare with"),
        );
    };
    let loss = worse(value, now);
    if loss - allowed > EQUAL_WITHIN {
        let reason = format!(
            "{value:.4} against {now:.4} in service, {loss:.4} worse, and maxRegression allows {allowed} ({samples} samples)"
        );
        return (Verdict::Fail, reason);
    }
    (
        Verdict::Pass,
        format!("{value:.4} against {now:.4} in service ({samples} samples)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::results::Scored;
    use logloop_operator_api::training_run::OnInsufficient;

    fn metric(
        name: &str,
        min: Option<f64>,
        max_regression: Option<f64>,
        min_samples: i64,
    ) -> GateMetric {
        GateMetric {
            name: name.into(),
            min,
            max_regression,
            min_samples,
        }
    }

    fn scored(name: &str, candidate: Option<f64>, serving: Option<f64>, samples: i64) -> Evaluate {
        let scored = |value: Option<f64>| Scored {
            version: "v".into(),
            digest: None,
            metrics: value
                .map(|value| (name.to_owned(), value))
                .into_iter()
                .collect(),
        };
        Evaluate {
            candidate: scored(candidate),
            serving: scored(serving),
            samples: [(name.to_owned(), samples)].into(),
            message: String::new(),
        }
    }

    #[test]
    fn verdicts() {
        use Verdict::{Fail, Insufficient, Pass};
        const F1: &str = "failure_f1";
        const MAE: &str = "severity_mae";
        let cases = [
            (F1, Some(0.8), None, 5, Some(0.9), None, 10, Pass),
            (F1, Some(0.8), None, 5, Some(0.8), None, 10, Pass),
            (F1, Some(0.8), None, 5, Some(0.7), None, 10, Fail),
            (F1, Some(0.8), None, 5, Some(0.9), None, 4, Insufficient),
            (F1, Some(0.8), None, 5, Some(0.1), None, 4, Insufficient),
            (F1, Some(0.8), None, 5, None, None, 10, Insufficient),
            (F1, None, Some(0.05), 1, Some(0.85), Some(0.9), 10, Pass),
            (F1, None, Some(0.05), 1, Some(0.84), Some(0.9), 10, Fail),
            (F1, None, Some(0.0), 1, Some(0.95), Some(0.9), 10, Pass),
            (F1, None, Some(0.0), 1, Some(0.95), None, 10, Insufficient),
            (F1, Some(0.5), Some(0.05), 1, Some(0.4), Some(0.4), 10, Fail),
            (MAE, Some(0.2), None, 1, Some(0.1), None, 10, Pass),
            (MAE, Some(0.2), None, 1, Some(0.3), None, 10, Fail),
            (MAE, None, Some(0.05), 1, Some(0.30), Some(0.20), 10, Fail),
            (MAE, None, Some(0.05), 1, Some(0.24), Some(0.20), 10, Pass),
            (F1, Some(0.5), None, 0, Some(0.9), None, 0, Insufficient),
        ];
        for (name, min, regression, least, candidate, serving, samples, expected) in cases {
            let gate = Gate {
                metrics: vec![metric(name, min, regression, least)],
                on_insufficient: OnInsufficient::Reject,
            };
            let result = judge(&gate, &scored(name, candidate, serving, samples));
            assert_eq!(
                result.verdict, expected,
                "{name} {min:?} {regression:?} {candidate:?} {serving:?}: {}",
                result.reason
            );
        }
    }

    #[test]
    fn one_failure_outweighs_what_is_missing() {
        let gate = Gate {
            metrics: vec![
                metric("failure_f1", Some(0.9), None, 1),
                metric("other", Some(0.1), None, 1),
            ],
            on_insufficient: OnInsufficient::Promote,
        };
        let result = judge(&gate, &scored("failure_f1", Some(0.5), None, 10));
        assert_eq!(result.verdict, Verdict::Fail);
        assert_eq!(
            result.reason,
            "failure_f1: 0.5000, must be at least 0.9 (10 samples)"
        );
        assert_eq!(result.metrics[1].verdict, Verdict::Insufficient);
    }
}
