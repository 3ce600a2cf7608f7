//! `DataRetention`: gather → plan → build → apply → status.

mod build;
mod digest;
pub mod facts;
pub mod plan;
mod protect;

use crate::{
    api::{call, replace_status},
    clock,
    context::{Context, is_going, uid, version},
    error::{Error, Result},
    jobs::{
        gather,
        outcome::{Seen, has_ended},
    },
    rollout::document::Held,
    training_run::{create_or_adopt, facts::Claim, look_at_claim, stop_jobs, waiting},
};
use facts::Facts;
use kube::{Api, ResourceExt, core::DeserializeGuard, runtime::controller::Action};
use logloop_operator_api::{
    DataRetention, DataRetentionStatus, ModelVersion, TrainingRun, data_retention::RetentionPhase,
};
use plan::Effect;
use std::{sync::Arc, time::Duration};

/// Takes a retention one decision further.
pub async fn reconcile(
    guard: Arc<DeserializeGuard<DataRetention>>,
    context: Arc<Context>,
) -> Result<Action> {
    let _under_way = context.metrics.reconcile("dataretention");
    context.stores.ready().await?;
    let retention = guard
        .0
        .as_ref()
        .map_err(|invalid| Error::Invalid(invalid.error.clone()))?;
    if is_going(retention) {
        return Ok(Action::await_change());
    }
    let facts = gather(&context, retention).await?;
    let plan = plan::plan(&facts);
    let requeue = apply(&context, &facts, plan).await?;
    Ok(requeue.map_or_else(Action::await_change, Action::requeue))
}

/// What to do after a failure.
pub fn on_error(
    _: Arc<DeserializeGuard<DataRetention>>,
    error: &Error,
    context: Arc<Context>,
) -> Action {
    crate::controllers::failed("dataretention", error, &context)
}

async fn gather(context: &Context, retention: &DataRetention) -> Result<Facts> {
    let named = retention
        .spec
        .claim
        .as_ref()
        .or(context.settings.default_claim.as_ref());
    let (claim, beside) = match named {
        Some(name) => look_at_claim(context, name).await?,
        None => (Claim::Unnamed, None),
    };
    let plan = retention
        .status
        .as_ref()
        .and_then(|status| status.plan.as_ref());
    let attempt = match plan.and_then(|plan| Some((plan, plan.job_uid.as_ref()?))) {
        Some((plan, job_uid)) => gather::seen(context, &plan.job_name, job_uid).await?,
        None => Seen::default(),
    };
    let runs: Vec<TrainingRun> = context.runs().collect();
    let models: Vec<ModelVersion> = context.models().collect();
    let documents = context.stores.documents.state();
    let held: Vec<Held> = documents
        .iter()
        .filter_map(|map| Held::read(Some((**map).clone())).ok())
        .collect();
    let claim_name = named.map(String::as_str);
    let protected = protect::protected(
        &models,
        &runs,
        held.iter().filter_map(|held| held.document.stable.as_ref()),
    );
    let trained_on = models
        .iter()
        .map(|model| (model.spec.version.clone(), model.spec.dataset_id.clone()))
        .collect();
    Ok(Facts {
        now: clock::now(),
        retention: retention.clone(),
        waiting: waiting(context, &claim, beside.is_some(), &attempt),
        claim,
        beside,
        attempt,
        ended: ended_jobs(context, uid(retention)?),
        exporting: protect::exporting(claim_name, &runs),
        trained_on,
        protected_datasets: protect::datasets(claim_name, &models, &runs, &protected),
        protected,
        retry: context.settings.pace.retry,
        look: context.settings.pace.look,
    })
}

/// Jobs of a retention that have ended and are not being deleted, oldest first.
fn ended_jobs(context: &Context, owner: &str) -> Vec<String> {
    let mut jobs = gather::of_owner(context, owner);
    jobs.retain(|job| has_ended(job) && job.metadata.deletion_timestamp.is_none());
    jobs.sort_by_key(|job| (job.metadata.creation_timestamp.clone(), job.name_any()));
    jobs.iter().map(|job| job.name_any()).collect()
}

async fn apply(context: &Context, facts: &Facts, plan: plan::Plan) -> Result<Option<Duration>> {
    let mut requeue = plan.requeue;
    let mut status = plan.status;
    let changes = facts.retention.status.as_ref() != Some(&status);
    let words = plan.effects.iter().map(Effect::word);
    context.metrics.decided("dataretention", words, changes);
    for effect in plan.effects {
        context.leadership.check()?;
        match effect {
            Effect::CreateJob { deadline_seconds } => {
                match create_job(context, facts, &mut status, deadline_seconds).await {
                    Err(Error::JobRefused { words }) => {
                        let refused = plan::job_refused(facts, status, &words);
                        (status, requeue) = (refused.status, refused.requeue);
                    }
                    other => other?,
                }
            }
            Effect::DeleteJobs(jobs) => stop_jobs(context, &jobs).await?,
        }
    }
    write_status(context, &facts.retention, status).await?;
    Ok(requeue)
}

async fn create_job(
    context: &Context,
    facts: &Facts,
    status: &mut DataRetentionStatus,
    deadline_seconds: i64,
) -> Result<()> {
    let retentions: Api<DataRetention> = context.api();
    let live = call(
        "read the retention",
        retentions.get(&facts.retention.name_any()),
    )
    .await?;
    if version(&live) != version(&facts.retention) {
        return Err(Error::Stale {
            what: "the retention",
        });
    }
    let Claim::Found(claim) = &facts.claim else {
        return Err(Error::Incomplete("claim"));
    };
    let plan = status.plan.as_mut().ok_or(Error::Incomplete("plan"))?;
    let job = build::job(
        &facts.retention,
        &context.settings,
        plan,
        claim,
        facts.beside.clone(),
        deadline_seconds,
    );
    let created = create_or_adopt(context, &job, uid(&facts.retention)?).await?;
    context.metrics.job("prune");
    plan.job_uid = Some(created.uid.ok_or(Error::Incomplete("uid"))?);
    Ok(())
}

async fn write_status(
    context: &Context,
    retention: &DataRetention,
    status: DataRetentionStatus,
) -> Result<()> {
    if retention.status.as_ref() == Some(&status) {
        return Ok(());
    }
    context.leadership.check()?;
    let before = retention.status.clone().unwrap_or_default();
    let (phase, message) = (status.phase, status.message.clone().unwrap_or_default());
    let ran = before.last_run_time != status.last_run_time;
    let well = logloop_operator_api::conditions::is_true(
        &status.conditions,
        logloop_operator_api::conditions::SUCCEEDED,
    );
    call(
        "write the status of the retention",
        replace_status(&context.client, retention, &status),
    )
    .await?;
    if ran {
        let reason = if well {
            RetentionPhase::Succeeded
        } else {
            RetentionPhase::Failed
        };
        context
            .events
            .tell(retention, !well, reason.as_str(), &message);
    } else if let Some(phase) = phase.filter(|phase| before.phase != Some(*phase)) {
        context.events.tell(
            retention,
            phase == RetentionPhase::Waiting,
            phase.as_str(),
            &message,
        );
    }
    Ok(())
}
