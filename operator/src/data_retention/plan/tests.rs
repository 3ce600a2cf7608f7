//! What a retention does next, as tables: facts in, plan out.

use super::{ATTEMPTS, Effect, PLAN_SECONDS, Plan, plan};
use crate::{
    clock,
    data_retention::{digest, facts::Facts},
    jobs::{outcome::Seen, way::Waiting},
    training_run::facts::Claim,
};
use jiff::Timestamp;
use logloop_operator_api::{
    DataRetention,
    conditions::{BLOCKED, SUCCEEDED, find, is_true},
    data_retention::{PruneOutcome, PrunePlan, RetentionPhase},
};
use serde_json::{Value, json};
use std::time::Duration;

fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().expect("a time")
}

fn facts(spec: Value, status: Value) -> Facts {
    let retention: DataRetention = serde_json::from_value(json!({
        "apiVersion": "logloop.dev/v1alpha1", "kind": "DataRetention",
        "metadata": {"name": "nightly", "uid": "0f8fad5b-d9cb", "generation": 2, "creationTimestamp": "2026-06-01T00:00:00Z"},
        "spec": spec, "status": status
    }))
    .expect("a retention");
    Facts {
        now: now(),
        retention,
        claim: Claim::Found("data".into()),
        beside: None,
        attempt: Seen::default(),
        waiting: None,
        ended: Vec::new(),
        exporting: None,
        trained_on: Vec::new(),
        protected: vec!["keep".into()],
        protected_datasets: vec!["kept".into()],
        retry: Duration::from_secs(5),
        look: Duration::from_secs(2),
    }
}

fn spec() -> Value {
    json!({"keep": {"maxAge": "90d"}})
}

/// With a plan under way, at this attempt.
fn under_way(spec: Value, attempt: i32, job_uid: Value) -> Facts {
    let mut facts = facts(spec, json!({}));
    let cutoff = digest::cutoff(&facts.retention.spec, now()).expect("a span");
    let plan: PrunePlan = serde_json::from_value(json!({
        "digest": digest::digest(&facts.retention.spec, "data", cutoff), "cutoff": cutoff.to_string(),
        "notAfter": clock::after(now(), PLAN_SECONDS).to_string(), "generation": 2, "attempt": attempt, "jobName": "job",
        "jobUid": job_uid
    }))
    .expect("a plan");
    facts.retention.status.get_or_insert_default().plan = Some(plan);
    facts
}

fn ended(mut facts: Facts, exit_code: i32, message: &str) -> Facts {
    let kind = if exit_code == 0 { "Complete" } else { "Failed" };
    let state = json!({"terminated": {"exitCode": exit_code, "message": message}});
    let status = json!({"name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state});
    facts.attempt = Seen {
        job: serde_json::from_value(
            json!({"metadata": {}, "status": {"conditions": [{"type": kind, "status": "True"}]}}),
        )
        .ok(),
        pods: vec![
            serde_json::from_value(
                json!({"metadata": {"labels": {"logloop.dev/step": "c"}}, "status": {"containerStatuses": [status]}}),
            )
            .expect("a pod"),
        ],
        blocked: None,
    };
    facts
}

fn result(facts: &Facts) -> String {
    let plan = facts
        .retention
        .status
        .as_ref()
        .and_then(|status| status.plan.as_ref())
        .expect("a plan");
    json!({"step": "prune", "dry_run": false, "plan_digest": plan.digest, "interactions": 12, "message": "12 gone"}).to_string()
}

fn phase(plan: &Plan) -> RetentionPhase {
    plan.status.phase.expect("a phase")
}

fn message(plan: &Plan) -> &str {
    plan.status.message.as_deref().unwrap_or_default()
}

#[test]
fn it_begins_when_it_is_due_and_nothing_is_in_the_way() {
    let nightly = |more: Value| {
        let mut spec = json!({"keep": {"maxAge": "90d"}, "schedule": "0 3 * * *"});
        spec.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        spec
    };
    let ran = json!({"lastScheduleTime": "2026-06-10T03:00:00Z"});
    let missed = json!({"lastScheduleTime": "2026-06-02T03:00:00Z"});
    let cases = [
        (
            "once",
            facts(spec(), json!({})),
            RetentionPhase::Running,
            true,
        ),
        (
            "once, done",
            facts(spec(), json!({"lastGeneration": 2, "phase": "Succeeded"})),
            RetentionPhase::Succeeded,
            false,
        ),
        (
            "once, changed",
            facts(spec(), json!({"lastGeneration": 1, "phase": "Failed"})),
            RetentionPhase::Running,
            true,
        ),
        (
            "never ran",
            facts(nightly(json!({})), json!({})),
            RetentionPhase::Running,
            true,
        ),
        (
            "ran today",
            facts(nightly(json!({})), ran.clone()),
            RetentionPhase::Scheduled,
            false,
        ),
        (
            "missed a week",
            facts(nightly(json!({})), missed),
            RetentionPhase::Running,
            true,
        ),
        (
            "suspended",
            facts(nightly(json!({"suspend": true})), json!({})),
            RetentionPhase::Suspended,
            false,
        ),
        (
            "bad schedule",
            facts(
                json!({"keep": {"maxAge": "1d"}, "schedule": "61 * * * *"}),
                json!({}),
            ),
            RetentionPhase::Waiting,
            false,
        ),
        (
            "too large",
            facts(json!({"keep": {"maxBytes": "99999999999Pi"}}), json!({})),
            RetentionPhase::Waiting,
            false,
        ),
    ];
    for (name, facts, expected, begins) in cases {
        let plan = plan(&facts);
        assert_eq!(phase(&plan), expected, "{name}: {}", message(&plan));
        assert_eq!(plan.status.plan.is_some(), begins, "{name}");
        assert!(
            plan.effects.is_empty(),
            "{name}: the plan is on record before its Job is created"
        );
        assert_eq!(
            is_true(&plan.status.conditions, BLOCKED),
            expected == RetentionPhase::Waiting,
            "{name}"
        );
    }
    let mut late = facts(
        nightly(json!({})),
        json!({"lastScheduleTime": "2026-06-02T03:00:00Z"}),
    );
    let begun = plan(&late).status.plan.expect("a plan");
    assert_eq!(
        begun.scheduled.map(|time| time.0.to_string()).as_deref(),
        Some("2026-06-10T03:00:00Z"),
        "only the latest counts"
    );
    assert_eq!(begun.cutoff.0.to_string(), "2026-03-12T12:00:00Z");
    assert_eq!(begun.protected, ["keep"]);
    assert_eq!(begun.protected_datasets, ["kept"]);

    late.exporting = Some("first".into());
    let waits = plan(&late);
    assert_eq!(
        (phase(&waits), waits.status.plan.is_none()),
        (RetentionPhase::Waiting, true)
    );
    let words = "TrainingRun first is exporting";
    assert!(message(&waits).contains(words), "{}", message(&waits));
    late.retention.spec.dry_run = true;
    assert_eq!(
        phase(&plan(&late)),
        RetentionPhase::Running,
        "a dry run is in nobody's way"
    );
}

#[test]
fn without_its_claim_it_is_blocked() {
    for (claim, reason) in [
        (Claim::Unnamed, "ClaimUnnamed"),
        (Claim::Missing("data".into()), "ClaimMissing"),
        (
            Claim::Unusable("data".into(), "its volume is lost".into()),
            "ClaimUnusable",
        ),
    ] {
        let mut facts = facts(spec(), json!({}));
        facts.claim = claim;
        let plan = plan(&facts);
        assert_eq!(
            find(&plan.status.conditions, BLOCKED).map(|c| c.reason.as_str()),
            Some(reason)
        );
    }
}

#[test]
fn a_plan_is_carried_out_once() {
    let plan_of = |facts: &Facts| plan(facts);
    let created = plan_of(&under_way(spec(), 1, Value::Null));
    assert_eq!(
        created.effects,
        vec![Effect::CreateJob {
            deadline_seconds: PLAN_SECONDS
        }]
    );
    let mut waits = under_way(spec(), 2, Value::Null);
    if let Some(plan) = waits
        .retention
        .status
        .as_mut()
        .and_then(|status| status.plan.as_mut())
    {
        plan.retry_after = Some(clock::time(clock::after(now(), 7)));
    }
    let later = plan_of(&waits);
    assert_eq!(
        (later.effects.len(), later.requeue),
        (0, Some(Duration::from_secs(7)))
    );
    waits.now = clock::after(now(), PLAN_SECONDS);
    assert!(message(&plan_of(&waits)).contains("grew too old"));

    // Without a UID, too: a Job is created before the status says so.
    for job_uid in [json!("uid"), Value::Null] {
        let mut changed = under_way(spec(), 1, job_uid);
        changed.retention.spec.dry_run = true;
        let stopped = plan_of(&changed);
        assert_eq!(
            stopped.effects,
            vec![Effect::DeleteJobs(vec!["job".into()])]
        );
        assert!(
            stopped.status.plan.is_none() && message(&stopped).contains("the spec has changed")
        );
    }
    let mut same = under_way(spec(), 1, json!("uid"));
    same.retention.spec.history_limit = 9;
    same.attempt.job = serde_json::from_value(json!({"metadata": {"name": "job"}})).ok();
    assert!(
        plan_of(&same).status.plan.is_some(),
        "what does not change the plan does not stop it"
    );
}

#[test]
fn results_and_failures_are_recorded() {
    let well = under_way(spec(), 1, json!("uid"));
    let message_of = result(&well);
    let done = plan(&ended(well, 0, &message_of));
    assert_eq!(
        (phase(&done), message(&done)),
        (RetentionPhase::Succeeded, "12 gone")
    );
    assert!(is_true(&done.status.conditions, SUCCEEDED) && done.status.plan.is_none());
    assert_eq!(done.status.last_generation, Some(2));

    let cases = [
        ("lost", 1, 0, String::new(), true, "its result was lost"),
        (
            "of another plan",
            1,
            0,
            message_of.replace("sha256:", "sha256:f"),
            true,
            "another plan",
        ),
        ("failed", 1, 1, "boom".into(), true, "boom (exit code 1)"),
        (
            "failed too often",
            ATTEMPTS,
            1,
            "boom".into(),
            false,
            "failed at attempt 3 of 3: boom (exit code 1)",
        ),
        (
            "bad usage",
            1,
            2,
            "unexpected argument".into(),
            false,
            "unexpected argument",
        ),
    ];
    for (name, attempt, exit_code, said, again, words) in cases {
        let facts = ended(under_way(spec(), attempt, json!("uid")), exit_code, &said);
        let plan = plan(&facts);
        assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
        let next = plan.status.plan.as_ref();
        assert_eq!(
            next.is_some_and(|next| next.job_uid.is_none() && next.attempt == attempt + 1),
            again,
            "{name}"
        );
        if !again {
            assert_eq!(phase(&plan), RetentionPhase::Failed, "{name}");
            assert!(!is_true(&plan.status.conditions, SUCCEEDED), "{name}");
        }
    }
}

#[test]
fn old_jobs_go_and_the_newest_stay() {
    let mut facts = under_way(spec(), 1, json!("uid"));
    facts.retention.spec.history_limit = 1;
    facts.ended = vec!["oldest".into(), "older".into(), "old".into(), "job".into()];
    facts.attempt.job = serde_json::from_value(json!({"metadata": {"name": "job"}})).ok();
    assert_eq!(
        plan(&facts).effects,
        vec![Effect::DeleteJobs(vec!["oldest".into(), "older".into()])]
    );
}

#[test]
fn a_job_that_the_api_server_refuses_blocks_until_the_plan_is_too_old() {
    let words = "exceeded quota: few";
    let mut facts = under_way(spec(), 1, Value::Null);
    let refused = super::job_refused(&facts, plan(&facts).status, words);
    let blocked = find(&refused.status.conditions, BLOCKED).expect("a condition");
    assert_eq!(
        (blocked.status.as_str(), blocked.reason.as_str()),
        ("True", "JobRefused")
    );
    assert!(message(&refused).contains(words), "{}", message(&refused));
    assert_eq!(
        (phase(&refused), refused.requeue),
        (RetentionPhase::Waiting, Some(Duration::from_secs(2)))
    );
    facts.retention.status = Some(refused.status.clone());
    let again = super::job_refused(&facts, plan(&facts).status, words);
    assert_eq!(again.status, refused.status);
    facts.now = clock::after(now(), PLAN_SECONDS);
    assert!(message(&plan(&facts)).contains("grew too old"));
}

#[test]
fn what_was_done_is_kept_as_long_as_the_spec_says() {
    let outcomes = |plan: &Plan| -> Vec<PruneOutcome> {
        let history = plan.status.history.iter();
        history.map(|record| record.outcome).collect()
    };
    let well = under_way(spec(), 1, json!("uid"));
    let mut said: Value = serde_json::from_str(&result(&well)).expect("a result");
    said["datasets"] = json!(["d"]);
    let mut facts = ended(well, 0, &said.to_string());
    facts.trained_on = vec![("v1".into(), "d".into()), ("v2".into(), "another".into())];
    let done = plan(&facts);
    let result = done.status.last_result.clone().expect("a result");
    assert_eq!(
        (result.datasets, result.dependent_versions),
        (vec!["d".to_owned()], vec!["v1".to_owned()])
    );
    let record = done.status.history[0].clone();
    assert_eq!(
        (
            record.outcome,
            record.removed_interactions,
            record.job_name.as_str(),
            record.message.as_str()
        ),
        (PruneOutcome::Succeeded, Some(12), "job", "12 gone")
    );

    // The next one fails, the one after that is stopped.
    let mut next = ended(
        under_way(spec(), ATTEMPTS, json!("uid")),
        1,
        &"é".repeat(400),
    );
    let status = next.retention.status.get_or_insert_default();
    status.history = done.status.history;
    status.last_result = done.status.last_result;
    let failed = plan(&next);
    assert_eq!(
        outcomes(&failed),
        [PruneOutcome::Failed, PruneOutcome::Succeeded]
    );
    let record = &failed.status.history[0];
    assert_eq!((record.removed_interactions, record.dry_run), (None, None));
    assert!(record.message.len() <= 256);
    let mut changed = under_way(spec(), 1, json!("uid"));
    changed.retention.spec.dry_run = true;
    changed.retention.spec.history_limit = 2;
    changed.retention.status.get_or_insert_default().history = failed.status.history;
    let stopped = plan(&changed);
    assert_eq!(
        outcomes(&stopped),
        [PruneOutcome::Stopped, PruneOutcome::Failed]
    );
}

#[test]
fn a_job_that_starts_late_protects_what_serves_by_then() {
    let mut facts = under_way(spec(), 1, Value::Null);
    facts.protected = vec!["new".into()];
    facts.protected_datasets = vec!["newer".into()];
    let starts = plan(&facts).status.plan.expect("a plan");
    assert_eq!(starts.protected, ["new"]);
    assert_eq!(starts.protected_datasets, ["newer"]);
}

#[test]
fn a_prune_gives_way_to_an_analyzer_and_is_planned_anew() {
    let waits = |seconds: i64, held_on: Option<&str>| {
        Some(Waiting {
            pod: "web-3".into(),
            node: "b".into(),
            since: clock::after(now(), -seconds),
            held_on: held_on.map(str::to_owned),
        })
    };
    let running = |waiting| {
        let mut facts = under_way(spec(), 1, json!("u"));
        facts.attempt.job = serde_json::from_value(json!({"metadata": {"name": "job"}})).ok();
        facts.waiting = waiting;
        plan(&facts)
    };
    for (what, waiting) in [
        ("nobody waits", None),
        ("not for long", waits(30, Some("a"))),
        ("not for this Job", waits(120, None)),
    ] {
        let plan = running(waiting);
        assert!(
            plan.effects.is_empty() && plan.status.plan.is_some(),
            "{what}"
        );
    }
    let gives = running(waits(120, Some("a")));
    assert_eq!(gives.effects, [Effect::DeleteJobs(vec!["job".into()])]);
    assert_eq!(
        (&gives.status.plan, gives.status.phase),
        (&None, Some(RetentionPhase::Waiting))
    );
    let record = &gives.status.history[0];
    assert_eq!(
        (record.outcome, &*record.message),
        (PruneOutcome::Stopped, "gave way to pod web-3")
    );
    let blocked = find(&gives.status.conditions, BLOCKED).expect("a condition");
    assert_eq!((&*blocked.reason, &*blocked.status), ("GaveWay", "True"));

    // Nothing is begun while it waits; then what is due is.
    let mut due = facts(spec(), Value::Null);
    due.retention.status = Some(gives.status);
    due.waiting = waits(120, None);
    let still = plan(&due);
    assert!(still.effects.is_empty() && still.status.plan.is_none() && still.requeue.is_some());
    due.waiting = None;
    let again = plan(&due);
    assert!(again.status.plan.is_some() && !is_true(&again.status.conditions, BLOCKED));
    // One whose Job was lost meanwhile does not take the claim either.
    let mut lost = under_way(spec(), 2, Value::Null);
    lost.waiting = waits(5, None);
    assert!(plan(&lost).effects.is_empty());
}
