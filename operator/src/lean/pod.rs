//! Pods: where they run, what keeps them from it, which claims they hold, and their last words.

use super::{Meta, Thin, meta_differs};
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStatus, PersistentVolumeClaimVolumeSource, Pod, PodCondition, PodSpec,
    PodStatus, Volume,
};
use serde::Deserialize;

/// What is read of a pod.
#[derive(Debug, Deserialize)]
pub struct Wire {
    metadata: Meta,
    spec: Option<Spec>,
    status: Option<Status>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    node_name: Option<String>,
    volumes: Option<Vec<Mounted>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mounted {
    name: String,
    persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    phase: Option<String>,
    message: Option<String>,
    conditions: Option<Vec<PodCondition>>,
    container_statuses: Option<Vec<Container>>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Container {
    name: String,
    state: Option<ContainerState>,
}

impl From<Wire> for Pod {
    fn from(wire: Wire) -> Self {
        Self {
            metadata: wire.metadata.lean(),
            spec: wire.spec.map(Into::into),
            status: wire.status.map(Into::into),
        }
    }
}

impl From<Spec> for PodSpec {
    fn from(spec: Spec) -> Self {
        let claims = spec.volumes.into_iter().flatten().filter_map(|volume| {
            Some(Volume {
                name: volume.name,
                persistent_volume_claim: Some(volume.persistent_volume_claim?),
                ..Volume::default()
            })
        });
        let claims: Vec<Volume> = claims.collect();
        Self {
            node_name: spec.node_name,
            volumes: (!claims.is_empty()).then_some(claims),
            ..Self::default()
        }
    }
}

impl From<Status> for PodStatus {
    fn from(status: Status) -> Self {
        let container = |container: Container| ContainerStatus {
            name: container.name,
            state: container.state,
            ..ContainerStatus::default()
        };
        let read = |condition: &PodCondition| matches!(&*condition.type_, "PodScheduled" | "Ready");
        Self {
            phase: status.phase,
            message: status.message,
            conditions: status
                .conditions
                .map(|all| all.into_iter().filter(read).collect()),
            container_statuses: status
                .container_statuses
                .map(|all| all.into_iter().map(container).collect()),
            pod_ip: status.pod_ip,
            ..Self::default()
        }
    }
}

impl Thin for Pod {
    type Wire = Wire;

    fn differs(&self, other: &Self) -> bool {
        meta_differs(&self.metadata, &other.metadata)
            || self.spec != other.spec
            || self.status != other.status
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Lean, *};
    use crate::{jobs::outcome::own, rollout::pods};
    use serde_json::{Value, json};

    type Change = dyn Fn(&mut Value);

    fn pod(change: &Change) -> Pod {
        let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": "2026-06-10T12:00:00Z"});
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "uid": "u", "resourceVersion": "7", "labels": {"logloop.dev/step": "train"},
                "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}]},
            "spec": {"nodeName": "a", "containers": [{"name": "train", "env": [{"name": "A", "value": "b"}]}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "token", "projected": {}}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1", "qosClass": "Burstable",
                "conditions": [condition("PodScheduled"), condition("Initialized"), condition("Ready")],
                "containerStatuses": [{"name": "train", "ready": true, "restartCount": 0, "image": "i", "imageID": "", "state": {"running": {}}}]}});
        change(&mut pod);
        let lean: Lean<Pod> = serde_json::from_value(pod).expect("a pod");
        lean.0
    }

    #[test]
    fn what_is_read_of_a_pod_is_there_and_the_rest_is_not() {
        let read = pod(&|_| ());
        assert!(read.metadata.managed_fields.is_none());
        assert_eq!(pods::claims(&read).collect::<Vec<_>>(), ["data"]);
        assert_eq!(pods::endpoint(&read).map(|at| at.pod), Some("p".into()));
        assert!(own(&read).is_some_and(|container| container.state.is_some()));
        let spec = read.spec.expect("a spec");
        assert_eq!(spec.node_name.as_deref(), Some("a"));
        assert!(spec.containers.is_empty());
        assert_eq!(spec.volumes.map(|all| all.len()), Some(1));
        assert_eq!(pod(&|pod| pod["status"] = Value::Null).status, None);
    }

    #[test]
    fn only_what_is_read_makes_a_difference() {
        let before = pod(&|_| ());
        let cases: [(&str, &Change, bool); 6] = [
            (
                "its version",
                &|pod| pod["metadata"]["resourceVersion"] = json!("8"),
                false,
            ),
            (
                "a condition",
                &|pod| pod["status"]["conditions"][1]["status"] = json!("False"),
                false,
            ),
            (
                "not ready",
                &|pod| pod["status"]["conditions"][2]["status"] = json!("False"),
                true,
            ),
            (
                "its phase",
                &|pod| pod["status"]["phase"] = json!("Succeeded"),
                true,
            ),
            (
                "its node",
                &|pod| pod["spec"]["nodeName"] = json!("b"),
                true,
            ),
            (
                "its last words",
                &|pod| {
                    pod["status"]["containerStatuses"][0]["state"] =
                        json!({"terminated": {"exitCode": 0, "message": "m"}});
                },
                true,
            ),
        ];
        for (what, change, expected) in cases {
            assert_eq!(before.differs(&pod(change)), expected, "{what}");
        }
    }
}
