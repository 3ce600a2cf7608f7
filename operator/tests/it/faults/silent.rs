//! Nobody answers: a call, a watch that stays open and tells nothing, a store that is behind, everything.

use super::paths::{Path, Stage};
use crate::{
    kubelet::{End, Kubelet},
    model::all_well,
    proxy::{Fault, Proxy},
    world::World,
};
use futures::future::join_all;
use k8s_openapi::api::batch::v1::Job;
use kube::{Api, api::ListParams};
use logloop_operator::api::TIMEOUT;
use logloop_operator_api::{TrainingRun, training_run::Phase};
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Calls of each kind, one of which is never answered.
const CALLS: [(&str, &str); 7] = [
    ("GET", "/persistentvolumeclaims/data"),
    ("POST", "/jobs"),
    ("PUT", "/trainingruns/first/status"),
    ("POST", "/modelversions"),
    ("POST", "/configmaps"),
    ("GET", "/configmaps/web-serving"),
    ("PUT", "/configmaps/web-serving"),
];

async fn one_is_never_answered(method: &'static str, path: &'static str) {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let stage = Stage::default();
    let _kubelet = Kubelet::start(&world, Path::Success.script(&stage));
    let silent = AtomicBool::new(false);
    let proxy = Proxy::start(move |asked| {
        let this = asked.method == method && asked.path.ends_with(path);
        if this && !silent.swap(true, Ordering::SeqCst) {
            Fault::Silent
        } else {
            Fault::None
        }
    })
    .await;
    let _operator = world.operator_with(proxy.client(), "one");
    let began = Instant::now();
    Path::Success.play(&world, &stage).await;
    let what = format!("{method} {path} was not answered");
    Path::Success.check(&world, &what).await;
    assert_eq!(proxy.faults(), 1, "{what}: it never came");
    // The keeper and the versions read the document, too: the run need not be the one that waits for it.
    let waits = (method, path) != ("GET", "/configmaps/web-serving");
    assert!(
        !waits || began.elapsed() >= TIMEOUT,
        "{what}: nobody waited for it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_never_answered_is_given_up_and_made_again() {
    let all = CALLS.map(|(method, path)| one_is_never_answered(method, path));
    join_all(all).await;
}

#[tokio::test]
async fn a_watch_that_falls_silent_is_begun_anew() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let proxy = Proxy::start(|_| Fault::None).await;
    let mut settings = world.settings("one");
    settings.pace.probe = Duration::from_secs(1);
    let _operator = World::operator_as(proxy.client(), settings);
    world.run("first", json!({})).await;
    let started = |run: &TrainingRun| run.status.as_ref().is_some_and(|s| !s.steps.is_empty());
    world.until("first", "exporting", started).await;
    // No byte more of any of them; what is asked is answered. Those that begin anew are silent, too.
    proxy.mute(Some("/"));
    let _kubelet = Kubelet::start(&world, all_well);
    world.until_phase("first", Phase::Succeeded).await;
}

#[tokio::test]
async fn on_a_store_that_is_behind_nothing_is_done_twice() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _kubelet = Kubelet::start(&world, all_well);
    let proxy = Proxy::start(|_| Fault::None).await;
    let _operator = world.operator_with(proxy.client(), "one");
    world.run("old", json!({})).await;
    world.until_phase("old", Phase::Succeeded).await;
    // From here on it hears of Jobs and pods, and not of what has become of the run.
    proxy.mute(Some("/trainingruns"));
    let before = proxy.writes().len();
    // This one it does not even know.
    world.run("first", json!({})).await;
    // What has ended is woken by its Jobs, which a person removes.
    let jobs: Api<Job> = world.api();
    let now = kube::api::DeleteParams::background();
    jobs.delete_collection(&now, &ListParams::default())
        .await
        .expect("Jobs go");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let created = |writes: &[String]| {
        let jobs = writes
            .iter()
            .filter(|w| w.starts_with("POST") && w.ends_with("/jobs"));
        jobs.count()
    };
    assert_eq!(created(&proxy.writes()[before..]), 0, "on what it knew");
    proxy.mute(None);
    proxy.cut();
    world.until_phase("first", Phase::Succeeded).await;
    assert_eq!(created(&proxy.writes()[before..]), 2);
}

#[tokio::test]
async fn a_run_that_changed_behind_its_back_is_decided_on_anew() {
    let world = World::with_claim().await;
    let proxy = Proxy::start(|_| Fault::None).await;
    let mut settings = world.settings("one");
    // By then its watch has been silent for long.
    settings.pace.retry = Duration::from_secs(4);
    let _operator = World::operator_as(proxy.client(), settings);
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "export" => End::Failure(1, "disk full".into()),
        _ => all_well(step, args),
    });
    // While it waits to try again, its status moves on: somebody else has led meanwhile.
    world.run("first", json!({"backoffLimit": 1})).await;
    let failed_once = |run: &TrainingRun| {
        let steps = run.status.clone().unwrap_or_default().steps;
        steps.first().is_some_and(|step| step.outcome.is_some())
    };
    world.until("first", "failed once", failed_once).await;
    proxy.mute(Some("/trainingruns"));
    let before = proxy.writes().len();
    let ended = json!({"status": {"phase": "Failed", "message": "by another operator"}});
    world.patch_status::<TrainingRun>("first", ended).await;
    // The time to try again passes.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let written = proxy.writes().split_off(before);
    assert!(
        !written.iter().any(|write| write.starts_with("POST")),
        "created for a run that has ended: {written:?}"
    );
    let run: TrainingRun = world.api().get("first").await.expect("the run");
    let message = run.status.and_then(|status| status.message);
    assert_eq!(message.as_deref(), Some("by another operator"));
}

/// What `/healthz` says.
async fn health(address: SocketAddr) -> String {
    let mut answer = String::new();
    if let Ok(mut stream) = tokio::net::TcpStream::connect(address).await {
        let asked = b"GET /healthz HTTP/1.0\r\nHost: operator\r\n\r\n";
        stream.write_all(asked).await.expect("it listens");
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
    }
    answer
}

#[tokio::test]
async fn one_that_hears_nothing_any_more_is_not_alive_and_one_where_nothing_happens_is() {
    static SILENT: AtomicBool = AtomicBool::new(false);
    let world = World::with_claim().await;
    let proxy = Proxy::start(|asked| {
        // It still leads: who does not is alive without any watch.
        let silent = SILENT.load(Ordering::SeqCst) && !asked.path.contains("/leases");
        if silent { Fault::Silent } else { Fault::None }
    })
    .await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut settings = world.settings("one");
    settings.listen = free.local_addr().expect("an address");
    settings.pace.probe = Duration::from_millis(100);
    drop(free);
    let address = settings.listen;
    let longest = settings.pace.probe * logloop_operator::http::LOOKS_MAX;
    let _operator = World::operator_as(proxy.client(), settings);
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Exporting).await;
    let began = Instant::now();
    while began.elapsed() < longest * 4 {
        let said = health(address).await;
        assert!(said.starts_with("HTTP/1.0 200"), "nothing happens: {said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    SILENT.store(true, Ordering::SeqCst);
    proxy.mute(Some("/"));
    let began = Instant::now();
    loop {
        let said = health(address).await;
        if said.starts_with("HTTP/1.0 503") {
            assert!(said.contains("no sign of life from the watch of"), "{said}");
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it hears nothing: {said}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
