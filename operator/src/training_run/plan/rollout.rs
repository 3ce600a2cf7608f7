//! RollingOut: the document names the new version, every ready pod loads it; else what served before is put back.

use super::{Draft, Effect};
use logloop_operator_api::{
    conditions::SERVING,
    training_run::{Phase, PodLoad, RolloutStatus, Stable},
};

/// While no pod is ready, every so many looks it is looked for one that no watch told of.
const LOOKS_FOR_PODS: u32 = 15;

/// Decides on the rollout.
pub(super) fn plan(draft: &mut Draft<'_>) {
    let Some(model) = &draft.status.model else {
        return draft.fail(
            "Incomplete",
            "the run's status has lost its model; create another run",
        );
    };
    let wanted = Stable {
        version: model.version.clone(),
        digest: model.digest.clone(),
    };
    let mut rollout = draft.status.rollout.clone().unwrap_or_default();
    if rollout.rollback.is_none()
        && let Some(why) = draft.overdue()
    {
        rollout.rollback = Some(why);
        draft.status.rollout = Some(rollout.clone());
    }
    match rollout.rollback.clone() {
        Some(why) => put_back(draft, &wanted, &rollout, &why),
        None if draft
            .facts
            .held
            .owner()
            .is_none_or(|(_, uid)| uid != draft.uid()) =>
        {
            take(draft)
        }
        None if draft.facts.held.document.stable.as_ref() != Some(&wanted) => {
            draft.effect(Effect::WriteServing(Some(wanted.clone())));
            draft.effect(Effect::Push);
            draft.wait(format!(
                "handing {} to the analyzer's pods{}",
                wanted.version,
                draft.until()
            ));
            draft.look_again(draft.facts.look);
        }
        None => load(draft, &wanted, rollout),
    }
}

/// Somebody took the ownership away: take it again, unless it is another run's now.
fn take(draft: &mut Draft<'_>) {
    if let Some(other) = &draft.facts.other_owner {
        draft.wait(format!(
            "TrainingRun {other} has taken the analyzer over; waiting for its end{}",
            draft.until()
        ));
    } else {
        draft.effect(Effect::ClaimTarget);
    }
    draft.look_again(draft.facts.look);
}

fn load(draft: &mut Draft<'_>, wanted: &Stable, mut rollout: RolloutStatus) {
    let generation = draft.facts.held.document.generation;
    let pods = &draft.facts.pods;
    let mut waiting = Vec::new();
    for pod in pods {
        let message = match &pod.loaded {
            Ok(loaded)
                if loaded.stable.as_ref() == Some(wanted) && loaded.generation >= generation =>
            {
                continue;
            }
            Ok(loaded) => match &loaded.stable {
                Some(stable) => format!(
                    "still has {} of generation {}",
                    stable.version, loaded.generation
                ),
                None => format!("still answers by rules, generation {}", loaded.generation),
            },
            Err(words) => words.clone(),
        };
        waiting.push(PodLoad {
            pod: pod.endpoint.pod.clone(),
            message,
        });
    }
    let (ready, loaded) = (pods.len(), pods.len() - waiting.len());
    rollout.generation = Some(generation);
    rollout.ready = i64::try_from(ready).ok();
    rollout.loaded = i64::try_from(loaded).ok();
    // What a pod said when the document was handed to it says more than that it has another version.
    for pod in &mut waiting {
        if let Some(before) = draft
            .status
            .rollout
            .as_ref()
            .and_then(|r| r.waiting.iter().find(|w| w.pod == pod.pod))
        {
            pod.message.clone_from(&before.message);
        }
    }
    let first = waiting
        .first()
        .map(|pod| format!("; {}: {}", pod.pod, pod.message))
        .unwrap_or_default();
    rollout.waiting = waiting;
    draft.status.rollout = Some(rollout);
    if ready == 0 {
        let target = draft.status.target.clone().unwrap_or_default();
        draft.wait(format!(
            "no pod of the analyzer {target} is ready; the version is loaded once one is{}",
            draft.until()
        ));
        // A pod that becomes ready wakes the run.
        return draft.look_again(draft.facts.look * LOOKS_FOR_PODS);
    }
    let said = format!("{loaded}/{ready} pods loaded {}", wanted.digest);
    if loaded == ready {
        draft.unblocked("Loaded");
        draft.condition(SERVING, true, "Loaded", said.clone());
        draft.finish(
            Phase::Succeeded,
            "Serving",
            format!("{} serves: {said}", wanted.version),
        );
    } else {
        draft.effect(Effect::Push);
        draft.wait(format!("{said}{first}{}", draft.until()));
        draft.look_again(draft.facts.look);
    }
}

fn put_back(draft: &mut Draft<'_>, wanted: &Stable, rollout: &RolloutStatus, why: &str) {
    // Only what this run put in is taken out.
    if draft.facts.held.document.stable.as_ref() == Some(wanted)
        && rollout.previous.as_ref() != Some(wanted)
    {
        draft.effect(Effect::WriteServing(rollout.previous.clone()));
        draft.effect(Effect::Push);
    }
    let back = rollout
        .previous
        .as_ref()
        .map_or("the rules", |previous| &previous.version);
    let message = format!(
        "{} was taken out of service again, {back} answers: {why}",
        wanted.version
    );
    draft.condition(SERVING, false, "RolledBack", message.clone());
    draft.finish(Phase::RolledBack, "RolledBack", message);
}
