//! What a schedule does next, as tables: facts in, plan out.

use super::{Effect, Plan, plan, run_refused};
use crate::{clock, training_schedule::facts::Facts};
use logloop_operator_api::{
    TrainingRun, TrainingSchedule,
    conditions::{BLOCKED, find},
    training_schedule::{Figures, SchedulePhase},
};
use serde_json::{Value, json};
use std::time::Duration;

const UID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
/// 2026-06-10T03:00:00Z in minutes since 1970.
const TICK: &str = "s-0f8fad5b-29684340";

fn facts(spec: Value, status: Value) -> Facts {
    let schedule: TrainingSchedule = serde_json::from_value(json!({
        "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingSchedule",
        "metadata": {"name": "s", "uid": UID, "generation": 1, "creationTimestamp": "2026-06-01T12:00:00Z"},
        "spec": spec, "status": status
    }))
    .expect("a schedule");
    Facts {
        now: "2026-06-10T03:00:30Z".parse().expect("a time"),
        schedule,
        runs: Vec::new(),
        going: Vec::new(),
        kept: None,
        look: Duration::from_secs(2),
        keep: Duration::from_secs(30),
    }
}

/// Every night at three; the last run was that of yesterday.
fn nightly(more: Value) -> Facts {
    let mut spec = json!({"schedule": "0 3 * * *"});
    spec.as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("an object").clone());
    facts(
        spec,
        json!({"schedule": "0 3 * * * UTC", "scheduleSince": "2026-06-01T12:00:00Z",
        "lastScheduleTime": "2026-06-09T03:00:00Z", "lastRunTime": "2026-06-09T03:00:01Z", "lastRun": "old"}),
    )
}

fn run(name: &str, phase: &str, ended: Option<&str>) -> TrainingRun {
    serde_json::from_value(json!({
        "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": name}, "spec": {},
        "status": {"phase": phase, "completionTime": ended}
    }))
    .expect("a run")
}

fn with(mut facts: Facts, runs: Vec<TrainingRun>) -> Facts {
    facts.runs = runs;
    facts
}

fn at(mut facts: Facts, now: &str) -> Facts {
    facts.now = now.parse().expect("a time");
    facts
}

fn created(plan: &Plan) -> Option<&str> {
    plan.effects.iter().find_map(|effect| match effect {
        Effect::CreateRun { name, .. } => Some(name.as_str()),
        Effect::DeleteRuns(_) => None,
    })
}

fn deleted(plan: &Plan) -> Vec<String> {
    let names = plan.effects.iter().filter_map(|effect| match effect {
        Effect::DeleteRuns(names) => Some(names.clone()),
        Effect::CreateRun { .. } => None,
    });
    names.flatten().collect()
}

fn message(plan: &Plan) -> &str {
    plan.status.message.as_deref().unwrap_or_default()
}

#[test]
fn a_run_is_created_at_its_time() {
    let policy = |policy: &str| nightly(json!({"concurrencyPolicy": policy}));
    let active = || vec![run("old", "Training", None)];
    let mut going = policy("Replace");
    going.going = vec!["old".into()];
    let new = |created: &str, spec: Value| {
        let mut facts = facts(spec, Value::Null);
        facts.schedule.metadata.creation_timestamp =
            Some(clock::time(created.parse().expect("a time")));
        facts
    };
    let changed = facts(
        json!({"schedule": "0 2 * * *"}),
        json!({"schedule": "0 5 * * * UTC", "lastScheduleTime": "2026-06-09T05:00:00Z", "lastRunTime": "2026-06-09T05:00:01Z"}),
    );
    let weeks = at(nightly(json!({})), "2026-07-01T03:00:00Z");
    let late = |seconds: i64| {
        at(
            nightly(json!({"startingDeadlineSeconds": seconds})),
            "2026-06-10T04:00:00Z",
        )
    };
    let cases: Vec<(&str, Facts, Option<&str>, &str)> = vec![
        (
            "its time",
            nightly(json!({})),
            Some(TICK),
            "created TrainingRun",
        ),
        (
            "not yet",
            at(nightly(json!({})), "2026-06-10T02:59:59Z"),
            None,
            "waits for 2026-06-10T03:00:00Z",
        ),
        (
            "only the latest of many",
            weeks,
            Some("s-0f8fad5b-29714580"),
            "2026-07-01T03:00:00Z",
        ),
        (
            "late, and still in time",
            late(3_600),
            Some(TICK),
            "created",
        ),
        (
            "too late",
            late(3_599),
            None,
            "2026-06-10T03:00:00Z was missed by more than",
        ),
        (
            "before it was there",
            new("2026-06-10T03:00:10Z", json!({"schedule": "0 3 * * *"})),
            None,
            "waits for 2026-06-11",
        ),
        (
            "seen late",
            new("2026-06-10T02:59:50Z", json!({"schedule": "0 3 * * *"})),
            Some(TICK),
            "created",
        ),
        (
            "another schedule since",
            changed,
            None,
            "waits for 2026-06-11T02:00:00Z",
        ),
        (
            "suspended",
            nightly(json!({"suspend": true})),
            None,
            "suspended; set",
        ),
        (
            "no such zone",
            nightly(json!({"timeZone": "Mars/Olympus"})),
            None,
            "spec.timeZone",
        ),
        (
            "forbidden",
            with(policy("Forbid"), active()),
            None,
            "when TrainingRun old has ended",
        ),
        (
            "ended",
            with(policy("Forbid"), vec![run("old", "Failed", None)]),
            Some(TICK),
            "created",
        ),
        (
            "beside",
            with(policy("Allow"), active()),
            Some(TICK),
            "created",
        ),
        (
            "replaced",
            with(policy("Replace"), active()),
            None,
            "TrainingRun old is deleted",
        ),
        (
            "going",
            going,
            None,
            "when TrainingRun old has ended or is gone",
        ),
        (
            "there already",
            with(policy("Forbid"), vec![run(TICK, "Training", None)]),
            None,
            "created TrainingRun",
        ),
    ];
    for (name, facts, expected, words) in cases {
        let plan = plan(&facts);
        assert_eq!(created(&plan), expected, "{name}: {}", message(&plan));
        assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
        assert_eq!(
            deleted(&plan),
            if name == "replaced" {
                vec!["old".to_owned()]
            } else {
                vec![]
            },
            "{name}"
        );
        let done = message(&plan).starts_with("created");
        if done {
            let last = plan.status.last_run.clone().expect("on record");
            assert!(plan.status.last_schedule_time.is_some(), "{name}");
            assert!(
                plan.status.active.contains(&last),
                "{name}: {:?}",
                plan.status.active
            );
            // Once on record, it is not created again.
            let mut again = facts.clone();
            again.runs.push(run(&last, "Pending", None));
            again.schedule.status = Some(plan.status.clone());
            let again = super::plan(&again);
            assert_eq!(created(&again), None, "{name}");
        }
        if facts.schedule.spec.suspend {
            assert_eq!(plan.status.next_schedule_time, None, "{name}");
        } else if name != "no such zone" {
            assert!(plan.requeue.is_some(), "{name}: its next time is looked at");
        }
    }
}

fn triggered(trigger: Value, status: Value, kept: Value) -> Facts {
    let mut facts = facts(json!({"trigger": trigger}), status);
    facts.kept = Some(Ok(serde_json::from_value(kept).expect("figures")));
    facts
}

#[test]
fn enough_new_data_creates_a_run_and_not_too_often() {
    let hundred = json!({"newInteractions": 100, "minInterval": "1h"});
    let before = |last: &str| json!({"baseline": {"interactions": 1000}, "lastRunTime": last, "lastRun": "old", "triggered": 4});
    let long_ago = || before("2026-06-10T01:00:00Z");
    let mut silent = triggered(hundred.clone(), long_ago(), json!({}));
    silent.kept = Some(Err("no pod of the analyzer web is ready".into()));
    let both = {
        let mut facts = nightly(json!({"trigger": {"newInteractions": 5, "minInterval": "1h"}}));
        facts.kept = Some(Err("no pod is ready".into()));
        facts
    };
    let cases: Vec<(&str, Facts, Option<&str>, &str, SchedulePhase)> = vec![
        (
            "first",
            triggered(hundred.clone(), Value::Null, json!({"interactions": 100})),
            Some("s-0f8fad5b-data-1"),
            "100 new interactions",
            SchedulePhase::Scheduled,
        ),
        (
            "enough",
            triggered(hundred.clone(), long_ago(), json!({"interactions": 1100})),
            Some("s-0f8fad5b-data-5"),
            "100 new interactions",
            SchedulePhase::Scheduled,
        ),
        (
            "not yet",
            triggered(hundred.clone(), long_ago(), json!({"interactions": 1099})),
            None,
            "99 of 100 new interactions",
            SchedulePhase::Scheduled,
        ),
        (
            "too soon",
            triggered(
                hundred.clone(),
                before("2026-06-10T02:30:00Z"),
                json!({"interactions": 1100}),
            ),
            None,
            "minInterval lets it create the next run at 2026-06-10T03:30:00Z",
            SchedulePhase::Scheduled,
        ),
        (
            "not told",
            triggered(hundred, long_ago(), json!({"feedback": 4})),
            None,
            "does not tell its interactions",
            SchedulePhase::Waiting,
        ),
        (
            "silent",
            silent,
            None,
            "no pod of the analyzer web is ready",
            SchedulePhase::Waiting,
        ),
        (
            "silent, and its time",
            both,
            Some(TICK),
            "its time",
            SchedulePhase::Scheduled,
        ),
    ];
    for (name, facts, expected, words, phase) in cases {
        let plan = plan(&facts);
        assert_eq!(created(&plan), expected, "{name}: {}", message(&plan));
        assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
        assert_eq!(plan.status.phase, Some(phase), "{name}");
        let blocked = find(&plan.status.conditions, BLOCKED).is_some_and(|c| c.status == "True");
        assert_eq!(blocked, phase == SchedulePhase::Waiting, "{name}");
        if let (Some(_), Some(Ok(kept))) = (expected, facts.kept) {
            assert_eq!(
                plan.status.baseline,
                Some(kept),
                "{name}: what is new begins anew"
            );
        }
    }
}

#[test]
fn a_clean_up_does_not_hide_what_comes_after_it() {
    let trigger = json!({"newInteractions": 100});
    let status = json!({"baseline": {"interactions": 1000}, "lastRunTime": "2026-06-10T01:00:00Z", "lastRun": "old"});
    let mut facts = triggered(trigger, status, json!({"interactions": 50}));
    let lowered = plan(&facts);
    let expected = Figures {
        interactions: Some(50),
        ..Figures::default()
    };
    assert_eq!(
        (created(&lowered), lowered.status.baseline),
        (None, Some(expected))
    );
    facts.schedule.status = Some(lowered.status);
    facts.kept = Some(Ok(Figures {
        interactions: Some(150),
        ..Figures::default()
    }));
    assert!(created(&plan(&facts)).is_some());
}

#[test]
fn old_runs_go_and_those_under_way_stay() {
    let ended = |name: &str, phase: &str| run(name, phase, Some("2026-06-10T01:00:00Z"));
    let all = || {
        vec![
            ended("good-1", "Succeeded"),
            ended("bad-1", "Failed"),
            ended("good-2", "Skipped"),
            run("runs", "Training", None),
            ended("bad-2", "RolledBack"),
            ended("good-3", "Succeeded"),
            ended("bad-3", "Rejected"),
        ]
    };
    let keeps = |good: i64, bad: i64| {
        let limits = json!({"successfulRunsHistoryLimit": good, "failedRunsHistoryLimit": bad});
        let mut facts = at(with(nightly(limits), all()), "2026-06-10T02:00:00Z");
        // The newest is on record as the last that was created.
        facts.schedule.status.get_or_insert_default().last_run = Some("bad-3".into());
        facts
    };
    let cases: [(i64, i64, &[&str]); 4] = [
        (3, 3, &[]),
        (1, 2, &["good-1", "good-2", "bad-1"]),
        (0, 3, &["good-1", "good-2", "good-3"]),
        (3, 0, &["bad-1", "bad-2", "bad-3"]),
    ];
    for (good, bad, expected) in cases {
        let plan = plan(&keeps(good, bad));
        assert_eq!(deleted(&plan), expected, "{good}, {bad}");
        assert_eq!(plan.status.active, ["runs"]);
        let last = plan
            .status
            .last_successful_time
            .map(|time| time.0.to_string());
        assert_eq!(last.as_deref(), Some("2026-06-10T01:00:00Z"));
    }
    let mut unrecorded = keeps(3, 0);
    unrecorded.schedule.status.get_or_insert_default().last_run = Some("bad-2".into());
    assert_eq!(
        deleted(&plan(&unrecorded)),
        ["bad-1", "bad-2"],
        "one whose creation is not on record would be created again"
    );
}

#[test]
fn a_run_that_the_api_server_refuses_is_told_and_tried_again() {
    let facts = nightly(json!({}));
    let refused = run_refused(&facts, "exceeded quota: few");
    let blocked = find(&refused.status.conditions, BLOCKED).expect("a condition");
    assert_eq!(blocked.reason, "RunRefused");
    assert!(blocked.message.contains("exceeded quota: few"));
    assert_eq!(refused.status.last_run.as_deref(), Some("old"));
    let mut next = facts;
    next.schedule.status = Some(refused.status);
    let again = plan(&next);
    assert_eq!(created(&again), Some(TICK));
    let blocked = find(&again.status.conditions, BLOCKED).expect("a condition");
    assert_eq!(blocked.status, "False");
}
