//! What needs a control plane of its own: its API server is restarted, and Jobs are made pods by the real controller.

use super::paths::Path;
use crate::{
    control_plane::{self, ControlPlane},
    kubelet::{End, Kubelet, args_of},
    model::all_well,
    world::World,
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams},
};
use logloop_operator_api::{
    TrainingRun,
    training_run::{Outcome, Phase},
};
use serde_json::{Value, json};
use std::{
    pin::pin,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Seconds that the API server is away.
const DOWN: u32 = 2;
/// Longer than an API server takes to start.
const LEASE: Duration = Duration::from_secs(120);
/// How long anything may take.
const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_is_restarted_in_the_middle_of_a_run() {
    let mut plane = ControlPlane::own().await;
    let world = World::on(plane.client().await).await;
    world.create_claim().await;
    world.analyzer_pod(2).await;
    let mut settings = world.settings("one");
    // It goes on leading while nobody can say so; else another process would have to take over.
    settings.pace.lease = LEASE;
    let _operator = World::operator_as(plane.client().await, settings);
    world.run("first", json!({})).await;
    for expected in [1, 2] {
        // In the middle of each step.
        let began = Instant::now();
        while steps(&world).await.is_none_or(|steps| steps < expected) {
            assert!(began.elapsed() < WITHIN, "step {expected} does not begin");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        plane.restart(DOWN);
        tokio::time::sleep(Duration::from_secs(u64::from(DOWN))).await;
        while steps(&world).await.is_none() {
            assert!(
                began.elapsed() < WITHIN,
                "the API server does not come back"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // The play of a kubelet needs an API server that answers: it lasts for one step.
        let kubelet = Kubelet::start(&world, move |step, args| match (step, expected) {
            ("train", 1) => End::Running,
            _ => all_well(step, args),
        });
        let more = async {
            while steps(&world).await.is_none_or(|steps| steps <= expected) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if expected == 1 {
            tokio::time::timeout(WITHIN, pin!(more))
                .await
                .expect("the second step begins");
        } else {
            world.until_phase("first", Phase::Succeeded).await;
        }
        drop(kubelet);
    }
    Path::Success
        .check(&world, "the API server was restarted")
        .await;
}

/// How many steps the run has on record, if the API server answers.
async fn steps(world: &World) -> Option<usize> {
    let run = world.api::<TrainingRun>().get("first").await.ok()?;
    Some(run.status.unwrap_or_default().steps.len())
}

/// The Job controller of Kubernetes, gone when it is dropped.
struct JobController(Child);

impl Drop for JobController {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl JobController {
    fn start(plane: &ControlPlane, dir: &std::path::Path) -> Self {
        let config = dir.join("kubeconfig");
        std::fs::write(&config, plane.kubeconfig().to_string()).expect("it can be written");
        let script = r#""$1/kube-controller-manager" --kubeconfig "$2/kubeconfig" --controllers job-controller \
            --leader-elect=false --secure-port 0 >"$2/log" 2>&1 &
p=$!; cat >/dev/null; kill -9 $p; wait"#;
        let child = Command::new("sh")
            .args(["-c", script, "controllers"])
            .arg(std::fs::canonicalize(control_plane::programs()).expect("the programs are there"))
            .arg(dir)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh starts");
        Self(child)
    }
}

/// The only pod of a step that has not ended.
async fn pod(world: &World, step: &str) -> Pod {
    let pods: Api<Pod> = world.api();
    let began = Instant::now();
    let of_step = ListParams::default().labels(&format!("logloop.dev/step={step}"));
    loop {
        let pods = pods.list(&of_step).await.expect("pods can be listed");
        let mut waiting = pods.items.into_iter().filter(|pod| {
            let phase = pod
                .status
                .as_ref()
                .and_then(|status| status.phase.as_deref());
            phase == Some("Pending")
        });
        if let Some(pod) = waiting.next() {
            assert!(waiting.next().is_none(), "two pods of {step} at once");
            return pod;
        }
        assert!(began.elapsed() < WITHIN, "{step} has no pod");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn say(world: &World, pod: &Pod, status: Value) {
    let pods: Api<Pod> = world.api();
    let status = Patch::Merge(json!({"status": status}));
    let said = pods
        .patch_status(&pod.name_any(), &PatchParams::default(), &status)
        .await;
    said.expect("the status can be written");
}

/// The status of a pod whose container has ended so.
fn ended(phase: &str, step: &str, exit_code: i32, message: &str) -> Value {
    let now = "2026-01-01T00:00:00Z";
    let state =
        json!({"exitCode": exit_code, "message": message, "startedAt": now, "finishedAt": now});
    json!({"phase": phase, "containerStatuses": [{"name": step, "ready": false, "restartCount": 0, "image": "i",
        "imageID": "i", "state": {"terminated": state}}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_evicted_uses_up_no_attempt() {
    let plane = ControlPlane::own().await;
    let dir = tempfile::tempdir().expect("a folder");
    let _controller = JobController::start(&plane, dir.path());
    let world = World::on(plane.client().await).await;
    world.create_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator_with(plane.client().await, "one");
    world.run("first", json!({"backoffLimit": 0})).await;
    for step in ["export", "train"] {
        let first = pod(&world, step).await;
        // As the node's eviction by a taint has it: the container was ended, and it was the cluster that did it.
        let mut evicted = ended("Failed", step, 137, "");
        evicted["conditions"] = json!([{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint"}]);
        say(&world, &first, evicted).await;
        let second = pod(&world, step).await;
        assert_ne!(first.name_any(), second.name_any());
        let run: TrainingRun = world.api().get("first").await.expect("the run");
        let steps = run.status.unwrap_or_default().steps;
        let record = steps.last().expect("a step");
        assert_eq!((record.attempt, record.outcome), (1, None), "it goes on");
        let job: Job = world.api().get(&record.job_name).await.expect("the Job");
        let End::Success(words) = all_well(step, &args_of(&job)) else {
            panic!("{step} goes well");
        };
        say(&world, &second, ended("Succeeded", step, 0, &words)).await;
    }
    let run = world.until_phase("first", Phase::Succeeded).await;
    let steps = run.status.expect("a status").steps;
    let attempts: Vec<_> = steps
        .iter()
        .map(|step| (step.attempt, step.outcome))
        .collect();
    assert_eq!(attempts, [(1, Some(Outcome::Succeeded)); 2]);
}
