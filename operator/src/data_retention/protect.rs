//! Which versions and data sets a prune must leave alone. Pure.

use kube::ResourceExt;
use logloop_operator_api::{
    ModelVersion, TrainingRun,
    model_version::ModelPhase,
    names,
    training_run::{Phase, Stable, TrainingRunStatus},
};
use std::collections::BTreeSet;

/// Name of a run that exports from the same claim. Whether it is suspended or queued is all the same: it goes on.
pub(super) fn exporting(claim: Option<&str>, runs: &[TrainingRun]) -> Option<String> {
    let exports = |run: &&TrainingRun| {
        let status = run.status.as_ref();
        status.is_some_and(|status| {
            status.phase == Some(Phase::Exporting) && status.claim.as_deref() == claim
        })
    };
    runs.iter().find(exports).map(ResourceExt::name_any)
}

/// The data sets on this claim that runs work with which have not ended, and those of the versions that stay: what is
/// put back by a rollback can be evaluated, and trained again, only with its own.
pub(super) fn datasets(
    claim: Option<&str>,
    models: &[ModelVersion],
    runs: &[TrainingRun],
    versions: &[String],
) -> Vec<String> {
    let here = |named: Option<&str>| named.is_none() || named == claim;
    let of_runs = runs.iter().filter_map(|run| {
        let status = run.status.as_ref()?;
        let works = !status.phase?.is_terminal() && here(status.claim.as_deref());
        works.then(|| made_by(run, status)).flatten()
    });
    let of_models = models
        .iter()
        .filter(|model| versions.contains(&model.spec.version) && here(model.spec.claim.as_deref()))
        .map(|model| model.spec.dataset_id.clone());
    let all: BTreeSet<String> = of_runs
        .chain(of_models)
        .filter(|id| !id.is_empty())
        .collect();
    all.into_iter().collect()
}

/// ID of the data set that a run has made, or makes now. One that has not begun has none.
fn made_by(run: &TrainingRun, status: &TrainingRunStatus) -> Option<String> {
    let recorded = status.dataset.as_ref().map(|dataset| dataset.id.clone());
    recorded.or_else(|| {
        let begun = status.phase == Some(Phase::Exporting) || !status.steps.is_empty();
        let uid = run.metadata.uid.as_deref().filter(|_| begun)?;
        Some(names::artifact(&run.name_any(), uid))
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
        let stays = match phase {
            ModelPhase::Serving => true,
            ModelPhase::Candidate => !waits(model) || is_last_that_waits(model, models),
            _ => is_last_retired(model, models),
        };
        if stays {
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

/// Whether a person is to bring it into service.
fn waits(model: &ModelVersion) -> bool {
    let status = model.status.as_ref();
    status.is_some_and(crate::model_version::plan::waits)
}

/// Whether it is the latest of its target that waits for that: nobody may ever look at the others.
fn is_last_that_waits(model: &ModelVersion, models: &[ModelVersion]) -> bool {
    let made = |model: &ModelVersion| model.metadata.creation_timestamp.clone();
    let mut others = models
        .iter()
        .filter(|other| other.spec.target == model.spec.target && waits(other));
    others.all(|other| made(other) <= made(model))
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

    fn on(name: &str, status: serde_json::Value) -> TrainingRun {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
            "metadata": {"name": name, "uid": "0f8fad5b-d9cb"}, "spec": {}, "status": status
        }))
        .expect("a run")
    }

    #[test]
    fn of_those_that_wait_to_be_promoted_the_latest_stays() {
        let waiting = |version: &str, made: &str, target: &str| {
            let mut model = model(version, "Candidate", None);
            model.spec.target = target.into();
            model.metadata.creation_timestamp =
                Some(serde_json::from_value(json!(made)).expect("a time"));
            let conditions = json!([{"type": "Serving", "status": "False", "reason": "NotPromoted", "message": "m", "lastTransitionTime": made}]);
            let status = model.status.as_mut().expect("a status");
            status.conditions = serde_json::from_value(conditions).expect("a condition");
            model
        };
        let models = [
            waiting("first", "2026-06-01T00:00:00Z", "web"),
            waiting("second", "2026-06-02T00:00:00Z", "web"),
            waiting("elsewhere", "2026-06-01T00:00:00Z", "other"),
            model("under-way", "Candidate", None),
        ];
        let kept = protected(&models, &[], []);
        assert_eq!(kept, ["elsewhere", "second", "under-way"]);
    }

    #[test]
    fn an_export_from_the_same_claim_is_in_the_way() {
        let elsewhere = on("elsewhere", json!({"phase": "Exporting", "claim": "other"}));
        let trains = on("trains", json!({"phase": "Training", "claim": "data"}));
        let exports = on("exports", json!({"phase": "Exporting", "claim": "data"}));
        let others = [elsewhere, trains];
        assert_eq!(exporting(Some("data"), &others), None);
        let all = [others.to_vec(), vec![exports]].concat();
        assert_eq!(exporting(Some("data"), &all).as_deref(), Some("exports"));
    }

    #[test]
    fn data_sets_in_use_stay() {
        let step = json!([{"step": "export", "attempt": 1, "jobName": "j", "jobUid": "u", "started": "2026-01-01T00:00:00Z"}]);
        let dataset = json!({"id": "its-own", "digest": "d", "examples": 1});
        let cases = [
            ("waits", json!({"phase": "Pending"}), vec![]),
            ("is queued", json!({"phase": "Queued"}), vec![]),
            (
                "exports",
                json!({"phase": "Exporting"}),
                vec!["run-0f8fad5b"],
            ),
            (
                "is suspended, its export begun",
                json!({"phase": "Queued", "steps": step}),
                vec!["run-0f8fad5b"],
            ),
            (
                "trains",
                json!({"phase": "Training", "claim": "data", "dataset": dataset}),
                vec!["its-own"],
            ),
            (
                "is gated",
                json!({"phase": "Gating", "dataset": dataset}),
                vec!["its-own"],
            ),
            (
                "rolls out",
                json!({"phase": "RollingOut", "dataset": dataset}),
                vec!["its-own"],
            ),
            (
                "trains elsewhere",
                json!({"phase": "Training", "claim": "other", "dataset": dataset}),
                vec![],
            ),
            (
                "has ended",
                json!({"phase": "Succeeded", "claim": "data", "dataset": dataset}),
                vec![],
            ),
        ];
        for (name, status, expected) in cases {
            let runs = [on("run", status)];
            assert_eq!(datasets(Some("data"), &[], &runs, &[]), expected, "{name}");
        }

        let of = |version: &str, claim: Option<&str>, id: &str| {
            let mut model = model(version, "Retired", None);
            model.spec.claim = claim.map(str::to_owned);
            model.spec.dataset_id = id.into();
            model
        };
        let models = [
            of("before", Some("data"), "a"),
            of("old", Some("data"), "b"),
            of("elsewhere", Some("other"), "c"),
            of("unsaid", None, "d"),
            of("without", None, ""),
        ];
        let stay = ["before", "elsewhere", "unsaid", "without"].map(str::to_owned);
        assert_eq!(datasets(Some("data"), &models, &[], &stay), ["a", "d"]);
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
