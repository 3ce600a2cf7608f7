//! Looks on: when the pods of a namespace end, when its Jobs are created and complete, when its runs are done.

use futures::{Stream, StreamExt};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, Client, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use logloop_operator_api::{
    TrainingRun, labels,
    training_run::{Phase, TrainingRunStatus},
};
use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// Time between two looks at what was seen.
const LOOK: Duration = Duration::from_millis(20);

/// What was seen of one run, each when it was first seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// The pod of step 1 had ended.
    pub(crate) first_pod_ended: Option<Instant>,
    /// Job 1 was complete.
    pub(crate) first_complete: Option<Instant>,
    /// Job 2 was there.
    pub(crate) second_created: Option<Instant>,
    /// Job 2 was complete.
    pub(crate) second_complete: Option<Instant>,
    /// The run had nothing more to do than its rollout.
    pub(crate) run_done: Option<Instant>,
    /// How often its status changed after that.
    pub(crate) changes_of_rollout: u32,
}

type Seen = Arc<Mutex<HashMap<String, Times>>>;

/// Looks on until it is dropped.
pub(crate) struct Observer {
    seen: Seen,
    watches: Vec<JoinHandle<()>>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.watches.iter().for_each(JoinHandle::abort);
    }
}

impl Observer {
    /// Begins to look on.
    pub(crate) fn start(client: &Client, namespace: &str) -> Self {
        let seen = Seen::default();
        let config = watcher::Config::default;
        let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        let runs: Api<TrainingRun> = Api::namespaced(client.clone(), namespace);
        let watches = vec![
            look(watcher(jobs, config()), seen.clone(), on_job),
            look(watcher(pods, config()), seen.clone(), on_pod),
            look(watcher(runs, config()), seen.clone(), on_run),
        ];
        Self { seen, watches }
    }

    /// How often the statuses of runs changed while they were rolling out.
    pub(crate) fn changes_of_rollouts(&self) -> u32 {
        let seen = self.seen.lock().expect("no watch panics with it");
        seen.values().map(|times| times.changes_of_rollout).sum()
    }

    /// Waits until so many runs are as they should be; what was seen of them.
    pub(crate) async fn until(
        &self,
        count: usize,
        within: Duration,
        is_so: impl Fn(&Times) -> bool,
    ) -> anyhow::Result<Vec<Times>> {
        let began = Instant::now();
        loop {
            let so: Vec<Times> = {
                let seen = self.seen.lock().expect("no watch panics with it");
                seen.values()
                    .filter(|times| is_so(times))
                    .copied()
                    .collect()
            };
            if so.len() >= count {
                return Ok(so);
            }
            let done = so.len();
            anyhow::ensure!(
                began.elapsed() < within,
                "{done} of {count} runs are done after {within:?}"
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn look<K: Debug + Send + Clone + 'static>(
    events: impl Stream<Item = Result<watcher::Event<K>, watcher::Error>> + Send + 'static,
    seen: Seen,
    on: fn(&K, &mut HashMap<String, Times>),
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut events = Box::pin(events.default_backoff().applied_objects());
        while let Some(event) = events.next().await {
            match event {
                Ok(object) => on(&object, &mut seen.lock().expect("no watch panics with it")),
                Err(error) => println!("a watch of the benchmark broke: {error}"),
            }
        }
    })
}

/// The run and the step of a Job or of its pod.
fn place<K: ResourceExt>(object: &K) -> Option<(&String, &str)> {
    let labels = object.labels();
    Some((labels.get(labels::RUN)?, labels.get(labels::STEP)?))
}

/// Whether the Job has ended well, and its controller says so.
pub(crate) fn is_complete(job: &Job) -> bool {
    let conditions = job
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| condition.type_ == "Complete" && condition.status == "True")
}

fn on_job(job: &Job, seen: &mut HashMap<String, Times>) {
    let Some((run, step)) = place(job) else {
        return;
    };
    let complete = is_complete(job);
    let times = seen.entry(run.clone()).or_default();
    let now = Instant::now();
    if step == "export" {
        if complete {
            times.first_complete.get_or_insert(now);
        }
    } else {
        times.second_created.get_or_insert(now);
        if complete {
            times.second_complete.get_or_insert(now);
        }
    }
}

fn on_pod(pod: &Pod, seen: &mut HashMap<String, Times>) {
    let Some((run, "export")) = place(pod) else {
        return;
    };
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    if phase == Some("Succeeded") {
        let times = seen.entry(run.clone()).or_default();
        times.first_pod_ended.get_or_insert_with(Instant::now);
    }
}

fn on_run(run: &TrainingRun, seen: &mut HashMap<String, Times>) {
    let done = |status: &TrainingRunStatus| {
        let phase = status.phase.unwrap_or_default();
        phase == Phase::RollingOut || phase.is_terminal()
    };
    if run.status.as_ref().is_some_and(done) {
        let times = seen.entry(run.name_any()).or_default();
        if times.run_done.is_some() {
            times.changes_of_rollout += 1;
        }
        times.run_done.get_or_insert_with(Instant::now);
    }
}
