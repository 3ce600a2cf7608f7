//! Builds the run of a schedule. Infallible and without a client.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};
use logloop_operator_api::{TrainingRun, TrainingSchedule, labels, names};

/// The run of this name.
pub(super) fn run(schedule: &TrainingSchedule, name: &str, because: &str) -> TrainingRun {
    let template = &schedule.spec.template;
    let mut all = template.metadata.labels.clone();
    all.insert(
        labels::SCHEDULE.into(),
        names::label_value(&schedule.name_any()),
    );
    all.insert(labels::OWNER_UID.into(), schedule.uid().unwrap_or_default());
    let mut annotations = template.metadata.annotations.clone();
    annotations.insert(labels::STAMPED_BECAUSE.into(), because.into());
    TrainingRun {
        metadata: ObjectMeta {
            name: Some(name.into()),
            labels: Some(all),
            annotations: Some(annotations),
            owner_references: schedule.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_is_the_schedules_own_and_as_its_template_says() {
        let schedule: TrainingSchedule = serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingSchedule", "metadata": {"name": "nightly", "uid": "u"},
            "spec": {"schedule": "17 3 * * *", "template": {
                "metadata": {"labels": {"team": "a", "logloop.dev/schedule": "lie"}, "annotations": {"note": "n"}},
                "spec": {"trainer": {"epochs": 3}}}}
        }))
        .expect("a schedule");
        let run = run(&schedule, "nightly-1", "its time");
        assert_eq!(run.spec.trainer.epochs, 3);
        let owner = &run.owner_references()[0];
        assert_eq!(
            (owner.kind.as_str(), owner.uid.as_str(), owner.controller),
            ("TrainingSchedule", "u", Some(true))
        );
        assert_eq!(run.labels()["team"], "a");
        assert_eq!(run.labels()[labels::SCHEDULE], "nightly");
        assert_eq!(run.annotations()[labels::STAMPED_BECAUSE], "its time");
        assert_eq!(run.annotations()["note"], "n");
    }
}
