//! Suspended, queued, behind a clean-up, skipped, and how far it has come.

use super::*;

fn suspend(mut facts: Facts) -> Facts {
    facts.run.spec.suspend = true;
    facts
}

fn existing(going: bool) -> Value {
    let deleted = going.then_some(NOW);
    json!({"metadata": {"name": "j", "uid": "j", "deletionTimestamp": deleted}})
}

fn stops(name: &str) -> Vec<Effect> {
    vec![Effect::StopJobs(vec![name.to_owned()])]
}

#[test]
fn a_suspended_run_stops_what_runs_and_starts_nothing() {
    let train = format!("{NAME}-train-1");
    let halted = || {
        facts(
            json!({}),
            status("Training", vec![step("train", 1, json!("Suspended"))]),
        )
    };
    let mut stray = facts(json!({}), status("Exporting", vec![]));
    stray.unfinished = vec!["stray".into()];
    let cases = [
        (
            "new",
            facts(json!({}), Value::Null),
            Phase::Pending,
            vec![],
            "suspended; set",
        ),
        (
            "not started",
            facts(json!({}), status("Exporting", vec![])),
            Phase::Exporting,
            vec![],
            "suspended; set",
        ),
        (
            "created, and not on record",
            stray,
            Phase::Exporting,
            stops("stray"),
            "suspended; set",
        ),
        (
            "running: on record first",
            saw(running("Training", "train"), existing(false), vec![]),
            Phase::Training,
            vec![],
            "stopping Job",
        ),
        (
            "on record: the Job goes",
            saw(halted(), existing(false), vec![]),
            Phase::Training,
            stops(&train),
            "is ending",
        ),
        (
            "going",
            saw(halted(), existing(true), vec![]),
            Phase::Training,
            vec![],
            "is ending",
        ),
        (
            "gone",
            halted(),
            Phase::Training,
            vec![],
            "suspended; set spec.suspend to false",
        ),
        (
            "ended well meanwhile",
            said("Exporting", "export", 0, &exported(100)),
            Phase::Training,
            vec![],
            "suspended; set",
        ),
        (
            "ended badly meanwhile",
            said("Training", "train", 2, "unexpected argument"),
            Phase::Failed,
            vec![],
            "called wrongly",
        ),
    ];
    for (name, facts, expected, effects, words) in cases {
        let mut facts = suspend(facts);
        let plan = plan(&facts);
        assert_eq!(phase(&plan), expected, "{name}: {}", message(&plan));
        let mut found = plan.effects.clone();
        found.retain(|effect| !matches!(effect, Effect::Settle(_)));
        assert_eq!(found, effects, "{name}");
        assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
        let held = is_true(&plan.status.conditions, SUSPENDED);
        assert_eq!(held, !expected.is_terminal(), "{name}");
        assert_eq!(held, plan.status.suspended_since.is_some(), "{name}");
        if held {
            // However long it lasts.
            facts.run.status = Some(plan.status);
            facts.now = clock::after(facts.now, 400 * 86_400);
            let later = super::plan(&facts);
            assert!(!phase(&later).is_terminal(), "{name}: {}", message(&later));
        }
    }
    let mut rolling = suspend(facts(json!({}), status("RollingOut", vec![])));
    rolling.pods = vec![pod_at(4, None)];
    let rolling = plan(&rolling);
    assert!(
        !is_true(&rolling.status.conditions, SUSPENDED),
        "a rollout is finished first"
    );
}

#[test]
fn a_resumed_run_goes_on_as_the_next_attempt_with_the_time_it_had_left() {
    let mut all = status("Training", vec![step("train", 1, json!("Suspended"))]);
    all["suspendedSince"] = json!("2026-06-10T11:59:40Z");
    let facts = facts(
        json!({"backoffLimit": 0, "activeDeadlineSeconds": 100}),
        all,
    );
    let waits = plan(&saw(facts.clone(), existing(true), vec![]));
    assert_eq!(creates(&waits), None, "two attempts never run at once");
    assert!(
        message(&waits).contains("waiting for the end of Job"),
        "{}",
        message(&waits)
    );

    let goes_on = plan(&facts);
    assert_eq!(creates(&goes_on), Some((StepName::Train, 2)));
    assert!(!is_true(&goes_on.status.conditions, SUSPENDED));
    assert_eq!(
        (
            goes_on.status.suspended_seconds,
            goes_on.status.suspended_since.clone()
        ),
        (Some(20), None)
    );
    let since = goes_on.status.phase_since.clone().expect("a time").0;
    assert_eq!(since.to_string(), "2026-06-10T11:59:20Z");
    // 100 s from 11:59:00, and the 20 that do not count.
    let left = goes_on.effects.iter().find_map(|effect| match effect {
        Effect::CreateJob {
            deadline_seconds, ..
        } => Some(*deadline_seconds),
        _ => None,
    });
    assert_eq!(left, Some(60));

    // A suspended attempt is not a failed one: this is the first of one try.
    let steps = vec![
        step("train", 1, json!("Suspended")),
        step("train", 2, Value::Null),
    ];
    let failed = plan(&saw(
        super::facts(json!({"backoffLimit": 1}), status("Training", steps)),
        job("Failed"),
        vec![pod(101, "boom")],
    ));
    assert_eq!(phase(&failed), Phase::Training);
    assert!(
        message(&failed).contains("train failed at attempt 1 of 2 and is tried again: boom"),
        "{}",
        message(&failed)
    );
}

#[test]
fn records_of_suspended_attempts_are_bounded() {
    let mut steps: Vec<Value> = (1..=80)
        .map(|attempt| step("train", attempt, json!("Suspended")))
        .collect();
    steps[0]["outcome"] = json!("Failed");
    steps.push(step("train", 81, Value::Null));
    let plan = plan(&suspend(saw(
        facts(json!({}), status("Training", steps)),
        existing(false),
        vec![],
    )));
    let kept: Vec<i32> = plan.status.steps.iter().map(|step| step.attempt).collect();
    assert_eq!((kept.len(), kept[0], kept[63]), (64, 1, 81), "{kept:?}");
}

#[test]
fn the_same_data_is_not_trained_on_twice() {
    let earlier = |digest: &str| Earlier {
        dataset_digest: digest.into(),
        words: "v1, which serves, was trained on the same data set with the same settings".into(),
    };
    let cases = [
        ("nothing before", json!({}), vec![], Phase::Training),
        (
            "other data",
            json!({}),
            vec![earlier("sha256:e")],
            Phase::Training,
        ),
        (
            "the same",
            json!({}),
            vec![earlier("sha256:e"), earlier("sha256:d")],
            Phase::Skipped,
        ),
        (
            "the same, all the same",
            json!({"source": {"skipUnchanged": false}}),
            vec![earlier("sha256:d")],
            Phase::Training,
        ),
    ];
    for (name, spec, earlier, expected) in cases {
        let exporting = status("Exporting", vec![step("export", 1, Value::Null)]);
        let mut facts = saw(
            facts(spec, exporting),
            job("Complete"),
            vec![pod(0, &exported(100))],
        );
        facts.earlier = earlier;
        let plan = plan(&facts);
        assert_eq!(phase(&plan), expected, "{name}");
        if expected == Phase::Skipped {
            let finished = find(&plan.status.conditions, FINISHED).map(|c| c.reason.as_str());
            assert_eq!(finished, Some("Unchanged"), "{name}");
            assert!(message(&plan).contains("v1, which serves"), "{name}");
        }
    }
}

#[test]
fn a_job_in_a_queue_is_waited_for_and_the_time_in_it_does_not_count() {
    let held = |suspended: bool| {
        json!({"metadata": {"name": "j", "uid": "j", "labels": {"kueue.x-k8s.io/queue-name": "team-a"}},
            "spec": {"suspend": suspended, "template": {}}})
    };
    let mut facts = saw(running("Training", "train"), held(true), vec![]);
    let queued = plan(&facts);
    assert!(
        message(&queued)
            .contains("waits in the queue team-a until it is admitted (until 2026-06-17"),
        "{}",
        message(&queued)
    );
    assert_eq!((creates(&queued), queued.effects), (None, vec![]));
    assert!(!is_true(&queued.status.conditions, BLOCKED));
    facts.run.status = Some(queued.status);

    // Longer than the phase may take, and not too long for a queue.
    facts.now = clock::after(facts.now, 2 * 86_400);
    let still = plan(&facts);
    assert_eq!(phase(&still), Phase::Training, "{}", message(&still));
    let mut late = facts.clone();
    late.now = clock::after(late.now, 6 * 86_400);
    let ended = plan(&late);
    assert_eq!(phase(&ended), Phase::Failed);
    assert!(
        message(&ended).contains("queued for too long"),
        "{}",
        message(&ended)
    );

    // Admitted: it has the time it had before.
    let mut admitted = saw(facts, held(false), vec![]);
    let runs = plan(&admitted);
    assert_eq!(
        (phase(&runs), runs.status.queued_since.clone()),
        (Phase::Training, None)
    );
    assert!(
        message(&runs).contains("is under way (until 2026-06-13T11:59:00Z)"),
        "{}",
        message(&runs)
    );
    admitted.run.status = Some(runs.status);

    // Evicted: its pod is gone, the Job waits again, and that is no failure.
    let evicted = plan(&saw(admitted, held(true), vec![]));
    assert_eq!(
        (phase(&evicted), evicted.status.steps[0].outcome),
        (Phase::Training, None)
    );
    assert_eq!(creates(&evicted), None);
    assert!(evicted.status.queued_since.is_some());
}

#[test]
fn a_run_does_not_start_while_the_same_claim_is_cleaned_up() {
    let mut facts = facts(json!({}), Value::Null);
    facts.pruning = Some("nightly".into());
    let waits = plan(&facts);
    assert_eq!(phase(&waits), Phase::Queued);
    assert!(
        message(&waits).contains("DataRetention nightly is removing from the same claim"),
        "{}",
        message(&waits)
    );
    facts.run.status = Some(waits.status);
    facts.pruning = None;
    assert_eq!(phase(&plan(&facts)), Phase::Exporting);
}

#[test]
fn how_far_training_has_come_is_told_and_forgotten_with_its_end() {
    let mut facts = saw(
        running("Training", "train"),
        json!({"metadata": {"name": "j"}}),
        vec![json!({"metadata": {"name": "p"}, "status": {"phase": "Running"}})],
    );
    facts.progress = Some(Progress {
        percent: 40,
        loss: Some(0.3125),
        eta_seconds: Some(90),
    });
    let half = plan(&facts);
    assert!(
        message(&half).contains("is under way, 40 % done, loss 0.3125, about 90 s left (until "),
        "{}",
        message(&half)
    );
    assert_eq!(half.status.progress, facts.progress);
    assert_eq!(half.requeue, Some(Duration::from_secs(10)));
    let mut ended = said("Training", "train", 0, &trained(DIGEST));
    ended.run.status.get_or_insert_default().progress = half.status.progress;
    assert_eq!(plan(&ended).status.progress, None);
}

#[test]
fn a_job_gives_way_to_an_analyzer_that_waits_for_the_claim() {
    use crate::jobs::way::{PATIENCE_SECONDS, Waiting};
    let train = format!("{NAME}-train-1");
    let waits = |mut facts: Facts, seconds: i64, held_on: Option<&str>| {
        facts.waiting = Some(Waiting {
            pod: "web-1".into(),
            node: "b".into(),
            since: clock::after(facts.now, -seconds),
            held_on: held_on.map(str::to_owned),
        });
        facts
    };
    let at_work = || saw(running("Training", "train"), existing(false), vec![]);
    let gave_way = || {
        facts(
            json!({}),
            status("Training", vec![step("train", 1, json!("Suspended"))]),
        )
    };
    let again = |seconds_left| {
        vec![Effect::CreateJob {
            step: StepName::Train,
            attempt: 2,
            deadline_seconds: seconds_left,
        }]
    };
    let left = plan(&gave_way()).effects;
    let [
        Effect::CreateJob {
            deadline_seconds, ..
        },
    ] = left[..]
    else {
        panic!("{left:?}")
    };
    let cases = [
        (
            "not long enough",
            waits(at_work(), PATIENCE_SECONDS - 1, Some("a")),
            vec![],
            None,
        ),
        (
            "it would not help",
            waits(at_work(), PATIENCE_SECONDS, None),
            vec![],
            None,
        ),
        (
            "on record first",
            waits(at_work(), PATIENCE_SECONDS, Some("a")),
            vec![],
            Some("train gives way: pod web-1 of an analyzer waits on node b"),
        ),
        (
            "then the Job goes",
            waits(saw(gave_way(), existing(false), vec![]), 90, Some("a")),
            stops(&train),
            Some("gives way"),
        ),
        (
            "it is gone, and the pod not there yet",
            waits(gave_way(), 120, None),
            vec![],
            Some("It goes on as attempt 2 beside that pod"),
        ),
        ("the pod runs", gave_way(), again(deadline_seconds), None),
    ];
    for (name, facts, effects, words) in cases {
        let plan = plan(&facts);
        assert_eq!(plan.effects, effects, "{name}: {}", message(&plan));
        assert_eq!(phase(&plan), Phase::Training, "{name}");
        let blocked = find(&plan.status.conditions, BLOCKED).filter(|c| c.status == "True");
        assert_eq!(blocked.is_some(), words.is_some(), "{name}");
        if let Some(words) = words {
            assert!(message(&plan).contains(words), "{name}: {}", message(&plan));
            assert!(plan.requeue.is_some(), "{name}");
            let outcome = plan.status.steps[0].outcome;
            assert_eq!(outcome, Some(Outcome::Suspended), "{name}");
        }
    }
    // It is no failure, and a result that was given counts.
    let ended = waits(
        said("Exporting", "export", 0, &exported(100)),
        90,
        Some("a"),
    );
    assert_eq!(phase(&plan(&ended)), Phase::Training);
}
