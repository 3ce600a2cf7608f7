//! `kubectl logloop` against the API server.

use crate::{
    kubelet::{End, Kubelet},
    model::all_well,
    world::World,
};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Client, client::Body};
use logloop_kubectl::cli::Cli;
use logloop_operator_api::{TrainingRun, training_run::Phase};
use serde_json::{Value, json};

/// What a command says; an error as its text.
pub(crate) async fn says(world: &World, line: &str) -> (bool, String) {
    says_through(world.client.clone(), world, line).await
}

/// The same through another client.
async fn says_through(client: Client, world: &World, line: &str) -> (bool, String) {
    let words = std::iter::once("kubectl-logloop").chain(line.split(' '));
    let cli = <Cli as clap::Parser>::try_parse_from(words).expect("a command line");
    let mut out = Vec::new();
    match logloop_kubectl::run(client, &world.namespace, cli, &mut out).await {
        Ok(well) => (well, String::from_utf8(out).expect("text")),
        Err(error) => (false, format!("{error:#}")),
    }
}

#[tokio::test]
async fn it_tells_what_there_is_and_why_it_waits() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let (_, empty) = says(&world, "status").await;
    assert!(
        empty.starts_with("nothing of logloop in namespace"),
        "{empty}"
    );
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "train" if args.join(" ").contains("bad") => End::Failure(2, "no gradient".into()),
        _ => all_well(step, args),
    });
    world
        .run("held", json!({"source": {"claim": "nope"}}))
        .await;
    world
        .until("held", "blocked", |run: &TrainingRun| {
            run.status
                .as_ref()
                .is_some_and(|status| status.message.is_some())
        })
        .await;
    world.run("bad", json!({})).await;
    world.until_phase("bad", Phase::Failed).await;

    let (well, created) = says(&world, "retrain --name good --like held --even-unchanged").await;
    assert!(
        well && created.starts_with("TrainingRun good created"),
        "{created}"
    );
    let (well, followed) = says(&world, "retrain --wait").await;
    assert!(well && followed.contains("\nSucceeded: "), "{followed}");
    let (well, followed) = says(&world, "retrain --name bad-again --like bad --wait").await;
    assert!(!well && followed.contains("\nFailed: "), "{followed}");

    let (_, status) = says(&world, "status").await;
    for words in [
        "RUN ",
        "Pending (blocked)",
        "VERSION ",
        "Serving",
        "bad-again",
    ] {
        assert!(status.contains(words), "{words}: {status}");
    }
    let (_, held) = says(&world, "explain held").await;
    for words in [
        "TrainingRun held is Pending since",
        "PersistentVolumeClaim nope does not exist",
        "(until ",
        "goes on by itself",
    ] {
        assert!(held.contains(words), "{words}: {held}");
    }
    let (_, bad) = says(&world, "explain run/bad").await;
    assert!(
        bad.contains("no gradient") && bad.contains("kubectl logloop logs bad"),
        "{bad}"
    );
    for (line, words) in [
        ("explain nobody", "there is no nobody"),
        ("explain pod/x", "pod is not a kind to explain"),
        ("retrain --like nobody", "there is no TrainingRun nobody"),
        ("logs held", "has made no such attempt yet"),
        ("analyze pod/nobody", "pods \"nobody\" not found"),
    ] {
        let (well, text) = says(&world, line).await;
        assert!(!well && text.contains(words), "{line}: {text}");
    }
}

#[tokio::test]
async fn a_report_has_what_helps_and_no_secret() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    world
        .create::<Secret>(
            json!({"metadata": {"name": "token"}, "stringData": {"token": "hunter2"}}),
        )
        .await;
    world
        .create::<ConfigMap>(json!({"metadata": {"name": "own"}, "data": {"key": "hunter2"}}))
        .await;
    let env = json!([{"name": "KEY", "value": "hunter2"}]);
    world
        .run("first", json!({"trainer": {"podTemplate": {"env": env}}}))
        .await;
    world.until_phase("first", Phase::Succeeded).await;
    let (well, text) = says(&world, "report").await;
    assert!(well && !text.contains("hunter2"), "{text}");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    for (kind, least) in [
        ("trainingruns", 1),
        ("modelversions", 1),
        ("jobs", 2),
        ("pods", 3),
        ("configmaps", 1),
        ("persistentvolumeclaims", 1),
        ("leases", 1),
        ("events", 1),
    ] {
        let count = report[kind].as_array().map_or(0, Vec::len);
        assert!(count >= least, "{kind}: {}", report[kind]);
    }
    assert!(report["kubernetes"]["gitVersion"].is_string());
}

/// A client that has the logs of containers, which no kubelet keeps here: each says its name, in two parts.
fn with_logs(client: &Client) -> Client {
    let client = client.clone();
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let client = client.clone();
        async move {
            if !request.uri().path().ends_with("/log") {
                return client.send(request).await;
            }
            let query = request.uri().query().unwrap_or_default().to_owned();
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let container = pairs.find(|(key, _)| *key == "container").expect("one").1;
            let said = format!("{container} begins\n{container} ends\n");
            Ok(http::Response::new(Body::from(said.into_bytes())))
        }
    });
    Client::new(service, namespace)
}

#[tokio::test]
async fn a_run_is_followed_from_log_to_log() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    world.run("first", json!({})).await;
    world
        .until("first", "training", |run: &TrainingRun| {
            let status = run.status.as_ref();
            status.is_some_and(|status| status.steps.len() == 2)
        })
        .await;
    let client = with_logs(&world.client);
    let follows = says_through(client.clone(), &world, "logs first --follow");
    let goes_on = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        drop(kubelet);
        Kubelet::start(&world, all_well)
    };
    let ((well, text), _kubelet) = tokio::join!(follows, goes_on);
    assert!(well, "{text}");
    let mut rest = text.as_str();
    for words in [
        "==> first is Training: ",
        "==> train, attempt 1 (Job first-",
        "train begins\ntrain ends\n",
        "==> first is Succeeded: ",
    ] {
        let at = rest.find(words);
        rest = &rest[at.unwrap_or_else(|| panic!("{words} is not in {text}"))..];
    }
    assert!(!text.contains("export begins"), "{text}");
    let (well, text) = says_through(client, &world, "logs first --follow --step export").await;
    assert!(
        well && text.contains("export begins\nexport ends\n==> export, attempt 1"),
        "{text}"
    );
    let (well, text) = says(&world, "logs nobody -f").await;
    assert!(
        !well && text.contains("there is no TrainingRun nobody"),
        "{text}"
    );
}
