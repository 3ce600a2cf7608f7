//! The pods of an analyzer: which belong to it, and which can answer.

use crate::lean::POD_TEMPLATE_HASH;
use k8s_openapi::api::core::v1::Pod;
use logloop_operator_api::labels;
use std::{collections::BTreeMap, net::IpAddr};

/// A pod that can be talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Name of the pod.
    pub pod: String,
    /// Its address.
    pub ip: IpAddr,
}

/// Selects the pods of all analyzers.
pub fn selector() -> String {
    format!(
        "{}={},{}={}",
        labels::APP_NAME,
        labels::APP,
        labels::APP_COMPONENT,
        labels::ANALYZER
    )
}

/// The analyzer a pod belongs to: the Deployment behind its ReplicaSet, or the set that controls it.
pub fn target_of(pod: &Pod) -> Option<&str> {
    let owner = pod
        .metadata
        .owner_references
        .as_ref()?
        .iter()
        .find(|owner| owner.controller == Some(true))?;
    if owner.kind != "ReplicaSet" {
        return Some(&owner.name);
    }
    let hash = pod.metadata.labels.as_ref()?.get(POD_TEMPLATE_HASH)?;
    owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')
}

/// The pod as an endpoint, if it is ready and not about to go.
pub fn endpoint(pod: &Pod) -> Option<Endpoint> {
    let status = pod.status.as_ref()?;
    let ready = status
        .conditions
        .iter()
        .flatten()
        .any(|c| c.type_ == "Ready" && c.status == "True");
    if !ready || pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    Some(Endpoint {
        pod: pod.metadata.name.clone()?,
        ip: status.pod_ip.as_deref()?.parse().ok()?,
    })
}

/// The claims that a pod mounts.
pub fn claims(pod: &Pod) -> impl Iterator<Item = &str> {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref());
    volumes.into_iter().flatten().filter_map(|volume| {
        let source = volume.persistent_volume_claim.as_ref()?;
        Some(source.claim_name.as_str())
    })
}

/// Whether a pod holds a claim: it mounts it and has not ended.
pub fn holds_claim(pod: &Pod, claim: &str) -> bool {
    let ended = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        .is_some_and(|phase| matches!(phase, "Succeeded" | "Failed"));
    !ended && claims(pod).any(|mounted| mounted == claim)
}

/// The labels by which a Job finds the node of the analyzer that holds a claim; none while no pod does.
pub fn affinity_labels<'a>(
    pods: impl IntoIterator<Item = &'a Pod>,
    claim: &str,
) -> Option<BTreeMap<String, String>> {
    let pod = pods.into_iter().find(|pod| holds_claim(pod, claim))?;
    let found = pod.metadata.labels.as_ref()?;
    let keys = [
        labels::APP_NAME,
        labels::APP_INSTANCE,
        labels::APP_COMPONENT,
    ];
    Some(
        keys.iter()
            .filter_map(|key| Some(((*key).to_owned(), found.get(*key)?.clone())))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(value: serde_json::Value) -> Pod {
        serde_json::from_value(value).expect("a pod")
    }

    fn analyzer(ready: &str) -> Pod {
        pod(json!({
            "metadata": {"name": "web-7d9f-x", "labels": {"app.kubernetes.io/name": "logloop",
                "app.kubernetes.io/instance": "rel", "app.kubernetes.io/component": "analyzer", "pod-template-hash": "7d9f"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f", "uid": "u", "controller": true}]},
            "spec": {"containers": [], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]},
            "status": {"podIP": "fd00::1", "conditions": [{"type": "Ready", "status": ready}]}
        }))
    }

    #[test]
    fn a_pod_belongs_to_its_deployment() {
        assert_eq!(target_of(&analyzer("True")), Some("web"));
        assert_eq!(target_of(&pod(json!({"metadata": {"name": "bare"}}))), None);
    }

    #[test]
    fn only_a_ready_pod_is_an_endpoint() {
        let ip: IpAddr = "fd00::1".parse().expect("an address");
        assert_eq!(
            endpoint(&analyzer("True")),
            Some(Endpoint {
                pod: "web-7d9f-x".into(),
                ip
            })
        );
        assert_eq!(endpoint(&analyzer("False")), None);
    }

    #[test]
    fn affinity_only_while_a_pod_holds_the_claim() {
        let pods = [analyzer("False")];
        let labels = affinity_labels(&pods, "data").expect("it holds the claim");
        assert_eq!(labels["app.kubernetes.io/instance"], "rel");
        assert_eq!(labels.len(), 3);
        assert_eq!(affinity_labels(&pods, "other"), None);
        let mut ended = analyzer("False");
        ended.status.get_or_insert_default().phase = Some("Failed".into());
        assert_eq!(affinity_labels(&[ended], "data"), None);
    }
}
