//! Schedules: by time, by new data, and killed between any two writes.

use crate::{
    kubelet::{End, Kubelet},
    model::all_well,
    world::World,
};
use k8s_openapi::api::core::v1::ResourceQuota;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams},
};
use logloop_operator_api::{
    TrainingRun, TrainingSchedule, TrainingScheduleStatus,
    conditions::{BLOCKED, find, is_true},
    training_run::Phase,
    training_schedule::SchedulePhase,
};
use serde_json::{Value, json};
use std::time::Duration;

fn status(schedule: &TrainingSchedule) -> TrainingScheduleStatus {
    schedule.status.clone().unwrap_or_default()
}

/// A schedule that is `minutes` old, as far as its status says: a time that has passed is due at once.
async fn old_schedule(world: &World, name: &str, spec: Value, minutes: i64) {
    let mut suspended = spec.clone();
    suspended["suspend"] = json!(true);
    world
        .create::<TrainingSchedule>(json!({"metadata": {"name": name}, "spec": suspended}))
        .await;
    let created = world
        .until(name, "suspended", |schedule: &TrainingSchedule| {
            status(schedule).phase == Some(SchedulePhase::Suspended)
        })
        .await;
    let now = created.creation_timestamp().expect("a time").0;
    let since = logloop_operator::clock::after(now, -60 * minutes);
    let since = json!({"status": {"scheduleSince": since.to_string()}});
    world.patch_status::<TrainingSchedule>(name, since).await;
    world
        .patch::<TrainingSchedule>(name, json!({"spec": {"suspend": spec.get("suspend")}}))
        .await;
}

async fn runs(world: &World) -> Vec<TrainingRun> {
    let runs: Api<TrainingRun> = world.api();
    let runs = runs.list(&ListParams::default()).await.expect("runs");
    runs.items
}

async fn until_created(world: &World, name: &str, count: usize) -> TrainingSchedule {
    let schedule = world
        .until(name, "creating runs", |schedule: &TrainingSchedule| {
            status(schedule).last_run.is_some()
        })
        .await;
    for _ in 0..200 {
        if runs(world).await.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(runs(world).await.len(), count);
    schedule
}

#[tokio::test]
async fn of_many_missed_times_the_latest_creates_one_run() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let operator = world.operator();
    let template =
        json!({"metadata": {"labels": {"team": "it"}}, "spec": {"trainer": {"epochs": 7}}});
    let spec = json!({"schedule": "* * * * *", "template": template});
    old_schedule(&world, "minutely", spec, 600).await;
    let schedule = until_created(&world, "minutely", 1).await;
    let run = runs(&world).await.remove(0);
    assert_eq!(Some(run.name_any()), status(&schedule).last_run);
    assert_eq!(run.spec.trainer.epochs, 7);
    assert_eq!(run.labels()["team"], "it");
    assert_eq!(run.owner_references()[0].kind, "TrainingSchedule");
    let at = status(&schedule).last_schedule_time.expect("a time").0;
    let uid = schedule.uid().expect("a UID");
    let expected = format!("minutely-{}-{}", &uid[..8], at.as_second() / 60);
    assert_eq!(run.name_any(), expected);
    // Another operator, and one whose status lost the last write, create no second one.
    drop(operator);
    let lost = json!({"status": {"lastScheduleTime": null, "lastRun": null, "lastRunTime": null, "active": null}});
    world
        .patch::<TrainingSchedule>("minutely", json!({"spec": {"suspend": true}}))
        .await;
    world
        .patch_status::<TrainingSchedule>("minutely", lost)
        .await;
    let _operator = world.operator();
    tokio::time::sleep(Duration::from_millis(500)).await;
    world
        .patch::<TrainingSchedule>("minutely", json!({"spec": {"suspend": false}}))
        .await;
    world
        .until("minutely", "at work", |schedule: &TrainingSchedule| {
            status(schedule).active == [run.name_any()]
        })
        .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&world).await.len(), 1);

    // What it created goes on by itself and is on record.
    let _kubelet = Kubelet::start(&world, all_well);
    world.until_phase(&run.name_any(), Phase::Succeeded).await;
    world
        .until(
            "minutely",
            "told of the end",
            |schedule: &TrainingSchedule| status(schedule).last_successful_time.is_some(),
        )
        .await;
}

#[tokio::test]
async fn a_run_under_way_is_waited_for_replaced_or_left_alone() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    for (policy, count) in [("Forbid", 1), ("Allow", 2), ("Replace", 1)] {
        let name = policy.to_lowercase();
        let spec = json!({"trigger": {"newInteractions": 10, "minInterval": "1s"}, "concurrencyPolicy": policy});
        world.analyzer_pod(2).await;
        world.analyzer.keep(json!({"interactions": 10}));
        world
            .create::<TrainingSchedule>(json!({"metadata": {"name": name}, "spec": spec}))
            .await;
        let first = until_created(&world, &name, 1).await;
        let first = status(&first).last_run.expect("a run");
        assert!(first.ends_with("-data-1"), "{first}");
        world.analyzer.keep(json!({"interactions": 20}));
        let waits = format!("when TrainingRun {first} has ended");
        world
            .until(&name, "at its second run", |schedule: &TrainingSchedule| {
                let now = status(schedule);
                let message = now.message.unwrap_or_default();
                now.triggered == Some(2) || (policy == "Forbid" && message.contains(&waits))
            })
            .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let there: Vec<String> = runs(&world)
            .await
            .iter()
            .map(ResourceExt::name_any)
            .collect();
        assert_eq!(there.len(), count, "{policy}: {there:?}");
        assert_eq!(there.contains(&first), policy != "Replace", "{there:?}");
        world
            .api::<TrainingSchedule>()
            .delete(&name, &DeleteParams::default())
            .await
            .expect("it can be deleted");
        world
            .api::<TrainingRun>()
            .delete_collection(&DeleteParams::background(), &ListParams::default())
            .await
            .expect("runs can be deleted");
        for run in there {
            world.until_gone::<TrainingRun>(&run).await;
        }
    }
}

#[tokio::test]
async fn what_it_waits_for_is_told() {
    let world = World::with_claim().await;
    let _operator = world.operator();
    let trigger = json!({"newFeedback": 5});
    world
        .create::<TrainingSchedule>(
            json!({"metadata": {"name": "data"}, "spec": {"trigger": trigger}}),
        )
        .await;
    let until_blocked = async |reason: &str| {
        world
            .until("data", reason, |schedule: &TrainingSchedule| {
                let conditions = status(schedule).conditions;
                find(&conditions, BLOCKED).is_some_and(|c| c.status == "True" && c.reason == reason)
            })
            .await
    };
    until_blocked("AnalyzerSilent").await;
    world.analyzer_pod(2).await;
    until_blocked("FigureMissing").await;
    world.analyzer.keep(json!({"feedback": 4}));
    let waits = world
        .until("data", "waiting for data", |schedule: &TrainingSchedule| {
            !is_true(&status(schedule).conditions, BLOCKED)
        })
        .await;
    assert_eq!(
        status(&waits).message.as_deref(),
        Some("waits for new data: 4 of 5 interactions with new feedback")
    );

    let hard = json!({"hard": {"count/trainingruns.logloop.dev": "0"}});
    world
        .create::<ResourceQuota>(json!({"metadata": {"name": "none"}, "spec": hard}))
        .await;
    world
        .patch_status::<ResourceQuota>("none", json!({"status": {"hard": hard["hard"], "used": {"count/trainingruns.logloop.dev": "0"}}}))
        .await;
    world.analyzer.keep(json!({"feedback": 5}));
    let refused = until_blocked("RunRefused").await;
    let message = status(&refused).message.expect("a message");
    assert!(message.contains("exceeded quota: none"), "{message}");
    world
        .api::<ResourceQuota>()
        .delete("none", &DeleteParams::default())
        .await
        .expect("it can be deleted");
    until_created(&world, "data", 1).await;
}

#[tokio::test]
async fn old_runs_are_forgotten_and_their_versions_stay() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let _operator = world.operator();
    let _kubelet = Kubelet::start(&world, |step, args| {
        if step == "train" && args.join(" ").contains("data-2") {
            return End::Failure(2, "unexpected argument".into());
        }
        all_well(step, args)
    });
    let spec = json!({"trigger": {"newInteractions": 10, "minInterval": "1s"},
        "successfulRunsHistoryLimit": 1, "failedRunsHistoryLimit": 1});
    world
        .create::<TrainingSchedule>(json!({"metadata": {"name": "often"}, "spec": spec}))
        .await;
    for round in 1..=3 {
        world.analyzer.keep(json!({"interactions": 10 * round}));
        let ending = format!("-data-{round}");
        let schedule = world
            .until("often", &ending, |schedule: &TrainingSchedule| {
                let now = status(schedule);
                now.last_run.is_some_and(|run| run.ends_with(&ending)) && now.active.is_empty()
            })
            .await;
        let run = status(&schedule).last_run.expect("a run");
        let phase = if round == 2 {
            Phase::Failed
        } else {
            Phase::Succeeded
        };
        world.until_phase(&run, phase).await;
    }
    let mut left = Vec::new();
    for _ in 0..200 {
        left = runs(&world)
            .await
            .iter()
            .map(ResourceExt::name_any)
            .collect();
        if left.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        left.len() == 2 && left[0].ends_with("-data-2") && left[1].ends_with("-data-3"),
        "{left:?}"
    );
    let models: Api<logloop_operator_api::ModelVersion> = world.api();
    let models = models.list(&ListParams::default()).await.expect("versions");
    assert_eq!(models.items.len(), 2, "of the first and of the third");
}

#[tokio::test]
async fn specs_out_of_range_are_refused_with_a_reason() {
    let world = World::new().await;
    let cases = [
        (json!({}), "needs schedule, trigger or both"),
        (json!({"schedule": "nightly at 3"}), "five fields of cron"),
        (json!({"trigger": {}}), "a trigger needs"),
        (json!({"trigger": {"newFeedback": 0}}), "newFeedback"),
        (
            json!({"trigger": {"newFeedback": 1}, "timeZone": "UTC"}),
            "give a schedule, too",
        ),
        (
            json!({"trigger": {"newFeedback": 1, "minInterval": "1y"}}),
            "minInterval",
        ),
        (
            json!({"trigger": {"negativeShare": {"percent": 101}}}),
            "percent",
        ),
        (
            json!({"schedule": "0 3 * * *", "startingDeadlineSeconds": 9}),
            "startingDeadlineSeconds",
        ),
        (
            json!({"schedule": "0 3 * * *", "concurrencyPolicy": "Never"}),
            "concurrencyPolicy",
        ),
        (
            json!({"schedule": "0 3 * * *", "template": {"spec": {"backoffLimit": 11}}}),
            "backoffLimit",
        ),
    ];
    for (spec, expected) in cases {
        let object = json!({"metadata": {"name": "bad"}, "spec": spec});
        let error = world
            .try_create::<TrainingSchedule>(object)
            .await
            .map_or_else(|error| error.to_string(), |_| String::new());
        assert!(error.contains(expected), "{spec}: {error:?}");
    }
    let good = json!({"metadata": {"name": "good"}, "spec": {"schedule": "0 3 * * *"}});
    world.create::<TrainingSchedule>(good).await;
    // Unlike a run's own spec, what its runs are to be can change.
    let change = json!({"spec": {"template": {"spec": {"trainer": {"epochs": 2}}}}});
    world.patch::<TrainingSchedule>("good", change).await;
}
