//! Pending and Queued: does the run have what it needs, and is it its turn?

use super::{super::facts::Claim, Draft, step};
use crate::clock;
use logloop_operator_api::training_run::{Phase, StepName, Strategy};

/// Looks for the claim and the target.
pub(super) fn pending(draft: &mut Draft<'_>) {
    let facts = draft.facts;
    if draft.status.phase.is_none() {
        draft.status.phase = Some(Phase::Pending);
        draft.status.phase_since = Some(clock::time(facts.now));
    }
    draft
        .status
        .start_time
        .get_or_insert_with(|| clock::time(facts.now));
    let Some(target) = &facts.target else {
        return waits(
            draft,
            "TargetUnnamed",
            "neither spec.rollout.target nor the operator's LOGLOOP_DEFAULT_TARGET names an analyzer; create the run anew with spec.rollout.target",
        );
    };
    let claim = match &facts.claim {
        Claim::Found(claim) => claim,
        Claim::Unnamed => {
            return waits(
                draft,
                "ClaimUnnamed",
                "neither spec.source.claim nor the operator's LOGLOOP_DEFAULT_CLAIM names a PersistentVolumeClaim; create the run anew with spec.source.claim",
            );
        }
        Claim::Missing(claim) => {
            let message = format!(
                "PersistentVolumeClaim {claim} does not exist in this namespace; create it and the run goes on, or delete the run and create it anew with the right spec.source.claim"
            );
            return waits(draft, "ClaimMissing", message);
        }
        Claim::Unusable(claim, why) => {
            let message = format!(
                "PersistentVolumeClaim {claim} cannot be used: {why}; make it usable, or name another in a new run"
            );
            return waits(draft, "ClaimUnusable", message);
        }
    };
    draft.status.claim = Some(claim.clone());
    draft.status.target = Some(target.clone());
    draft.status.recipe = Some(facts.recipe.clone());
    turn(draft);
}

/// Waits for its turn.
pub(super) fn queued(draft: &mut Draft<'_>) {
    turn(draft);
}

fn waits(draft: &mut Draft<'_>, reason: &str, message: impl Into<String>) {
    draft.blocked(reason, message);
    draft.look_again(draft.facts.look);
}

fn turn(draft: &mut Draft<'_>) {
    let facts = draft.facts;
    let rolls_out = facts.run.spec.rollout.strategy != Strategy::Manual;
    let other_owner = facts.other_owner.as_ref().filter(|_| rolls_out);
    let message = match (other_owner, &facts.pruning) {
        (Some(other), _) => format!(
            "TrainingRun {other} is rolling out on the same analyzer; this one starts when that has ended"
        ),
        (None, Some(retention)) => format!(
            "DataRetention {retention} is removing from the same claim; this starts when that has ended"
        ),
        (None, None) => {
            draft.enter(Phase::Exporting, "starting the export");
            // One status does for the phase and its first Job.
            return step::plan(draft, StepName::Export);
        }
    };
    if draft.phase() == Phase::Queued {
        draft.wait(format!("{message}{}", draft.until()));
    } else {
        draft.enter(Phase::Queued, message);
    }
    draft.look_again(draft.facts.look);
}
