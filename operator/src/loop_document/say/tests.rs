//! What is said of a loop, as a table: objects in, a document out.

use super::{Facts, MESSAGE_MAX, NAMED_MAX, say};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule, training_run::Stable,
};
use serde_json::{Value, json};

fn object<K: kube::Resource<DynamicType = ()> + serde::de::DeserializeOwned>(
    name: &str,
    created: &str,
    mut value: Value,
) -> K {
    value["apiVersion"] = json!(K::api_version(&()));
    value["kind"] = json!(K::kind(&()));
    value["metadata"] = json!({"name": name, "creationTimestamp": created});
    serde_json::from_value(value).expect("an object")
}

fn run(name: &str, created: &str, status: Value) -> TrainingRun {
    object(name, created, json!({"spec": {}, "status": status}))
}

/// What is said with these objects around the analyzer `web`, as JSON.
fn said(
    runs: &[TrainingRun],
    models: &[ModelVersion],
    schedules: &[TrainingSchedule],
    retentions: &[DataRetention],
    stable: Option<&Stable>,
) -> Value {
    let facts = Facts {
        target: "web",
        stable,
        claims: ["data"].into(),
        runs: runs.iter().collect(),
        models: models.iter().collect(),
        schedules: schedules.iter().collect(),
        retentions: retentions.iter().collect(),
        default_target: Some("web"),
        default_claim: Some("data"),
    };
    serde_json::to_value(say(&facts)).expect("JSON")
}

const T1: &str = "2026-06-10T12:00:00Z";
const T2: &str = "2026-06-10T13:00:00Z";
const T3: &str = "2026-06-10T14:00:00Z";

#[test]
fn nothing_is_said_of_nothing() {
    let nothing = json!({"target": "web", "serving": null, "candidate": null, "current": [], "current_count": 0, "last": null,
        "schedules": [], "retentions": []});
    assert_eq!(said(&[], &[], &[], &[], None), nothing);
    // Nor of what is another analyzer's.
    let other = run("r", T1, json!({"phase": "Training", "target": "other"}));
    let schedule = object(
        "s",
        T1,
        json!({"spec": {"schedule": "17 3 * * *", "template": {"spec": {"rollout": {"target": "other"}}}}}),
    );
    let retention = object(
        "d",
        T1,
        json!({"spec": {"keep": {"maxAge": "1d"}, "claim": "other"}}),
    );
    assert_eq!(
        said(&[other], &[], &[schedule], &[retention], None),
        nothing
    );
}

#[test]
fn runs_are_current_or_the_last() {
    let runs = [
        run("waits", T3, json!(null)),
        run(
            "trains",
            T2,
            json!({"phase": "Training", "phaseSince": T3, "message": "at it", "dataset": {"id": "i", "digest": "d", "examples": 7},
                "progress": {"percent": 40, "etaSeconds": 9}}),
        ),
        run(
            "failed",
            T1,
            json!({"phase": "Failed", "completionTime": T3, "message": "no"}),
        ),
        run(
            "earlier",
            T2,
            json!({"phase": "Succeeded", "completionTime": T2}),
        ),
    ];
    let said = said(&runs, &[], &[], &[], None);
    let names: Vec<&Value> = said["current"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|r| &r["name"])
        .collect();
    assert_eq!(
        (names, &said["current_count"]),
        (vec![&json!("trains"), &json!("waits")], &json!(2))
    );
    assert_eq!(
        said["current"][0],
        json!({"name": "trains", "phase": "Training", "message": "at it", "created": T2, "since": T3, "ended": null,
            "outcome": null, "version": null, "examples": 7, "percent": 40, "eta_seconds": 9})
    );
    assert_eq!(said["current"][1]["phase"], "Pending");
    assert_eq!(
        (
            &said["last"]["name"],
            &said["last"]["outcome"],
            &said["last"]["ended"]
        ),
        (&json!("failed"), &json!("Failed"), &json!(T3))
    );
    assert_eq!(said["candidate"], Value::Null);
}

#[test]
fn what_serves_and_what_is_tried_stand_beside_each_other() {
    let model = json!({"version": "new", "digest": "d"});
    let rolls = |rollout: Value| {
        [
            run(
                "behind",
                T3,
                json!({"phase": "Gating", "model": {"version": "newer", "digest": "d"}}),
            ),
            run(
                "rolls",
                T1,
                json!({"phase": "RollingOut", "model": model, "rollout": rollout}),
            ),
        ]
    };
    let serving: ModelVersion = object(
        "old",
        T1,
        json!({"spec": {"run": "r", "version": "old", "digest": "d", "datasetId": "i", "datasetDigest": "d", "target": "web"},
            "status": {"phase": "Serving", "servingSince": T2}}),
    );
    let stable = Stable {
        version: "old".into(),
        digest: "sha256:0".into(),
    };
    for (rollout, share) in [
        (json!({"loaded": 1, "ready": 4}), json!(0.25)),
        (json!({"loaded": 0, "ready": 0}), json!(null)),
        (json!({}), json!(null)),
    ] {
        let said = said(
            &rolls(rollout),
            std::slice::from_ref(&serving),
            &[],
            &[],
            Some(&stable),
        );
        assert_eq!(
            said["serving"],
            json!({"version": "old", "digest": "sha256:0", "since": T2})
        );
        assert_eq!(
            said["candidate"],
            json!({"version": "new", "run": "rolls", "phase": "RollingOut", "share": share})
        );
    }
    let unknown = said(&[], &[], &[], &[], Some(&stable));
    assert_eq!(unknown["serving"]["since"], Value::Null);
}

#[test]
fn schedules_and_clean_ups_say_when() {
    let schedule = object(
        "nightly",
        T1,
        json!({"spec": {"schedule": "17 3 * * *", "template": {"spec": {}}},
            "status": {"phase": "Scheduled", "nextScheduleTime": T3, "lastRunTime": T1, "message": "waits"}}),
    );
    let retention = object(
        "tidy",
        T1,
        json!({"spec": {"keep": {"maxAge": "1d"}, "dryRun": true}, "status": {"phase": "Succeeded", "lastRunTime": T2, "message": "12 gone"}}),
    );
    let said = said(&[], &[], &[schedule], &[retention], None);
    assert_eq!(
        said["schedules"],
        json!([{"name": "nightly", "phase": "Scheduled", "message": "waits", "last": T1, "next": T3}])
    );
    assert_eq!(
        said["retentions"],
        json!([{"name": "tidy", "phase": "Succeeded", "message": "12 gone", "dry_run": true, "last": T2, "next": null}])
    );
}

#[test]
fn a_document_stays_within_what_an_analyzer_takes() {
    let long = "é".repeat(2_000);
    let name = "n".repeat(253);
    let runs: Vec<TrainingRun> = (0..500)
        .map(|n| {
            run(
                &format!("{n}-{name}"),
                T1,
                json!({"phase": "Training", "message": long}),
            )
        })
        .collect();
    let retentions: Vec<DataRetention> = (0..50)
        .map(|n| {
            object(
                &format!("{n}-{name}"),
                T1,
                json!({"spec": {"keep": {"maxAge": "1d"}}, "status": {"message": long}}),
            )
        })
        .collect();
    let schedules: Vec<TrainingSchedule> = (0..50)
        .map(|n| object(&format!("{n}-{name}"), T1, json!({"spec": {"schedule": "17 3 * * *", "template": {"spec": {}}}, "status": {"message": long}})))
        .collect();
    let said = said(&runs, &[], &schedules, &retentions, None);
    assert_eq!(said["current_count"], 500);
    for list in ["current", "schedules", "retentions"] {
        assert_eq!(
            said[list].as_array().map(Vec::len),
            Some(NAMED_MAX),
            "{list}"
        );
    }
    let message = said["current"][0]["message"].as_str().expect("a message");
    assert!(message.len() <= MESSAGE_MAX);
    assert!(
        said.to_string().len() < 64 * 1024,
        "{}",
        said.to_string().len()
    );
}

/// A document in which nothing is left out.
fn whole() -> Value {
    let stable = Stable {
        version: "old".into(),
        digest: "sha256:0".into(),
    };
    let model = object(
        "old",
        T1,
        json!({"spec": {"run": "r", "version": "old", "digest": "d", "datasetId": "i", "datasetDigest": "d", "target": "web"},
            "status": {"phase": "Serving", "servingSince": T2}}),
    );
    let status = json!({"phase": "RollingOut", "phaseSince": T3, "message": "m", "model": {"version": "new", "digest": "d"},
        "rollout": {"loaded": 1, "ready": 4}, "dataset": {"id": "i", "digest": "d", "examples": 7},
        "progress": {"percent": 50, "etaSeconds": 9}});
    let ended = json!({"phase": "Failed", "completionTime": T3, "message": "no"});
    let nightly = json!({"spec": {"schedule": "17 3 * * *", "template": {"spec": {}}},
        "status": {"phase": "Scheduled", "message": "m", "lastRunTime": T1, "nextScheduleTime": T3}});
    let tidy = json!({"spec": {"keep": {"maxAge": "1d"}},
        "status": {"phase": "Scheduled", "message": "m", "lastRunTime": T1, "nextRunTime": T3}});
    said(
        &[run("rolls", T1, status), run("ended", T2, ended)],
        &[model],
        &[object("nightly", T1, nightly)],
        &[object("tidy", T1, tidy)],
        Some(&stable),
    )
}

/// Each place of a document: `serving`, `serving.since`, `current.name` and so on. A key `…` stands for all the others.
fn places(value: &Value, at: &str, all: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let place = format!("{at}{key}");
                places(value, &format!("{place}."), all);
                all.insert(place);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| places(item, at, all)),
        _ => {}
    }
}

#[test]
fn what_is_said_is_what_the_docs_say_an_analyzer_tells() {
    let docs = include_str!("../../../../docs/api.md");
    let (_, example) = docs
        .split_once("`loop` is\n\n```json\n")
        .expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let example: Value = serde_json::from_str(example).expect("JSON");
    let (mut told, mut written) = Default::default();
    places(&whole(), "", &mut told);
    places(&example, "", &mut written);
    let shortened = written.remove("last.…");
    assert!(
        shortened,
        "of the last run the example leaves out what stands in the current one"
    );
    let missing: Vec<_> = told
        .difference(&written)
        .filter(|place| !place.starts_with("last."))
        .collect();
    assert!(missing.is_empty(), "docs/api.md does not have {missing:?}");
    let unknown: Vec<_> = written.difference(&told).collect();
    assert!(unknown.is_empty(), "only docs/api.md has {unknown:?}");
}

#[test]
fn the_page_reads_nothing_that_is_not_said() {
    let page = include_str!("../../../../analyzer/ui/loop.js");
    let (_, page) = page
        .split_once("function rows(loop) {")
        .expect("where it is read");
    let mut told = Default::default();
    places(&whole(), "", &mut told);
    // What the page calls a part of it, and where that is.
    let names = [
        ("loop.", &[""][..]),
        ("serving.", &["serving."]),
        ("serving?.", &["serving."]),
        ("candidate.", &["candidate."]),
        ("run.", &["current."]),
        ("last.", &["last."]),
        ("one.", &["schedules.", "retentions."]),
    ];
    let mut reads = 0;
    for (name, places) in names {
        let uses = page.match_indices(name).filter(|(at, _)| {
            let before = page[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '.')
        });
        for (at, _) in uses {
            let rest = &page[at + name.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let field = &rest[..end.unwrap_or(rest.len())];
            let is_said = |place: &&str| told.contains(&format!("{place}{field}"));
            assert!(places.iter().any(is_said), "{name}{field}");
            reads += 1;
        }
    }
    assert!(
        reads > 20,
        "{reads} reads were found: is the page another one?"
    );
}
