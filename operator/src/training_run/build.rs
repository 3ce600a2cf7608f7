//! Builds what a run creates. Infallible and without a client.

use crate::{
    clock,
    jobs::build::{self, DATA, JobPlan, TERMINATION_LOG},
    model_version,
    settings::Settings,
};
use k8s_openapi::{
    api::{batch::v1::Job, core::v1::ResourceRequirements},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{Resource, ResourceExt};
use logloop_operator_api::{
    ModelVersion, ModelVersionSpec, TrainingRun, duration, labels, names,
    training_run::{Model, StepName, TrainingRunStatus},
};
use std::collections::BTreeMap;

/// Version of the rules, where none serves.
pub const RULES: &str = "rules";

/// What a Job needs beyond the run and the settings.
#[derive(Clone, Debug)]
pub struct Around {
    /// The claim.
    pub claim: String,
    /// Labels of the pods on whose node it must run.
    pub beside: Option<BTreeMap<String, String>>,
    /// Name of the version in service, if one is.
    pub serving: Option<String>,
    /// Seconds after which Kubernetes ends it.
    pub deadline_seconds: i64,
}

/// The Job of one attempt at one step.
pub fn job(
    run: &TrainingRun,
    settings: &Settings,
    step: StepName,
    attempt: i32,
    around: Around,
) -> Job {
    let (name, uid) = (run.name_any(), run.uid().unwrap_or_default());
    let trainer = &run.spec.trainer;
    let trains = step != StepName::Export;
    let mut all: BTreeMap<String, String> = run
        .labels()
        .iter()
        .filter(|(key, _)| labels::passes_on(key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    all.insert(labels::RUN.into(), names::label_value(&name));
    all.insert(labels::OWNER_UID.into(), uid.clone());
    let resources = if trains {
        build::resources_or(trainer.resources.as_ref(), "250m", "256Mi", "2Gi")
    } else {
        build::resources_or(run.spec.export.resources.as_ref(), "50m", "64Mi", "1Gi")
    };
    let image = match step {
        StepName::Export => settings.analyzer_image.clone(),
        StepName::Train | StepName::Evaluate => trainer
            .image
            .clone()
            .unwrap_or_else(|| settings.trainer_image.clone()),
    };
    let args = args(run, step, &around, &resources);
    build::job(JobPlan {
        name: names::job(&name, &uid, step.as_str(), attempt),
        step: step.as_str(),
        owner: run.controller_owner_ref(&()).unwrap_or_default(),
        labels: all,
        annotations: BTreeMap::new(),
        image,
        pull_policy: settings.image_pull_policy.clone(),
        args,
        resources,
        claim: around.claim,
        beside: around.beside,
        service_account: settings.job_service_account.clone(),
        deadline_seconds: around.deadline_seconds,
        placement: if trains {
            trainer.placement.clone()
        } else {
            run.spec.export.placement.clone()
        },
        pod_template: trainer
            .pod_template
            .clone()
            .filter(|_| trains)
            .unwrap_or_default(),
    })
}

fn args(
    run: &TrainingRun,
    step: StepName,
    around: &Around,
    resources: &ResourceRequirements,
) -> Vec<String> {
    let artifact = names::artifact(&run.name_any(), &run.uid().unwrap_or_default());
    let trainer = &run.spec.trainer;
    let mut args = vec![step.as_str().to_owned()];
    if step == StepName::Train && trainer.models.is_none() {
        args.push("--train-all".to_owned());
    }
    let mut option = |name: &str, value: String| args.extend([name.to_owned(), value]);
    option("--data", DATA.to_owned());
    option("--dataset", artifact.clone());
    match step {
        StepName::Export => {
            if let Some(since) = since(run) {
                option("--since", since);
            }
        }
        StepName::Train => {
            option("--version", artifact);
            if let Some(base) = &trainer.base {
                option("--base", base.clone());
            }
            if let Some(models) = &trainer.models {
                let models: Vec<_> = models.iter().map(|model| model.as_str()).collect();
                option("--models", models.join(","));
            }
            option("--epochs", trainer.epochs.to_string());
            option("--batch-size", trainer.batch_size.to_string());
            option("--learning-rate", trainer.learning_rate.to_string());
            option("--seed", trainer.seed.to_string());
            option("--device", trainer.device.as_str().to_owned());
            if let Some(threads) = threads(resources) {
                option("--threads", threads.to_string());
            }
        }
        StepName::Evaluate => {
            option("--version", artifact);
            option(
                "--against",
                around.serving.clone().unwrap_or_else(|| RULES.to_owned()),
            );
        }
    }
    option("--termination-log", TERMINATION_LOG.to_owned());
    args
}

/// Counted from the run's creation, so that every attempt asks for the same.
fn since(run: &TrainingRun) -> Option<String> {
    let seconds = duration::parse_seconds(run.spec.source.since.as_deref()?).ok()?;
    let created = run.metadata.creation_timestamp.as_ref()?.0;
    Some(clock::whole(clock::after(created, -seconds)).to_string())
}

/// As many threads as the CPU limit has cores, rounded up.
fn threads(resources: &ResourceRequirements) -> Option<u64> {
    let text = &resources.limits.as_ref()?.get("cpu")?.0;
    let cores = match text.strip_suffix('m') {
        Some(thousandths) => thousandths.parse::<u64>().ok()?.div_ceil(1_000),
        None => text
            .parse::<f64>()
            .ok()
            .filter(|cores| (0.0..1e6).contains(cores))
            .map(|cores| cores.ceil() as u64)?,
    };
    Some(cores.max(1))
}

/// The ModelVersion of what a run published. Not owned by the run: it outlives it.
pub fn model_version(
    run: &TrainingRun,
    status: &TrainingRunStatus,
    model: &Model,
    target: &str,
) -> ModelVersion {
    let dataset = status.dataset.as_ref();
    let name = run.name_any();
    ModelVersion {
        metadata: ObjectMeta {
            name: Some(model.version.clone()),
            labels: Some(model_version::labels_of(&name, target)),
            ..ObjectMeta::default()
        },
        spec: ModelVersionSpec {
            run: name,
            run_uid: run.uid(),
            version: model.version.clone(),
            digest: model.digest.clone(),
            dataset_id: dataset
                .map(|dataset| dataset.id.clone())
                .unwrap_or_default(),
            dataset_digest: dataset
                .map(|dataset| dataset.digest.clone())
                .unwrap_or_default(),
            recipe: status.recipe.clone(),
            claim: status.claim.clone(),
            base: run.spec.trainer.base.clone(),
            target: target.to_owned(),
            rollout: run.spec.rollout.clone(),
            metrics: model.metrics.clone(),
        },
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(spec: serde_json::Value) -> TrainingRun {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
            "metadata": {"name": "first", "uid": "0f8fad5b-d9cb-469f-a165-70867728950e", "creationTimestamp": "2026-03-31T12:00:00Z",
                "labels": {"kueue.x-k8s.io/queue-name": "q", "app.kubernetes.io/instance": "rel"}},
            "spec": spec
        }))
        .expect("a run")
    }

    fn settings() -> Settings {
        crate::testing::settings()
    }

    fn made(spec: serde_json::Value, step: StepName) -> Job {
        let around = Around {
            claim: "data".into(),
            beside: None,
            serving: None,
            deadline_seconds: 60,
        };
        job(&run(spec), &settings(), step, 2, around)
    }

    fn args_of(job: &Job) -> String {
        let pod = job
            .spec
            .as_ref()
            .and_then(|s| s.template.spec.as_ref())
            .expect("a pod");
        pod.containers[0].args.clone().unwrap_or_default().join(" ")
    }

    #[test]
    fn commands_follow_the_contract() {
        let cases = [
            (
                json!({}),
                StepName::Export,
                "export --data /data --dataset first-0f8fad5b --termination-log /dev/termination-log",
            ),
            (
                json!({"source": {"since": "30d"}}),
                StepName::Export,
                "export --data /data --dataset first-0f8fad5b --since 2026-03-01T12:00:00Z --termination-log /dev/termination-log",
            ),
            (
                json!({"trainer": {"base": "old", "resources": {"limits": {"cpu": "1500m"}}}}),
                StepName::Train,
                "train --train-all --data /data --dataset first-0f8fad5b --version first-0f8fad5b --base old --epochs 20 --batch-size 256 --learning-rate 0.01 --seed 42 --device cpu --threads 2 --termination-log /dev/termination-log",
            ),
            (
                json!({"trainer": {"models": ["line", "sequence"]}}),
                StepName::Train,
                "train --data /data --dataset first-0f8fad5b --version first-0f8fad5b --models line,sequence --epochs 20 --batch-size 256 --learning-rate 0.01 --seed 42 --device cpu --termination-log /dev/termination-log",
            ),
            (
                json!({"trainer": {"models": ["sequence"], "base": "old"}}),
                StepName::Train,
                "train --data /data --dataset first-0f8fad5b --version first-0f8fad5b --base old --models sequence --epochs 20 --batch-size 256 --learning-rate 0.01 --seed 42 --device cpu --termination-log /dev/termination-log",
            ),
            (
                json!({"trainer": {"device": "auto"}}),
                StepName::Train,
                "train --train-all --data /data --dataset first-0f8fad5b --version first-0f8fad5b --epochs 20 --batch-size 256 --learning-rate 0.01 --seed 42 --device auto --termination-log /dev/termination-log",
            ),
            (
                json!({}),
                StepName::Evaluate,
                "evaluate --data /data --dataset first-0f8fad5b --version first-0f8fad5b --against rules --termination-log /dev/termination-log",
            ),
        ];
        for (spec, step, expected) in cases {
            assert_eq!(args_of(&made(spec, step)), expected);
        }
    }

    #[test]
    fn a_job_is_the_runs_own() {
        let job = made(json!({}), StepName::Train);
        assert_eq!(job.metadata.name.as_deref(), Some("first-0f8fad5b-train-2"));
        let owner = &job.metadata.owner_references.as_ref().expect("an owner")[0];
        assert_eq!(
            (owner.kind.as_str(), owner.controller),
            ("TrainingRun", Some(true))
        );
        let labels = job.metadata.labels.expect("labels");
        assert_eq!(labels["kueue.x-k8s.io/queue-name"], "q");
        assert_eq!(labels[labels::RUN], "first");
        assert!(!labels.contains_key("app.kubernetes.io/instance"));
    }
}
