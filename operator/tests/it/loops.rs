//! What an analyzer's page is told of the loop.

use crate::{
    kubelet::{End, Kubelet},
    model::{all_well, digest},
    world::World,
};
use logloop_operator_api::{DataRetention, TrainingSchedule, training_run::Phase};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take to become so.
const WITHIN: Duration = Duration::from_secs(60);

async fn until_heard(world: &World, pod: u8, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let heard = world.analyzer.heard(pod).unwrap_or_default();
        if is_so(&heard) {
            return heard;
        }
        assert!(
            began.elapsed() < WITHIN,
            "pod {pod} was not told {what}: {heard:#}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_pod_is_told_what_the_loop_is_doing() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    until_heard(&world, 2, "that nothing is under way", |heard| {
        heard["target"] == "web" && heard["current_count"] == 0 && heard["serving"].is_null()
    })
    .await;

    let kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    world
        .create::<TrainingSchedule>(json!({"metadata": {"name": "nightly"},
            "spec": {"schedule": "17 3 1 1 *", "template": {"spec": {}}}}))
        .await;
    world
        .create::<DataRetention>(
            json!({"metadata": {"name": "tidy"}, "spec": {"keep": {"maxAge": "90d"}, "schedule": "17 3 1 1 *"}}),
        )
        .await;
    world.run("first", json!({})).await;
    let heard = until_heard(&world, 2, "of the training", |heard| {
        heard["current"][0]["phase"] == "Training"
            && heard["schedules"][0]["next"].is_string()
            && heard["retentions"][0]["next"].is_string()
    })
    .await;
    let run = &heard["current"][0];
    assert_eq!(
        (&run["name"], &run["examples"]),
        (&json!("first"), &json!(120))
    );
    assert!(run["message"].as_str().is_some_and(|said| !said.is_empty()));
    assert_eq!(heard["schedules"][0]["name"], "nightly");
    assert_eq!(heard["retentions"][0]["name"], "tidy");

    // One that comes later is told, too.
    world.analyzer_pod(3).await;
    until_heard(&world, 3, "the same", |late| {
        late["current"] == heard["current"]
    })
    .await;

    drop(kubelet);
    let _kubelet = Kubelet::start(&world, all_well);
    let run = world.until_phase("first", Phase::Succeeded).await;
    let version = run.status.and_then(|status| status.model).expect("a model");
    for pod in [2, 3] {
        let heard = until_heard(&world, pod, "of the end", |heard| {
            heard["last"]["outcome"] == "Succeeded" && heard["serving"]["since"].is_string()
        })
        .await;
        assert_eq!(heard["serving"]["version"], version.version);
        assert_eq!(heard["serving"]["digest"], digest(&version.version));
        assert_eq!(
            (&heard["current_count"], &heard["candidate"]),
            (&json!(0), &Value::Null)
        );
        assert!(heard["last"]["ended"].is_string(), "{heard:#}");
    }
}
