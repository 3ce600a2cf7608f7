//! Exporting, Training and Gating: one Job after another until one of them gives a result.

use super::{Draft, Effect, next, queue, result, suspended};
use crate::{
    clock,
    jobs::{
        outcome::{Attempt, EXIT_USAGE, judge},
        way::Waiting,
    },
};
use logloop_operator_api::{
    names,
    training_run::{Outcome, Progress, Step, StepName},
};
use std::time::Duration;

/// Reason of Blocked while an analyzer has the claim to itself.
const GAVE_WAY: &str = "GaveWay";
/// Longest wait before a failed Job is tried again.
const RETRY_MAX: Duration = Duration::from_secs(300);
/// How far training has come is asked every so many looks: with the default pace every ten seconds.
const LOOKS_AT_PROGRESS: u32 = 5;
/// How many attempts are kept on record; more only if none of them was suspended, and of those there are few.
const STEPS_MAX: usize = 64;

/// Decides on one step.
pub(super) fn plan(draft: &mut Draft<'_>, step: StepName) {
    let last = draft
        .status
        .steps
        .iter()
        .rev()
        .find(|record| record.step == step)
        .cloned();
    match last {
        None => launch(draft, step, 1),
        Some(record) => match record.outcome {
            None => under_way(draft, &record),
            Some(Outcome::Succeeded) => next::succeeded(draft, step),
            Some(Outcome::Suspended) => resumed(draft, &record),
            Some(Outcome::Failed | Outcome::Lost) => again(draft, &record),
        },
    }
}

/// After a suspension the next attempt begins once nothing is left of the one before.
fn resumed(draft: &mut Draft<'_>, record: &Step) {
    let lingers = draft.lingers();
    if lingers {
        suspended::halt(draft, &record.job_name);
    }
    if let Some(waiting) = &draft.facts.waiting {
        // Whether or not it gave way to that pod: it would keep it from mounting the claim.
        draft.blocked(GAVE_WAY, gave_way(record, waiting));
        draft.look_again(draft.facts.look);
    } else if lingers {
        draft.wait(format!(
            "waiting for the end of Job {}, which was stopped{}",
            record.job_name,
            draft.until()
        ));
    } else {
        draft.unblocked("Resumed");
        launch(draft, record.step, record.attempt + 1);
    }
}

/// A Job that holds the claim while an analyzer waits for it is stopped, as if the run were suspended: whoever asks the
/// analyzer waits, and a training goes on where it was.
fn gives_way(draft: &mut Draft<'_>, record: &Step) -> bool {
    let now = draft.facts.now;
    let Some(waiting) = &draft.facts.waiting else {
        return false;
    };
    if !waiting.is_over(now) {
        if waiting.held_on.is_some() {
            draft.look_again(draft.facts.look);
        }
        return false;
    }
    stop(draft);
    if let Some(record) = draft.status.steps.last_mut() {
        record.message = Some(format!("gave way to pod {}", waiting.pod));
    }
    draft.blocked(GAVE_WAY, gave_way(record, waiting));
    draft.look_again(Duration::from_millis(200));
    true
}

fn gave_way(record: &Step, waiting: &Waiting) -> String {
    format!(
        "{} gives way: pod {} of an analyzer waits on node {} for the claim, which one node at a time can mount. It goes on as attempt {} beside that pod once that runs; a claim with the access mode ReadWriteMany keeps them out of each other's way",
        record.step.as_str(),
        waiting.pod,
        waiting.node,
        record.attempt + 1
    )
}

/// Puts on record that an attempt is stopped because the run is suspended. Its Job goes only then.
pub(super) fn stop(draft: &mut Draft<'_>) {
    draft.status.progress = None;
    let now = clock::time(draft.facts.now);
    if let Some(record) = draft.status.steps.last_mut() {
        record.outcome = Some(Outcome::Suspended);
        record.finished = Some(now);
    }
    forget_suspended(&mut draft.status.steps);
}

/// Bounds the records: of many suspended attempts the oldest go first.
fn forget_suspended(steps: &mut Vec<Step>) {
    while steps.len() > STEPS_MAX {
        let oldest = steps
            .iter()
            .position(|step| step.outcome == Some(Outcome::Suspended));
        match oldest {
            Some(oldest) if oldest + 1 < steps.len() => drop(steps.remove(oldest)),
            _ => return,
        }
    }
}

fn launch(draft: &mut Draft<'_>, step: StepName, attempt: i32) {
    let deadline_seconds = draft.seconds_left();
    draft.effect(Effect::CreateJob {
        step,
        attempt,
        deadline_seconds,
    });
    let run = draft.facts.run.metadata.name.as_deref().unwrap_or_default();
    let job = names::job(run, draft.uid(), step.as_str(), attempt);
    // In the words of the next look at it, which then writes nothing.
    draft.wait(under_way_words(draft, step, &job));
}

/// Puts the end of an attempt on record, if it has ended; whether it has.
pub(super) fn settled(draft: &mut Draft<'_>, record: &Step) -> bool {
    let ended = !matches!(judge(&draft.facts.attempt), Attempt::Running { .. });
    if ended {
        under_way(draft, record);
    }
    ended
}

fn under_way(draft: &mut Draft<'_>, record: &Step) {
    let name = record.step.as_str();
    let judged = judge(&draft.facts.attempt);
    if matches!(judged, Attempt::Running { .. }) && gives_way(draft, record) {
        return;
    }
    match judged {
        Attempt::Running {
            blocked: Some(blocked),
        } => {
            let claim = draft.status.claim.as_deref().unwrap_or_default();
            let told = blocked.told(draft.facts.beside.is_some(), claim);
            draft.blocked(
                &blocked.reason,
                format!("{name} Job {}: {told}", record.job_name),
            );
            draft.look_again(draft.facts.look);
        }
        Attempt::Running { blocked: None } => {
            draft.unblocked("Running");
            let queued = queue::words(draft.facts.attempt.job.as_ref());
            if let Some(words) = queued {
                return draft.wait(format!("{name} {words}{}", draft.until()));
            }
            draft.status.progress.clone_from(&draft.facts.progress);
            draft.wait(under_way_words(draft, record.step, &record.job_name));
            let running = draft.facts.attempt.pods.iter().any(|pod| {
                pod.status
                    .as_ref()
                    .and_then(|status| status.phase.as_deref())
                    == Some("Running")
            });
            if running && record.step == StepName::Train {
                // No watch tells how far it has come.
                draft.look_again(draft.facts.look * LOOKS_AT_PROGRESS);
            }
            if !running {
                // Nothing tells when a pod cannot be made: look.
                draft.look_again(draft.facts.look.max(Duration::from_secs(5)));
            }
        }
        Attempt::Succeeded(message) => match result::record(draft, record.step, &message) {
            Ok((digest, words)) => end(draft, Outcome::Succeeded, Some(digest), words, Some(0)),
            Err(why) => unsuccessful(draft, record, Outcome::Lost, why, Some(0)),
        },
        Attempt::Failed { exit_code, words } => {
            unsuccessful(draft, record, Outcome::Failed, words, exit_code)
        }
        Attempt::Lost(why) => unsuccessful(draft, record, Outcome::Lost, why, None),
    }
}

fn under_way_words(draft: &Draft<'_>, step: StepName, job: &str) -> String {
    format!(
        "{} Job {job} is under way{}{}",
        step.as_str(),
        far(draft.facts.progress.as_ref()),
        draft.until()
    )
}

/// How far it has come, for a message.
fn far(progress: Option<&Progress>) -> String {
    let Some(progress) = progress else {
        return String::new();
    };
    let loss = progress.loss.map(|loss| format!(", loss {loss:.4}"));
    let left = progress
        .eta_seconds
        .map(|seconds| format!(", about {seconds} s left"));
    format!(
        ", {} % done{}{}",
        progress.percent,
        loss.unwrap_or_default(),
        left.unwrap_or_default()
    )
}

fn end(
    draft: &mut Draft<'_>,
    outcome: Outcome,
    digest: Option<String>,
    words: String,
    exit_code: Option<i32>,
) {
    draft.unblocked(if outcome == Outcome::Succeeded {
        "Succeeded"
    } else {
        "Ended"
    });
    draft.status.progress = None;
    let now = clock::time(draft.facts.now);
    if let Some(record) = draft.status.steps.last_mut() {
        record.outcome = Some(outcome);
        record.finished = Some(now);
        record.digest = digest;
        record.message = (!words.is_empty()).then_some(words);
        record.exit_code = exit_code;
    }
    draft.recorded();
    if outcome != Outcome::Succeeded {
        return;
    }
    match draft.status.steps.last().map(|record| record.step) {
        Some(StepName::Export) => next::succeeded(draft, StepName::Export),
        // A suspended run publishes nothing.
        Some(StepName::Train) if !draft.facts.run.spec.suspend => {
            next::succeeded(draft, StepName::Train)
        }
        // A verdict is on record before it has consequences: at another time it could be another one.
        _ => {}
    }
}

fn unsuccessful(
    draft: &mut Draft<'_>,
    record: &Step,
    outcome: Outcome,
    words: String,
    exit_code: Option<i32>,
) {
    let name = record.step.as_str();
    end(draft, outcome, None, words.clone(), exit_code);
    let attempt = draft.failures(record.step);
    let attempts = draft.facts.run.spec.backoff_limit.saturating_add(1);
    let said = if outcome == Outcome::Lost {
        words
    } else {
        failed_words(&words, exit_code)
    };
    if exit_code == Some(EXIT_USAGE) && outcome == Outcome::Failed {
        draft.fail(
            "BadUsage",
            format!("the {name} Job was called wrongly, which trying again does not help: {said}"),
        );
    } else if attempt >= attempts {
        let reason = match record.step {
            StepName::Export => "ExportFailed",
            StepName::Train => "TrainingFailed",
            StepName::Evaluate => "EvaluationFailed",
        };
        draft.fail(
            reason,
            format!("{name} failed at attempt {attempt} of {attempts}: {said}"),
        );
    } else {
        draft.wait(format!(
            "{name} failed at attempt {attempt} of {attempts} and is tried again: {said}"
        ));
        draft.look_again(pause(draft, attempt));
    }
}

fn failed_words(words: &str, exit_code: Option<i32>) -> String {
    match exit_code {
        Some(code) => format!("{words} (exit code {code})"),
        None => words.to_owned(),
    }
}

fn pause(draft: &Draft<'_>, attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(10);
    (draft.facts.retry * 2_u32.pow(doublings)).min(RETRY_MAX)
}

fn again(draft: &mut Draft<'_>, record: &Step) {
    let pause = pause(draft, draft.failures(record.step));
    let seconds = i64::try_from(pause.as_secs()).unwrap_or(i64::MAX);
    let ended = record
        .finished
        .as_ref()
        .map_or(draft.facts.now, |time| time.0);
    let next = clock::after(ended, seconds);
    if draft.facts.now >= next {
        launch(draft, record.step, record.attempt + 1);
    } else {
        draft.look_again(clock::until(next, draft.facts.now));
    }
}
