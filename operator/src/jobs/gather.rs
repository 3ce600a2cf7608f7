//! Reads what is known of a Job: from the stores, and from the API server where the stores could be behind.

use super::{
    blocked::{self, Blocked},
    outcome::{Seen, has_ended, own},
};
use crate::{api::call, clock, context::Context, error::Result};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{ResourceExt, api::ListParams, runtime::reflector::ObjectRef};

/// How long a Job may be without a running pod before its events are read for a reason. Units: seconds.
const PATIENCE_SECONDS: i64 = 5;

/// What is seen of the Job with this name and UID.
pub async fn seen(context: &Context, name: &str, uid: &str) -> Result<Seen> {
    let job = find(context, name, uid).await?;
    let mut pods = pods_of(context, uid);
    if job.as_ref().is_none_or(has_ended) && !pods.iter().any(terminated) {
        // The Job has moved on and the pods' watch may be behind: ask.
        let params =
            ListParams::default().labels(&format!("batch.kubernetes.io/controller-uid={uid}"));
        pods = call("list the pods of a Job", context.api::<Pod>().list(&params))
            .await?
            .items;
    }
    // The last one first: those before it were taken away by the cluster, and replaced.
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.metadata.creation_timestamp.clone()));
    let held = |job: &Job| job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true);
    let blocked = match &job {
        // What a queue holds back has no pod to be kept from running.
        Some(job) if !has_ended(job) && !held(job) => why_blocked(context, job, &pods).await,
        _ => None,
    };
    Ok(Seen { job, pods, blocked })
}

/// The Jobs of an owner that have not ended and are not being deleted.
pub fn unfinished(context: &Context, owner_uid: &str) -> Vec<String> {
    let jobs = of_owner(context, owner_uid);
    let unfinished = jobs
        .iter()
        .filter(|job| !has_ended(job) && job.metadata.deletion_timestamp.is_none());
    unfinished.map(|job| job.name_any()).collect()
}

/// The Jobs of an owner.
pub fn of_owner(context: &Context, owner_uid: &str) -> Vec<Job> {
    let stores = &context.stores;
    let jobs = stores
        .jobs_of
        .of(owner_uid, &context.namespace, &stores.jobs);
    jobs.iter().map(|job| job.whole()).collect()
}

/// From the store, or, if it is not there, from the API server: a store may be behind.
async fn find(context: &Context, name: &str, uid: &str) -> Result<Option<Job>> {
    let key = ObjectRef::new(name).within(&context.namespace);
    let same = |job: &Job| job.metadata.uid.as_deref() == Some(uid);
    let known = context.stores.jobs.get(&key).map(|job| job.whole());
    if let Some(job) = known.filter(same) {
        return Ok(Some(job));
    }
    let job = call("read a Job", context.api::<Job>().get_opt(name)).await?;
    Ok(job.filter(same))
}

fn pods_of(context: &Context, job_uid: &str) -> Vec<Pod> {
    let stores = &context.stores;
    let pods = stores
        .pods_of
        .of(job_uid, &context.namespace, &stores.job_pods);
    pods.iter().map(|pod| pod.whole()).collect()
}

fn terminated(pod: &Pod) -> bool {
    own(pod).is_some_and(|container| {
        container
            .state
            .as_ref()
            .is_some_and(|state| state.terminated.is_some())
    })
}

fn running(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Running" | "Succeeded" | "Failed"))
}

/// What keeps it from running: as its pod says, or else as events about it or its pod say.
async fn why_blocked(context: &Context, job: &Job, pods: &[Pod]) -> Option<Blocked> {
    if let Some(blocked) = pods.iter().find_map(blocked::of_pod) {
        return Some(blocked);
    }
    let created = job.metadata.creation_timestamp.as_ref()?.0;
    if pods.iter().any(running) || clock::now() < clock::after(created, PATIENCE_SECONDS) {
        return None;
    }
    let about = pods.first().map_or(job.metadata.uid.as_deref(), |pod| {
        pod.metadata.uid.as_deref()
    })?;
    let warning = context.warnings.about(context, about).await?;
    Some(Blocked::new(&warning.reason, &warning.message))
}
