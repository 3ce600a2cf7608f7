//! Why a pod does not run, word for word, and what would help.

use super::outcome::own;
use k8s_openapi::api::core::v1::{ContainerStateWaiting, Pod};

/// What keeps a Job from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// CamelCase word, as Kubernetes has it.
    pub reason: String,
    /// What Kubernetes says, and what would help.
    pub message: String,
}

impl Blocked {
    /// What Kubernetes says, followed by what would help.
    pub fn new(reason: &str, words: &str) -> Self {
        let words = words.trim();
        let message = match help(reason) {
            Some(help) if words.is_empty() => format!("{reason}. {help}"),
            Some(help) => format!(
                "{reason}: {words}. {help}",
                words = words.trim_end_matches('.')
            ),
            None if words.is_empty() => reason.to_owned(),
            None => format!("{reason}: {words}"),
        };
        Self {
            reason: word(reason),
            message,
        }
    }
}

impl Blocked {
    /// The message; of a pod that fits no node and must run beside the analyzer's, also why, and the ways out.
    pub fn told(&self, beside: bool, claim: &str) -> String {
        if beside && self.reason == UNSCHEDULABLE {
            format!(
                "{}. Only one node at a time can mount PersistentVolumeClaim {claim}, so this pod must run on the node of the analyzer's pods, and no such node has what it asks for. Ways out: a claim with the access mode ReadWriteMany; or the analyzer on a node that fits both (analyzer.nodeSelector and analyzer.tolerations of the chart); or a new object that asks for less (resources, nodeSelector, affinity)",
                self.message
            )
        } else {
            self.message.clone()
        }
    }
}

/// Reason of a pod that fits no node.
const UNSCHEDULABLE: &str = "Unschedulable";
/// Reason of a Job that the API server does not take.
pub const JOB_REFUSED: &str = "JobRefused";

/// What the API server says of a Job that it does not take, and what would help.
pub fn job_refused(words: &str) -> String {
    let words = words.trim().trim_end_matches('.');
    format!(
        "the API server refused it: {words}. Raise or free the quota, or change the policy that the message names, and it starts by itself; if the resources asked for are at fault, correct them in the spec (of a TrainingRun: in a new one)"
    )
}

/// Why this pod does not run, if something keeps it from that.
pub fn of_pod(pod: &Pod) -> Option<Blocked> {
    let status = pod.status.as_ref()?;
    let unscheduled = status
        .conditions
        .iter()
        .flatten()
        .find(|c| c.type_ == "PodScheduled" && c.status == "False");
    if let Some(condition) = unscheduled {
        let reason = condition.reason.as_deref().unwrap_or("Unschedulable");
        return Some(Blocked::new(
            reason,
            condition.message.as_deref().unwrap_or_default(),
        ));
    }
    let waiting = |state: &ContainerStateWaiting| {
        let reason = state
            .reason
            .as_deref()
            .filter(|reason| !matches!(*reason, "ContainerCreating" | "PodInitializing"))?;
        Some(Blocked::new(
            reason,
            state.message.as_deref().unwrap_or_default(),
        ))
    };
    own(pod)?.state.as_ref()?.waiting.as_ref().and_then(waiting)
}

fn help(reason: &str) -> Option<&'static str> {
    Some(match reason {
        UNSCHEDULABLE => {
            "Free or add a node that fits, or lower the resources or the nodeSelector in a new object; it starts by itself once a node fits"
        }
        "SchedulingGated" => {
            "It starts by itself once whoever holds its scheduling gate removes it"
        }
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
            "Make the image available to the node, or correct its name; it starts by itself once the image is there"
        }
        "FailedCreate" => {
            "If a quota is the reason, raise it or free some of it; it starts by itself once its pod is admitted"
        }
        "FailedMount" | "FailedAttachVolume" => {
            "It starts by itself once the volume can be mounted on its node"
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            "Correct what the message names; the node tries again by itself"
        }
        _ => return None,
    })
}

/// A condition's reason takes letters, digits and underscores, and begins with a letter.
fn word(reason: &str) -> String {
    let word: String = reason.chars().filter(char::is_ascii_alphanumeric).collect();
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        word
    } else {
        "Blocked".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(status: serde_json::Value) -> Option<Blocked> {
        let pod: Pod = serde_json::from_value(
            json!({"metadata": {"labels": {"logloop.dev/step": "c"}}, "status": status}),
        )
        .expect("a pod");
        of_pod(&pod)
    }

    #[test]
    fn what_kubernetes_says_is_repeated_word_for_word() {
        let words = "0/1 nodes are available: 1 Insufficient cpu.";
        let blocked = of(
            json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}]}),
        );
        let blocked = blocked.expect("it is not scheduled");
        assert_eq!(blocked.reason, "Unschedulable");
        assert_eq!(blocked.told(false, "data"), blocked.message);
        let told = blocked.told(true, "data");
        assert!(
            told.starts_with(&blocked.message) && told.contains("ReadWriteMany"),
            "{told}"
        );
        assert!(
            blocked.message.starts_with(
                "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. Free or add"
            ),
            "{}",
            blocked.message
        );

        let state = json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\""}});
        let blocked = of(
            json!({"containerStatuses": [{"name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state}]}),
        );
        assert!(
            blocked
                .expect("it waits")
                .message
                .contains("Back-off pulling image \"x\". Make the image available")
        );
    }

    #[test]
    fn a_pod_on_its_way_is_not_blocked() {
        assert_eq!(
            of(json!({"conditions": [{"type": "PodScheduled", "status": "True"}]})),
            None
        );
        let state = json!({"waiting": {"reason": "ContainerCreating"}});
        assert_eq!(
            of(
                json!({"containerStatuses": [{"name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state}]})
            ),
            None
        );
    }
}
