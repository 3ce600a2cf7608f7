//! Runs that only train: a person brings into service what they publish.

use crate::{kubectl::says, kubelet::Kubelet, model::all_well, world::World};
use kube::api::DeleteParams;
use logloop_operator_api::{
    ModelVersion, TrainingRun,
    conditions::{NOT_PROMOTED, SERVING, find},
    model_version::ModelPhase,
    training_run::Phase,
};
use serde_json::json;

/// Trains, and brings nothing into service; the name of the version.
async fn trained(world: &World, name: &str) -> String {
    let spec = json!({"rollout": {"strategy": "Manual"}, "source": {"skipUnchanged": false}});
    world.run(name, spec).await;
    let run = world.until_phase(name, Phase::Succeeded).await;
    let status = run.status.expect("a status");
    let message = status.message.unwrap_or_default();
    let version = status.model.expect("a model").version;
    assert!(
        message.contains(&format!("kubectl logloop promote {version}")),
        "{message}"
    );
    version
}

async fn until(world: &World, version: &str, phase: ModelPhase) -> ModelVersion {
    world
        .until(version, phase.as_str(), |model: &ModelVersion| {
            let status = model.status.as_ref();
            status.and_then(|status| status.phase) == Some(phase)
        })
        .await
}

#[tokio::test]
async fn a_run_only_trains_and_a_person_brings_its_version_into_service_and_back() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    let first = trained(&world, "first").await;
    let second = trained(&world, "second").await;
    let waits = until(&world, &first, ModelPhase::Candidate).await;
    let status = waits.status.expect("a status");
    let serving = find(&status.conditions, SERVING).expect("a condition");
    assert_eq!(serving.reason, NOT_PROMOTED);
    assert_eq!(world.document().await, None, "nothing is rolled out");
    assert_eq!(world.analyzer.pushes(), 0);

    let (well, said) = says(&world, &format!("promote {first}")).await;
    assert!(well && said.contains("in place of the rules"), "{said}");
    let serves = until(&world, &first, ModelPhase::Serving).await;
    let loaded = |model: &ModelVersion| {
        let status = model.status.as_ref();
        status.and_then(|status| status.loaded.as_deref()) == Some("1/1")
    };
    world.until(&first, "loaded", loaded).await;
    assert_eq!(serves.spec.run, "first");
    let (well, said) = says(&world, &format!("promote {first}")).await;
    assert!(well && said.contains("serves already"), "{said}");

    let (well, said) = says(&world, &format!("promote {second}")).await;
    assert!(
        well && said.contains(&format!("in place of {first}")),
        "{said}"
    );
    until(&world, &second, ModelPhase::Serving).await;
    until(&world, &first, ModelPhase::Retired).await;
    let (well, said) = says(&world, &format!("promote {first}")).await;
    assert!(well, "{said}");
    until(&world, &first, ModelPhase::Serving).await;
    until(&world, &second, ModelPhase::Retired).await;
    let (well, said) = says(&world, "promote nobody").await;
    assert!(
        !well && said.contains("there is no ModelVersion nobody"),
        "{said}"
    );
}

#[tokio::test]
async fn a_version_that_waits_to_be_promoted_outlives_its_run() {
    let world = World::with_claim().await;
    let operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    let version = trained(&world, "first").await;
    let now = DeleteParams::background();
    let runs = world.api::<TrainingRun>();
    runs.delete("first", &now).await.expect("it goes");
    world.until_gone::<TrainingRun>("first").await;
    // Another looks at it anew.
    drop(operator);
    let _operator = world.operator();
    world
        .run("second", json!({"source": {"claim": "nope"}}))
        .await;
    world
        .until("second", "decided on", |run: &TrainingRun| {
            run.status.is_some()
        })
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    until(&world, &version, ModelPhase::Candidate).await;
}
