//! Where Jobs run: a GPU (an extended resource of a node that is only an object) and the analyzer's claim.

use crate::{
    kubelet::{Kubelet, pod_of},
    model::{Latch, well_behind},
    scheduler::{self, Scheduler},
    world::World,
};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Node, Pod},
    scheduling::v1::PriorityClass,
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use logloop_operator_api::{
    TrainingRun,
    conditions::{BLOCKED, find, is_true},
    training_run::Phase,
};
use serde_json::{Value, json};

/// Creates an object that belongs to no namespace.
async fn create<K>(client: &Client, value: Value) -> K
where
    K: Resource<Scope = k8s_openapi::ClusterResourceScope, DynamicType = ()>
        + Clone
        + serde::Serialize
        + serde::de::DeserializeOwned
        + std::fmt::Debug,
{
    let object: K = serde_json::from_value(value).expect("an object");
    Api::all(client.clone())
        .create(&PostParams::default(), &object)
        .await
        .expect("it can be created")
}

/// A node with so many GPUs, with the taint and the label that a node with some usually has.
async fn node(client: &Client, name: &str, gpus: u32) {
    let labels =
        json!({"kubernetes.io/hostname": name, "nvidia.com/gpu.present": (gpus > 0).to_string()});
    create::<Node>(
        client,
        json!({"metadata": {"name": name, "labels": labels}}),
    )
    .await;
    let nodes: Api<Node> = Api::all(client.clone());
    let params = PatchParams::default();
    let all = json!({"cpu": "8", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi", "nvidia.com/gpu": gpus.to_string()});
    let status = json!({"status": {"capacity": all, "allocatable": all,
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}]}});
    nodes
        .patch_status(name, &params, &Patch::Merge(&status))
        .await
        .expect("the status can be written");
    let taint = json!({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"});
    let taints = if gpus > 0 { vec![taint] } else { vec![] };
    nodes
        .patch(
            name,
            &params,
            &Patch::Merge(&json!({"spec": {"taints": taints}})),
        )
        .await
        .expect("the taints can be written");
}

#[tokio::test]
async fn a_trainer_gets_its_gpu_where_the_analyzer_is_and_a_conflict_is_told() {
    let world = World::with_claim().await;
    let (plain, gpu) = (
        format!("{}-plain", world.namespace),
        format!("{}-gpu", world.namespace),
    );
    node(&world.client, &plain, 0).await;
    node(&world.client, &gpu, 1).await;
    let class = format!("{}-batch", world.namespace);
    create::<PriorityClass>(
        &world.client,
        json!({"metadata": {"name": class}, "value": 7}),
    )
    .await;
    let _scheduler = Scheduler::start().await;
    world.analyzer_pod_on(2, Some(&plain)).await;
    let _operator = world.operator();
    let ends = Latch::default();
    let _kubelet = Kubelet::start(&world, well_behind(&ends));
    world
        .run(
            "gpu",
            json!({"trainer": {
                "resources": {"limits": {"nvidia.com/gpu": "1"}},
                "nodeSelector": {"nvidia.com/gpu.present": "true"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "priorityClassName": class, "schedulerName": scheduler::NAME,
                "podTemplate": {"mounts": [{"mountPath": "/dev/shm", "emptyDir": {"inMemory": true}}]}
            }}),
        )
        .await;
    let run = world
        .until("gpu", "training", |run: &TrainingRun| {
            run.status
                .as_ref()
                .is_some_and(|status| status.steps.len() == 2)
        })
        .await;
    let name = run.status.expect("a status").steps[1].job_name.clone();
    let job = world.api::<Job>().get(&name).await.expect("the Job");
    let pod = world
        .api::<Pod>()
        .create(&PostParams::default(), &pod_of(&job))
        .await
        .expect("the API server takes the pod");
    assert_eq!(pod.spec.and_then(|spec| spec.priority), Some(7));

    // The GPU is on one node, the analyzer and with it the claim on the other.
    let run = world
        .until("gpu", "blocked", |run: &TrainingRun| {
            is_true(&run.status.clone().unwrap_or_default().conditions, BLOCKED)
        })
        .await;
    let conditions = run.status.expect("a status").conditions;
    let blocked = find(&conditions, BLOCKED).expect("a condition");
    assert_eq!(blocked.reason, "Unschedulable");
    for words in [
        "nodes are available",
        "Only one node at a time can mount PersistentVolumeClaim data",
        "ReadWriteMany",
    ] {
        assert!(blocked.message.contains(words), "{}", blocked.message);
    }

    // The way out that needs no new run: the analyzer goes to the GPU's node.
    world
        .api::<Pod>()
        .delete("web-7d9f-2", &DeleteParams::default().grace_period(0))
        .await
        .expect("it can be deleted");
    world.analyzer_pod_on(3, Some(&gpu)).await;
    world
        .until(
            &format!("{name}-x"),
            "on the node with the GPU",
            |pod: &Pod| {
                let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_ref());
                assert!(node.is_none_or(|node| *node == gpu), "{node:?}");
                node.is_some()
            },
        )
        .await;
    world
        .until("gpu", "not blocked", |run: &TrainingRun| {
            !is_true(&run.status.clone().unwrap_or_default().conditions, BLOCKED)
        })
        .await;
    ends.open();
    world.until_phase("gpu", Phase::Succeeded).await;
}
