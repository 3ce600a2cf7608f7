//! Definitions of another release: told, and nothing ends.

use crate::{
    control_plane::ControlPlane, kubelet::Kubelet, model::all_well, told::Told, world::World,
};
use k8s_openapi::{
    api::core::v1::Event,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use logloop_operator_api::{DataRetention, data_retention::RetentionPhase};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take to become so.
const WITHIN: Duration = Duration::from_secs(60);

async fn apply(world: &World, definition: &Value) {
    let api: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    let name = definition["metadata"]["name"].as_str().expect("a name");
    let params = PatchParams::apply("test").force();
    api.patch(name, &params, &Patch::Apply(definition))
        .await
        .expect("the definition is taken");
}

fn retention_definition() -> Value {
    let crd = logloop_operator_api::all()
        .into_iter()
        .find(|crd| crd.spec.names.kind == "DataRetention");
    serde_json::to_value(crd).expect("JSON")
}

#[tokio::test]
async fn definitions_of_another_release_are_told_and_end_nothing() {
    let mut plane = ControlPlane::own().await;
    let world = World::on(plane.client().await).await;
    world.create_claim().await;
    let operator = Told::start(&world);
    // What kubectl applied is, to the last field, what is served.
    let known = |text: &str| text == "ok\n";
    operator.until("/readyz", known).await;
    let same = "logloop_operator_crd_skew{kind=\"DataRetention\",places=\"missing\"} 0";
    operator.until("/metrics", |text| text.contains(same)).await;

    // As a release had it that knew no protected data sets, but something else.
    let mut older = retention_definition();
    let plan =
        "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/plan/properties";
    let fields = older.pointer_mut(plan).and_then(Value::as_object_mut);
    let fields = fields.expect("the fields of a plan");
    fields.remove("protectedDatasets").expect("it is there");
    fields.insert("mood".into(), json!({"type": "string"}));
    apply(&world, &older).await;
    let told = operator
        .until("/readyz", |text| text.contains("DataRetention"))
        .await;
    assert!(
        told.starts_with("ok\n")
            && told.contains("it lacks status.plan.protectedDatasets, and")
            && told.contains("status.plan.mood"),
        "{told}"
    );
    for places in ["missing", "unknown"] {
        let line =
            format!("logloop_operator_crd_skew{{kind=\"DataRetention\",places=\"{places}\"}} 1");
        operator
            .until("/metrics", |text| text.contains(&line))
            .await;
    }
    let began = Instant::now();
    while !has_event(&world).await {
        assert!(began.elapsed() < WITHIN, "no event on the lease");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // It goes on as well as that lets it.
    let _kubelet = Kubelet::start(&world, all_well);
    world
        .create::<DataRetention>(
            json!({"metadata": {"name": "nightly"}, "spec": {"keep": {"maxAge": "90d"}}}),
        )
        .await;
    world
        .until("nightly", "done", |retention: &DataRetention| {
            let status = retention.status.as_ref();
            status.and_then(|status| status.phase) == Some(RetentionPhase::Succeeded)
        })
        .await;

    apply(&world, &retention_definition()).await;
    operator.until("/readyz", known).await;

    // Another kind is gone: the others are told of and looked after.
    let api: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    api.delete("trainingschedules.logloop.dev", &Default::default())
        .await
        .expect("it can be deleted");
    let told = operator
        .until("/readyz", |text| text.contains("TrainingSchedule"))
        .await;
    assert!(told.contains("does not serve TrainingSchedule"), "{told}");

    // What cannot be compared is told, too, and only for as long.
    plane.restart(3);
    let away = "cannot compare the cluster's definitions";
    let told = operator.until("/readyz", |text| text.contains(away)).await;
    assert!(
        told.contains("does not serve TrainingSchedule"),
        "what was found stays: {told}"
    );
    operator
        .until("/readyz", |text| !text.is_empty() && !text.contains(away))
        .await;
}

async fn has_event(world: &World) -> bool {
    let events: Vec<Event> = world
        .api::<Event>()
        .list(&ListParams::default())
        .await
        .map(|list| list.items)
        .unwrap_or_default();
    events.iter().any(|event| {
        event.reason.as_deref() == Some("DefinitionSkew")
            && event.involved_object.kind.as_deref() == Some("Lease")
    })
}
