//! Which versions a prune must leave alone. Pure.

use super::facts::InUse;
use logloop_operator_api::{
    DataRetentionSpec, ModelVersion, TrainingRun,
    model_version::ModelPhase,
    training_run::{Phase, Stable},
};
use std::collections::BTreeSet;

/// A run that works with what a prune of this spec could remove: it exports from the same claim, or works with one of
/// the data sets there, if such are removed. Whether it is suspended or queued is all the same: it goes on.
pub(super) fn in_use(
    spec: &DataRetentionSpec,
    claim: Option<&str>,
    runs: &[TrainingRun],
) -> Option<InUse> {
    let phase_on_claim = |run: &TrainingRun| {
        let status = run.status.as_ref()?;
        status.phase.filter(|_| status.claim.as_deref() == claim)
    };
    let found = |wanted: &[Phase]| {
        runs.iter()
            .find(|run| phase_on_claim(run).is_some_and(|phase| wanted.contains(&phase)))
            .map(|run| run.metadata.name.clone().unwrap_or_default())
    };
    let exports = found(&[Phase::Exporting]).map(|run| InUse { run, exports: true });
    exports.or_else(|| {
        spec.datasets.keep_last?;
        let run = found(&[Phase::Training, Phase::Gating])?;
        Some(InUse {
            run,
            exports: false,
        })
    })
}

/// What serves, what served before it, and what a run works with: a rollback needs the second, a run the third.
pub(super) fn protected<'a>(
    models: &[ModelVersion],
    runs: &[TrainingRun],
    stable: impl IntoIterator<Item = &'a Stable>,
) -> Vec<String> {
    let mut keep: BTreeSet<String> = stable
        .into_iter()
        .map(|stable| stable.version.clone())
        .collect();
    for model in models {
        let phase = model
            .status
            .as_ref()
            .and_then(|status| status.phase)
            .unwrap_or_default();
        if matches!(phase, ModelPhase::Serving | ModelPhase::Candidate)
            || is_last_retired(model, models)
        {
            keep.insert(model.spec.version.clone());
        }
    }
    for run in runs {
        let status = run.status.clone().unwrap_or_default();
        if status.phase.is_some_and(|phase| phase.is_terminal()) {
            continue;
        }
        keep.extend(run.spec.trainer.base.clone());
        keep.extend(status.model.map(|model| model.version));
        keep.extend(
            status
                .rollout
                .and_then(|rollout| rollout.previous)
                .map(|previous| previous.version),
        );
    }
    keep.into_iter().collect()
}

/// Whether it is the one of its target that was in service last before the present one.
fn is_last_retired(model: &ModelVersion, models: &[ModelVersion]) -> bool {
    let since = |model: &ModelVersion| {
        let status = model.status.as_ref()?;
        (status.phase == Some(ModelPhase::Retired))
            .then(|| status.serving_since.as_ref().map(|time| time.0))
    };
    let Some(ours) = since(model) else {
        return false;
    };
    models
        .iter()
        .filter(|other| other.spec.target == model.spec.target)
        .filter_map(since)
        .all(|other| other <= ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(version: &str, phase: &str, since: Option<&str>) -> ModelVersion {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "ModelVersion", "metadata": {"name": version},
            "spec": {"run": "r", "version": version, "digest": "d", "datasetId": "i", "datasetDigest": "d", "target": "web"},
            "status": {"phase": phase, "servingSince": since}
        }))
        .expect("a version")
    }

    fn run(phase: &str, base: &str) -> TrainingRun {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": "r"},
            "spec": {"trainer": {"base": base}}, "status": {"phase": phase}
        }))
        .expect("a run")
    }

    #[test]
    fn what_a_run_works_with_is_in_use() {
        let on = |name: &str, phase: &str, claim: &str| -> TrainingRun {
            serde_json::from_value(json!({
                "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": name},
                "spec": {}, "status": {"phase": phase, "claim": claim}
            }))
            .expect("a run")
        };
        let plain: DataRetentionSpec = serde_json::from_value(json!({})).expect("a spec");
        let datasets: DataRetentionSpec =
            serde_json::from_value(json!({"datasets": {"keepLast": 1}})).expect("a spec");
        let elsewhere = on("elsewhere", "Exporting", "other");
        let ended = on("ended", "Succeeded", "data");
        let trains = on("trains", "Training", "data");
        let gates = on("gates", "Gating", "data");
        let exports = on("exports", "Exporting", "data");
        let cases = [
            ("nothing", &datasets, vec![&elsewhere, &ended], None),
            (
                "an export",
                &plain,
                vec![&trains, &exports],
                Some(("exports", true)),
            ),
            ("data sets stay", &plain, vec![&trains], None),
            (
                "data sets go",
                &datasets,
                vec![&trains],
                Some(("trains", false)),
            ),
            (
                "data sets go, too",
                &datasets,
                vec![&gates],
                Some(("gates", false)),
            ),
        ];
        for (name, spec, runs, expected) in cases {
            let runs: Vec<TrainingRun> = runs.into_iter().cloned().collect();
            let found = in_use(spec, Some("data"), &runs);
            let found = found
                .as_ref()
                .map(|found| (found.run.as_str(), found.exports));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn what_is_needed_stays() {
        let models = [
            model("old", "Retired", Some("2026-01-01T00:00:00Z")),
            model("before", "Retired", Some("2026-02-01T00:00:00Z")),
            model("now", "Serving", Some("2026-03-01T00:00:00Z")),
            model("bad", "Rejected", None),
        ];
        let runs = [run("Training", "base"), run("Failed", "other")];
        let stable = Stable {
            version: "pinned".into(),
            digest: "d".into(),
        };
        assert_eq!(
            protected(&models, &runs, [&stable]),
            ["base", "before", "now", "pinned"]
        );
    }
}
