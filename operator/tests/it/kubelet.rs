//! Plays the Job controller, the kubelet and the garbage collector: makes the pod of a Job and ends both as the test
//! says, and lets a Job go that is deleted after its pods.

use crate::world::World;
use futures::{StreamExt, stream};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::task::JoinHandle;

/// How many Jobs end at once.
const AT_ONCE: usize = 8;

/// How a Job is to end.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Exit code 0, and this in the termination message.
    Success(String),
    /// Another exit code, and this.
    Failure(i32, String),
    /// Not yet.
    Running,
}

/// Ends Jobs by a script until it is dropped.
pub(crate) struct Kubelet(JoinHandle<()>);

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Kubelet {
    /// Ends each Job once as the script says for its step and arguments.
    pub(crate) fn start(
        world: &World,
        script: impl Fn(&str, &[String]) -> End + Send + 'static,
    ) -> Self {
        let (client, namespace) = (world.client.clone(), world.namespace.clone());
        Self(tokio::spawn(async move {
            let jobs: Api<Job> = Api::namespaced(client.clone(), &namespace);
            let mut done = BTreeSet::new();
            loop {
                let mut ending = Vec::new();
                for job in jobs
                    .list(&ListParams::default())
                    .await
                    .expect("Jobs can be listed")
                {
                    let uid = job.uid().expect("a UID");
                    if job.metadata.deletion_timestamp.is_some() {
                        collect(&client, &namespace, &job).await;
                        continue;
                    }
                    let args = args_of(&job);
                    let step = args.first().cloned().unwrap_or_default();
                    let end = script(&step, &args);
                    if !matches!(end, End::Running) && done.insert(uid) {
                        ending.push((job, end));
                    }
                }
                let (client, namespace) = (&client, &namespace);
                stream::iter(ending)
                    .for_each_concurrent(AT_ONCE, |(job, end)| async move {
                        finish(client, namespace, &job, &end).await;
                    })
                    .await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }))
    }
}

/// Arguments of the Job's container.
pub(crate) fn args_of(job: &Job) -> Vec<String> {
    let pod = job
        .spec
        .as_ref()
        .and_then(|spec| spec.template.spec.as_ref())
        .expect("a pod");
    pod.containers[0].args.clone().unwrap_or_default()
}

/// The value that follows an argument.
pub(crate) fn value<'a>(args: &'a [String], name: &str) -> &'a str {
    let at = args
        .iter()
        .position(|arg| arg == name)
        .unwrap_or_else(|| panic!("no {name} in {args:?}"));
    &args[at + 1]
}

/// The pod that the Job controller would make of a Job.
pub(crate) fn pod_of(job: &Job) -> Pod {
    let (name, uid) = (job.name_any(), job.uid().expect("a UID"));
    let template = job
        .spec
        .as_ref()
        .map(|spec| spec.template.clone())
        .expect("a template");
    serde_json::from_value(json!({
        "metadata": {"name": format!("{name}-x"), "labels": template.metadata.and_then(|meta| meta.labels),
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid, "controller": true}]},
        "spec": template.spec
    }))
    .expect("a pod")
}

/// The pods of a Job that is being deleted go, then the Job itself.
async fn collect(client: &Client, namespace: &str, job: &Job) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let now = DeleteParams::default().grace_period(0);
    // Either may be gone already.
    let _ = pods.delete(&format!("{}-x", job.name_any()), &now).await;
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    let released = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    let _ = jobs
        .patch(&job.name_any(), &PatchParams::default(), &released)
        .await;
}

async fn finish(client: &Client, namespace: &str, job: &Job, end: &End) {
    let (exit_code, message) = match end {
        End::Success(message) => (0, message.clone()),
        End::Failure(code, message) => (*code, message.clone()),
        End::Running => return,
    };
    let name = job.name_any();
    let object = pod_of(job);
    let pod = object.name_any();
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    // The Job, and with it the pod, may be gone meanwhile: that is what some tests are about.
    let _ = pods
        .create(&kube::api::PostParams::default(), &object)
        .await;
    let now = "2026-01-01T00:00:00Z";
    let terminated =
        json!({"exitCode": exit_code, "message": message, "startedAt": now, "finishedAt": now});
    let status = json!({"status": {"phase": if exit_code == 0 { "Succeeded" } else { "Failed" }, "containerStatuses":
        [{"name": object.spec.expect("a spec").containers[0].name, "ready": false, "restartCount": 0, "image": "i", "imageID": "i",
            "state": {"terminated": terminated}}]}});
    patch(&pods, &pod, &status).await;
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    patch(
        &jobs,
        &name,
        &json!({"status": job_status(exit_code == 0, now)}),
    )
    .await;
}

async fn patch<K>(api: &Api<K>, name: &str, status: &Value)
where
    K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let patched = api
        .patch_status(name, &PatchParams::default(), &Patch::Merge(status))
        .await;
    match patched {
        Ok(_) => {}
        Err(kube::Error::Api(error)) if error.code == 404 => {}
        Err(error) => panic!("the status of {name} cannot be written: {error}"),
    }
}

fn job_status(well: bool, now: &str) -> Value {
    let condition = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": if well { "CompletionsReached" } else { "BackoffLimitExceeded" },
            "message": "by the test", "lastProbeTime": now, "lastTransitionTime": now})
    };
    if well {
        json!({"startTime": now, "completionTime": now, "succeeded": 1, "ready": 0, "terminating": 0,
            "uncountedTerminatedPods": {}, "conditions": [condition("SuccessCriteriaMet"), condition("Complete")]})
    } else {
        json!({"startTime": now, "failed": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {},
            "conditions": [condition("FailureTarget"), condition("Failed")]})
    }
}
