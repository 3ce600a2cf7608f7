//! What follows from a result that is on record.

use super::{Draft, Effect, step};
use logloop_operator_api::{
    conditions::{self, GATED, MODEL_PUBLISHED},
    training_run::{GateResult, OnInsufficient, Phase, RolloutStatus, StepName, Strategy, Verdict},
};

/// What follows from a result that is on record.
pub(super) fn succeeded(draft: &mut Draft<'_>, step: StepName) {
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
    } else if let Some(earlier) = unchanged(draft) {
        let message = format!(
            "nothing has changed: {earlier}; run again when more logs were analysed, or with source.skipUnchanged: false"
        );
        draft.finish(Phase::Skipped, "Unchanged", message);
    } else {
        draft.enter(Phase::Training, format!("training on {examples} examples"));
        if !draft.facts.run.spec.suspend {
            step::plan(draft, StepName::Train);
        }
    }
}

/// What the same data set and recipe came to before, in words.
fn unchanged(draft: &Draft<'_>) -> Option<String> {
    if !draft.facts.run.spec.source.skip_unchanged {
        return None;
    }
    let digest = &draft.status.dataset.as_ref()?.digest;
    let mut earlier = draft.facts.earlier.iter();
    let same = earlier.find(|earlier| earlier.dataset_digest == *digest)?;
    Some(same.words.clone())
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
        if !draft.facts.run.spec.suspend {
            step::plan(draft, StepName::Evaluate);
        }
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

/// Takes the target, or waits until no other run has it. A run that only trains has come to its end.
fn roll_out(draft: &mut Draft<'_>) {
    if draft.facts.run.spec.rollout.strategy == Strategy::Manual {
        let version = draft.artifact();
        let message = format!(
            "version {version} is published and not in service; `kubectl logloop promote {version}` brings it there"
        );
        return draft.finish(Phase::Succeeded, "Published", message);
    }
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

pub(super) fn not_requested() -> GateResult {
    GateResult {
        verdict: Verdict::NotRequested,
        reason: "the run has no gate; an intact artifact is enough".into(),
        against: None,
        metrics: Vec::new(),
    }
}
