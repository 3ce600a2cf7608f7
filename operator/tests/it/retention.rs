//! Retention: dry and real, changed, and in turn with exports.

use crate::{
    kubelet::{End, Kubelet, args_of},
    model::{all_well, pruned},
    world::World,
};
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams},
};
use logloop_operator_api::{
    DataRetention, DataRetentionStatus, TrainingRun,
    conditions::{SUCCEEDED, is_true},
    data_retention::{PruneOutcome, RetentionPhase},
    training_run::Phase,
};
use serde_json::{Value, json};
use std::time::Duration;

fn status(retention: &DataRetention) -> DataRetentionStatus {
    retention.status.clone().unwrap_or_default()
}

async fn retention(world: &World, name: &str, spec: Value) {
    world
        .create::<DataRetention>(json!({"metadata": {"name": name}, "spec": spec}))
        .await;
}

async fn until_phase(world: &World, name: &str, phase: RetentionPhase) -> DataRetention {
    world
        .until(name, phase.as_str(), |retention: &DataRetention| {
            status(retention).phase == Some(phase)
        })
        .await
}

#[tokio::test]
async fn without_a_schedule_it_runs_once_for_each_spec() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    retention(
        &world,
        "once",
        json!({"keep": {"maxAge": "90d", "correctedFor": "1w"}, "dryRun": true}),
    )
    .await;
    let dry = status(&until_phase(&world, "once", RetentionPhase::Succeeded).await);
    let result = dry.last_result.clone().expect("a result");
    assert_eq!(
        (
            result.dry_run,
            result.removed_interactions,
            result.freed_bytes
        ),
        (true, 12, 4096)
    );
    assert!(
        is_true(&dry.conditions, SUCCEEDED) && dry.last_run_time.is_some() && dry.plan.is_none()
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.jobs().await.len(), 1, "once is once");
    let job = world
        .api::<Job>()
        .get(&world.jobs().await[0])
        .await
        .expect("the Job");
    let args = args_of(&job).join(" ");
    assert!(
        args.contains("--max-age 90d --keep-corrected-for 7d") && args.ends_with("--dry-run"),
        "{args}"
    );

    let real = Patch::Merge(json!({"spec": {"dryRun": false}}));
    let retentions: Api<DataRetention> = world.api();
    retentions
        .patch("once", &PatchParams::default(), &real)
        .await
        .expect("the spec can change");
    let real = world
        .until("once", "carried out", |r: &DataRetention| {
            status(r).last_result.is_some_and(|result| !result.dry_run)
        })
        .await;
    assert_eq!(status(&real).last_generation, Some(2));
    assert_eq!(world.jobs().await.len(), 2);
}

#[tokio::test]
async fn a_changed_spec_stops_what_the_old_one_planned() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    retention(&world, "changed", json!({"keep": {"maxAge": "1d"}})).await;
    let running = world
        .until("changed", "running", |r: &DataRetention| {
            status(r).plan.is_some_and(|plan| plan.job_uid.is_some())
        })
        .await;
    let old = status(&running).plan.expect("a plan");
    let change = Patch::Merge(json!({"spec": {"keep": {"maxAge": "90d"}}}));
    let retentions: Api<DataRetention> = world.api();
    retentions
        .patch("changed", &PatchParams::default(), &change)
        .await
        .expect("the spec can change");
    let next = world
        .until("changed", "planned anew", |r: &DataRetention| {
            status(r)
                .plan
                .is_some_and(|plan| plan.digest != old.digest && plan.job_uid.is_some())
        })
        .await;
    // Without a garbage collector the Job stays in deletion or is gone.
    let left = world
        .api::<Job>()
        .get_opt(&old.job_name)
        .await
        .expect("an answer");
    assert!(
        left.is_none_or(|job| job.metadata.deletion_timestamp.is_some()),
        "the Job of the old plan was deleted"
    );
    let _kubelet = Kubelet::start(&world, |_, args| pruned(args));
    let done = until_phase(&world, "changed", RetentionPhase::Succeeded).await;
    assert_eq!(status(&done).last_generation, Some(2));
    let outcomes: Vec<_> = status(&done)
        .history
        .iter()
        .map(|record| record.outcome)
        .collect();
    assert_eq!(outcomes, [PruneOutcome::Succeeded, PruneOutcome::Stopped]);
    assert_ne!(
        status(&next).plan.map(|plan| plan.job_name),
        Some(old.job_name)
    );
}

#[tokio::test]
async fn it_waits_for_exports_and_follows_its_schedule() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Exporting).await;
    retention(&world, "waits", json!({"keep": {"maxBytes": "1Gi"}})).await;
    retention(
        &world,
        "paused",
        json!({"keep": {"maxAge": "1d"}, "suspend": true}),
    )
    .await;
    retention(
        &world,
        "nightly",
        json!({"keep": {"maxAge": "1d"}, "schedule": "17 3 * * *", "timeZone": "Europe/Berlin"}),
    )
    .await;
    retention(
        &world,
        "nowhere",
        json!({"keep": {"maxAge": "1d"}, "schedule": "17 3 * * *", "timeZone": "Mars/Olympus"}),
    )
    .await;
    let waits = until_phase(&world, "waits", RetentionPhase::Waiting).await;
    assert!(
        status(&waits)
            .message
            .expect("a message")
            .contains("TrainingRun first is exporting from the same claim")
    );
    let nightly = until_phase(&world, "nightly", RetentionPhase::Scheduled).await;
    let next = status(&nightly)
        .next_run_time
        .expect("a next time")
        .0
        .to_string();
    assert!(
        next.ends_with("T01:17:00Z") || next.ends_with("T02:17:00Z"),
        "03:17 in Berlin is not {next}"
    );
    until_phase(&world, "paused", RetentionPhase::Suspended).await;
    let nowhere = until_phase(&world, "nowhere", RetentionPhase::Waiting).await;
    assert!(
        status(&nowhere)
            .message
            .expect("a message")
            .contains("spec.timeZone \"Mars/Olympus\" is not known")
    );

    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "prune" => End::Failure(
            1,
            r#"{"step":"prune","error":{"code":"disk","message":"input/output error"}}"#.into(),
        ),
        _ => all_well(step, args),
    });
    let failed = until_phase(&world, "waits", RetentionPhase::Failed).await;
    let message = status(&failed).message.expect("a message");
    assert_eq!(
        message,
        "failed at attempt 3 of 3: input/output error (disk) (exit code 1)"
    );
    assert!(!is_true(&status(&failed).conditions, SUCCEEDED));
    assert!(
        world
            .jobs()
            .await
            .iter()
            .filter(|name| name.contains("waits"))
            .count()
            <= 3
    );
    assert!(failed.name_any() == "waits");
}

#[tokio::test]
async fn what_a_run_works_with_stays_and_a_run_waits_for_a_prune() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let kubelet = Kubelet::start(&world, |step, args| match step {
        "train" | "prune" => End::Running,
        _ => all_well(step, args),
    });
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Training).await;
    let first = world.api::<TrainingRun>().get("first").await;
    let trains_on = first.ok().and_then(|run| run.status?.dataset).expect("one");
    let spec = json!({"datasets": {"keepLast": 1}});
    retention(&world, "tidy", spec).await;
    let works = world
        .until("tidy", "at work", |r: &DataRetention| {
            status(r).plan.is_some_and(|plan| plan.job_uid.is_some())
        })
        .await;
    // A training may take days: it is in nobody's way, its data set is left alone.
    let plan = status(&works).plan.expect("a plan");
    assert_eq!(plan.protected_datasets, [trains_on.id.as_str()]);
    let job = world.api::<Job>().get(&plan.job_name).await;
    let args = args_of(&job.expect("its Job")).join(" ");
    assert!(
        args.contains(&format!("--protect-dataset {}", trains_on.id)),
        "{args}"
    );
    world.run("second", json!({})).await;
    let queued = world.until_phase("second", Phase::Queued).await;
    let message = queued.status.and_then(|status| status.message);
    assert!(
        message.is_some_and(|message| message.contains("DataRetention tidy is removing")),
        "it says what it waits for"
    );
    drop(kubelet);
    let _kubelet = Kubelet::start(&world, all_well);
    for name in ["first", "second"] {
        world.until_phase(name, Phase::Succeeded).await;
    }
    until_phase(&world, "tidy", RetentionPhase::Succeeded).await;
    // What serves stays, and what it was trained on.
    retention(&world, "after", json!({"datasets": {"keepLast": 1}})).await;
    until_phase(&world, "after", RetentionPhase::Succeeded).await;
    let jobs = world.api::<Job>().list(&ListParams::default()).await;
    let of_after = |job: &&Job| job.name_any().starts_with("after-");
    let jobs = jobs.expect("Jobs can be listed");
    let args = args_of(jobs.iter().find(of_after).expect("its Job")).join(" ");
    assert!(
        args.contains(&format!("--protect-dataset {}", trains_on.id)),
        "{args}"
    );
}
