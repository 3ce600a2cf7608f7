//! The client that the operator is compared with: creates Job 1 of every run, and Job 2 when it sees that Job 1 is complete.

use crate::observe::is_complete;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, Client, ResourceExt,
    api::PostParams,
    runtime::{WatchStreamExt, watcher},
};
use logloop_operator::{
    settings::Settings,
    training_run::build::{self, Around},
};
use logloop_operator_api::{TrainingRun, labels, training_run::StepName};
use serde_json::json;
use std::collections::HashMap;

/// How many objects are created at once.
pub(crate) const AT_ONCE: usize = 32;

/// Whether runs bring what they publish into service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rollout {
    /// They end when it is published.
    Without,
    /// Each has an analyzer of its own that has no pods, so no run waits for another.
    With,
}

/// The run with this number.
pub(crate) fn run(number: usize, rollout: Rollout) -> TrainingRun {
    let rollout = match rollout {
        Rollout::Without => json!({"strategy": "Manual"}),
        Rollout::With => json!({"target": format!("web-{number}")}),
    };
    let spec = json!({"source": {"skipUnchanged": false}, "rollout": rollout});
    serde_json::from_value(
        json!({"apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
        "metadata": {"name": format!("run-{number}")}, "spec": spec}),
    )
    .expect("a run")
}

/// The very Job that the operator would make, without an owner: there is none.
fn job(run: &TrainingRun, settings: &Settings, step: StepName) -> Job {
    let around = Around {
        claim: "data".into(),
        beside: None,
        serving: None,
        deadline_seconds: 86_400,
    };
    let mut job = build::job(run, settings, step, 1, around);
    job.metadata.owner_references = None;
    job
}

/// Creates both Jobs of so many runs.
pub(crate) async fn client(
    client: &Client,
    namespace: &str,
    settings: &Settings,
    size: usize,
) -> anyhow::Result<()> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    let mut runs = HashMap::new();
    for number in 0..size {
        let mut run = run(number, Rollout::Without);
        run.metadata.uid = Some(format!("00000000-0000-0000-0000-{number:012}"));
        runs.insert(run.name_any(), run);
    }
    let create = async |job: Job| jobs.create(&PostParams::default(), &job).await.map(|_| ());
    let first = stream::iter(runs.values())
        .map(|run| create(job(run, settings, StepName::Export)))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>();
    let config = watcher::Config::default().labels("logloop.dev/step=export");
    let mut left: HashMap<&String, &TrainingRun> = runs.iter().collect();
    let complete = watcher(jobs.clone(), config)
        .applied_objects()
        .try_filter_map(|job| {
            let run = job
                .labels()
                .get(labels::RUN)
                .cloned()
                .filter(|_| is_complete(&job));
            std::future::ready(Ok(run))
        });
    let second = async {
        let mut complete = std::pin::pin!(complete);
        let mut creating = stream::FuturesUnordered::new();
        while !left.is_empty() || !creating.is_empty() {
            tokio::select! {
                Some(name) = complete.next() => {
                    if let Some(run) = left.remove(&name?) {
                        creating.push(create(job(run, settings, StepName::Train)));
                    }
                }
                Some(created) = creating.next() => created?,
            }
        }
        anyhow::Ok(())
    };
    let (first, second) = tokio::join!(first, second);
    first?;
    second
}
