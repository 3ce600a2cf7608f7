//! `status`: tables of what there is.

use crate::{
    Out,
    cli::Status,
    objects::{LOOK, list},
    table::table,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Client, ResourceExt};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule, conditions,
};

/// All there is.
struct All {
    runs: Vec<TrainingRun>,
    schedules: Vec<TrainingSchedule>,
    models: Vec<ModelVersion>,
    retentions: Vec<DataRetention>,
}

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Status,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let mut before = String::new();
    loop {
        let all = All {
            runs: list(client, namespace, "").await?,
            schedules: list(client, namespace, "").await?,
            models: list(client, namespace, "").await?,
            retentions: list(client, namespace, "").await?,
        };
        // What changes by itself, such as an age, is no news.
        let news = text(&all, None, namespace);
        if news != before {
            let now = Timestamp::now();
            write!(out, "{}", text(&all, Some(now), namespace))?;
            if options.watch {
                writeln!(out, "--- {}", whole(now))?;
            }
            out.flush()?;
            before = news;
        }
        if !options.watch {
            return Ok(true);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn text(all: &All, now: Option<Timestamp>, namespace: &str) -> String {
    let tables = [
        runs(&all.runs, now),
        schedules(&all.schedules, now),
        models(&all.models, now),
        retentions(&all.retentions, now),
    ];
    let shown: Vec<String> = tables.into_iter().filter(|text| !text.is_empty()).collect();
    if shown.is_empty() {
        return format!(
            "nothing of logloop in namespace {namespace}; create a TrainingRun with `kubectl logloop retrain`\n"
        );
    }
    shown.join("\n")
}

fn runs(runs: &[TrainingRun], now: Option<Timestamp>) -> String {
    let row = |run: &TrainingRun| {
        let status = run.status.clone().unwrap_or_default();
        let blocked = conditions::is_true(&status.conditions, conditions::BLOCKED);
        let suspended = conditions::is_true(&status.conditions, conditions::SUSPENDED);
        let phase = status.phase.unwrap_or_default();
        let mark = match (phase.is_terminal(), blocked, suspended) {
            (false, _, true) => " (suspended)",
            (false, true, _) => " (blocked)",
            _ => "",
        };
        vec![
            run.name_any(),
            format!("{phase}{mark}"),
            status
                .dataset
                .map(|dataset| dataset.examples.to_string())
                .unwrap_or_default(),
            status.model.map(|model| model.version).unwrap_or_default(),
            status
                .gate
                .map(|gate| gate.verdict.as_str().to_owned())
                .unwrap_or_default(),
            age(run.creation_timestamp(), now),
            status.message.unwrap_or_default(),
        ]
    };
    let head = [
        "RUN", "PHASE", "EXAMPLES", "VERSION", "GATE", "AGE", "MESSAGE",
    ];
    table(&head, &runs.iter().map(row).collect::<Vec<_>>())
}

fn schedules(schedules: &[TrainingSchedule], now: Option<Timestamp>) -> String {
    let row = |schedule: &TrainingSchedule| {
        let status = schedule.status.clone().unwrap_or_default();
        let by_data = if schedule.spec.trigger.is_some() {
            "by new data"
        } else {
            ""
        };
        vec![
            schedule.name_any(),
            schedule
                .spec
                .schedule
                .clone()
                .unwrap_or_else(|| by_data.to_owned()),
            status.phase.unwrap_or_default().as_str().to_owned(),
            status.active.join(","),
            age(status.last_run_time, now),
            status
                .next_schedule_time
                .map(|time| time.0.to_string())
                .unwrap_or_default(),
            status.message.unwrap_or_default(),
        ]
    };
    let head = [
        "SCHEDULE", "WHEN", "PHASE", "ACTIVE", "LAST", "NEXT", "MESSAGE",
    ];
    table(&head, &schedules.iter().map(row).collect::<Vec<_>>())
}

fn models(models: &[ModelVersion], now: Option<Timestamp>) -> String {
    let row = |model: &ModelVersion| {
        let status = model.status.clone().unwrap_or_default();
        let f1 = model.spec.metrics.get("failure_f1");
        vec![
            model.name_any(),
            status.phase.unwrap_or_default().as_str().to_owned(),
            model.spec.target.clone(),
            status.loaded.unwrap_or_default(),
            f1.map(|f1| format!("{f1:.3}")).unwrap_or_default(),
            age(model.creation_timestamp(), now),
            status.message.unwrap_or_default(),
        ]
    };
    let head = [
        "VERSION", "PHASE", "TARGET", "LOADED", "F1", "AGE", "MESSAGE",
    ];
    table(&head, &models.iter().map(row).collect::<Vec<_>>())
}

fn retentions(retentions: &[DataRetention], now: Option<Timestamp>) -> String {
    let row = |retention: &DataRetention| {
        let status = retention.status.clone().unwrap_or_default();
        let result = status.last_result.as_ref();
        let dry = result.is_some_and(|result| result.dry_run);
        let mark = if dry { " (dry run)" } else { "" };
        vec![
            retention.name_any(),
            retention.spec.schedule.clone().unwrap_or_default(),
            status.phase.unwrap_or_default().as_str().to_owned(),
            result
                .map(|result| format!("{}{mark}", result.removed_interactions))
                .unwrap_or_default(),
            age(status.last_run_time, now),
            status
                .next_run_time
                .map(|time| time.0.to_string())
                .unwrap_or_default(),
            status.message.unwrap_or_default(),
        ]
    };
    let head = [
        "RETENTION",
        "WHEN",
        "PHASE",
        "REMOVED",
        "LAST",
        "NEXT",
        "MESSAGE",
    ];
    table(&head, &retentions.iter().map(row).collect::<Vec<_>>())
}

/// Time since, in the largest unit that fits.
fn age(since: Option<Time>, now: Option<Timestamp>) -> String {
    match (since, now) {
        (Some(since), Some(now)) => span(now.as_second() - since.0.as_second()),
        _ => String::new(),
    }
}

/// Seconds in the largest unit that fits.
pub(crate) fn span(seconds: i64) -> String {
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds >= 2 * size {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{}s", seconds.max(0))
}

/// A moment without its fraction of a second.
fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_matters_stands_in_one_line() {
        let run: TrainingRun = serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
            "metadata": {"name": "first", "creationTimestamp": "2026-06-10T11:57:00Z"}, "spec": {},
            "status": {"phase": "Training", "message": "train Job x: no node", "dataset": {"id": "d", "digest": "d", "examples": 120},
                "conditions": [{"type": "Blocked", "status": "True", "reason": "Unschedulable", "message": "m",
                    "lastTransitionTime": "2026-06-10T12:00:00Z"}]}
        }))
        .expect("a run");
        let now = "2026-06-10T12:00:00Z".parse().expect("a time");
        let text = runs(&[run], Some(now));
        let row = text.lines().nth(1).expect("a row");
        let words: Vec<&str> = row
            .split("   ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        let message = "train Job x: no node";
        assert_eq!(
            words,
            [
                "first",
                "Training (blocked)",
                "120",
                "-",
                "-",
                "3m",
                message
            ]
        );
    }

    #[test]
    fn spans_are_short() {
        for (seconds, expected) in [
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_200, "2h"),
            (200_000, "2d"),
        ] {
            assert_eq!(span(seconds), expected);
        }
    }
}
