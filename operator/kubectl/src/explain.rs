//! `explain`: why something waits or how it ended, what clears it, and until when.

use crate::{
    Out,
    cli::Explain,
    hints,
    objects::{LOOK, find},
    status::span,
    table::table,
};
use anyhow::bail;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Client, ResourceExt};
use logloop_operator_api::{
    DataRetention, TrainingRun, TrainingSchedule, conditions,
    training_run::{Phase, Step},
};
use std::fmt::Write as _;

/// Something that can be explained.
enum Object {
    Run(Box<TrainingRun>),
    Schedule(Box<TrainingSchedule>),
    Retention(Box<DataRetention>),
}

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Explain,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let mut before = String::new();
    loop {
        let object = look_up(client, namespace, &options.object).await?;
        let (text, ended) = match &object {
            Object::Run(run) => (of_run(run), ends(run)),
            Object::Schedule(schedule) => (of_schedule(schedule), false),
            Object::Retention(retention) => (of_retention(retention), false),
        };
        if text != before {
            write!(out, "{text}")?;
            if options.watch && !ended {
                writeln!(out, "---")?;
            }
            out.flush()?;
            before = text;
        }
        if ended || !options.watch {
            return Ok(true);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn ends(run: &TrainingRun) -> bool {
    let phase = run.status.as_ref().and_then(|status| status.phase);
    phase.is_some_and(Phase::is_terminal)
}

async fn look_up(client: &Client, namespace: &str, asked: &str) -> anyhow::Result<Object> {
    let (kind, name) = match asked.split_once('/') {
        Some((kind, name)) => (kind.trim_end_matches('s').to_lowercase(), name),
        None => (String::new(), asked),
    };
    let is = |names: &[&str]| kind.is_empty() || names.contains(&kind.as_str());
    let known = [
        "run",
        "trainingrun",
        "schedule",
        "trainingschedule",
        "retention",
        "dataretention",
    ];
    if !is(&known) {
        bail!(
            "{kind} is not a kind to explain; write run/{name}, schedule/{name} or retention/{name}"
        );
    }
    if is(&["run", "trainingrun"])
        && let Some(run) = find(client, namespace, name).await?
    {
        return Ok(Object::Run(Box::new(run)));
    }
    if is(&["schedule", "trainingschedule"])
        && let Some(schedule) = find(client, namespace, name).await?
    {
        return Ok(Object::Schedule(Box::new(schedule)));
    }
    if is(&["retention", "dataretention"])
        && let Some(retention) = find(client, namespace, name).await?
    {
        return Ok(Object::Retention(Box::new(retention)));
    }
    bail!(
        "there is no {asked} in namespace {namespace}; `kubectl logloop status` lists what there is"
    )
}

fn of_run(run: &TrainingRun) -> String {
    let status = run.status.clone().unwrap_or_default();
    let phase = status.phase.unwrap_or_default();
    let since = status.phase_since.as_ref().map(|time| time.0.to_string());
    let mut text = headline("TrainingRun", &run.name_any(), phase.as_str(), since);
    say(&mut text, status.message.as_deref(), &status.conditions);
    if let Some(unseen) = run.status.is_none().then_some("no operator has taken it up: does one run in this namespace? kubectl get pods -l app.kubernetes.io/component=operator") {
        let _ = writeln!(text, "  {unseen}");
    }
    let rows: Vec<Vec<String>> = status.steps.iter().map(step).collect();
    let head = ["STEP", "ATTEMPT", "OUTCOME", "TOOK", "JOB", "WORDS"];
    for line in table(&head, &rows).lines() {
        let _ = writeln!(text, "  {line}");
    }
    for hint in hints::of(run) {
        let _ = writeln!(text, "  - {hint}");
    }
    text
}

fn step(step: &Step) -> Vec<String> {
    let took = step
        .finished
        .as_ref()
        .map(|finished| span(finished.0.as_second() - step.started.0.as_second()));
    vec![
        step.step.as_str().to_owned(),
        step.attempt.to_string(),
        step.outcome
            .map_or_else(|| "under way".to_owned(), |outcome| format!("{outcome:?}")),
        took.unwrap_or_default(),
        step.job_name.clone(),
        step.message.clone().unwrap_or_default(),
    ]
}

fn of_schedule(schedule: &TrainingSchedule) -> String {
    let status = schedule.status.clone().unwrap_or_default();
    let phase = status.phase.unwrap_or_default();
    let mut text = headline(
        "TrainingSchedule",
        &schedule.name_any(),
        phase.as_str(),
        None,
    );
    say(&mut text, status.message.as_deref(), &status.conditions);
    let lines = [
        (
            "next time",
            status.next_schedule_time.map(|time| time.0.to_string()),
        ),
        ("last run", status.last_run),
        (
            "under way",
            Some(status.active.join(", ")).filter(|names| !names.is_empty()),
        ),
        (
            "last success",
            status.last_successful_time.map(|time| time.0.to_string()),
        ),
        (
            "missed",
            status.last_missed_time.map(|time| time.0.to_string()),
        ),
    ];
    facts(&mut text, lines);
    text
}

fn of_retention(retention: &DataRetention) -> String {
    let status = retention.status.clone().unwrap_or_default();
    let phase = status.phase.unwrap_or_default();
    let mut text = headline("DataRetention", &retention.name_any(), phase.as_str(), None);
    say(&mut text, status.message.as_deref(), &status.conditions);
    let result = status.last_result.map(|result| {
        let did = if result.dry_run { "would remove" } else { "removed" };
        format!(
            "{did} {} interactions in {} segments, {} bytes; data sets: {}; models: {}; versions that depend on these data sets: {}",
            result.removed_interactions,
            result.segments,
            result.freed_bytes,
            names(&result.datasets),
            names(&result.models),
            names(&result.dependent_versions)
        )
    });
    let lines = [
        (
            "next time",
            status.next_run_time.map(|time| time.0.to_string()),
        ),
        (
            "last time",
            status.last_run_time.map(|time| time.0.to_string()),
        ),
        ("result", result),
        (
            "under way",
            status
                .plan
                .as_ref()
                .map(|plan| format!("Job {}, until {}", plan.job_name, plan.not_after.0)),
        ),
        (
            "leaves alone",
            status.plan.map(|plan| {
                format!(
                    "models: {}; data sets: {}",
                    names(&plan.protected),
                    names(&plan.protected_datasets)
                )
            }),
        ),
    ];
    facts(&mut text, lines);
    text
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}

fn headline(kind: &str, name: &str, phase: &str, since: Option<String>) -> String {
    let since = since
        .map(|since| format!(" since {since}"))
        .unwrap_or_default();
    format!("{kind} {name} is {phase}{since}\n")
}

/// The message, which says what it waits for, what clears it and until when; and what blocks it, if that says more.
fn say(text: &mut String, message: Option<&str>, all: &[Condition]) {
    let message = message.unwrap_or_default();
    if !message.is_empty() {
        let _ = writeln!(text, "  {message}");
    }
    let blocked = conditions::find(all, conditions::BLOCKED).filter(|c| c.status == "True");
    if let Some(blocked) = blocked
        && !message.contains(&blocked.message)
    {
        let _ = writeln!(text, "  blocked: {}", blocked.message);
    }
}

fn facts<const N: usize>(text: &mut String, lines: [(&str, Option<String>); N]) {
    for (what, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(text, "  {what}: {value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_is_explained_in_the_operators_words() {
        let words = "train Job j: Unschedulable: no node fits (until 2026-06-11T12:00:00Z)";
        let run: TrainingRun = serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": "first"}, "spec": {},
            "status": {"phase": "Training", "phaseSince": "2026-06-10T12:00:00Z", "message": words,
                "steps": [{"step": "export", "attempt": 1, "jobName": "e", "jobUid": "u", "outcome": "Succeeded", "message": "120 examples",
                    "started": "2026-06-10T11:59:00Z", "finished": "2026-06-10T11:59:40Z"},
                    {"step": "train", "attempt": 1, "jobName": "j", "jobUid": "u", "started": "2026-06-10T12:00:00Z"}],
                "conditions": [{"type": "Blocked", "status": "True", "reason": "Unschedulable", "message": "Unschedulable: no node fits",
                    "lastTransitionTime": "2026-06-10T12:00:00Z"}]}
        }))
        .expect("a run");
        let text = of_run(&run);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "TrainingRun first is Training since 2026-06-10T12:00:00Z"
        );
        assert_eq!(lines[1].trim(), words, "what blocks it is not told twice");
        assert!(
            lines[3].contains("Succeeded")
                && lines[3].contains("40s")
                && lines[3].ends_with("120 examples"),
            "{text}"
        );
        assert!(lines[4].contains("under way"), "{text}");
        assert!(text.contains("- it goes on by itself"), "{text}");
    }

    #[test]
    fn a_retentions_result_is_told_with_what_depends_on_it() {
        let retention: DataRetention = serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "DataRetention", "metadata": {"name": "nightly"}, "spec": {},
            "status": {"phase": "Succeeded", "message": "12 gone", "lastResult": {"dryRun": true, "removedInteractions": 12,
                "freedBytes": 9, "segments": 2, "datasets": ["d"], "dependentVersions": ["v1"], "message": "12 gone"}}
        }))
        .expect("a retention");
        let text = of_retention(&retention);
        assert!(
            text.contains("result: would remove 12 interactions in 2 segments, 9 bytes; data sets: d; models: none; versions that depend on these data sets: v1"),
            "{text}"
        );
    }
}
