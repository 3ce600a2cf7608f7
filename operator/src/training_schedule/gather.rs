//! Reads all that a decision on a schedule rests on.

use super::facts::Facts;
use crate::{
    clock,
    context::{Context, is_going, uid},
    error::Result,
    rollout,
};
use kube::ResourceExt;
use logloop_operator_api::{TrainingRun, TrainingSchedule, training_schedule::Figures};

pub(super) async fn gather(context: &Context, schedule: &TrainingSchedule) -> Result<Facts> {
    let owner = uid(schedule)?;
    let mut runs: Vec<TrainingRun> = context.runs_where(|run| owns(owner, run));
    runs.sort_by_key(|run| (run.metadata.creation_timestamp.clone(), run.name_any()));
    let (going, runs): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_going);
    let kept = match &schedule.spec.trigger {
        Some(_) if !schedule.spec.suspend => Some(kept(context, schedule).await?),
        _ => None,
    };
    Ok(Facts {
        now: clock::now(),
        schedule: schedule.clone(),
        runs,
        going: going.iter().map(ResourceExt::name_any).collect(),
        kept,
        look: context.settings.pace.look,
        keep: context.settings.pace.keep,
    })
}

/// Whether a run was created by the schedule of this UID.
pub(super) fn owns(owner: &str, run: &TrainingRun) -> bool {
    run.owner_references().iter().any(|own| own.uid == owner)
}

/// What the analyzer has kept: its pods share a claim, and the one that knows most is right.
async fn kept(
    context: &Context,
    schedule: &TrainingSchedule,
) -> Result<std::result::Result<Figures, String>> {
    let named = &schedule.spec.template.spec.rollout.target;
    let Some(target) = named.as_ref().or(context.settings.default_target.as_ref()) else {
        return Ok(Err(
            "neither spec.template.spec.rollout.target nor the operator's LOGLOOP_DEFAULT_TARGET names an analyzer".into(),
        ));
    };
    let mut best: Option<Figures> = None;
    let mut why = format!("no pod of the analyzer {target} is ready");
    for pod in rollout::look(context, target).await? {
        match pod.loaded {
            Ok(loaded) => best = Some(most(best.unwrap_or_default(), loaded.kept)),
            Err(words) => why = format!("pod {}: {words}", pod.endpoint.pod),
        }
    }
    Ok(best.ok_or(why))
}

fn most(a: Figures, b: Figures) -> Figures {
    Figures {
        interactions: a.interactions.max(b.interactions),
        feedback: a.feedback.max(b.feedback),
        corrections: a.corrections.max(b.corrections),
        negative: a.negative.max(b.negative),
    }
}
