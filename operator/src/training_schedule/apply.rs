//! Carries a plan out: the writes, then the status.

use super::{
    build,
    facts::Facts,
    gather::owns,
    plan::{self, Effect, Plan},
};
use crate::{
    api::{already_exists, call, call_unless_gone, refusal, replace_status},
    context::{Context, is_going, uid, version},
    error::{Error, Result},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use logloop_operator_api::{
    TrainingRun, TrainingSchedule, TrainingScheduleStatus, conditions, labels,
    training_schedule::SchedulePhase,
};
use std::{collections::BTreeSet, time::Duration};

pub(super) async fn apply(
    context: &Context,
    facts: &Facts,
    plan: Plan,
) -> Result<Option<Duration>> {
    let (mut requeue, mut status) = (plan.requeue, plan.status);
    let changes = facts.schedule.status.as_ref() != Some(&status);
    let words = plan.effects.iter().map(Effect::word);
    context.metrics.decided("trainingschedule", words, changes);
    let runs: Api<TrainingRun> = context.api();
    for effect in plan.effects {
        context.leadership.check()?;
        match effect {
            Effect::DeleteRuns(names) => {
                for name in names {
                    let params = DeleteParams::background();
                    call_unless_gone("delete a run", runs.delete(&name, &params)).await?;
                }
            }
            Effect::CreateRun { name, because } => {
                let created = create(context, facts, &name, &because).await;
                match created.as_ref().err().and_then(refusal) {
                    Some(words) => {
                        let refused = plan::run_refused(facts, words);
                        (status, requeue) = (refused.status, refused.requeue);
                    }
                    None => created?,
                }
            }
        }
    }
    write_status(context, &facts.schedule, status).await?;
    Ok(requeue)
}

/// Creates a run. One of that name is ours if its owner has our UID: it was created before the status could say so.
async fn create(context: &Context, facts: &Facts, name: &str, because: &str) -> Result<()> {
    unchanged(context, facts).await?;
    context.leadership.check()?;
    let owner = uid(&facts.schedule)?;
    let runs: Api<TrainingRun> = context.api();
    let run = build::run(&facts.schedule, name, because);
    match call("create a run", runs.create(&PostParams::default(), &run)).await {
        Err(error) if already_exists(&error) => {
            let found = call("read the run", runs.get(name)).await?;
            if owns(owner, &found) {
                Ok(())
            } else {
                Err(Error::Foreign {
                    kind: "TrainingRun",
                    name: name.to_owned(),
                })
            }
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// The watches may be behind: what was decided on must still be what there is.
async fn unchanged(context: &Context, facts: &Facts) -> Result<()> {
    let schedules: Api<TrainingSchedule> = context.api();
    let schedule = &facts.schedule;
    let live = call("read the schedule", schedules.get(&schedule.name_any())).await?;
    if version(&live) != version(schedule) {
        return Err(Error::Stale {
            what: "the schedule",
        });
    }
    let selector = format!("{}={}", labels::OWNER_UID, uid(schedule)?);
    let params = ListParams::default().labels(&selector);
    let runs = call(
        "list the runs of a schedule",
        context.api::<TrainingRun>().list(&params),
    )
    .await?;
    let there: BTreeSet<String> = runs
        .iter()
        .filter(|run| !is_going(*run))
        .map(ResourceExt::name_any)
        .collect();
    let known: BTreeSet<String> = facts.runs.iter().map(ResourceExt::name_any).collect();
    if there.is_subset(&known) {
        Ok(())
    } else {
        Err(Error::Stale {
            what: "the runs of the schedule",
        })
    }
}

async fn write_status(
    context: &Context,
    schedule: &TrainingSchedule,
    status: TrainingScheduleStatus,
) -> Result<()> {
    if schedule.status.as_ref() == Some(&status) {
        return Ok(());
    }
    context.leadership.check()?;
    let before = schedule.status.clone().unwrap_or_default();
    call(
        "write the status of the schedule",
        replace_status(&context.client, schedule, &status),
    )
    .await?;
    if let Some((warning, reason)) = news(&before, &status) {
        let message = status.message.as_deref().unwrap_or_default();
        context.events.tell(schedule, warning, reason, message);
    }
    Ok(())
}

/// What people are to hear of: whether it is bad, and in a word.
fn news(
    before: &TrainingScheduleStatus,
    after: &TrainingScheduleStatus,
) -> Option<(bool, &'static str)> {
    let is_blocked = |status: &TrainingScheduleStatus| {
        conditions::is_true(&status.conditions, conditions::BLOCKED)
    };
    if after.last_run != before.last_run {
        Some((false, "Created"))
    } else if is_blocked(after) && !is_blocked(before) {
        Some((true, "Blocked"))
    } else if after.last_missed_time != before.last_missed_time {
        Some((true, "Missed"))
    } else if after.phase != before.phase {
        let phase = after.phase.unwrap_or_default();
        Some((phase == SchedulePhase::Waiting, phase.as_str()))
    } else {
        None
    }
}
