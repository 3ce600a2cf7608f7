//! Labels and annotations that tie objects together.

/// Name of the program an object belongs to.
pub const APP_NAME: &str = "app.kubernetes.io/name";
/// The Helm release an object belongs to.
pub const APP_INSTANCE: &str = "app.kubernetes.io/instance";
/// The part of logloop an object is.
pub const APP_COMPONENT: &str = "app.kubernetes.io/component";
/// Who made an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Name of the TrainingRun a Job belongs to.
pub const RUN: &str = "logloop.dev/run";
/// UID of the TrainingRun or DataRetention a Job belongs to, or of the TrainingSchedule a run does: names are reused,
/// UIDs are not.
pub const OWNER_UID: &str = "logloop.dev/owner-uid";
/// Name of the DataRetention a Job belongs to.
pub const RETENTION: &str = "logloop.dev/retention";
/// Name of the TrainingSchedule that created a TrainingRun.
pub const SCHEDULE: &str = "logloop.dev/schedule";
/// On a TrainingRun that a TrainingSchedule created: why it did.
pub const STAMPED_BECAUSE: &str = "logloop.dev/created-because";
/// What a Job does: export, train, evaluate or prune.
pub const STEP: &str = "logloop.dev/step";
/// The analyzer a ModelVersion or a serving document is for.
pub const TARGET: &str = "logloop.dev/target";
/// On a serving document: the run that is rolling out, as `name/uid`.
pub const ROLLOUT_OWNER: &str = "logloop.dev/rollout-owner";
/// On a prune Job: digest of the plan it carries out.
pub const PLAN_DIGEST: &str = "logloop.dev/plan-digest";

/// Kueue's: the queue that admits a Job.
pub const QUEUE: &str = "kueue.x-k8s.io/queue-name";

/// Value of [`APP_NAME`].
pub const APP: &str = "logloop";
/// Value of [`MANAGED_BY`].
pub const MANAGER: &str = "logloop-operator";
/// Value of [`APP_COMPONENT`] on the analyzer's pods.
pub const ANALYZER: &str = "analyzer";

/// Prefixes of labels that are ours or Kubernetes' own, and so are not taken over from a run to its Jobs.
const RESERVED_PREFIXES: [&str; 5] = [
    "app.kubernetes.io/",
    "logloop.dev/",
    "batch.kubernetes.io/",
    "controller-uid",
    "job-name",
];

/// Whether a label of a run passes on to its Jobs.
pub fn passes_on(key: &str) -> bool {
    !RESERVED_PREFIXES.iter().any(|p| key.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_name_passes_on_and_our_own_labels_do_not() {
        assert!(passes_on(QUEUE));
        assert!(passes_on("team"));
        assert!(!passes_on(RUN));
        assert!(!passes_on("job-name"));
        assert!(!passes_on(APP_COMPONENT));
    }
}
