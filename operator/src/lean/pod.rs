//! Pods: where they run, what keeps them from it, which claims they hold, and their last words.

use super::Thin;
use k8s_openapi::{
    api::core::v1::{
        ContainerState, ContainerStatus, PersistentVolumeClaimVolumeSource, Pod, PodCondition,
        PodSpec, PodStatus, Volume,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Deserialize, Deserializer};

/// What is read of what was asked for.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    node_name: Option<String>,
    #[serde(default, deserialize_with = "claims")]
    volumes: Vec<Mounted>,
}

/// A claim that it mounts.
#[derive(Clone, Debug, PartialEq)]
struct Mounted {
    name: String,
    claim: PersistentVolumeClaimVolumeSource,
}

/// What is read of what is known.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    phase: Option<String>,
    message: Option<String>,
    #[serde(default, deserialize_with = "conditions")]
    conditions: Vec<PodCondition>,
    #[serde(default)]
    container_statuses: Vec<Container>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Container {
    name: String,
    state: Option<ContainerState>,
}

/// Volumes that are claims.
fn claims<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Mounted>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Any {
        name: String,
        persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource>,
    }
    let all = Option::<Vec<Any>>::deserialize(from)?.unwrap_or_default();
    let claims = all.into_iter().filter_map(|volume| {
        Some(Mounted {
            name: volume.name,
            claim: volume.persistent_volume_claim?,
        })
    });
    Ok(claims.collect())
}

/// Conditions that are looked at.
fn conditions<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PodCondition>, D::Error> {
    let mut all = Option::<Vec<PodCondition>>::deserialize(from)?.unwrap_or_default();
    all.retain(|condition| matches!(&*condition.type_, "PodScheduled" | "Ready"));
    all.shrink_to_fit();
    Ok(all)
}

impl Spec {
    fn whole(&self) -> PodSpec {
        let claims = self.volumes.iter().map(|mounted| Volume {
            name: mounted.name.clone(),
            persistent_volume_claim: Some(mounted.claim.clone()),
            ..Volume::default()
        });
        PodSpec {
            node_name: self.node_name.clone(),
            volumes: (!self.volumes.is_empty()).then(|| claims.collect()),
            ..PodSpec::default()
        }
    }
}

impl Status {
    fn whole(&self) -> PodStatus {
        let containers = self.container_statuses.iter().map(|one| ContainerStatus {
            name: one.name.clone(),
            state: one.state.clone(),
            ..ContainerStatus::default()
        });
        PodStatus {
            phase: self.phase.clone(),
            message: self.message.clone(),
            conditions: Some(self.conditions.clone()),
            container_statuses: Some(containers.collect()),
            pod_ip: self.pod_ip.clone(),
            ..PodStatus::default()
        }
    }
}

impl Thin for Pod {
    type Spec = Spec;
    type Status = Status;

    fn whole(metadata: ObjectMeta, spec: Option<&Spec>, status: Option<&Status>) -> Self {
        Self {
            metadata,
            spec: spec.map(Spec::whole),
            status: status.map(Status::whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Lean, *};
    use crate::{jobs::outcome::own, rollout::pods};
    use serde_json::{Value, json};

    type Change = dyn Fn(&mut Value);

    fn pod(change: &Change) -> Lean<Pod> {
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
        serde_json::from_value(pod).expect("a pod")
    }

    #[test]
    fn what_is_read_of_a_pod_is_there_and_the_rest_is_not() {
        let read = pod(&|_| ()).whole();
        assert!(read.metadata.managed_fields.is_none());
        assert_eq!(pods::claims(&read).collect::<Vec<_>>(), ["data"]);
        assert_eq!(pods::endpoint(&read).map(|at| at.pod), Some("p".into()));
        assert!(own(&read).is_some_and(|container| container.state.is_some()));
        let spec = read.spec.expect("a spec");
        assert_eq!(spec.node_name.as_deref(), Some("a"));
        assert!(spec.containers.is_empty());
        assert_eq!(spec.volumes.map(|all| all.len()), Some(1));
        let bare = pod(&|pod| {
            pod["status"] = json!({"phase": "Pending"});
            pod["metadata"]["labels"]["other"] = json!("o");
        });
        let bare = bare.whole();
        assert!(own(&bare).is_none() && pods::endpoint(&bare).is_none());
        let labels = bare.metadata.labels.expect("labels");
        assert_eq!(labels.into_keys().collect::<Vec<_>>(), ["logloop.dev/step"]);
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
