//! A queue such as Kueue holds Jobs back by their label, admits them, takes them back and admits them again.

use crate::{
    control_plane,
    kubelet::{End, Kubelet, args_of, pod_of},
    model::all_well,
    watched::Writes,
    world::World,
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams},
    client::ClientBuilder,
    core::{ApiResource, GroupVersionKind},
};
use logloop_operator_api::{
    TrainingRun,
    training_run::{Outcome, Phase, TrainingRunStatus},
};
use serde_json::{Value, json};
use std::time::Duration;

const QUEUE: &str = "kueue.x-k8s.io/queue-name";

fn status(run: &TrainingRun) -> TrainingRunStatus {
    run.status.clone().unwrap_or_default()
}

/// What Kueue's webhook does: whoever creates a Job with the label gets it suspended.
async fn hold_back(world: &World) {
    let create = async |kind: &str, name: &str, spec: Value| {
        let gvk = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", kind);
        let resource = ApiResource::from_gvk(&gvk);
        let api: Api<DynamicObject> = Api::all_with(world.client.clone(), &resource);
        let mut object = DynamicObject::new(name, &resource);
        object.data = json!({"spec": spec});
        api.create(&PostParams::default(), &object)
            .await
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
    };
    let name = format!("{}-queue", world.namespace);
    let expression = "[JSONPatch{op: 'add', path: '/spec/suspend', value: true}]";
    create(
        "MutatingAdmissionPolicy",
        &name,
        json!({
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "matchConstraints": {"resourceRules": [{"apiGroups": ["batch"], "apiVersions": ["v1"],
                "operations": ["CREATE"], "resources": ["jobs"]}], "objectSelector": {"matchExpressions":
                [{"key": QUEUE, "operator": "Exists"}]}},
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}]
        }),
    )
    .await;
    let here = json!({"matchLabels": {"kubernetes.io/metadata.name": world.namespace}});
    create(
        "MutatingAdmissionPolicyBinding",
        &name,
        json!({"policyName": name, "matchResources": {"namespaceSelector": here}}),
    )
    .await;
    // It takes the API server a moment to know the policy.
    let template =
        json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}});
    for _ in 0..200 {
        let labels = json!({QUEUE: "team-a"});
        let probe: Job = world
            .create(json!({"metadata": {"name": "probe", "labels": labels}, "spec": {"template": template}}))
            .await;
        let now = DeleteParams::background().grace_period(0);
        let jobs: Api<Job> = world.api();
        jobs.delete("probe", &now).await.expect("it can be deleted");
        world.until_gone::<Job>("probe").await;
        if probe.spec.and_then(|spec| spec.suspend) == Some(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the API server does not hold Jobs back");
}

/// Admits a Job or takes it back, as Kueue does: by its `suspend`, and by where its pods may run.
async fn set_suspend(world: &World, name: &str, suspend: bool) {
    let mut spec = json!({"suspend": suspend});
    if !suspend {
        spec["template"] = json!({"spec": {"nodeSelector": {"flavor": "spot"}}});
    }
    let jobs: Api<Job> = world.api();
    let change = Patch::Merge(json!({"spec": spec}));
    jobs.patch(name, &PatchParams::default(), &change)
        .await
        .expect("a suspended Job can be changed");
}

async fn until_waiting(world: &World, step: usize) -> TrainingRun {
    world
        .until("first", "in the queue", |run: &TrainingRun| {
            let now = status(run);
            let message = now.message.unwrap_or_default();
            now.steps.len() == step && message.contains("waits in the queue team-a")
        })
        .await
}

async fn until_under_way(world: &World) {
    world
        .until("first", "under way", |run: &TrainingRun| {
            let now = status(run);
            now.queued_since.is_none()
                && now
                    .message
                    .is_some_and(|message| message.contains("is under way"))
        })
        .await;
}

/// The Job controller sees to it that a suspended Job has no pods.
async fn start_pod(world: &World, job: &str) -> String {
    let job = world.api::<Job>().get(job).await.expect("the Job");
    let pod = pod_of(&job);
    let pods: Api<Pod> = world.api();
    pods.create(&PostParams::default(), &pod)
        .await
        .expect("a pod");
    let running = json!({"status": {"phase": "Running"}});
    world.patch_status::<Pod>(&pod.name_any(), running).await;
    pod.name_any()
}

#[tokio::test]
async fn a_job_is_held_back_admitted_evicted_and_admitted_again() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    hold_back(&world).await;
    let writes = Writes::default();
    let client = ClientBuilder::try_from(control_plane::config().await)
        .expect("a client")
        .with_layer(&writes)
        .build();
    let _operator = world.operator_with(client, "one");
    world
        .create::<TrainingRun>(
            json!({"metadata": {"name": "first", "labels": {QUEUE: "team-a"}},
            "spec": {"backoffLimit": 0}}),
        )
        .await;

    let run = until_waiting(&world, 1).await;
    let export = status(&run).steps[0].job_name.clone();
    let job = world.api::<Job>().get(&export).await.expect("the Job");
    assert_eq!(job.labels()[QUEUE], "team-a");
    assert_eq!(job.spec.as_ref().and_then(|spec| spec.suspend), Some(true));
    assert!(status(&run).queued_since.is_some());

    set_suspend(&world, &export, false).await;
    until_under_way(&world).await;
    let pod = start_pod(&world, &export).await;

    // Evicted: no failure, no second Job.
    set_suspend(&world, &export, true).await;
    let now = DeleteParams::default().grace_period(0);
    world
        .api::<Pod>()
        .delete(&pod, &now)
        .await
        .expect("it can be deleted");
    let run = until_waiting(&world, 1).await;
    assert_eq!(status(&run).steps[0].outcome, None);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.jobs().await, std::slice::from_ref(&export));

    set_suspend(&world, &export, false).await;
    until_under_way(&world).await;
    let kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    let run = until_waiting(&world, 2).await;
    let [first, train] = status(&run).steps.try_into().expect("two steps");
    assert_eq!(
        (first.attempt, first.outcome),
        (1, Some(Outcome::Succeeded))
    );
    drop(kubelet);
    set_suspend(&world, &train.job_name, false).await;
    let _kubelet = Kubelet::start(&world, all_well);
    let run = world.until_phase("first", Phase::Succeeded).await;
    assert_eq!(status(&run).steps.len(), 2);

    // What the queue wrote stands, and nobody else wrote to a Job once it was created.
    let job = world
        .api::<Job>()
        .get(&train.job_name)
        .await
        .expect("the Job");
    assert_eq!(args_of(&job)[0], "train");
    let pod = job.spec.and_then(|spec| spec.template.spec).expect("a pod");
    assert_eq!(pod.node_selector.expect("a selector")["flavor"], "spot");
    let to_jobs: Vec<String> = writes
        .seen()
        .into_iter()
        .filter(|write| write.contains("/jobs"))
        .collect();
    assert!(
        to_jobs.len() == 2 && to_jobs.iter().all(|write| write.starts_with("POST ")),
        "{to_jobs:?}"
    );
}
