//! What people delete: the children of a run, and the namespace with all that is in it.

use crate::{
    control_plane,
    kubelet::{End, Kubelet},
    model::{Latch, all_well, well_behind},
    world::World,
};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Namespace, PersistentVolumeClaim, Pod},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams},
};
use logloop_operator_api::{
    ModelVersion, TrainingRun,
    conditions::{BLOCKED, find},
    training_run::{Outcome, Phase},
};
use serde_json::json;
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

#[tokio::test]
async fn a_job_that_a_person_deletes_is_made_again_and_counts_as_an_attempt() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let ends = Latch::default();
    let _kubelet = Kubelet::start(&world, well_behind(&ends));
    let gate = json!({"metrics": [{"name": "failure_f1", "min": 0.5}]});
    world
        .run("first", json!({"gate": gate, "backoffLimit": 1}))
        .await;
    let steps = |run: &TrainingRun| run.status.clone().unwrap_or_default().steps;
    let run = world
        .until("first", "training", |run: &TrainingRun| {
            steps(run).len() == 2
        })
        .await;
    let jobs: Api<Job> = world.api();
    let train = steps(&run)[1].job_name.clone();
    jobs.delete(&train, &DeleteParams::background())
        .await
        .expect("it can be deleted");
    let run = world
        .until("first", "training again", |run: &TrainingRun| {
            steps(run).len() == 3
        })
        .await;
    assert_eq!(steps(&run)[1].outcome, Some(Outcome::Lost));
    ends.open();
    // All that has ended goes while it goes on: Jobs, pods and the version itself.
    world.until_phase("first", Phase::Gating).await;
    let (all, now) = (
        ListParams::default(),
        DeleteParams::background().grace_period(0),
    );
    let models: Api<ModelVersion> = world.api();
    models
        .delete_collection(&now, &all)
        .await
        .expect("versions go");
    let pods: Api<Pod> = world.api();
    let of_train = ListParams::default().labels("logloop.dev/step=train");
    pods.delete_collection(&now, &of_train)
        .await
        .expect("pods go");
    jobs.delete_collection(&now, &of_train)
        .await
        .expect("Jobs go");
    let run = world.until_phase("first", Phase::Succeeded).await;
    assert_eq!(
        steps(&run).len(),
        4,
        "export, two attempts to train, one to evaluate"
    );
}

#[tokio::test]
async fn a_run_that_is_deleted_takes_its_job_with_it_and_another_of_its_name_is_another() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let first = world.run("same", json!({})).await;
    world.until_phase("same", Phase::Exporting).await;
    world
        .until("same", "started", |run: &TrainingRun| {
            run.status
                .as_ref()
                .is_some_and(|status| !status.steps.is_empty())
        })
        .await;
    let runs: Api<TrainingRun> = world.api();
    runs.delete("same", &DeleteParams::background())
        .await
        .expect("it can be deleted");
    world.until_gone::<TrainingRun>("same").await;
    let second = world.run("same", json!({})).await;
    assert_ne!(first.uid(), second.uid());
    let _kubelet = Kubelet::start(&world, all_well);
    let run = world.until_phase("same", Phase::Succeeded).await;
    let steps = run.status.expect("a status").steps;
    let uid = second.uid().expect("a UID");
    assert!(
        steps.iter().all(|step| step.job_name.contains(&uid[..8])),
        "{steps:?}"
    );
    // The garbage collector finds the first one's Job by its owner.
    let jobs: Api<Job> = world.api();
    let jobs = jobs.list(&ListParams::default()).await.expect("Jobs");
    let of_first = jobs.iter().filter(|job| {
        job.owner_references()
            .iter()
            .any(|owner| Some(&owner.uid) == first.uid().as_ref())
    });
    assert_eq!(of_first.count(), 1);
}

/// The controllers that empty a namespace that is being deleted and let its claims go, and no others.
fn namespace_controller(dir: &std::path::Path) -> std::process::Child {
    let script = r#""$1/kube-controller-manager" --kubeconfig "$2/kubeconfig" --controllers namespace-controller,persistentvolumeclaim-protection-controller \
        --leader-elect=false --secure-port 0 >"$2/log" 2>&1 &
p=$!; cat >/dev/null; kill -9 $p; wait"#;
    Command::new("sh")
        .args(["-c", script, "controllers"])
        .arg(std::fs::canonicalize(control_plane::programs()).expect("the programs are there"))
        .arg(dir)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh starts")
}

#[tokio::test]
async fn a_namespace_that_is_deleted_in_the_middle_goes() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    // It ends when its lease is gone: its own pod went with the namespace, too.
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    world.run("first", json!({})).await;
    world.run("second", json!({"suspend": true})).await;
    world
        .create::<logloop_operator_api::TrainingSchedule>(
            json!({"metadata": {"name": "s"}, "spec": {"schedule": "* * * * *"}}),
        )
        .await;
    world
        .until("first", "training", |run: &TrainingRun| {
            run.status
                .as_ref()
                .is_some_and(|status| status.steps.len() == 2)
        })
        .await;
    let dir = tempfile::tempdir().expect("a folder");
    let config = control_plane::kubeconfig().await.to_string();
    std::fs::write(dir.path().join("kubeconfig"), config).expect("it can be written");
    let mut controller = namespace_controller(dir.path());
    let namespaces: Api<Namespace> = Api::all(world.client.clone());
    namespaces
        .delete(&world.namespace, &DeleteParams::default())
        .await
        .expect("it can be deleted");
    let began = Instant::now();
    while let Some(left) = namespaces
        .get_opt(&world.namespace)
        .await
        .expect("an answer")
    {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it is still there: {:?}",
            left.status
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(controller.stdin.take());
    controller.wait().expect("it ends");
}

#[tokio::test]
async fn a_claim_that_goes_is_told_and_runs_go_on_once_it_is_back() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let ends = Latch::default();
    let _kubelet = Kubelet::start(&world, well_behind(&ends));
    let steps = |run: &TrainingRun| run.status.clone().unwrap_or_default().steps.len();
    world.run("first", json!({})).await;
    world
        .until("first", "training", |run: &TrainingRun| steps(run) == 2)
        .await;
    let claims: Api<PersistentVolumeClaim> = world.api();
    claims
        .delete("data", &DeleteParams::default())
        .await
        .expect("it can be deleted");
    // It is looked at once for all runs between two looks.
    tokio::time::sleep(world.settings("one").pace.look).await;
    // What protects it while pods use it is still on it.
    let blocked = |reason: &'static str| {
        move |run: &TrainingRun| {
            let conditions = run.status.clone().unwrap_or_default().conditions;
            find(&conditions, BLOCKED).is_some_and(|it| it.status == "True" && it.reason == reason)
        }
    };
    world.run("second", json!({})).await;
    world
        .until("second", "told that it goes", blocked("ClaimUnusable"))
        .await;
    let released = json!({"metadata": {"finalizers": null}});
    world.patch::<PersistentVolumeClaim>("data", released).await;
    world
        .until("second", "told that it is gone", blocked("ClaimMissing"))
        .await;
    let run: TrainingRun = world.api().get("second").await.expect("the run");
    assert_eq!(
        steps(&run),
        0,
        "nothing was created on a claim that is gone"
    );
    world.create_claim().await;
    ends.open();
    for name in ["first", "second"] {
        let run = world.until_phase(name, Phase::Succeeded).await;
        assert_eq!(steps(&run), 2, "{name}: no attempt was lost");
    }
}
