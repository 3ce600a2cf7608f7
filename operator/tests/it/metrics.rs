//! Figures for Prometheus.

use crate::{kubelet::Kubelet, model::all_well, told::Told, world::World};
use logloop_operator_api::training_run::Phase;
use serde_json::json;

#[tokio::test]
async fn a_run_can_be_followed_in_figures_without_its_name() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let operator = Told::start(&world);
    let _kubelet = Kubelet::start(&world, all_well);
    world.run("a-name-of-its-own", json!({})).await;
    world
        .until_phase("a-name-of-its-own", Phase::Succeeded)
        .await;
    let counted = [
        "phase_seconds_count{phase=\"Exporting\"} 1",
        "phase_seconds_count{phase=\"Training\"} 1",
        "phase_seconds_count{phase=\"RollingOut\"} 1",
        "queue_seconds_count 1",
        "decisions_total{controller=\"trainingrun\",decision=\"create_job\"} 2",
        "decisions_total{controller=\"trainingrun\",decision=\"publish_version\"} 1",
        "api_requests_total{verb=\"create\",status=\"201\"} ",
        "api_requests_total{verb=\"update\",status=\"200\"} ",
        "api_requests_total{verb=\"watch\",status=\"200\"} ",
        "api_request_seconds_count{verb=\"get\"} ",
        "reconciles_in_flight{controller=\"trainingrun\"} ",
        "reconcile_seconds_count{controller=\"trainingrun\"} ",
        "jobs_created_total{step=\"train\"} 1",
        "objects{kind=\"TrainingRun\",phase=\"Succeeded\"} 1",
        "watch_age_seconds{watch=\"jobs\"} ",
        "leader 1",
    ];
    let text = operator
        .until("/metrics", |text| {
            counted
                .iter()
                .all(|line| text.contains(&format!("\nlogloop_operator_{line}")))
        })
        .await;
    assert!(!text.contains("a-name-of-its-own"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}
