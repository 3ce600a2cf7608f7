//! `logs --follow`: the logs of a run's Jobs as they are written, one after another, until the run has ended.

use crate::{
    Out,
    cli::Logs,
    logs::{fits, pod_of},
    objects::{LOOK, call, find},
};
use anyhow::{Context, bail};
use futures::AsyncBufReadExt;
use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};
use kube::{Api, Client, ResourceExt, api::LogParams};
use logloop_operator_api::{
    TrainingRun,
    training_run::{Outcome, Phase, Step},
};
use std::{collections::BTreeSet, time::Duration};

/// A log that is silent for so long is asked after: its node may be gone.
const SILENCE: Duration = Duration::from_secs(10);

/// What to do next.
#[derive(Debug, PartialEq)]
enum Next<'a> {
    /// Show the log of this attempt.
    Show(&'a Step),
    /// Nothing is there to show; this is why.
    Wait(String),
    /// It is over.
    End {
        /// Whether well.
        well: bool,
        /// How.
        words: String,
    },
}

/// What became of showing a log.
enum Shown {
    /// All of it was shown.
    Whole,
    /// The container has not started, or is gone.
    Nothing,
}

/// Follows until the run, or what the options name of it, has ended; whether that was well.
pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Logs,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let name = &options.run;
    let mut shown: Option<BTreeSet<String>> = None;
    let mut said = String::new();
    loop {
        let Some(run) = find::<TrainingRun>(client, namespace, name).await? else {
            bail!("there is no TrainingRun {name} in namespace {namespace}");
        };
        let shown = shown.get_or_insert_with(|| earlier(&run, options));
        let why = match next(&run, options, shown) {
            Next::Show(step) => match show(client, namespace, step, out).await? {
                Shown::Whole => {
                    shown.insert(step.job_uid.clone());
                    continue;
                }
                Shown::Nothing if step.finished.is_some() => {
                    shown.insert(step.job_uid.clone());
                    let words = step.message.as_deref().unwrap_or("nothing");
                    format!("the log of Job {} is gone; it said: {words}", step.job_name)
                }
                Shown::Nothing => waits(&run),
            },
            Next::Wait(why) => why,
            Next::End { well, words } => {
                writeln!(out, "==> {words}")?;
                return Ok(well);
            }
        };
        if why != said {
            writeln!(out, "==> {why}")?;
            out.flush()?;
            said = why;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Attempts that are over when following begins: it begins with the last one.
fn earlier(run: &TrainingRun, options: &Logs) -> BTreeSet<String> {
    let steps = run.status.as_ref().map_or(&[][..], |status| &status.steps);
    let mut fitting: Vec<&Step> = steps.iter().filter(|step| fits(step, options)).collect();
    fitting.pop();
    fitting.iter().map(|step| step.job_uid.clone()).collect()
}

fn next<'a>(run: &'a TrainingRun, options: &Logs, shown: &BTreeSet<String>) -> Next<'a> {
    let steps = run.status.as_ref().map_or(&[][..], |status| &status.steps);
    let mut fitting = steps.iter().filter(|step| fits(step, options));
    if let Some(step) = fitting.clone().find(|step| !shown.contains(&step.job_uid)) {
        return Next::Show(step);
    }
    let phase = phase(run);
    let last = fitting.next_back();
    // Of a step that succeeded no attempt follows; an attempt that was asked for is one.
    let over = last.filter(|step| match options.attempt {
        Some(_) => step.finished.is_some(),
        None => options.step.is_some() && step.outcome == Some(Outcome::Succeeded),
    });
    if let Some(step) = over {
        let words = step.message.as_deref().unwrap_or("it said nothing");
        return Next::End {
            well: step.outcome == Some(Outcome::Succeeded),
            words: format!("{} has ended: {words}", title(step)),
        };
    }
    if phase.is_terminal() {
        return Next::End {
            well: matches!(phase, Phase::Succeeded | Phase::Skipped),
            words: waits(run),
        };
    }
    Next::Wait(waits(run))
}

fn phase(run: &TrainingRun) -> Phase {
    let status = run.status.as_ref();
    status.and_then(|status| status.phase).unwrap_or_default()
}

/// Where a run is, and in its own words why.
fn waits(run: &TrainingRun) -> String {
    let message = run.status.as_ref().and_then(|s| s.message.as_deref());
    let (name, phase) = (run.name_any(), phase(run));
    match message {
        Some(message) => format!("{name} is {phase}: {message}"),
        None => format!("{name} is {phase}"),
    }
}

fn title(step: &Step) -> String {
    let (step, attempt, job) = (step.step.as_str(), step.attempt, &step.job_name);
    format!("{step}, attempt {attempt} (Job {job})")
}

/// Shows the log of an attempt until its container has ended.
async fn show(
    client: &Client,
    namespace: &str,
    step: &Step,
    out: Out<'_>,
) -> anyhow::Result<Shown> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let mut params = LogParams {
        container: Some(step.step.as_str().to_owned()),
        follow: true,
        ..LogParams::default()
    };
    let mut begun = false;
    loop {
        let pod = pod_of(client, namespace, step).await?;
        let Some(pod) = pod.filter(|pod| begun || has_started(pod)) else {
            return Ok(if begun { Shown::Whole } else { Shown::Nothing });
        };
        let name = pod.name_any();
        // The answer begins when the container says something.
        match tokio::time::timeout(SILENCE, api.log_stream(&name, &params)).await {
            Err(_) => {}
            Ok(Ok(log)) => {
                if !begun {
                    writeln!(out, "==> {}", title(step))?;
                }
                begun = true;
                if let Err(error) = copy(&api, &name, log, out).await? {
                    writeln!(out, "==> the connection broke ({error}); going on")?;
                }
            }
            // The kubelet is a moment behind its own status.
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 400 | 404) => {}
            Ok(Err(kube::Error::Api(status))) => {
                let error = kube::Error::Api(status);
                return Err(error).with_context(|| format!("cannot read the log of pod {name}"));
            }
            Ok(Err(error)) => {
                writeln!(out, "==> the connection broke ({error}); going on")?;
            }
        }
        let now = pod_of(client, namespace, step).await?;
        if now.is_none_or(|pod| has_ended(&pod)) {
            return Ok(if begun { Shown::Whole } else { Shown::Nothing });
        }
        params.since_time = begun.then(Timestamp::now);
        tokio::time::sleep(LOOK).await;
    }
}

/// Copies what comes until the end, or until the container has ended and nothing comes any more. A broken connection is
/// no failure: it is handed back.
async fn copy(
    api: &Api<Pod>,
    pod: &str,
    log: impl futures::AsyncBufRead,
    out: Out<'_>,
) -> anyhow::Result<std::io::Result<()>> {
    let mut log = std::pin::pin!(log);
    loop {
        match tokio::time::timeout(SILENCE, log.fill_buf()).await {
            Ok(Ok([])) => return Ok(Ok(())),
            Ok(Ok(bytes)) => {
                out.write_all(bytes)?;
                out.flush()?;
                let read = bytes.len();
                log.as_mut().consume(read);
            }
            Ok(Err(error)) => return Ok(Err(error)),
            Err(_) => {
                let now = call(api.get_opt(pod)).await?;
                if now.is_none_or(|pod| has_ended(&pod)) {
                    return Ok(Ok(()));
                }
            }
        }
    }
}

fn has_started(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    matches!(phase, Some("Running" | "Succeeded" | "Failed"))
}

fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn step(step: &str, attempt: i32, outcome: Value) -> Value {
        let ended = !outcome.is_null();
        json!({"step": step, "attempt": attempt, "jobName": format!("{step}-{attempt}"), "jobUid": format!("{step}-{attempt}"),
            "started": "2026-06-10T12:00:00Z", "finished": ended.then_some("2026-06-10T12:01:00Z"), "outcome": outcome, "message": "words"})
    }

    fn run(phase: &str, steps: &[Value]) -> TrainingRun {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": "first"}, "spec": {},
            "status": {"phase": phase, "message": "why", "steps": steps}
        }))
        .expect("a run")
    }

    #[test]
    fn it_goes_from_log_to_log_until_the_end() {
        let export = step("export", 1, json!("Succeeded"));
        let failed = step("train", 1, json!("Failed"));
        let trains = step("train", 2, Value::Null);
        let steps = [export.clone(), failed.clone(), trains.clone()];
        let (all, two) = (run("Training", &steps), run("Training", &steps[..2]));
        let options = |step: Option<&str>, attempt| Logs {
            run: "first".into(),
            step: step.map(str::to_owned),
            attempt,
            follow: true,
        };
        let any = options(None, None);
        let cases: [(&str, &TrainingRun, &Logs, &[&str], &str); 11] = [
            (
                "new",
                &run("Pending", &[]),
                &any,
                &[],
                "wait first is Pending: why",
            ),
            (
                "a log",
                &all,
                &any,
                &["export-1", "train-1"],
                "show train-2",
            ),
            (
                "shown",
                &all,
                &any,
                &["export-1", "train-1", "train-2"],
                "wait first is Training: why",
            ),
            (
                "the next attempt",
                &all,
                &any,
                &["export-1"],
                "show train-1",
            ),
            (
                "between attempts",
                &two,
                &any,
                &["export-1", "train-1"],
                "wait first is Training: why",
            ),
            (
                "one step",
                &two,
                &options(Some("train"), None),
                &["train-1"],
                "wait first is Training: why",
            ),
            (
                "one step, over",
                &two,
                &options(Some("export"), None),
                &["export-1"],
                "true export, attempt 1 (Job export-1) has ended: words",
            ),
            (
                "one attempt",
                &two,
                &options(Some("train"), Some(1)),
                &["train-1"],
                "false train, attempt 1 (Job train-1) has ended: words",
            ),
            (
                "one that never comes",
                &run("Failed", &steps[..2]),
                &options(Some("evaluate"), None),
                &[],
                "false first is Failed: why",
            ),
            (
                "ended",
                &run("Succeeded", &steps[..1]),
                &any,
                &["export-1"],
                "true first is Succeeded: why",
            ),
            (
                "ended, and not shown",
                &run("Skipped", &steps[..1]),
                &any,
                &[],
                "show export-1",
            ),
        ];
        for (name, run, options, shown, expected) in cases {
            let shown = shown.iter().map(|uid| (*uid).to_owned()).collect();
            let found = match next(run, options, &shown) {
                Next::Show(step) => format!("show {}", step.job_name),
                Next::Wait(why) => format!("wait {why}"),
                Next::End { well, words } => format!("{well} {words}"),
            };
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(Vec::from_iter(earlier(&all, &any)), ["export-1", "train-1"]);
        assert!(earlier(&all, &options(Some("export"), None)).is_empty());
    }
}
