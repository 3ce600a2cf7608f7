//! `logs`: the log of a run's Job.

use crate::{
    Out,
    cli::Logs,
    objects::{call, find, list},
};
use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt, api::LogParams};
use logloop_operator_api::{TrainingRun, training_run::Step};

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Logs,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let name = &options.run;
    let Some(run) = find::<TrainingRun>(client, namespace, name).await? else {
        bail!("there is no TrainingRun {name} in namespace {namespace}");
    };
    let steps = run.status.unwrap_or_default().steps;
    let Some(step) = choose(&steps, options) else {
        bail!(
            "TrainingRun {name} has made no such attempt yet; `kubectl logloop explain run/{name}` lists those it has made"
        );
    };
    let Some(pod) = pod_of(client, namespace, step).await? else {
        bail!(
            "Job {} has no pod{}",
            step.job_name,
            step.message
                .as_ref()
                .map(|words| format!(" any more; it said: {words}"))
                .unwrap_or_default()
        );
    };
    let pod = pod.name_any();
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = LogParams {
        container: Some(step.step.as_str().to_owned()),
        ..LogParams::default()
    };
    let text = call(api.logs(&pod, &params))
        .await
        .with_context(|| format!("cannot read the log of pod {pod}"))?;
    write!(out, "{text}")?;
    Ok(true)
}

/// The last pod of an attempt, if there is one.
pub(crate) async fn pod_of(
    client: &Client,
    namespace: &str,
    step: &Step,
) -> anyhow::Result<Option<Pod>> {
    let selector = format!("batch.kubernetes.io/controller-uid={}", step.job_uid);
    Ok(list(client, namespace, &selector).await?.pop())
}

/// The last attempt that fits.
fn choose<'a>(steps: &'a [Step], options: &Logs) -> Option<&'a Step> {
    steps.iter().rev().find(|step| fits(step, options))
}

/// Whether an attempt is one that was asked for.
pub(crate) fn fits(step: &Step, options: &Logs) -> bool {
    let step_fits = options
        .step
        .as_deref()
        .is_none_or(|name| step.step.as_str() == name);
    step_fits
        && options
            .attempt
            .is_none_or(|attempt| step.attempt == attempt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_attempt_that_fits_is_chosen() {
        let step = |step: &str, attempt: i32| -> Step {
            serde_json::from_value(
                json!({"step": step, "attempt": attempt, "jobName": format!("{step}-{attempt}"),
                "jobUid": "u", "started": "2026-06-10T12:00:00Z"}),
            )
            .expect("a step")
        };
        let steps = [step("export", 1), step("train", 1), step("train", 2)];
        let cases = [
            (None, None, Some("train-2")),
            (Some("export"), None, Some("export-1")),
            (Some("train"), Some(1), Some("train-1")),
            (Some("evaluate"), None, None),
        ];
        for (name, attempt, expected) in cases {
            let options = Logs {
                run: "first".into(),
                step: name.map(str::to_owned),
                attempt,
                follow: false,
            };
            let found = choose(&steps, &options).map(|step| step.job_name.as_str());
            assert_eq!(found, expected, "{options:?}");
        }
    }
}
