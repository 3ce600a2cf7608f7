//! A claim that one node at a time can mount: does a Job hold it on one node while an analyzer waits for it on another?
//! Pure.

use crate::{clock, rollout::pods::holds_claim};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

/// How long an analyzer's pod waits for the claim before a Job gives way. Units: seconds. A node that is asked first
/// takes that long to let go of a volume.
pub const PATIENCE_SECONDS: i64 = 60;

/// An analyzer's pod that has a node, and does not run there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub pod: String,
    /// Its node.
    pub node: String,
    /// Since when it has that.
    pub since: Timestamp,
    /// The node on which only a Job holds the claim, if that is another one.
    pub held_on: Option<String>,
}

impl Waiting {
    /// Whether the Job is to give way now.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.held_on.is_some() && now >= clock::after(self.since, PATIENCE_SECONDS)
    }
}

/// The analyzer's pod that has waited longest for a claim, and whether it is `job_pods` that it waits for.
pub fn waiting<'a>(
    analyzers: impl IntoIterator<Item = &'a Pod>,
    job_pods: &[Pod],
    claim: &str,
) -> Option<Waiting> {
    let holders: Vec<&Pod> = analyzers
        .into_iter()
        .filter(|pod| pod.metadata.deletion_timestamp.is_none() && holds_claim(pod, claim))
        .collect();
    let (since, pod) = holders
        .iter()
        .filter(|pod| phase(pod) == Some("Pending"))
        .filter_map(|pod| Some((scheduled(pod)?, pod)))
        .min_by_key(|(since, _)| *since)?;
    let at = node(pod)?;
    let held_on = job_pods
        .iter()
        .filter(|pod| holds_claim(pod, claim))
        .filter_map(node)
        .find(|there| {
            // Where an analyzer runs beside it, that would hold the claim all the same.
            let kept = |pod: &&Pod| phase(pod) == Some("Running") && node(pod) == Some(*there);
            *there != at && !holders.iter().any(kept)
        });
    Some(Waiting {
        pod: pod.metadata.name.clone()?,
        node: at.to_owned(),
        since,
        held_on: held_on.map(str::to_owned),
    })
}

fn phase(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.phase.as_deref()
}

fn node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

/// When it got its node.
fn scheduled(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let has_node = conditions
        .iter()
        .find(|c| c.type_ == "PodScheduled" && c.status == "True")?;
    Some(has_node.last_transition_time.as_ref()?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SINCE: &str = "2026-06-10T12:00:00Z";

    fn pod(name: &str, node: Option<&str>, phase: &str, claim: &str) -> Pod {
        let scheduled = node.map_or("False", |_| "True");
        serde_json::from_value(json!({
            "metadata": {"name": name},
            "spec": {"nodeName": node, "containers": [],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]},
            "status": {"phase": phase,
                "conditions": [{"type": "PodScheduled", "status": scheduled, "lastTransitionTime": SINCE}]}
        }))
        .expect("a pod")
    }

    #[test]
    fn a_job_gives_way_only_if_that_helps() {
        let trains = || vec![pod("job", Some("a"), "Running", "data")];
        let waits = || pod("web-1", Some("b"), "Pending", "data");
        let cases = [
            (
                "it waits elsewhere",
                vec![waits()],
                trains(),
                Some(Some("a")),
            ),
            ("no analyzer", vec![], trains(), None),
            (
                "it runs",
                vec![pod("web-1", Some("a"), "Running", "data")],
                trains(),
                None,
            ),
            (
                "it has no node",
                vec![pod("web-1", None, "Pending", "data")],
                trains(),
                None,
            ),
            (
                "it has another claim",
                vec![pod("web-1", Some("b"), "Pending", "other")],
                trains(),
                None,
            ),
            (
                "on the same node",
                vec![pod("web-1", Some("a"), "Pending", "data")],
                trains(),
                Some(None),
            ),
            ("nothing holds it", vec![waits()], vec![], Some(None)),
            (
                "the Job has no node",
                vec![waits()],
                vec![pod("job", None, "Pending", "data")],
                Some(None),
            ),
            (
                "the Job has ended",
                vec![waits()],
                vec![pod("job", Some("a"), "Succeeded", "data")],
                Some(None),
            ),
            (
                "another analyzer holds it, too",
                vec![waits(), pod("web-2", Some("a"), "Running", "data")],
                trains(),
                Some(None),
            ),
        ];
        for (name, analyzers, jobs, expected) in cases {
            let found = waiting(&analyzers, &jobs, "data");
            let held = found.as_ref().map(|waiting| waiting.held_on.as_deref());
            assert_eq!(held, expected, "{name}");
        }
        let mut going = waits();
        going.metadata.deletion_timestamp = serde_json::from_value(Value::from(SINCE)).ok();
        assert_eq!(waiting(&[going], &trains(), "data"), None);

        let waiting = waiting(&[waits()], &trains(), "data").expect("it waits");
        assert_eq!(
            (waiting.pod.as_str(), waiting.node.as_str()),
            ("web-1", "b")
        );
        let at = |seconds| clock::after(SINCE.parse().expect("a time"), seconds);
        assert!(!waiting.is_over(at(PATIENCE_SECONDS - 1)));
        assert!(waiting.is_over(at(PATIENCE_SECONDS)));
        let free = Waiting {
            held_on: None,
            ..waiting
        };
        assert!(!free.is_over(at(PATIENCE_SECONDS)));
    }
}
