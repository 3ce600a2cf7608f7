//! Builds the Job of a prune. Infallible and without a client.

use crate::{
    jobs::build::{self, DATA, JobPlan, TERMINATION_LOG},
    settings::Settings,
};
use k8s_openapi::api::batch::v1::Job;
use kube::{Resource, ResourceExt};
use logloop_operator_api::{
    DataRetention, data_retention::PrunePlan, duration, labels, names, placement::PodTemplate,
};
use std::collections::BTreeMap;

/// The Job that carries a plan out.
pub(super) fn job(
    retention: &DataRetention,
    settings: &Settings,
    plan: &PrunePlan,
    claim: &str,
    beside: Option<BTreeMap<String, String>>,
    deadline_seconds: i64,
) -> Job {
    let name = retention.name_any();
    let mut all: BTreeMap<String, String> = retention
        .labels()
        .iter()
        .filter(|(key, _)| labels::passes_on(key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    all.insert(labels::RETENTION.into(), names::label_value(&name));
    all.insert(
        labels::OWNER_UID.into(),
        retention.uid().unwrap_or_default(),
    );
    build::job(JobPlan {
        name: plan.job_name.clone(),
        step: "prune",
        owner: retention.controller_owner_ref(&()).unwrap_or_default(),
        labels: all,
        annotations: [(labels::PLAN_DIGEST.to_owned(), plan.digest.clone())].into(),
        image: settings.analyzer_image.clone(),
        pull_policy: settings.image_pull_policy.clone(),
        args: args(retention, plan),
        resources: build::resources_or(retention.spec.resources.as_ref(), "50m", "64Mi", "1Gi"),
        claim: claim.to_owned(),
        beside,
        service_account: settings.job_service_account.clone(),
        deadline_seconds,
        placement: retention.spec.placement.clone(),
        pod_template: PodTemplate::default(),
    })
}

fn args(retention: &DataRetention, plan: &PrunePlan) -> Vec<String> {
    let spec = &retention.spec;
    let mut args = vec!["prune".to_owned()];
    let mut option = |name: &str, value: String| args.extend([name.to_owned(), value]);
    let span = |text: &String| {
        duration::parse_seconds(text).map_or_else(|_| text.clone(), duration::format_seconds)
    };
    option("--data", DATA.to_owned());
    if let Some(age) = &spec.keep.max_age {
        option("--max-age", span(age));
    }
    if let Some(bytes) = spec
        .keep
        .max_bytes
        .as_ref()
        .and_then(|size| size.bytes().ok())
    {
        option("--max-bytes", bytes.to_string());
    }
    if let Some(age) = &spec.keep.corrected_for {
        option("--keep-corrected-for", span(age));
    }
    if let Some(count) = spec.datasets.keep_last {
        option("--keep-datasets", count.to_string());
    }
    if let Some(count) = spec.models.keep_last {
        option("--keep-models", count.to_string());
    }
    for version in &plan.protected {
        option("--protect-model", version.clone());
    }
    for dataset in &plan.protected_datasets {
        option("--protect-dataset", dataset.clone());
    }
    option("--cutoff", plan.cutoff.0.to_string());
    option("--not-after", plan.not_after.0.to_string());
    option("--plan-digest", plan.digest.clone());
    option("--termination-log", TERMINATION_LOG.to_owned());
    if spec.dry_run {
        args.push("--dry-run".to_owned());
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_command_follows_the_contract() {
        let retention: DataRetention = serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "DataRetention", "metadata": {"name": "nightly", "uid": "u"},
            "spec": {"keep": {"maxAge": "13w", "maxBytes": "10Ki", "correctedFor": "365d"}, "models": {"keepLast": 5}, "dryRun": true}
        }))
        .expect("a retention");
        let plan: PrunePlan = serde_json::from_value(json!({
            "digest": "sha256:0", "cutoff": "2026-03-12T12:00:00Z", "notAfter": "2026-06-10T13:00:00Z", "generation": 1,
            "attempt": 1, "jobName": "nightly-prune", "protected": ["a", "b"],
            "protectedDatasets": ["c"]
        }))
        .expect("a plan");
        let job = job(
            &retention,
            &crate::testing::settings(),
            &plan,
            "data",
            None,
            60,
        );
        let pod = job.spec.and_then(|spec| spec.template.spec).expect("a pod");
        let args = pod.containers[0].args.clone().unwrap_or_default().join(" ");
        assert_eq!(
            args,
            "prune --data /data --max-age 91d --max-bytes 10240 --keep-corrected-for 365d --keep-models 5 \
             --protect-model a --protect-model b --protect-dataset c --cutoff 2026-03-12T12:00:00Z --not-after 2026-06-10T13:00:00Z \
             --plan-digest sha256:0 --termination-log /dev/termination-log --dry-run"
        );
    }
}
