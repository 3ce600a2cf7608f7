//! Runs that are suspended and resumed, and runs that would do again what was done before.

use crate::{
    kubelet::{End, Kubelet},
    model::{all_well, evaluated, exported},
    world::World,
};
use k8s_openapi::api::batch::v1::Job;
use kube::{ResourceExt, api::ListParams};
use logloop_operator_api::{
    TrainingRun,
    conditions::{FINISHED, SUSPENDED, find, is_true},
    training_run::{Outcome, Phase, TrainingRunStatus},
};
use serde_json::json;
use std::time::Duration;

fn status(run: &TrainingRun) -> TrainingRunStatus {
    run.status.clone().unwrap_or_default()
}

async fn suspend(world: &World, name: &str, suspended: bool) {
    let change = json!({"spec": {"suspend": suspended}});
    world.patch::<TrainingRun>(name, change).await;
}

async fn until_no_job_runs(world: &World, name: &str) -> TrainingRun {
    world
        .until(name, "suspended without a Job", |run: &TrainingRun| {
            let now = status(run);
            let message = now.message.unwrap_or_default();
            is_true(&now.conditions, SUSPENDED) && message.starts_with("suspended; set")
        })
        .await
}

#[tokio::test]
async fn a_run_is_suspended_and_resumed_as_the_next_attempt() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let operator = world.operator();
    let kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    world.run("first", json!({"backoffLimit": 0})).await;
    world
        .until("first", "training", |run: &TrainingRun| {
            status(run).steps.len() == 2
        })
        .await;
    suspend(&world, "first", true).await;
    let run = until_no_job_runs(&world, "first").await;
    let stopped = status(&run).steps[1].clone();
    assert_eq!(stopped.outcome, Some(Outcome::Suspended));
    assert_eq!(status(&run).phase, Some(Phase::Training));
    world.until_gone::<Job>(&stopped.job_name).await;

    // Whoever leads next leaves it suspended.
    drop(operator);
    let _operator = world.operator();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.jobs().await.len(), 1, "{:?}", world.jobs().await);

    drop(kubelet);
    let _kubelet = Kubelet::start(&world, all_well);
    suspend(&world, "first", false).await;
    let run = world.until_phase("first", Phase::Succeeded).await;
    let now = status(&run);
    let attempts: Vec<_> = now.steps.iter().map(|s| (s.attempt, s.outcome)).collect();
    assert_eq!(
        attempts,
        [
            (1, Some(Outcome::Succeeded)),
            (1, Some(Outcome::Suspended)),
            (2, Some(Outcome::Succeeded))
        ]
    );
    assert!(!is_true(&now.conditions, SUSPENDED) && now.suspended_since.is_none());
    assert!(now.suspended_seconds.is_some_and(|seconds| seconds >= 1));
    let models = world
        .api::<logloop_operator_api::ModelVersion>()
        .list(&ListParams::default())
        .await
        .expect("versions");
    assert_eq!(models.items.len(), 1);
}

#[tokio::test]
async fn a_run_created_suspended_waits_and_only_suspend_can_change() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    world
        .run(
            "first",
            json!({"suspend": true, "activeDeadlineSeconds": 1}),
        )
        .await;
    until_no_job_runs(&world, "first").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let run = until_no_job_runs(&world, "first").await;
    assert_eq!(
        status(&run).phase,
        Some(Phase::Pending),
        "no deadline counts"
    );
    assert_eq!(world.jobs().await, Vec::<String>::new());
    for change in [
        json!({"spec": {"backoffLimit": 5}}),
        json!({"spec": {"activeDeadlineSeconds": null}}),
        json!({"spec": {"trainer": {"epochs": 5}}}),
        json!({"spec": {"suspend": false, "source": {"minExamples": 0}}}),
    ] {
        let patch = kube::api::Patch::Merge(&change);
        let refused = world
            .api::<TrainingRun>()
            .patch("first", &kube::api::PatchParams::default(), &patch)
            .await
            .expect_err("only suspend can change");
        assert!(
            refused.to_string().contains("immutable but for suspend"),
            "{change}: {refused}"
        );
    }
    assert_eq!(run.name_any(), "first");
}

#[tokio::test]
async fn what_has_not_changed_is_not_trained_on_again() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    // Whatever its ID, the data set has the same content.
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "export" => match exported(args, 50) {
            End::Success(text) => {
                let mut result: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                result["digest"] = json!("sha256:same");
                End::Success(result.to_string())
            }
            other => other,
        },
        "evaluate" => evaluated(args, 0.3, 50),
        _ => all_well(step, args),
    });
    let strict = json!({"gate": {"metrics": [{"name": "failure_f1", "min": 0.9}]}});
    let anyway = json!({"source": {"skipUnchanged": false}});
    for (name, spec, expected) in [
        ("first", json!({}), Phase::Succeeded),
        ("same", json!({}), Phase::Skipped),
        ("anyway", anyway, Phase::Succeeded),
        ("other", json!({"trainer": {"epochs": 3}}), Phase::Succeeded),
        ("gated", strict.clone(), Phase::Rejected),
        ("gated-again", strict, Phase::Skipped),
    ] {
        world.run(name, spec).await;
        let run = world.until_phase(name, expected).await;
        if expected == Phase::Skipped {
            let reason = find(&status(&run).conditions, FINISHED).map(|c| c.reason.clone());
            assert_eq!(reason.as_deref(), Some("Unchanged"), "{name}");
            let steps = status(&run).steps;
            assert_eq!(steps.len(), 1, "{name}: {steps:?}");
        }
    }
}
