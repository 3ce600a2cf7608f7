//! What the API server itself refuses, by the rules in the definitions.

use crate::{
    kubelet::Kubelet,
    model::{all_well, exported},
    world::World,
};
use k8s_openapi::api::core::v1::ResourceQuota;
use kube::api::{DeleteParams, Patch, PatchParams};
use logloop_operator_api::{
    DataRetention, TrainingRun, TrainingSchedule,
    conditions::{BLOCKED, find, is_true},
    data_retention::RetentionPhase,
    training_run::Phase,
};
use serde_json::{Value, json};

fn words<T>(result: kube::Result<T>) -> String {
    match result {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn specs_out_of_range_are_refused_with_a_reason() {
    let world = World::new().await;
    let runs: [(Value, &str); 18] = [
        (json!({"trainer": {"epochs": 0}}), "spec.trainer.epochs"),
        (
            json!({"trainer": {"models": ["transformer"]}}),
            "supported values: \"line\", \"sequence\"",
        ),
        (
            json!({"trainer": {"models": ["sequence"]}}),
            "sequence alone needs base",
        ),
        (json!({"trainer": {"models": []}}), "spec.trainer.models"),
        (
            json!({"trainer": {"device": "tpu"}}),
            "supported values: \"cpu\", \"cuda\", \"auto\"",
        ),
        (
            json!({"trainer": {"learningRate": 0}}),
            "learningRate must be above 0",
        ),
        (
            json!({"trainer": {"batchSize": 0}}),
            "spec.trainer.batchSize",
        ),
        (json!({"trainer": {"base": "../x"}}), "spec.trainer.base"),
        (
            json!({"rollout": {"strategy": "Canary"}}),
            "supported values: \"Immediate\"",
        ),
        (
            json!({"rollout": {"deadlineSeconds": 0}}),
            "spec.rollout.deadlineSeconds",
        ),
        (
            json!({"source": {"since": "yesterday"}}),
            "spec.source.since",
        ),
        (
            json!({"source": {"minExamples": -1}}),
            "spec.source.minExamples",
        ),
        (json!({"gate": {"metrics": []}}), "spec.gate.metrics"),
        (
            json!({"gate": {"metrics": [{"name": "failure_f1"}]}}),
            "a gate metric needs min, maxRegression or both",
        ),
        (
            json!({"gate": {"metrics": [{"name": "failure_f1", "min": 1, "minSamples": 0}]}}),
            "minSamples",
        ),
        (json!({"backoffLimit": 11}), "spec.backoffLimit"),
        (
            json!({"activeDeadlineSeconds": 0}),
            "spec.activeDeadlineSeconds",
        ),
        (json!({"nonsense": 1}), "nonsense"),
    ];
    for (spec, expected) in runs {
        let error = words(
            world
                .try_create::<TrainingRun>(json!({"metadata": {"name": "bad"}, "spec": spec}))
                .await,
        );
        assert!(error.contains(expected), "{spec}: {error:?}");
    }
    let age = json!({"maxAge": "90d"});
    let retentions: [(Value, &str); 8] = [
        (json!({}), "a DataRetention needs a limit"),
        (
            json!({"keep": age, "schedule": "every night"}),
            "schedule needs five fields of cron",
        ),
        (
            json!({"keep": age, "schedule": "0 3 * * * *"}),
            "schedule needs five fields of cron",
        ),
        (
            json!({"keep": age, "timeZone": "UTC"}),
            "give a schedule, too",
        ),
        (
            json!({"keep": age, "schedule": "0 3 * * *", "timeZone": "a b"}),
            "IANA name",
        ),
        (
            json!({"keep": {"maxBytes": "10GiB"}}),
            "maxBytes is a number of bytes",
        ),
        (
            json!({"keep": {"correctedFor": "1d", "maxBytes": 1}}),
            "give maxAge, too",
        ),
        (
            json!({"keep": age, "models": {"keepLast": 0}}),
            "spec.models.keepLast",
        ),
    ];
    for (spec, expected) in retentions {
        let error = words(
            world
                .try_create::<DataRetention>(json!({"metadata": {"name": "bad"}, "spec": spec}))
                .await,
        );
        assert!(error.contains(expected), "{spec}: {error:?}");
    }
}

#[tokio::test]
async fn a_spec_never_changes_and_an_end_is_an_end() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |_, args| exported(args, 0));
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Skipped).await;
    let runs = world.api::<TrainingRun>();
    let params = PatchParams::default();
    let spec = Patch::Merge(json!({"spec": {"backoffLimit": 3}}));
    let error = words(runs.patch("first", &params, &spec).await);
    assert!(
        error.contains("the spec of a TrainingRun is immutable but for suspend"),
        "{error}"
    );
    for status in [
        json!({"phase": "Pending"}),
        json!({"phase": null}),
        Value::Null,
    ] {
        let patch = Patch::Merge(json!({"status": status}));
        let error = words(runs.patch_status("first", &params, &patch).await);
        assert!(
            error.contains("a run that has ended never changes its phase"),
            "{status}: {error}"
        );
    }
}

#[tokio::test]
async fn the_examples_are_accepted() {
    let world = World::new().await;
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    for file in [
        "trainingrun.yaml",
        "trainingrun-gated.yaml",
        "trainingrun-gpu.yaml",
        "trainingschedule.yaml",
        "dataretention.yaml",
        "dataretention-dryrun.yaml",
    ] {
        let text = std::fs::read_to_string(dir.join(file)).expect("the example is there");
        let value: Value = serde_saphyr::from_str(&text).expect("it is YAML");
        let error = match value["kind"].as_str() {
            Some("TrainingRun") => words(world.try_create::<TrainingRun>(value).await),
            Some("TrainingSchedule") => words(world.try_create::<TrainingSchedule>(value).await),
            _ => words(world.try_create::<DataRetention>(value).await),
        };
        assert_eq!(error, "", "{file}");
    }
}

#[tokio::test]
async fn a_job_that_a_quota_refuses_is_told_and_goes_on_by_itself() {
    let world = World::with_claim().await;
    let hard = json!({"count/jobs.batch": "0"});
    world
        .create::<ResourceQuota>(json!({"metadata": {"name": "few"}, "spec": {"hard": hard}}))
        .await;
    world
        .patch_status::<ResourceQuota>(
            "few",
            json!({"status": {"hard": hard, "used": {"count/jobs.batch": "0"}}}),
        )
        .await;
    // Until the API server has seen the quota, it takes Jobs.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    // First: once the run exports, it would wait for that.
    let spec = json!({"keep": {"maxAge": "90d"}});
    world
        .create::<DataRetention>(json!({"metadata": {"name": "once"}, "spec": spec}))
        .await;
    world
        .until("once", "blocked", |retention: &DataRetention| {
            is_true(
                &retention.status.clone().unwrap_or_default().conditions,
                BLOCKED,
            )
        })
        .await;
    world.run("first", json!({})).await;
    let run = world
        .until("first", "blocked", |run: &TrainingRun| {
            let status = run.status.clone().unwrap_or_default();
            is_true(&status.conditions, BLOCKED)
        })
        .await;
    let status = run.status.expect("a status");
    let blocked = find(&status.conditions, BLOCKED).expect("a condition");
    assert_eq!(blocked.reason, "JobRefused");
    assert!(
        blocked.message.contains("exceeded quota: few"),
        "{}",
        blocked.message
    );
    world
        .api::<ResourceQuota>()
        .delete("few", &DeleteParams::default())
        .await
        .expect("the quota can be deleted");
    world
        .until("first", "over it", |run: &TrainingRun| {
            let status = run.status.clone().unwrap_or_default();
            !is_true(&status.conditions, BLOCKED) && !status.steps.is_empty()
        })
        .await;
    world
        .until("once", "done", |retention: &DataRetention| {
            let status = retention.status.clone().unwrap_or_default();
            status.phase == Some(RetentionPhase::Succeeded) && !is_true(&status.conditions, BLOCKED)
        })
        .await;
}
