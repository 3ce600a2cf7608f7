//! Which versions a prune must leave alone. Pure.

use logloop_operator_api::{
    ModelVersion, TrainingRun, model_version::ModelPhase, training_run::Stable,
};
use std::collections::BTreeSet;

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
