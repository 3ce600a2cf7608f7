//! What a run does next, as tables: facts in, plan out.

mod held;

use super::{Effect, Phase, Plan, plan};
use crate::{
    clock,
    jobs::{blocked::Blocked, outcome::Seen},
    rollout::{
        PodState,
        client::Loaded,
        document::{Document, Held},
        pods::Endpoint,
    },
    training_run::{
        facts::{Claim, Facts},
        unchanged::Earlier,
    },
};
use jiff::Timestamp;
use logloop_operator_api::{
    TrainingRun,
    conditions::{
        BLOCKED, COMPLETE, FINISHED, GATED, MODEL_PUBLISHED, SERVING, SUSPENDED, find, is_true,
    },
    training_run::{Outcome, Progress, Stable, StepName, Verdict},
};
use serde_json::{Value, json};
use std::time::Duration;

const NOW: &str = "2026-06-10T12:00:00Z";
const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";
const UID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const NAME: &str = "first-0f8fad5b";

fn facts(spec: Value, status: Value) -> Facts {
    let run: TrainingRun = serde_json::from_value(json!({
        "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
        "metadata": {"name": "first", "uid": UID, "generation": 1, "creationTimestamp": "2026-06-10T11:59:00Z"},
        "spec": spec, "status": status
    }))
    .expect("a run");
    Facts {
        now: NOW.parse().expect("a time"),
        run,
        claim: Claim::Found("data".into()),
        target: Some("web".into()),
        beside: None,
        recipe: "sha256:r".into(),
        earlier: Vec::new(),
        attempt: Seen::default(),
        waiting: None,
        unfinished: Vec::new(),
        held: Held::default(),
        other_owner: None,
        pruning: None,
        progress: None,
        pods: Vec::new(),
        retry: Duration::from_secs(5),
        look: Duration::from_secs(2),
    }
}

fn step(step: &str, attempt: i32, outcome: Value) -> Value {
    json!({"step": step, "attempt": attempt, "jobName": format!("{NAME}-{step}-{attempt}"), "jobUid": "j",
        "started": "2026-06-10T11:59:30Z", "finished": "2026-06-10T11:59:40Z", "outcome": outcome})
}

fn status(phase: &str, steps: Vec<Value>) -> Value {
    json!({"phase": phase, "phaseSince": "2026-06-10T11:59:00Z", "claim": "data", "target": "web", "steps": steps,
        "dataset": {"id": NAME, "digest": "sha256:d", "examples": 100},
        "model": {"version": NAME, "digest": DIGEST}})
}

fn running(phase: &str, name: &str) -> Facts {
    facts(json!({}), status(phase, vec![step(name, 1, Value::Null)]))
}

fn job(condition: &str) -> Value {
    let conditions = json!([{"type": condition, "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}]);
    json!({"metadata": {"name": "j", "uid": "j"}, "status": {"conditions": conditions}})
}

fn pod(exit_code: i32, message: &str) -> Value {
    let state = json!({"terminated": {"exitCode": exit_code, "message": message}});
    json!({"metadata": {"name": "p", "labels": {"logloop.dev/step": "c"}}, "status": {"containerStatuses":
        [{"name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state}]}})
}

fn saw(mut facts: Facts, job: Value, pods: Vec<Value>) -> Facts {
    facts.attempt = Seen {
        job: serde_json::from_value(job).expect("a Job"),
        pods: pods
            .into_iter()
            .map(|pod| serde_json::from_value(pod).expect("a pod"))
            .collect(),
        blocked: None,
    };
    facts
}

fn said(phase: &str, name: &str, exit_code: i32, message: &str) -> Facts {
    let condition = if exit_code == 0 { "Complete" } else { "Failed" };
    saw(
        running(phase, name),
        job(condition),
        vec![pod(exit_code, message)],
    )
}

fn phase(plan: &Plan) -> Phase {
    plan.status.phase.unwrap_or_default()
}

fn message(plan: &Plan) -> &str {
    plan.status.message.as_deref().unwrap_or_default()
}

fn exported(examples: i64) -> String {
    json!({"step": "export", "dataset": NAME, "digest": "sha256:d", "examples": examples})
        .to_string()
}

fn trained(digest: &str) -> String {
    json!({"step": "train", "version": NAME, "digest": digest, "metrics": {"failure_f1": 0.9}})
        .to_string()
}

fn stable(version: &str) -> Stable {
    Stable {
        version: version.into(),
        digest: DIGEST.into(),
    }
}

fn creates(plan: &Plan) -> Option<(StepName, i32)> {
    plan.effects.iter().find_map(|effect| match effect {
        Effect::CreateJob { step, attempt, .. } => Some((*step, *attempt)),
        _ => None,
    })
}

#[test]
fn a_new_run_starts_or_says_what_it_lacks() {
    let cases = [
        (
            "all there",
            Claim::Found("data".into()),
            Some("web"),
            None,
            Phase::Exporting,
            "",
        ),
        (
            "claim missing",
            Claim::Missing("nope".into()),
            Some("web"),
            None,
            Phase::Pending,
            "ClaimMissing",
        ),
        (
            "claim unnamed",
            Claim::Unnamed,
            Some("web"),
            None,
            Phase::Pending,
            "ClaimUnnamed",
        ),
        (
            "claim lost",
            Claim::Unusable("data".into(), "lost".into()),
            Some("web"),
            None,
            Phase::Pending,
            "ClaimUnusable",
        ),
        (
            "target unnamed",
            Claim::Found("data".into()),
            None,
            None,
            Phase::Pending,
            "TargetUnnamed",
        ),
        (
            "not its turn",
            Claim::Found("data".into()),
            Some("web"),
            Some("other"),
            Phase::Queued,
            "",
        ),
    ];
    for (name, claim, target, other, expected, reason) in cases {
        let mut facts = facts(json!({}), Value::Null);
        facts.claim = claim;
        facts.target = target.map(str::to_owned);
        facts.other_owner = other.map(str::to_owned);
        let plan = plan(&facts);
        assert_eq!(phase(&plan), expected, "{name}");
        let blocked = find(&plan.status.conditions, BLOCKED)
            .map(|c| c.reason.as_str())
            .unwrap_or_default();
        assert_eq!(blocked, reason, "{name}");
        let begins = expected == Phase::Exporting;
        assert_eq!(
            creates(&plan),
            begins.then_some((StepName::Export, 1)),
            "{name}: one that has all it needs begins in the same breath"
        );
        assert_eq!(plan.effects.len(), usize::from(begins), "{name}");
        assert_eq!(plan.status.observed_generation, Some(1), "{name}");
        assert!(
            plan.requeue.is_some(),
            "{name}: a deadline is always looked at"
        );
    }
}

#[test]
fn a_step_that_has_not_started_starts_once() {
    for (in_phase, expected) in [
        ("Exporting", StepName::Export),
        ("Training", StepName::Train),
        ("Gating", StepName::Evaluate),
    ] {
        let plan = plan(&facts(json!({}), status(in_phase, vec![])));
        assert_eq!(creates(&plan), Some((expected, 1)), "{in_phase}");
    }
    let facts = saw(
        running("Exporting", "export"),
        json!({"metadata": {"name": "j"}}),
        vec![],
    );
    assert_eq!(
        creates(&plan(&facts)),
        None,
        "it is on record: no second one"
    );
}

#[test]
fn results_lead_on() {
    let cases = [
        (
            "exported",
            said("Exporting", "export", 0, &exported(100)),
            Phase::Training,
            "train Job first-0f8fad5b-train-1 is under way",
        ),
        (
            "too little",
            said("Exporting", "export", 0, &exported(3)),
            Phase::Skipped,
            "3 examples, and spec.source.minExamples asks for 10",
        ),
        (
            "trained",
            said("Training", "train", 0, &trained(DIGEST)),
            Phase::RollingOut,
            "bringing the new version into service",
        ),
        (
            "lost",
            said("Exporting", "export", 0, ""),
            Phase::Exporting,
            "tried again: its result was lost",
        ),
        (
            "garbled",
            said("Exporting", "export", 0, "{\"step\":\"exp"),
            Phase::Exporting,
            "tried again: its result cannot be read",
        ),
        (
            "of another",
            said(
                "Exporting",
                "export",
                0,
                &exported(5).replace(NAME, "other-1"),
            ),
            Phase::Exporting,
            "tried again: its result is for data set \"other-1\"",
        ),
        (
            "no digest",
            said("Training", "train", 0, &trained("sha256:x")),
            Phase::Training,
            "tried again: its result has \"sha256:x\"",
        ),
        (
            "failed",
            said(
                "Training",
                "train",
                1,
                r#"{"step":"train","error":{"code":"c","message":"m"}}"#,
            ),
            Phase::Training,
            "tried again: m (c) (exit code 1)",
        ),
        (
            "crashed",
            said("Training", "train", 101, "thread 'main' panicked"),
            Phase::Training,
            "panicked (exit code 101)",
        ),
        (
            "bad usage",
            said("Training", "train", 2, "unexpected argument"),
            Phase::Failed,
            "called wrongly",
        ),
        (
            "deleted",
            saw(running("Training", "train"), Value::Null, vec![]),
            Phase::Training,
            "its Job was deleted before",
        ),
        (
            "result, then deleted",
            saw(
                running("Exporting", "export"),
                Value::Null,
                vec![pod(0, &exported(100))],
            ),
            Phase::Training,
            "train Job first-0f8fad5b-train-1 is under way",
        ),
    ];
    for (name, facts, expected, words) in cases {
        let plan = plan(&facts);
        assert_eq!(phase(&plan), expected, "{name}: {}", message(&plan));
        assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
        // The export's outcome goes on record with the Job that follows from it.
        let next = (words.contains("train-1") && expected == Phase::Training)
            .then_some((StepName::Train, 1));
        assert_eq!(creates(&plan), next, "{name}");
        assert!(plan.status.steps[0].outcome.is_some(), "{name}");
    }
}

#[test]
fn a_failed_step_is_tried_again_up_to_the_limit() {
    let mut waits = facts(
        json!({}),
        status("Training", vec![step("train", 1, json!("Failed"))]),
    );
    let again = plan(&waits);
    assert_eq!(
        creates(&again),
        Some((StepName::Train, 2)),
        "20 s after the first end, 5 s have passed"
    );
    waits.retry = Duration::from_secs(60);
    let later = plan(&waits);
    assert_eq!(
        (creates(&later), later.requeue),
        (None, Some(Duration::from_secs(40)))
    );

    let steps = vec![
        step("train", 1, json!("Failed")),
        step("train", 2, json!("Failed")),
        step("train", 3, Value::Null),
    ];
    let last = saw(
        facts(json!({}), status("Training", steps)),
        job("Failed"),
        vec![pod(101, "boom")],
    );
    let ended = plan(&last);
    assert_eq!(phase(&ended), Phase::Failed);
    assert_eq!(
        message(&ended),
        "train failed at attempt 3 of 3: boom (exit code 101)"
    );
    assert!(is_true(&ended.status.conditions, FINISHED));
    assert_eq!(
        find(&ended.status.conditions, COMPLETE).map(|c| c.status.as_str()),
        Some("False")
    );
    assert_eq!(ended.status.steps[2].outcome, Some(Outcome::Failed));

    let lost = saw(
        facts(
            json!({"backoffLimit": 0}),
            status("Exporting", vec![step("export", 1, Value::Null)]),
        ),
        job("Complete"),
        vec![],
    );
    assert_eq!(phase(&plan(&lost)), Phase::Failed, "no attempt is left");
}

#[test]
fn what_keeps_a_pod_from_running_is_repeated() {
    let mut facts = saw(
        running("Training", "train"),
        json!({"metadata": {"name": "j"}}),
        vec![],
    );
    facts.attempt.blocked = Some(Blocked::new("Unschedulable", "0/1 nodes are available"));
    let blocked = plan(&facts);
    let condition = find(&blocked.status.conditions, BLOCKED).expect("it is blocked");
    assert!(
        condition.message.contains("0/1 nodes are available"),
        "{}",
        condition.message
    );
    assert!(
        message(&blocked).contains("(until 2026-06-11T11:59:00Z)"),
        "{}",
        message(&blocked)
    );
    facts.run.status = Some(blocked.status);
    facts.attempt.blocked = None;
    assert!(
        !is_true(&plan(&facts).status.conditions, BLOCKED),
        "and cleared when it runs"
    );
}

#[test]
fn a_trained_version_is_published_then_gated_or_rolled_out() {
    let steps = vec![step("train", 1, json!("Succeeded"))];
    let gated = plan(&facts(
        json!({"gate": {"metrics": [{"name": "failure_f1", "min": 0.5}]}}),
        status("Training", steps.clone()),
    ));
    assert_eq!(creates(&gated), Some((StepName::Evaluate, 1)));
    assert_eq!(
        (phase(&gated), &gated.effects[..1]),
        (Phase::Gating, &[Effect::PublishVersion][..])
    );

    let mut plain = facts(json!({}), status("Training", steps));
    plain.held.document = Document {
        generation: 4,
        stable: Some(stable("before")),
        candidate: None,
    };
    let rolls = plan(&plain);
    assert_eq!(
        (phase(&rolls), rolls.effects.clone()),
        (
            Phase::RollingOut,
            vec![Effect::PublishVersion, Effect::ClaimTarget]
        )
    );
    assert_eq!(
        rolls.status.rollout.and_then(|r| r.previous),
        Some(stable("before"))
    );
    assert_eq!(
        find(&rolls.status.conditions, GATED).map(|c| c.reason.as_str()),
        Some("NotRequested")
    );

    plain.other_owner = Some("other".into());
    let waits = plan(&plain);
    assert_eq!(
        (phase(&waits), waits.effects.clone()),
        (Phase::Training, vec![Effect::PublishVersion])
    );
    assert!(
        message(&waits).contains("TrainingRun other is rolling out"),
        "{}",
        message(&waits)
    );
}

#[test]
fn what_has_ended_is_on_record_whatever_follows_from_it_fails() {
    let cases = [
        (
            "export",
            said("Exporting", "export", 0, &exported(100)),
            Phase::Exporting,
        ),
        (
            "train",
            said("Training", "train", 0, &trained(DIGEST)),
            Phase::Training,
        ),
        ("train", said("Training", "train", 1, "m"), Phase::Training),
    ];
    for (name, facts, before) in cases {
        let plan = plan(&facts);
        let on_record = plan.on_record.expect("it has ended");
        assert_eq!(on_record.steps, plan.status.steps, "{name}");
        assert_eq!(on_record.phase, Some(before), "{name}: and nothing more");
        assert!(!is_true(&on_record.conditions, MODEL_PUBLISHED), "{name}");
    }
    let runs = saw(
        running("Training", "train"),
        json!({"metadata": {"name": "j"}}),
        vec![],
    );
    assert_eq!(plan(&runs).on_record, None);
}

#[test]
fn a_run_that_only_trains_ends_when_its_version_is_published() {
    let only = |spec: Value, phase: &str, last: &str| {
        let mut facts = facts(spec, status(phase, vec![step(last, 1, Value::Null)]));
        // It is in nobody's way.
        facts.other_owner = Some("other".into());
        facts
    };
    let manual = json!({"rollout": {"strategy": "Manual"}});
    let said = saw(
        only(manual.clone(), "Training", "train"),
        job("Complete"),
        vec![pod(0, &trained(DIGEST))],
    );
    let ends = plan(&said);
    assert_eq!(
        (phase(&ends), &ends.effects),
        (Phase::Succeeded, &vec![Effect::PublishVersion])
    );
    assert!(
        message(&ends).contains("kubectl logloop promote"),
        "{}",
        message(&ends)
    );
    assert!(is_true(&ends.status.conditions, COMPLETE));
    assert_eq!(find(&ends.status.conditions, SERVING), None);
    assert_eq!(ends.status.rollout, None);

    let mut gated = manual.clone();
    gated["gate"] = json!({"metrics": [{"name": "failure_f1", "min": 0.5}]});
    let mut passed = only(gated, "Gating", "evaluate");
    let status = passed.run.status.as_mut().expect("a status");
    status.steps[0].outcome = Some(Outcome::Succeeded);
    status.gate = serde_json::from_value(json!({"verdict": "Pass", "reason": "good"})).ok();
    let ends = plan(&passed);
    assert_eq!(
        (phase(&ends), ends.effects),
        (Phase::Succeeded, vec![Effect::Settle(Phase::Succeeded)])
    );

    let mut suspended = said;
    suspended.run.spec.suspend = true;
    let waits = plan(&suspended);
    assert_eq!((phase(&waits), waits.effects), (Phase::Training, vec![]));

    let mut begins = facts(manual, json!({}));
    begins.other_owner = Some("other".into());
    assert_eq!(
        creates(&plan(&begins)),
        Some((StepName::Export, 1)),
        "its turn is now"
    );
}

#[test]
fn the_gate_decides() {
    let gate = |more: &str| {
        let gate =
            format!(r#"{{"metrics":[{{"name":"failure_f1","min":0.8,"minSamples":5}}]{more}}}"#);
        json!({"gate": serde_json::from_str::<Value>(&gate).expect("a gate")})
    };
    let result = |f1: f64, samples: i64| {
        json!({"step": "evaluate", "dataset": NAME, "candidate": {"version": NAME, "digest": DIGEST, "metrics": {"failure_f1": f1}},
            "serving": {"version": "rules", "digest": null, "metrics": {}}, "samples": {"failure_f1": samples}})
        .to_string()
    };
    let cases = [
        (
            "pass",
            gate(""),
            result(0.9, 10),
            Verdict::Pass,
            Phase::RollingOut,
        ),
        (
            "fail",
            gate(""),
            result(0.7, 10),
            Verdict::Fail,
            Phase::Rejected,
        ),
        (
            "insufficient",
            gate(""),
            result(0.9, 2),
            Verdict::Insufficient,
            Phase::Rejected,
        ),
        (
            "insufficient, promoted",
            gate(r#","onInsufficient":"Promote""#),
            result(0.9, 2),
            Verdict::Insufficient,
            Phase::RollingOut,
        ),
    ];
    for (name, spec, message, verdict, expected) in cases {
        let under_way = facts(
            spec,
            status("Gating", vec![step("evaluate", 1, Value::Null)]),
        );
        let mut facts = saw(under_way, job("Complete"), vec![pod(0, &message)]);
        let recorded = plan(&facts);
        assert_eq!(
            phase(&recorded),
            Phase::Gating,
            "{name}: the verdict is on record before it has consequences"
        );
        assert_eq!(
            recorded.status.gate.as_ref().map(|gate| gate.verdict),
            Some(verdict),
            "{name}"
        );
        assert!(recorded.effects.is_empty(), "{name}");
        facts.run.status = Some(recorded.status);
        let decided = plan(&facts);
        assert_eq!(phase(&decided), expected, "{name}");
        assert_eq!(
            decided.effects.contains(&Effect::ClaimTarget),
            expected == Phase::RollingOut,
            "{name}"
        );
        assert_eq!(
            is_true(&decided.status.conditions, GATED),
            verdict == Verdict::Pass,
            "{name}"
        );
    }
}

fn rolling(pods: Vec<PodState>, document: Option<Stable>, rollout: Value) -> Facts {
    let mut all = status("RollingOut", vec![]);
    all["rollout"] = rollout;
    all["gate"] = json!({"verdict": "NotRequested", "reason": "none"});
    let mut facts = facts(json!({}), all);
    let document = Document {
        generation: 5,
        stable: document,
        candidate: None,
    };
    let map = Held::default().with("web", &document, Some(&format!("first/{UID}")));
    facts.held = Held::read(Some(map)).expect("a document");
    facts.pods = pods;
    facts
}

fn pod_at(generation: i64, version: Option<&str>) -> PodState {
    let endpoint = Endpoint {
        pod: "web-1".into(),
        ip: std::net::IpAddr::from([127, 0, 0, 1]),
    };
    PodState {
        endpoint,
        loaded: Ok(Loaded {
            generation,
            stable: version.map(stable),
            ..Loaded::default()
        }),
    }
}

#[test]
fn a_rollout_ends_only_when_every_ready_pod_has_loaded_it() {
    let ours = || Some(stable(NAME));
    let previous = json!({"previous": {"version": "before", "digest": DIGEST}});
    let back = vec![
        Effect::WriteServing(Some(stable("before"))),
        Effect::Push,
        Effect::Settle(Phase::RolledBack),
    ];
    let write = vec![Effect::WriteServing(ours()), Effect::Push];
    let refused = json!({"previous": {"version": "before", "digest": DIGEST}, "rollback": "pod web-1 cannot load it: bad"});
    let rules = json!({"rollback": "pod web-1 cannot load it: bad"});
    let put_back = |from: Option<Stable>| {
        vec![
            Effect::WriteServing(from),
            Effect::Push,
            Effect::Settle(Phase::RolledBack),
        ]
    };
    let cases = [
        (
            "document not written",
            rolling(
                vec![pod_at(5, Some("before"))],
                Some(stable("before")),
                previous.clone(),
            ),
            Phase::RollingOut,
            write,
            "handing",
        ),
        (
            "pod behind",
            rolling(vec![pod_at(4, Some("before"))], ours(), previous.clone()),
            Phase::RollingOut,
            vec![Effect::Push],
            "0/1 pods loaded",
        ),
        (
            "one of two",
            rolling(
                vec![pod_at(5, Some(NAME)), pod_at(4, None)],
                ours(),
                previous.clone(),
            ),
            Phase::RollingOut,
            vec![Effect::Push],
            "1/2 pods loaded",
        ),
        (
            "no pod",
            rolling(vec![], ours(), previous.clone()),
            Phase::RollingOut,
            vec![],
            "no pod of the analyzer web is ready",
        ),
        (
            "all",
            rolling(
                vec![pod_at(5, Some(NAME)), pod_at(6, Some(NAME))],
                ours(),
                previous.clone(),
            ),
            Phase::Succeeded,
            vec![Effect::Settle(Phase::Succeeded)],
            "serves: 2/2 pods loaded sha256:",
        ),
        (
            "refused",
            rolling(vec![pod_at(5, Some("before"))], ours(), refused.clone()),
            Phase::RolledBack,
            back,
            "before answers: pod web-1 cannot load it: bad",
        ),
        (
            "refused, back already",
            rolling(
                vec![pod_at(6, Some("before"))],
                Some(stable("before")),
                refused,
            ),
            Phase::RolledBack,
            vec![Effect::Settle(Phase::RolledBack)],
            "bad",
        ),
        (
            "refused, rules before",
            rolling(vec![], ours(), rules),
            Phase::RolledBack,
            put_back(None),
            "the rules answers",
        ),
    ];
    for (name, facts, expected, effects, words) in cases {
        let plan = plan(&facts);
        assert_eq!(
            (phase(&plan), &plan.effects),
            (expected, &effects),
            "{name}"
        );
        assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
        let serves = is_true(&plan.status.conditions, SERVING);
        assert_eq!(serves, expected == Phase::Succeeded, "{name}");
        assert_eq!(is_true(&plan.status.conditions, COMPLETE), serves, "{name}");
    }

    let mut late = rolling(vec![pod_at(4, Some("before"))], ours(), previous);
    late.now = clock::after(late.now, 601);
    let plan = plan(&late);
    assert_eq!(phase(&plan), Phase::RolledBack);
    assert!(
        message(&plan).contains("RollingOut for too long, until 2026-06-10T12:09:00Z"),
        "{}",
        message(&plan)
    );
}

#[test]
fn no_phase_waits_for_ever() {
    for (in_phase, expected) in [
        ("Pending", Phase::Failed),
        ("Queued", Phase::Failed),
        ("Exporting", Phase::Failed),
        ("Training", Phase::Failed),
        ("Gating", Phase::Failed),
        ("RollingOut", Phase::RolledBack),
    ] {
        let mut late = facts(json!({}), status(in_phase, vec![]));
        late.now = clock::after(late.now, 2 * 86_400);
        assert_eq!(phase(&plan(&late)), expected, "{in_phase}");
        let mut whole = facts(
            json!({"activeDeadlineSeconds": 30}),
            status(in_phase, vec![]),
        );
        whole.now = clock::after(whole.now, 1);
        assert_eq!(
            phase(&plan(&whole)),
            expected,
            "{in_phase}, activeDeadlineSeconds"
        );
        assert!(
            message(&plan(&whole)).contains("activeDeadlineSeconds"),
            "{in_phase}"
        );
    }
}

#[test]
fn an_end_stays_one() {
    for end in ["Succeeded", "Skipped", "Rejected", "RolledBack", "Failed"] {
        let steps = vec![
            step("export", 1, json!("Succeeded")),
            step("train", 1, Value::Null),
        ];
        let mut ended = status(end, steps);
        ended["completionTime"] = json!("2026-06-10T11:59:50Z");
        let mut facts = facts(json!({"ttlSecondsAfterFinished": 60}), ended);
        facts.now = clock::after(facts.now, 40);
        let quiet = plan(&facts);
        assert_eq!(
            (phase(&quiet).as_str(), quiet.effects),
            (end, vec![]),
            "children deleted after the end start nothing"
        );
        assert_eq!(
            quiet.requeue,
            Some(Duration::from_secs(10)),
            "until the run itself goes"
        );

        facts.unfinished = vec!["left".into(), format!("{NAME}-export-1")];
        facts.held = Held::read(Some(Held::default().with(
            "web",
            &Document::default(),
            Some(&format!("first/{UID}")),
        )))
        .expect("a document");
        facts.now = clock::after(facts.now, 10);
        let tidies = plan(&facts);
        assert_eq!(
            tidies.effects,
            vec![
                Effect::StopJobs(vec!["left".into()]),
                Effect::ReleaseTarget,
                Effect::DeleteRun
            ]
        );
        assert_eq!(phase(&tidies).as_str(), end);
    }
}

#[test]
fn times_of_a_status_are_whole_seconds() {
    assert_eq!(
        clock::whole(
            "2026-06-10T12:00:00.75Z"
                .parse::<Timestamp>()
                .expect("a time")
        )
        .to_string(),
        NOW
    );
}

#[test]
fn a_job_that_the_api_server_refuses_blocks_until_the_deadline() {
    let words = "exceeded quota: few, requested: count/jobs.batch=1, used: 1, limited: 1";
    let mut facts = facts(json!({}), status("Exporting", vec![]));
    let asked = plan(&facts);
    assert_eq!(creates(&asked), Some((StepName::Export, 1)));
    let refused = super::job_refused(&facts, asked.status, StepName::Export, words);
    let blocked = find(&refused.status.conditions, BLOCKED).expect("a condition");
    assert_eq!(
        (blocked.status.as_str(), blocked.reason.as_str()),
        ("True", "JobRefused")
    );
    assert!(blocked.message.contains(words), "{}", blocked.message);
    assert_eq!(refused.requeue, Some(Duration::from_secs(2)));
    assert!(refused.status.steps.is_empty());

    // Refused once more, nothing is written; in time it fails with the reason.
    facts.run.status = Some(refused.status.clone());
    let again = plan(&facts);
    assert_eq!(creates(&again), Some((StepName::Export, 1)));
    let again = super::job_refused(&facts, again.status, StepName::Export, words);
    assert_eq!(again.status, refused.status);
    facts.now = clock::after(facts.now, super::EXPORTING_DEADLINE);
    let late = plan(&facts);
    assert_eq!(phase(&late), Phase::Failed);
    assert!(message(&late).contains(words), "{}", message(&late));
}

#[test]
fn an_error_that_lasts_is_told_and_does_not_outlive_the_deadline() {
    let error = "serving.json of ConfigMap web-serving is not a serving document";
    let mut facts = facts(
        json!({}),
        status("Training", vec![step("train", 1, Value::Null)]),
    );
    let told = super::stuck(&facts.run, facts.now, error).expect("a status");
    let blocked = find(&told.conditions, BLOCKED).expect("a condition");
    assert_eq!(
        (blocked.status.as_str(), blocked.reason.as_str()),
        ("True", "ReconcileFailed")
    );
    assert_eq!(blocked.message, error);
    facts.run.status = Some(told.clone());
    let later = clock::after(facts.now, 60);
    let again = super::stuck(&facts.run, later, error);
    assert_eq!(again, Some(told), "told once, written once");

    let late = clock::after(facts.now, super::TRAINING_DEADLINE);
    let failed = super::stuck(&facts.run, late, error).expect("a status");
    assert_eq!(failed.phase, Some(Phase::Failed));
    assert!(failed.message.expect("a message").contains(error));
    assert!(is_true(&failed.conditions, FINISHED) && !is_true(&failed.conditions, BLOCKED));

    // Mended: nothing blocks it any more.
    let mended = plan(&facts);
    assert!(!is_true(&mended.status.conditions, BLOCKED));

    // One that rolls out has to put back what served before, and one that has ended stays as it is.
    facts.run.status.get_or_insert_default().phase = Some(Phase::RollingOut);
    let rolling = super::stuck(&facts.run, late, error).expect("a status");
    assert_eq!(rolling.phase, Some(Phase::RollingOut));
    facts.run.status.get_or_insert_default().phase = Some(Phase::Failed);
    assert_eq!(super::stuck(&facts.run, late, error), None);

    let new = super::stuck(
        &super::tests::facts(json!({}), Value::Null).run,
        late,
        error,
    );
    assert_eq!(new.and_then(|status| status.phase), Some(Phase::Failed));
}
