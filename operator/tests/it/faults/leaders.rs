//! Several operators: one writes, and one that was paused for longer than its lease writes nothing any more.

use crate::{
    kubelet::Kubelet,
    model::all_well,
    proxy::{Fault, Proxy},
    world::World,
};
use k8s_openapi::api::{batch::v1::Job, coordination::v1::Lease};
use kube::{Api, ResourceExt, api::ListParams};
use logloop_operator_api::training_run::Phase;
use serde_json::{Value, json};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

async fn holder(world: &World) -> String {
    let leases: Api<Lease> = world.api();
    let lease = leases.get("logloop-operator").await.expect("a lease");
    lease
        .spec
        .and_then(|spec| spec.holder_identity)
        .unwrap_or_default()
}

#[tokio::test]
async fn of_two_operators_one_writes_and_the_other_takes_over() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _kubelet = Kubelet::start(&world, all_well);
    let one = world.operator_with(world.client.clone(), "one");
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Succeeded).await;
    let _two = world.operator_with(world.client.clone(), "two");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(holder(&world).await, "one");
    drop(one);
    world.run("second", json!({})).await;
    world.until_phase("second", Phase::Succeeded).await;
    assert_eq!(holder(&world).await, "two");
}

#[tokio::test]
async fn two_that_start_at_once_do_everything_once() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _kubelet = Kubelet::start(&world, all_well);
    let _one = world.operator_with(world.client.clone(), "one");
    let _two = world.operator_with(world.client.clone(), "two");
    let names = ["a", "b", "c"];
    for name in names {
        world.run(name, json!({})).await;
    }
    for name in names {
        let run = world.until_phase(name, Phase::Succeeded).await;
        assert_eq!(run.status.map(|status| status.steps.len()), Some(2));
    }
    let jobs: Api<Job> = world.api();
    let jobs = jobs.list(&ListParams::default()).await.expect("Jobs");
    let attempts: Vec<String> = jobs.iter().map(ResourceExt::name_any).collect();
    assert_eq!(attempts.len(), 2 * names.len(), "{attempts:?}");
}

/// An operator in a process of its own, which can be paused.
pub(super) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    pub(super) fn start(world: &World, kubeconfig: &Value, dir: &std::path::Path) -> Self {
        let config = dir.join("kubeconfig");
        std::fs::write(&config, kubeconfig.to_string()).expect("it can be written");
        let child = Command::new(env!("CARGO_BIN_EXE_logloop-operator"))
            .args([
                "run",
                "--namespace",
                &world.namespace,
                "--listen",
                "127.0.0.1:0",
            ])
            .args([
                "--analyzer-image",
                "analyzer:it",
                "--trainer-image",
                "trainer:it",
            ])
            .args([
                "--default-claim",
                "data",
                "--default-target",
                "web",
                "--identity",
                "process",
            ])
            .args(["--analyzer-port", &world.analyzer.port.to_string()])
            .args(["--lease", "3", "--look", "0.2", "--keep", "0.5"])
            // As the chart has it.
            .env("MALLOC_ARENA_MAX", "1")
            .env("KUBECONFIG", &config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the operator starts");
        Self(child)
    }

    /// Its resident memory. Units: MiB.
    pub(super) fn memory(&self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let text = text.expect("it runs");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.expect("VmRSS") / 1_024.0
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.0.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "{name}");
    }

    async fn ended(&mut self, within: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < within {
            if self.0.try_wait().expect("it can be asked").is_some() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

#[tokio::test]
async fn one_that_was_paused_for_longer_than_its_lease_writes_nothing_any_more() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let kubelet = Kubelet::start(&world, all_well);
    let proxy = Proxy::start(|_| Fault::None).await;
    let dir = tempfile::tempdir().expect("a folder");
    let mut paused = Process::start(&world, &proxy.kubeconfig(), dir.path());
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Succeeded).await;
    assert_eq!(holder(&world).await, "process");
    drop(kubelet);
    // In the middle of something.
    world.run("second", json!({})).await;
    world.until_phase("second", Phase::Exporting).await;
    paused.signal("-STOP");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = proxy.writes().len();

    let _next = world.operator_with(world.client.clone(), "next");
    world.run("third", json!({})).await;
    let _kubelet = Kubelet::start(&world, all_well);
    for name in ["second", "third"] {
        world.until_phase(name, Phase::Succeeded).await;
    }
    assert_eq!(holder(&world).await, "next");
    // There is something that it would decide on with what it knows.
    world.run("fourth", json!({})).await;
    paused.signal("-CONT");
    assert!(
        paused.ended(Duration::from_secs(30)).await,
        "it goes on though another leads"
    );
    let after = proxy.writes().split_off(before);
    assert_eq!(after, Vec::<String>::new(), "written after the pause");
    world.until_phase("fourth", Phase::Succeeded).await;
    assert_eq!(holder(&world).await, "next");
}
