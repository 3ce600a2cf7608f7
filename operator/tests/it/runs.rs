//! Runs, from their beginning to each of their ends.

use crate::{
    kubelet::{End, Kubelet, pod_of},
    model::{all_well, digest, evaluated, exported, trained},
    world::World,
};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ConfigMap, Event, Pod},
};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use logloop_operator_api::{
    ModelVersion, TrainingRun,
    conditions::{
        BLOCKED, COMPLETE, DATASET_READY, FINISHED, GATED, MODEL_PUBLISHED, SERVING, find, is_true,
    },
    model_version::ModelPhase,
    training_run::{Outcome, Phase, TrainingRunStatus, Verdict},
};
use serde_json::json;
use std::time::Duration;

fn status(run: &TrainingRun) -> TrainingRunStatus {
    run.status.clone().unwrap_or_default()
}

fn version(run: &TrainingRun) -> String {
    status(run).model.expect("a model").version
}

async fn until_model(world: &World, name: &str, phase: ModelPhase) -> ModelVersion {
    world
        .until(name, phase.as_str(), |model: &ModelVersion| {
            model.status.as_ref().and_then(|s| s.phase) == Some(phase)
        })
        .await
}

#[tokio::test]
async fn a_run_ends_with_its_version_in_service() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    world.analyzer_pod(3).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    world.run("first", json!({})).await;
    let first = world.until_phase("first", Phase::Succeeded).await;

    let now = status(&first);
    for condition in [FINISHED, COMPLETE, DATASET_READY, MODEL_PUBLISHED, SERVING] {
        assert!(
            is_true(&now.conditions, condition),
            "{condition}: {:?}",
            now.conditions
        );
    }
    assert_eq!(
        find(&now.conditions, GATED).map(|c| (c.status.as_str(), c.reason.as_str())),
        Some(("False", "NotRequested"))
    );
    let name = version(&first);
    let digest = digest(&name);
    assert_eq!(
        find(&now.conditions, SERVING).map(|c| c.message.clone()),
        Some(format!("2/2 pods loaded {digest}"))
    );
    assert_eq!(
        (now.observed_generation, now.dataset.map(|d| d.examples)),
        (Some(1), Some(120))
    );
    assert_eq!(now.steps.len(), 2);
    assert!(
        now.steps
            .iter()
            .all(|step| step.outcome == Some(Outcome::Succeeded) && step.finished.is_some())
    );
    assert!(now.start_time.is_some() && now.completion_time.is_some());
    for pod in [2, 3] {
        let loaded = world
            .analyzer
            .loaded(pod)
            .expect("it was handed the document");
        assert_eq!(loaded["stable"], json!({"version": name, "digest": digest}));
    }
    assert_eq!(
        world.document().await.expect("a document")["stable"]["version"],
        json!(name)
    );
    // Whoever waited for the run finds its version there.
    let model = world
        .api::<ModelVersion>()
        .get(&name)
        .await
        .expect("the version");
    assert_eq!(
        model.status.clone().and_then(|s| s.phase),
        Some(ModelPhase::Serving)
    );
    assert_eq!(model.status.and_then(|s| s.loaded).as_deref(), Some("2/2"));
    assert!(
        model.metadata.owner_references.is_none(),
        "it outlives its run"
    );

    let job = world
        .api::<Job>()
        .get(&format!("{name}-train-1"))
        .await
        .expect("the Job");
    assert_eq!(
        job.labels()["team"],
        "it",
        "labels of a run pass to its Jobs"
    );
    let pod = job.spec.and_then(|spec| spec.template.spec).expect("a pod");
    assert!(
        pod.affinity.is_some(),
        "beside the analyzer, on a claim that only one node can mount"
    );

    // The next one takes its place, and this one retires.
    world.run("second", json!({})).await;
    let second = world.until_phase("second", Phase::Succeeded).await;
    until_model(&world, &name, ModelPhase::Retired).await;
    until_model(&world, &version(&second), ModelPhase::Serving).await;
    assert_eq!(
        status(&second)
            .rollout
            .and_then(|r| r.previous)
            .map(|p| p.version),
        Some(name.clone())
    );

    // A pod that starts from an old document is brought along.
    world.analyzer.restart(3);
    world
        .api::<Pod>()
        .delete("web-7d9f-2", &DeleteParams::default().grace_period(0))
        .await
        .expect("it can be deleted");
    for _ in 0..200 {
        if world.analyzer.loaded(3).is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        world
            .analyzer
            .loaded(3)
            .expect("it was handed the document")["stable"]["version"],
        json!(version(&second))
    );

    // Versions stay when their run goes.
    world
        .api::<TrainingRun>()
        .delete("first", &DeleteParams::default())
        .await
        .expect("it can be deleted");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        world
            .api::<ModelVersion>()
            .get_opt(&name)
            .await
            .expect("an answer")
            .is_some()
    );
}

#[tokio::test]
async fn a_gate_passes_fails_or_has_too_little_to_go_by() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "evaluate" if args.join(" ").contains("--version few-") => evaluated(args, 0.9, 2),
        "evaluate" if args.join(" ").contains("--version none-") => evaluated(args, 0.9, 0),
        "evaluate" if args.join(" ").contains("--version bad-") => evaluated(args, 0.3, 50),
        _ => all_well(step, args),
    });
    let gate = |more: serde_json::Value| {
        let mut gate = json!({"metrics": [{"name": "failure_f1", "min": 0.5, "maxRegression": 0.05, "minSamples": 5}]});
        gate.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        json!({"gate": gate})
    };
    for (name, phase, verdict) in [
        ("few", Phase::Rejected, Verdict::Insufficient),
        ("none", Phase::Rejected, Verdict::Insufficient),
        ("bad", Phase::Rejected, Verdict::Fail),
        ("good", Phase::Succeeded, Verdict::Pass),
    ] {
        world.run(name, gate(json!({}))).await;
        let run = world.until_phase(name, phase).await;
        let now = status(&run);
        assert_eq!(
            now.gate.as_ref().map(|gate| gate.verdict),
            Some(verdict),
            "{name}"
        );
        assert_eq!(
            is_true(&now.conditions, GATED),
            verdict == Verdict::Pass,
            "{name}"
        );
        assert_eq!(
            is_true(&now.conditions, COMPLETE),
            phase == Phase::Succeeded,
            "{name}"
        );
        let expected = if phase == Phase::Succeeded {
            ModelPhase::Serving
        } else {
            ModelPhase::Rejected
        };
        until_model(&world, &version(&run), expected).await;
        if phase == Phase::Rejected {
            assert!(
                world.analyzer.loaded(2).is_none(),
                "{name}: nothing was brought into service"
            );
        }
    }
    world
        .run("few-promoted", gate(json!({"onInsufficient": "Promote"})))
        .await;
    world.until_phase("few-promoted", Phase::Succeeded).await;
}

#[tokio::test]
async fn a_missing_claim_blocks_until_it_is_there() {
    let world = World::new().await;
    let _operator = world.operator();
    world
        .run("first", json!({"source": {"claim": "nope"}}))
        .await;
    world.run("second", json!({})).await;
    for (name, claim) in [("first", "nope"), ("second", "data")] {
        let run = world
            .until(name, "blocked", |run: &TrainingRun| {
                is_true(&status(run).conditions, BLOCKED)
            })
            .await;
        let condition = find(&status(&run).conditions, BLOCKED)
            .cloned()
            .expect("it is blocked");
        assert_eq!(condition.reason, "ClaimMissing");
        assert!(
            condition
                .message
                .contains(&format!("PersistentVolumeClaim {claim} does not exist")),
            "{}",
            condition.message
        );
        assert!(
            status(&run).message.expect("a message").contains("(until "),
            "it says until when"
        );
    }
    world.create_claim().await;
    let run = world.until_phase("second", Phase::Exporting).await;
    assert!(!is_true(&status(&run).conditions, BLOCKED));
    assert_eq!(
        status(
            &world
                .api::<TrainingRun>()
                .get("first")
                .await
                .expect("a run")
        )
        .phase,
        Some(Phase::Pending)
    );
}

#[tokio::test]
async fn too_little_data_is_skipped_and_a_crash_tells_its_last_words() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "export" if args.join(" ").contains("--dataset little-") => exported(args, 3),
        "train" if args.join(" ").contains("--version crash-") => End::Failure(
            101,
            "epoch 1\nthread 'main' panicked at src/fit.rs:7: no gradient\n".into(),
        ),
        "train" if args.join(" ").contains("--version usage-") => {
            End::Failure(2, "unexpected argument".into())
        }
        "train" if args.join(" ").contains("--version flaky-") => {
            End::Success("{\"step\":\"tra".into())
        }
        _ => all_well(step, args),
    });
    world.run("little", json!({})).await;
    let run = world.until_phase("little", Phase::Skipped).await;
    assert!(
        status(&run)
            .message
            .expect("a message")
            .contains("3 examples, and spec.source.minExamples asks for 10")
    );
    assert!(
        is_true(&status(&run).conditions, FINISHED) && !is_true(&status(&run).conditions, COMPLETE)
    );

    world.run("crash", json!({"backoffLimit": 1})).await;
    world.run("usage", json!({})).await;
    world.run("flaky", json!({"backoffLimit": 0})).await;
    let crash = world.until_phase("crash", Phase::Failed).await;
    let message = status(&crash).message.expect("a message");
    assert!(
        message.contains("train failed at attempt 2 of 2") && message.contains("no gradient"),
        "{message}"
    );
    assert_eq!(
        status(&crash).steps.len(),
        3,
        "one export, two attempts to train"
    );
    let usage = world.until_phase("usage", Phase::Failed).await;
    assert_eq!(
        status(&usage).steps.len(),
        2,
        "exit code 2 is never tried again"
    );
    let flaky = world.until_phase("flaky", Phase::Failed).await;
    assert_eq!(status(&flaky).steps[1].outcome, Some(Outcome::Lost));
    assert_eq!(world.document().await, None, "what served goes on serving");
    assert_eq!(world.analyzer.pushes(), 0);
    // Published aside.
    let told = async || {
        let failed = ListParams::default().fields("reason=Failed");
        let events = world.api::<Event>().list(&failed).await.expect("events");
        let mut words = events.iter().filter_map(|event| event.message.as_deref());
        words.any(|words| words.contains("no gradient"))
    };
    let began = std::time::Instant::now();
    while !told().await {
        assert!(began.elapsed().as_secs() < 30, "nobody is told");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_unusable_model_is_rolled_back_in_the_analyzers_words() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    world.analyzer_pod(3).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    world.run("good", json!({})).await;
    let good = version(&world.until_phase("good", Phase::Succeeded).await);

    let run = world.run("bad", json!({})).await;
    let bad = format!("bad-{}", &run.uid().expect("a UID")[..8]);
    world.analyzer.refuse(
        &digest(&bad),
        "weights of head severity have the wrong shape",
    );
    let run = world.until_phase("bad", Phase::RolledBack).await;
    let message = status(&run).message.expect("a message");
    assert!(
        message.contains("weights of head severity have the wrong shape"),
        "{message}"
    );
    assert_eq!(
        world.document().await.expect("a document")["stable"]["version"],
        json!(good)
    );
    until_model(&world, &bad, ModelPhase::RolledBack).await;
    until_model(&world, &good, ModelPhase::Serving).await;
    for pod in [2, 3] {
        assert_eq!(
            world.analyzer.loaded(pod).expect("a document")["stable"]["version"],
            json!(good)
        );
    }
    // An aborted rollout does not stand in the way of the next.
    world.run("next", json!({})).await;
    world.until_phase("next", Phase::Succeeded).await;
}

#[tokio::test]
async fn without_a_pod_the_rollout_waits_and_then_goes_back() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    world
        .run("first", json!({"rollout": {"deadlineSeconds": 4}}))
        .await;
    let waits = world.until_phase("first", Phase::RollingOut).await;
    let name = version(&waits);
    world
        .until("first", "waiting for a pod", |run: &TrainingRun| {
            status(run)
                .message
                .is_some_and(|message| message.contains("no pod of the analyzer web is ready"))
        })
        .await;
    // Only one run at a time may roll out on a target.
    world.run("second", json!({})).await;
    world.until_phase("second", Phase::Queued).await;
    world.until_phase("first", Phase::RolledBack).await;
    assert_eq!(
        world.document().await.expect("a document")["stable"],
        json!(null),
        "the rules answer again"
    );
    until_model(&world, &name, ModelPhase::RolledBack).await;
    world.analyzer_pod(2).await;
    world.until_phase("second", Phase::Succeeded).await;
}

#[tokio::test]
async fn what_was_removed_after_the_end_does_not_start_again() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let operator = world.operator();
    let kubelet = Kubelet::start(&world, |step, args| {
        if step == "train" {
            trained(args)
        } else {
            exported(args, 50)
        }
    });
    world.run("first", json!({})).await;
    world.until_phase("first", Phase::Succeeded).await;
    drop(kubelet);
    let jobs = world.api::<Job>();
    jobs.delete_collection(&DeleteParams::background(), &ListParams::default())
        .await
        .expect("Jobs can be deleted");
    for pod in world
        .api::<Pod>()
        .list(&ListParams::default().labels("logloop.dev/step"))
        .await
        .expect("pods")
    {
        world
            .api::<Pod>()
            .delete(&pod.name_any(), &DeleteParams::default().grace_period(0))
            .await
            .expect("it goes");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Not by the one that saw it, and not by one that did not.
    drop(operator);
    let _operator = world.operator();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.jobs().await, Vec::<String>::new());
    let run = world.until_phase("first", Phase::Succeeded).await;
    assert_eq!(status(&run).steps.len(), 2);
}

#[tokio::test]
async fn what_keeps_a_job_from_running_is_told_word_for_word() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    world.run("first", json!({})).await;
    let run = world
        .until("first", "started", |run: &TrainingRun| {
            !status(run).steps.is_empty()
        })
        .await;
    let step = status(&run).steps[0].clone();
    let words = "Error creating: pods \"x\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0";
    world
        .create::<Event>(json!({"metadata": {"name": "quota"}, "reason": "FailedCreate", "type": "Warning", "message": words,
            "lastTimestamp": "2026-01-01T00:00:00Z", "involvedObject": {"apiVersion": "batch/v1", "kind": "Job",
                "name": step.job_name, "uid": step.job_uid, "namespace": world.namespace}}))
        .await;
    let run = world
        .until("first", "blocked", |run: &TrainingRun| {
            is_true(&status(run).conditions, BLOCKED)
        })
        .await;
    let condition = find(&status(&run).conditions, BLOCKED)
        .cloned()
        .expect("it is blocked");
    assert_eq!(condition.reason, "FailedCreate");
    assert!(
        condition.message.contains("exceeded quota: small"),
        "{}",
        condition.message
    );
}

#[tokio::test]
async fn a_run_that_takes_too_long_fails_and_its_job_is_stopped() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| {
        if step == "train" {
            End::Running
        } else {
            all_well(step, args)
        }
    });
    world.run("slow", json!({"activeDeadlineSeconds": 6})).await;
    let run = world.until_phase("slow", Phase::Failed).await;
    let message = status(&run).message.expect("a message");
    assert!(
        message.contains("activeDeadlineSeconds after its creation; it was Training"),
        "{message}"
    );
    let train = status(&run).steps[1].job_name.clone();
    for _ in 0..200 {
        let job = world.api::<Job>().get_opt(&train).await.expect("an answer");
        if job.is_none_or(|job| job.metadata.deletion_timestamp.is_some()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("Job {train} goes on after its run has failed");
}

#[tokio::test]
async fn a_document_that_was_deleted_or_overtaken_is_put_back() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, all_well);
    world.run("first", json!({})).await;
    let name = version(&world.until_phase("first", Phase::Succeeded).await);
    let until_loaded = async |least: i64| {
        for _ in 0..400 {
            let loaded = world.analyzer.loaded(2).expect("a document");
            if loaded["stable"]["version"] == json!(name)
                && loaded["generation"].as_i64() >= Some(least)
            {
                return loaded["generation"].as_i64().expect("a generation");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "the pod has {:?}, the document is {:?}",
            world.analyzer.loaded(2),
            world.document().await
        );
    };
    let generation = until_loaded(1).await;
    world
        .api::<ConfigMap>()
        .delete("web-serving", &DeleteParams::default())
        .await
        .expect("it can be deleted");
    let generation = until_loaded(generation + 1).await;
    // A pod that has another document of the same generation, and one that is far ahead.
    world.analyzer.load(
        2,
        json!({"generation": generation, "stable": null, "candidate": null}),
    );
    let generation = until_loaded(generation + 1).await;
    world.analyzer.load(
        2,
        json!({"generation": generation + 90, "stable": null, "candidate": null}),
    );
    until_loaded(generation + 91).await;
    assert_eq!(
        world.document().await.expect("a document")["stable"]["version"],
        json!(name)
    );
}

#[tokio::test]
async fn a_run_that_is_deleted_on_its_way_leaves_nothing_undecided() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "evaluate" => End::Running,
        _ => all_well(step, args),
    });
    let delete = async |name: &str| {
        let params = DeleteParams::background();
        let runs = world.api::<TrainingRun>();
        runs.delete(name, &params).await.expect("it can be deleted");
    };
    let gate = json!({"metrics": [{"name": "failure_f1", "min": 0.5}]});
    world.run("first", json!({"gate": gate})).await;
    let first = version(&world.until_phase("first", Phase::Gating).await);
    until_model(&world, &first, ModelPhase::Candidate).await;
    delete("first").await;
    let rejected = until_model(&world, &first, ModelPhase::Rejected).await;
    assert_eq!(
        rejected.status.and_then(|status| status.message).as_deref(),
        Some("its run was deleted")
    );

    // No pod is ready: it rolls out and waits, with the document and its target in its hands.
    world.run("second", json!({})).await;
    let second = version(&world.until_phase("second", Phase::RollingOut).await);
    world
        .until("web-serving", "written", |map: &ConfigMap| {
            let text = map
                .data
                .as_ref()
                .and_then(|data| data.get("serving.json").cloned());
            text.is_some_and(|text| text.contains(&second))
        })
        .await;
    delete("second").await;
    until_model(&world, &second, ModelPhase::Serving).await;
    world
        .until("web-serving", "released", |map: &ConfigMap| {
            !map.annotations().contains_key("logloop.dev/rollout-owner")
        })
        .await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told_in_the_status() {
    let world = World::with_claim().await;
    world
        .create::<ConfigMap>(
            json!({"metadata": {"name": "web-serving"}, "data": {"serving.json": "{"}}),
        )
        .await;
    let _operator = world.operator();
    world
        .run("first", json!({"activeDeadlineSeconds": 3600}))
        .await;
    let run = world
        .until("first", "blocked", |run: &TrainingRun| {
            is_true(&status(run).conditions, BLOCKED)
        })
        .await;
    let message = status(&run).message.expect("a message");
    assert!(
        message.contains("serving.json of ConfigMap web-serving"),
        "{message}"
    );
}

#[tokio::test]
async fn how_far_training_has_come_is_told() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| match step {
        "train" => End::Running,
        _ => all_well(step, args),
    });
    let run = world.run("first", json!({})).await;
    let version = format!("first-{}", &run.uid().expect("a UID")[..8]);
    let training = json!({(version): {"step": 30, "steps": 120, "epoch": 1, "epochs": 4, "loss": 0.25,
        "validation_loss": null, "eta_seconds": 90, "entries_per_second": 1000}});
    world.analyzer.train(training);
    let run = world
        .until("first", "training", |run: &TrainingRun| {
            status(run).steps.len() == 2
        })
        .await;
    let job = status(&run).steps[1].job_name.clone();
    let job = world.api::<Job>().get(&job).await.expect("the Job");
    let pod = pod_of(&job);
    let pods = world.api::<Pod>();
    pods.create(&PostParams::default(), &pod)
        .await
        .expect("a pod");
    let runs = json!({"status": {"phase": "Running"}});
    world.patch_status::<Pod>(&pod.name_any(), runs).await;
    let run = world
        .until("first", "on its way", |run: &TrainingRun| {
            status(run).progress.is_some()
        })
        .await;
    let progress = status(&run).progress.expect("progress");
    assert_eq!(
        (progress.percent, progress.loss, progress.eta_seconds),
        (25, Some(0.25), Some(90))
    );
}
