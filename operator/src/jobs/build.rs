//! Builds a Job. Infallible and without a client.

use super::extra;
use k8s_openapi::{
    api::{
        batch::v1::{
            Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnPodConditionsPattern,
            PodFailurePolicyRule,
        },
        core::v1::{
            Affinity, Capabilities, Container, EmptyDirVolumeSource,
            PersistentVolumeClaimVolumeSource, PodAffinityTerm, PodSecurityContext, PodSpec,
            PodTemplateSpec, ResourceRequirements, SeccompProfile, SecurityContext, Volume,
            VolumeMount,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference},
    },
};
use logloop_operator_api::{
    labels,
    placement::{Placement, PodTemplate},
};
use std::collections::BTreeMap;

/// User and group of every container; the claim's files belong to it.
const USER: i64 = 65_532;
/// Where the claim is mounted.
pub const DATA: &str = "/data";
/// Where a container leaves its result.
pub const TERMINATION_LOG: &str = "/dev/termination-log";
/// Seconds between asking a container to stop and ending it.
const GRACE_SECONDS: i64 = 10;
/// How much a container may write below `/tmp`.
const TMP_SIZE: &str = "1Gi";

/// What a Job is to be.
#[derive(Clone, Debug)]
pub struct JobPlan {
    /// Its name.
    pub name: String,
    /// What it does: export, train, evaluate or prune.
    pub step: &'static str,
    /// Whose it is.
    pub owner: OwnerReference,
    /// Labels beyond those every Job has.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Image of its container; the image's entry point is the program.
    pub image: String,
    /// When the node pulls the image.
    pub pull_policy: String,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Resources of its container.
    pub resources: ResourceRequirements,
    /// The claim it works on.
    pub claim: String,
    /// Labels of the pods on whose node it must run.
    pub beside: Option<BTreeMap<String, String>>,
    /// Its service account, of which it gets no token.
    pub service_account: Option<String>,
    /// Seconds after which Kubernetes ends it.
    pub deadline_seconds: i64,
    /// Where it may run.
    pub placement: Placement,
    /// What is put into its pods besides.
    pub pod_template: PodTemplate,
}

/// The resources that were asked for, or these.
pub fn resources_or(
    asked: Option<&ResourceRequirements>,
    cpu: &str,
    memory: &str,
    memory_limit: &str,
) -> ResourceRequirements {
    let quantities = |list: &[(&str, &str)]| {
        Some(
            list.iter()
                .map(|(name, amount)| ((*name).to_owned(), Quantity((*amount).to_owned())))
                .collect(),
        )
    };
    asked.cloned().unwrap_or_else(|| ResourceRequirements {
        requests: quantities(&[("cpu", cpu), ("memory", memory)]),
        limits: quantities(&[("memory", memory_limit)]),
        ..ResourceRequirements::default()
    })
}

/// Builds the Job.
pub fn job(plan: JobPlan) -> Job {
    let mut labels = plan.labels.clone();
    let own = [
        (labels::APP_NAME, labels::APP),
        (labels::APP_COMPONENT, plan.step),
        (labels::MANAGED_BY, labels::MANAGER),
        (labels::STEP, plan.step),
    ];
    labels.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
    Job {
        metadata: ObjectMeta {
            name: Some(plan.name.clone()),
            labels: Some(labels.clone()),
            annotations: (!plan.annotations.is_empty()).then(|| plan.annotations.clone()),
            owner_references: Some(vec![plan.owner.clone()]),
            ..ObjectMeta::default()
        },
        spec: Some(JobSpec {
            // Each attempt is a Job of its own, so that its outcome is on record before the next begins.
            backoff_limit: Some(0),
            completions: Some(1),
            parallelism: Some(1),
            active_deadline_seconds: Some(plan.deadline_seconds.max(1)),
            pod_replacement_policy: Some("Failed".into()),
            // A pod that the cluster takes away (a node that is drained, a higher priority) is no failure.
            pod_failure_policy: Some(PodFailurePolicy {
                rules: vec![PodFailurePolicyRule {
                    action: "Ignore".into(),
                    on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
                        type_: "DisruptionTarget".into(),
                        status: Some("True".into()),
                    }]),
                    on_exit_codes: None,
                }],
            }),
            template: PodTemplateSpec {
                metadata: Some(pod_metadata(labels, &plan.pod_template)),
                spec: Some(pod(plan)),
            },
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// Ours go before those of the template.
fn pod_metadata(own: BTreeMap<String, String>, template: &PodTemplate) -> ObjectMeta {
    let theirs = template.labels.iter();
    let mut labels: BTreeMap<String, String> = theirs
        .filter(|(key, _)| labels::passes_on(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    labels.extend(own);
    ObjectMeta {
        labels: Some(labels),
        annotations: (!template.annotations.is_empty()).then(|| template.annotations.clone()),
        ..ObjectMeta::default()
    }
}

fn pod(plan: JobPlan) -> PodSpec {
    let JobPlan {
        step,
        image,
        pull_policy,
        args,
        resources,
        claim,
        beside,
        service_account,
        placement,
        pod_template,
        ..
    } = plan;
    let extra = extra::of(&pod_template);
    let mut volumes = vec![
        Volume {
            name: "data".into(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: claim,
                read_only: None,
            }),
            ..Volume::default()
        },
        Volume {
            name: "tmp".into(),
            empty_dir: Some(EmptyDirVolumeSource {
                size_limit: Some(Quantity(TMP_SIZE.into())),
                ..EmptyDirVolumeSource::default()
            }),
            ..Volume::default()
        },
    ];
    volumes.extend(extra.volumes);
    let mut mounts = vec![mount("data", DATA), mount("tmp", "/tmp")];
    mounts.extend(extra.mounts);
    PodSpec {
        restart_policy: Some("Never".into()),
        service_account_name: service_account,
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            fs_group_change_policy: Some("OnRootMismatch".into()),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".into(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        }),
        node_selector: (!placement.node_selector.is_empty()).then_some(placement.node_selector),
        tolerations: (!placement.tolerations.is_empty()).then_some(placement.tolerations),
        runtime_class_name: placement.runtime_class_name,
        affinity: affinity(placement.affinity, beside),
        priority_class_name: placement.priority_class_name,
        scheduler_name: placement.scheduler_name,
        image_pull_secrets: extra.pull_secrets,
        volumes: Some(volumes),
        containers: vec![Container {
            name: step.into(),
            image: Some(image),
            image_pull_policy: Some(pull_policy),
            args: Some(args),
            resources: Some(resources),
            termination_message_path: Some(TERMINATION_LOG.into()),
            termination_message_policy: Some("FallbackToLogsOnError".into()),
            security_context: Some(SecurityContext {
                allow_privilege_escalation: Some(false),
                read_only_root_filesystem: Some(true),
                capabilities: Some(Capabilities {
                    drop: Some(vec!["ALL".into()]),
                    add: None,
                }),
                ..SecurityContext::default()
            }),
            env: extra.env,
            volume_mounts: Some(mounts),
            ..Container::default()
        }],
        ..PodSpec::default()
    }
}

pub(super) fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: name.into(),
        mount_path: path.into(),
        ..VolumeMount::default()
    }
}

/// What was asked for, and on the node of pods with these labels: a volume that only one node can mount is there.
fn affinity(asked: Option<Affinity>, beside: Option<BTreeMap<String, String>>) -> Option<Affinity> {
    let Some(labels) = beside else {
        return asked;
    };
    let term = PodAffinityTerm {
        label_selector: Some(LabelSelector {
            match_labels: Some(labels),
            ..LabelSelector::default()
        }),
        topology_key: "kubernetes.io/hostname".into(),
        ..PodAffinityTerm::default()
    };
    let mut affinity = asked.unwrap_or_default();
    affinity
        .pod_affinity
        .get_or_insert_default()
        .required_during_scheduling_ignored_during_execution
        .get_or_insert_default()
        .push(term);
    Some(affinity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> JobPlan {
        JobPlan {
            name: "first-0f8fad5b-export-1".into(),
            step: "export",
            owner: OwnerReference::default(),
            labels: [
                ("team".to_owned(), "a".to_owned()),
                (labels::STEP.to_owned(), "lie".to_owned()),
            ]
            .into(),
            annotations: BTreeMap::new(),
            image: "analyzer:1".into(),
            pull_policy: "Never".into(),
            args: vec!["export".into()],
            resources: resources_or(None, "50m", "64Mi", "1Gi"),
            claim: "data".into(),
            beside: None,
            service_account: Some("jobs".into()),
            deadline_seconds: 60,
            placement: Placement::default(),
            pod_template: PodTemplate::default(),
        }
    }

    #[test]
    fn a_pod_runs_where_it_was_asked_to_and_beside_the_analyzer() {
        let placement: Placement = serde_json::from_value(serde_json::json!({
            "nodeSelector": {"gpu": "yes"}, "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            "runtimeClassName": "nvidia", "priorityClassName": "batch", "schedulerName": "own",
            "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}]}}
        }))
        .expect("a placement");
        let pod_template: PodTemplate = serde_json::from_value(serde_json::json!({
            "labels": {"note": "n", labels::STEP: "lie"}, "annotations": {"sidecar": "no"}
        }))
        .expect("a template");
        let job = job(JobPlan {
            placement,
            pod_template,
            beside: Some([("app".to_owned(), "web".to_owned())].into()),
            ..plan()
        });
        let template = job.spec.expect("a spec").template;
        let metadata = template.metadata.expect("metadata");
        let found = metadata.labels.expect("labels");
        assert_eq!(
            (found["note"].as_str(), found[labels::STEP].as_str()),
            ("n", "export")
        );
        assert_eq!(metadata.annotations.expect("annotations")["sidecar"], "no");
        let pod = template.spec.expect("a pod");
        assert_eq!(pod.node_selector.expect("a selector")["gpu"], "yes");
        assert_eq!(pod.tolerations.map(|all| all.len()), Some(1));
        let names = (
            pod.runtime_class_name,
            pod.priority_class_name,
            pod.scheduler_name,
        );
        let expected = ("nvidia", "batch", "own");
        assert_eq!(
            (names.0.as_deref(), names.1.as_deref(), names.2.as_deref()),
            (Some(expected.0), Some(expected.1), Some(expected.2))
        );
        let terms = pod
            .affinity
            .and_then(|affinity| {
                affinity
                    .pod_affinity?
                    .required_during_scheduling_ignored_during_execution
            })
            .expect("terms");
        let keys: Vec<&str> = terms
            .iter()
            .map(|term| term.topology_key.as_str())
            .collect();
        assert_eq!(keys, ["zone", "kubernetes.io/hostname"]);
    }

    #[test]
    fn a_job_is_restricted_and_runs_once() {
        let job = job(plan());
        let spec = job.spec.expect("a spec");
        assert_eq!(
            (spec.backoff_limit, spec.pod_replacement_policy.as_deref()),
            (Some(0), Some("Failed"))
        );
        let pod = spec.template.spec.expect("a pod");
        assert_eq!(pod.automount_service_account_token, Some(false));
        assert_eq!(pod.security_context.and_then(|c| c.fs_group), Some(65_532));
        assert!(pod.affinity.is_none());
        let container = &pod.containers[0];
        let security = container
            .security_context
            .as_ref()
            .expect("a security context");
        assert_eq!(
            (
                security.read_only_root_filesystem,
                security.allow_privilege_escalation
            ),
            (Some(true), Some(false))
        );
        assert_eq!(
            container.termination_message_policy.as_deref(),
            Some("FallbackToLogsOnError")
        );
        let labels = job.metadata.labels.expect("labels");
        assert_eq!(
            (labels["team"].as_str(), labels[labels::STEP].as_str()),
            ("a", "export")
        );
    }

    #[test]
    fn it_runs_beside_the_analyzer_only_when_told() {
        let labels = BTreeMap::from([(
            "app.kubernetes.io/component".to_owned(),
            "analyzer".to_owned(),
        )]);
        let job = job(JobPlan {
            beside: Some(labels.clone()),
            ..plan()
        });
        let affinity = job
            .spec
            .and_then(|s| s.template.spec)
            .and_then(|p| p.affinity)
            .and_then(|a| a.pod_affinity);
        let terms = affinity
            .and_then(|a| a.required_during_scheduling_ignored_during_execution)
            .expect("a term");
        assert_eq!(terms[0].topology_key, "kubernetes.io/hostname");
        assert_eq!(
            terms[0]
                .label_selector
                .as_ref()
                .and_then(|s| s.match_labels.clone()),
            Some(labels)
        );
    }
}
