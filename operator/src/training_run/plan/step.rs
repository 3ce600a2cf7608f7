//! Exporting, Training and Gating: one Job after another until one of them gives a result, then what follows from it.

use super::{Draft, Effect};
use crate::{
    clock,
    jobs::{
        outcome::{Attempt, EXIT_USAGE, judge},
        results,
    },
    training_run::gate,
};
use logloop_operator_api::{
    conditions::{self, DATASET_READY, GATED, MODEL_PUBLISHED},
    training_run::{
        Dataset, GateResult, Model, OnInsufficient, Outcome, Phase, RolloutStatus, Step, StepName,
        Verdict,
    },
};
use std::time::Duration;

/// Longest wait before a failed Job is tried again.
const RETRY_MAX: Duration = Duration::from_secs(300);

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
            Some(Outcome::Succeeded) => succeeded(draft, step),
            Some(Outcome::Failed | Outcome::Lost) => again(draft, &record),
        },
    }
}

fn launch(draft: &mut Draft<'_>, step: StepName, attempt: i32) {
    let deadline_seconds = draft.seconds_left();
    draft.effect(Effect::CreateJob {
        step,
        attempt,
        deadline_seconds,
    });
    draft.wait(format!(
        "{} Job, attempt {attempt}, is starting{}",
        step.as_str(),
        draft.until()
    ));
}

fn under_way(draft: &mut Draft<'_>, record: &Step) {
    let name = record.step.as_str();
    match judge(&draft.facts.attempt) {
        Attempt::Running {
            blocked: Some(blocked),
        } => {
            draft.blocked(
                &blocked.reason,
                format!("{name} Job {}: {}", record.job_name, blocked.message),
            );
            draft.look_again(draft.facts.look);
        }
        Attempt::Running { blocked: None } => {
            draft.unblocked("Running");
            draft.wait(format!(
                "{name} Job {} is under way{}",
                record.job_name,
                draft.until()
            ));
            let running = draft.facts.attempt.pods.iter().any(|pod| {
                pod.status
                    .as_ref()
                    .and_then(|status| status.phase.as_deref())
                    == Some("Running")
            });
            if !running {
                // Nothing tells when a pod cannot be made: look.
                draft.look_again(draft.facts.look.max(Duration::from_secs(5)));
            }
        }
        Attempt::Succeeded(message) => match record_result(draft, record.step, &message) {
            Ok((digest, words)) => end(draft, Outcome::Succeeded, Some(digest), words, Some(0)),
            Err(why) => unsuccessful(draft, record, Outcome::Lost, why, Some(0)),
        },
        Attempt::Failed { exit_code, words } => {
            unsuccessful(draft, record, Outcome::Failed, words, exit_code)
        }
        Attempt::Lost(why) => unsuccessful(draft, record, Outcome::Lost, why, None),
    }
}

/// Puts the result of a step into the status, or says why it is none.
fn record_result(
    draft: &mut Draft<'_>,
    step: StepName,
    message: &str,
) -> Result<(String, String), String> {
    let artifact = draft.artifact();
    match step {
        StepName::Export => {
            let result: results::Export = results::parse("export", message)?;
            same("data set", &result.dataset, &artifact)?;
            let words = format!(
                "{} examples in data set {}",
                result.examples, result.dataset
            );
            draft.condition(
                DATASET_READY,
                true,
                "Exported",
                format!("{words}, {}", result.digest),
            );
            draft.status.dataset = Some(Dataset {
                id: result.dataset,
                digest: result.digest.clone(),
                examples: result.examples,
                failures: result.failures,
                corrections: result.corrections,
                held_out: result.held_out,
            });
            draft.wait(words);
            Ok((result.digest, result.message))
        }
        StepName::Train => {
            let result: results::Train = results::parse("train", message)?;
            same("version", &result.version, &artifact)?;
            digest(&result.digest)?;
            draft.wait(format!(
                "version {} is trained, {}; publishing it",
                result.version, result.digest
            ));
            draft.status.model = Some(Model {
                version: result.version,
                digest: result.digest.clone(),
                metrics: result.metrics,
            });
            Ok((result.digest, result.message))
        }
        StepName::Evaluate => {
            let result: results::Evaluate = results::parse("evaluate", message)?;
            same("version", &result.candidate.version, &artifact)?;
            let verdict = draft
                .facts
                .run
                .spec
                .gate
                .as_ref()
                .map(|asked| gate::judge(asked, &result));
            let verdict = verdict.unwrap_or_else(not_requested);
            let words = format!("{}: {}", verdict.verdict.as_str(), verdict.reason);
            draft.condition(
                GATED,
                verdict.verdict == Verdict::Pass,
                verdict.verdict.as_str(),
                verdict.reason.clone(),
            );
            draft.status.gate = Some(verdict);
            draft.wait(words);
            let scored = result.candidate.digest.or_else(|| {
                draft
                    .status
                    .model
                    .as_ref()
                    .map(|model| model.digest.clone())
            });
            Ok((scored.unwrap_or_default(), result.message))
        }
    }
}

fn same(what: &str, found: &str, asked: &str) -> Result<(), String> {
    if found == asked {
        Ok(())
    } else {
        Err(format!("its result is for {what} {found:?}, not {asked:?}"))
    }
}

fn digest(text: &str) -> Result<(), String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    let good = hex.len() == 64
        && hex
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if good {
        Ok(())
    } else {
        Err(format!(
            "its result has {text:?} for a digest, not sha256: and 64 hexadecimal digits"
        ))
    }
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
    let now = clock::time(draft.facts.now);
    if let Some(record) = draft.status.steps.last_mut() {
        record.outcome = Some(outcome);
        record.finished = Some(now);
        record.digest = digest;
        record.message = (!words.is_empty()).then_some(words);
        record.exit_code = exit_code;
    }
    if outcome == Outcome::Succeeded
        && let Some(record) = draft.status.steps.last()
        && record.step == StepName::Export
    {
        // Nothing has to be written before the next phase: one status does for both.
        succeeded(draft, StepName::Export);
    }
}

fn unsuccessful(
    draft: &mut Draft<'_>,
    record: &Step,
    outcome: Outcome,
    words: String,
    exit_code: Option<i32>,
) {
    let (name, attempt) = (record.step.as_str(), record.attempt);
    end(draft, outcome, None, words.clone(), exit_code);
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
    let pause = pause(draft, record.attempt);
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

/// What follows from a result that is on record.
fn succeeded(draft: &mut Draft<'_>, step: StepName) {
    match step {
        StepName::Export => exported(draft),
        StepName::Train => trained(draft),
        StepName::Evaluate => gated(draft),
    }
}

fn exported(draft: &mut Draft<'_>) {
    let examples = draft
        .status
        .dataset
        .as_ref()
        .map_or(0, |dataset| dataset.examples);
    let least = draft.facts.run.spec.source.min_examples;
    if examples < least {
        let message = format!(
            "the data set has {examples} examples, and spec.source.minExamples asks for {least}; run again when more logs were analysed"
        );
        draft.finish(Phase::Skipped, "TooFewExamples", message);
    } else {
        draft.enter(Phase::Training, format!("training on {examples} examples"));
    }
}

fn trained(draft: &mut Draft<'_>) {
    let Some(model) = draft.status.model.clone() else {
        return draft.fail(
            "Incomplete",
            "the run's status has lost its model; create another run",
        );
    };
    if !conditions::is_true(&draft.status.conditions, MODEL_PUBLISHED) {
        draft.effect(Effect::PublishVersion);
        draft.condition(
            MODEL_PUBLISHED,
            true,
            "Published",
            format!("ModelVersion {}, {}", model.version, model.digest),
        );
    }
    if draft.facts.run.spec.gate.is_some() {
        draft.enter(
            Phase::Gating,
            "scoring the new version beside the one in service",
        );
    } else {
        let result = not_requested();
        draft.condition(GATED, false, "NotRequested", result.reason.clone());
        draft.status.gate = Some(result);
        roll_out(draft);
    }
}

fn gated(draft: &mut Draft<'_>) {
    let Some(result) = draft.status.gate.clone() else {
        return draft.fail(
            "Incomplete",
            "the run's status has lost its verdict; create another run",
        );
    };
    let anyhow = draft
        .facts
        .run
        .spec
        .gate
        .as_ref()
        .is_some_and(|gate| gate.on_insufficient == OnInsufficient::Promote);
    match result.verdict {
        Verdict::Pass | Verdict::NotRequested => roll_out(draft),
        Verdict::Insufficient if anyhow => roll_out(draft),
        Verdict::Insufficient => {
            draft.finish(
                Phase::Rejected,
                "GateInsufficient",
                format!("too little to judge by: {}", result.reason),
            );
        }
        Verdict::Fail => draft.finish(
            Phase::Rejected,
            "GateFailed",
            format!("the gate was not passed: {}", result.reason),
        ),
    }
}

/// Takes the target, or waits until no other run has it.
fn roll_out(draft: &mut Draft<'_>) {
    if let Some(other) = &draft.facts.other_owner {
        let message = format!(
            "TrainingRun {other} is rolling out on the same analyzer; this one rolls out when that has ended"
        );
        draft.wait(format!("{message}{}", draft.until()));
        return draft.look_again(draft.facts.look);
    }
    draft.effect(Effect::ClaimTarget);
    let previous = draft.facts.held.document.stable.clone();
    draft.status.rollout = Some(RolloutStatus {
        previous,
        ..RolloutStatus::default()
    });
    draft.enter(Phase::RollingOut, "bringing the new version into service");
}

fn not_requested() -> GateResult {
    GateResult {
        verdict: Verdict::NotRequested,
        reason: "the run has no gate; an intact artifact is enough".into(),
        against: None,
        metrics: Vec::new(),
    }
}
