//! Definitions of another release: told, and nothing ends.

use crate::{
    control_plane::OwnControlPlane,
    kubelet::Kubelet,
    model::all_well,
    world::{Operator, World},
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
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// How long anything may take to become so.
const WITHIN: Duration = Duration::from_secs(60);

/// An operator, and where it tells how it is.
struct Watched {
    _operator: Operator,
    address: SocketAddr,
}

impl Watched {
    fn start(world: &World) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let mut settings = world.settings("one");
        settings.listen = address;
        settings.pace.keep = Duration::from_millis(100);
        Self {
            _operator: World::operator_from(world.client.clone(), settings),
            address,
        }
    }

    async fn get(&self, path: &str) -> Option<String> {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await;
        let answer = answer.ok()?;
        assert_eq!(answer.status(), 200, "a skew makes nobody unready");
        answer.text().await.ok()
    }

    async fn until_ready_says(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let text = self.get("/readyz").await.unwrap_or_default();
            if is_so(&text) {
                return text;
            }
            assert!(began.elapsed() < WITHIN, "not {what}: {text}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

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
    let plane = OwnControlPlane::start().await;
    let world = World::on(plane.client().await).await;
    world.create_claim().await;
    let operator = Watched::start(&world);
    // What kubectl applied is, to the last field, what is served.
    let known = |text: &str| text == "ok\n";
    operator.until_ready_says("compared", known).await;
    let began = Instant::now();
    let same = "logloop_operator_crd_skew{kind=\"DataRetention\",places=\"missing\"} 0";
    loop {
        let metrics = operator.get("/metrics").await.unwrap_or_default();
        if metrics.contains(same) {
            break;
        }
        assert!(began.elapsed() < WITHIN, "never compared: {metrics}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

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
        .until_ready_says("told", |text| text.contains("DataRetention"))
        .await;
    assert!(
        told.starts_with("ok\n")
            && told.contains("it lacks status.plan.protectedDatasets, and")
            && told.contains("status.plan.mood"),
        "{told}"
    );
    let metrics = operator.get("/metrics").await.unwrap_or_default();
    for places in ["missing", "unknown"] {
        let line =
            format!("logloop_operator_crd_skew{{kind=\"DataRetention\",places=\"{places}\"}} 1");
        assert!(metrics.contains(&line), "{metrics}");
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
    operator
        .until_ready_says("told that it is over", known)
        .await;

    // Another kind is gone: the others are told of and looked after.
    let api: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    api.delete("trainingschedules.logloop.dev", &Default::default())
        .await
        .expect("it can be deleted");
    let told = operator
        .until_ready_says("told", |text| text.contains("TrainingSchedule"))
        .await;
    assert!(told.contains("does not serve TrainingSchedule"), "{told}");
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
