//! A Job that holds a claim which one node can mount, while the analyzer has come to another node.

use crate::{
    kubelet::{End, Kubelet, pod_of},
    model::all_well,
    world::World,
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::api::DeleteParams;
use logloop_operator_api::{
    TrainingRun,
    conditions::{BLOCKED, find, is_true},
    training_run::{Outcome, Phase, TrainingRunStatus},
};
use serde_json::json;

fn status(run: &TrainingRun) -> TrainingRunStatus {
    run.status.clone().unwrap_or_default()
}

#[tokio::test]
async fn a_training_gives_way_to_an_analyzer_and_goes_on_beside_it() {
    let world = World::with_claim().await;
    world.analyzer_pod_on(2, Some("a")).await;
    let _operator = world.operator();
    let kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    // A way given is no failure.
    world.run("first", json!({"backoffLimit": 0})).await;
    let run = world
        .until("first", "training", |run: &TrainingRun| {
            status(run).steps.len() == 2
        })
        .await;
    let held = status(&run).steps[1].job_name.clone();
    let job = world.api::<Job>().get(&held).await.expect("the Job");
    let mut pod = serde_json::to_value(pod_of(&job)).expect("JSON");
    pod["spec"]["nodeName"] = json!("a");
    world.create::<Pod>(pod).await;
    world
        .patch_status::<Pod>(
            &format!("{held}-x"),
            json!({"status": {"phase": "Running"}}),
        )
        .await;

    // Its node is drained: the analyzer comes to another one, two minutes ago, and cannot mount the claim there.
    let now = DeleteParams::default().grace_period(0);
    let pods = world.api::<Pod>();
    pods.delete("web-7d9f-2", &now).await.expect("it goes");
    world.analyzer_pod_on(3, Some("b")).await;
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(120);
    let stuck = json!({"status": {"phase": "Pending", "conditions": [
        {"type": "Ready", "status": "False"},
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": format!("{since:.0}")}]}});
    world.patch_status::<Pod>("web-7d9f-3", stuck).await;
    world.until_gone::<Job>(&held).await;
    let run = world
        .until("first", "blocked", |run: &TrainingRun| {
            is_true(&status(run).conditions, BLOCKED)
        })
        .await;
    let blocked = find(&status(&run).conditions, BLOCKED).cloned();
    let blocked = blocked.expect("a condition");
    assert_eq!(blocked.reason, "GaveWay");
    assert!(
        blocked
            .message
            .contains("pod web-7d9f-3 of an analyzer waits on node b"),
        "{}",
        blocked.message
    );
    assert_eq!(status(&run).phase, Some(Phase::Training));
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(world.jobs().await.len(), 1, "it waits for the analyzer");

    drop(kubelet);
    let _kubelet = Kubelet::start(&world, all_well);
    let runs = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    world.patch_status::<Pod>("web-7d9f-3", runs).await;
    let run = world.until_phase("first", Phase::Succeeded).await;
    let attempts: Vec<_> = status(&run)
        .steps
        .iter()
        .map(|s| (s.attempt, s.outcome))
        .collect();
    assert_eq!(
        attempts,
        [
            (1, Some(Outcome::Succeeded)),
            (1, Some(Outcome::Suspended)),
            (2, Some(Outcome::Succeeded))
        ]
    );
    assert_eq!(
        status(&run).steps[1].message.as_deref(),
        Some("gave way to pod web-7d9f-3")
    );
    assert!(!is_true(&status(&run).conditions, BLOCKED));
}
