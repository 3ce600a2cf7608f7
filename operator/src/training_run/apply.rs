//! Carries a plan out: the writes, then the status.

use super::{
    build::{self, Around},
    facts::Facts,
    plan::{self, Effect, Plan},
};
use crate::{
    api::{already_exists, call, call_unless_gone, create, refusal, replace_status},
    clock,
    context::{Context, uid, version},
    error::{Error, Result},
    model_version::{self, plan::Pods},
    rollout::{self, client::Push, document},
};
use k8s_openapi::{api::batch::v1::Job, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions},
};
use logloop_operator_api::{
    TrainingRun,
    training_run::{Phase, PodLoad, Stable, Step, StepName, TrainingRunStatus},
};
use std::time::Duration;

/// A watch that told of something less than this ago is taken not to be behind; otherwise the API server is asked what a
/// run has come to before a Job is created for it.
const FRESH: Duration = Duration::from_secs(1);

/// Carries a plan out. What the writes bring to light goes into the status. Says when to look again.
pub(super) async fn apply(
    context: &Context,
    facts: &Facts,
    plan: Plan,
) -> Result<Option<Duration>> {
    let mut requeue = plan.requeue;
    let mut status = plan.status;
    let changes = facts.run.status.as_ref() != Some(&status);
    let words = plan.effects.iter().map(Effect::word);
    context.metrics.decided("trainingrun", words, changes);
    for effect in plan.effects {
        context.leadership.check()?;
        let deletes = effect == Effect::DeleteRun;
        match carry_out(context, facts, &mut status, effect).await {
            Ok(None) if deletes => return Ok(requeue),
            Ok(None) => {}
            Ok(Some(refused)) => (status, requeue) = (refused.status, refused.requeue),
            Err(error) => {
                // What has ended before goes on record all the same: its pod may not be there the next time.
                if let Some(status) = plan.on_record.filter(|_| !error.is_ordinary()) {
                    write_status(context, &facts.run, status).await?;
                }
                return Err(error);
            }
        }
    }
    write_status(context, &facts.run, status).await?;
    Ok(requeue)
}

/// Does one thing. What follows instead of the plan, if the API server refuses a Job.
async fn carry_out(
    context: &Context,
    facts: &Facts,
    status: &mut TrainingRunStatus,
    effect: Effect,
) -> Result<Option<Plan>> {
    match effect {
        Effect::CreateJob {
            step,
            attempt,
            deadline_seconds,
        } => match create_job(context, facts, status, step, attempt, deadline_seconds).await {
            Err(Error::JobRefused { words }) => {
                let status = std::mem::take(status);
                return Ok(Some(plan::job_refused(facts, status, step, &words)));
            }
            created => created?,
        },
        Effect::StopJobs(jobs) => stop_jobs(context, &jobs).await?,
        Effect::PublishVersion => publish(context, facts, status).await?,
        Effect::ClaimTarget => claim_target(context, facts).await?,
        Effect::WriteServing(stable) => write_serving(context, facts, status, stable).await?,
        Effect::Push => push(context, facts, status).await?,
        Effect::Settle(phase) => settle(context, facts, status, phase).await?,
        Effect::ReleaseTarget => {
            rollout::release(context, target(facts)?, uid(&facts.run)?).await?
        }
        Effect::DeleteRun => delete_run(context, &facts.run).await?,
    }
    Ok(None)
}

fn target(facts: &Facts) -> Result<&str> {
    facts.target.as_deref().ok_or(Error::Incomplete("target"))
}

fn owner(facts: &Facts) -> Result<String> {
    Ok(document::owner(&facts.run.name_any(), uid(&facts.run)?))
}

async fn create_job(
    context: &Context,
    facts: &Facts,
    status: &mut TrainingRunStatus,
    step: StepName,
    attempt: i32,
    deadline_seconds: i64,
) -> Result<()> {
    // What was decided on must still be what there is. Of its own writes the watch has told already, and of a run without
    // a status nobody has decided on anything.
    if facts.run.status.is_some() && !context.stores.runs_heard.within(FRESH) {
        let runs: Api<TrainingRun> = context.api();
        let live = call("read the run", runs.get(&facts.run.name_any())).await?;
        if version(&live) != version(&facts.run) {
            return Err(Error::Stale { what: "the run" });
        }
    }
    let around = Around {
        claim: status.claim.clone().ok_or(Error::Incomplete("claim"))?,
        beside: facts.beside.clone(),
        serving: facts
            .held
            .document
            .stable
            .as_ref()
            .map(|stable| stable.version.clone()),
        deadline_seconds,
    };
    let job = build::job(&facts.run, &context.settings, step, attempt, around);
    let created = create_or_adopt(context, &job, uid(&facts.run)?).await?;
    context.metrics.job(step.as_str());
    status.steps.push(Step {
        step,
        attempt,
        job_name: created.name.unwrap_or_default(),
        job_uid: created.uid.ok_or(Error::Incomplete("uid"))?,
        started: created
            .creation_timestamp
            .unwrap_or_else(|| clock::time(facts.now)),
        finished: None,
        outcome: None,
        digest: None,
        message: None,
        exit_code: None,
    });
    Ok(())
}

/// Creates a Job. One of that name is ours if its owner has our UID: it was created before the status could say so.
pub async fn create_or_adopt(context: &Context, job: &Job, owner_uid: &str) -> Result<ObjectMeta> {
    let created = create(&context.client, &context.namespace, job);
    let error = match call("create a Job", created).await {
        Ok(created) => return Ok(created),
        Err(error) => error,
    };
    let refused = refusal(&error).map(str::to_owned);
    if refused.is_none() && !already_exists(&error) {
        return Err(error);
    }
    let jobs: Api<Job> = context.api();
    // A quota or a policy refuses before the API server looks whether there is one.
    match (
        call("look for the Job", jobs.get_opt(&job.name_any())).await?,
        refused,
    ) {
        (Some(found), _) if claim_of(&found) != claim_of(job) => Err(Error::Foreign {
            kind: "Job",
            name: found.name_any(),
        }),
        (Some(found), _) => adopt(found.metadata, owner_uid),
        (None, Some(words)) => Err(Error::JobRefused { words }),
        (None, None) => Err(error),
    }
}

/// The claim that a Job works on: an operator that was started with another default must not take it for its own.
fn claim_of(job: &Job) -> Option<&str> {
    let pod = job.spec.as_ref()?.template.spec.as_ref()?;
    let mut claims = pod.volumes.iter().flatten();
    claims.find_map(|volume| Some(volume.persistent_volume_claim.as_ref()?.claim_name.as_str()))
}

/// Ours if its owner has our UID; not to be had if it is about to go.
fn adopt(found: ObjectMeta, owner_uid: &str) -> Result<ObjectMeta> {
    let name = found.name.clone().unwrap_or_default();
    let mut owners = found.owner_references.iter().flatten();
    if !owners.any(|owner| owner.uid == owner_uid) {
        Err(Error::Foreign { kind: "Job", name })
    } else if found.deletion_timestamp.is_some() {
        Err(Error::Ending { name })
    } else {
        Ok(found)
    }
}

/// Deletes Jobs. Each stays until its pods are gone: nothing takes its place before.
pub async fn stop_jobs(context: &Context, names: &[String]) -> Result<()> {
    let jobs: Api<Job> = context.api();
    for name in names {
        call_unless_gone(
            "delete a Job",
            jobs.delete(name, &DeleteParams::foreground()),
        )
        .await?;
    }
    Ok(())
}

async fn publish(context: &Context, facts: &Facts, status: &TrainingRunStatus) -> Result<()> {
    let model = status.model.as_ref().ok_or(Error::Incomplete("model"))?;
    let object = build::model_version(&facts.run, status, model, target(facts)?);
    model_version::publish(context, &object, status.phase.unwrap_or_default()).await
}

async fn claim_target(context: &Context, facts: &Facts) -> Result<()> {
    if facts
        .held
        .owner()
        .is_some_and(|(_, owner)| facts.run.metadata.uid.as_deref() == Some(owner))
    {
        return Ok(());
    }
    rollout::write(
        context,
        target(facts)?,
        &facts.held,
        &facts.held.document,
        Some(&owner(facts)?),
    )
    .await
}

async fn write_serving(
    context: &Context,
    facts: &Facts,
    status: &mut TrainingRunStatus,
    stable: Option<Stable>,
) -> Result<()> {
    let document = rollout::next(&facts.held, &facts.pods, stable);
    rollout::write(
        context,
        target(facts)?,
        &facts.held,
        &document,
        Some(&owner(facts)?),
    )
    .await?;
    status.rollout.get_or_insert_default().generation = Some(document.generation);
    Ok(())
}

async fn push(context: &Context, facts: &Facts, status: &mut TrainingRunStatus) -> Result<()> {
    let target = target(facts)?;
    let endpoints: Vec<_> = facts.pods.iter().map(|pod| pod.endpoint.clone()).collect();
    if endpoints.is_empty() {
        return Ok(());
    }
    let held = rollout::read(context, target).await?;
    let pushes = rollout::push(context, &endpoints, &held.document).await?;
    let rollout = status.rollout.get_or_insert_default();
    rollout.waiting.clear();
    for (endpoint, push) in pushes {
        let message = match push {
            Push::Loaded(loaded) if loaded.stable == held.document.stable => continue,
            Push::Loaded(_) => "took the document and has not loaded the version yet".to_owned(),
            Push::NotYet(words) | Push::Conflict(words) => words,
            Push::Refused(words) => {
                let why = format!("pod {} cannot load it: {words}", endpoint.pod);
                rollout.rollback.get_or_insert(why);
                words
            }
        };
        rollout.waiting.push(PodLoad {
            pod: endpoint.pod,
            message,
        });
    }
    Ok(())
}

async fn settle(
    context: &Context,
    facts: &Facts,
    status: &TrainingRunStatus,
    phase: Phase,
) -> Result<()> {
    let count = |number: Option<i64>| number.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let rollout = status.rollout.as_ref();
    let pods = Pods {
        loaded: count(rollout.and_then(|rollout| rollout.loaded)),
        ready: count(rollout.and_then(|rollout| rollout.ready)),
    };
    let message = status.message.as_deref().unwrap_or_default();
    model_version::settle(context, &facts.run, target(facts)?, phase, message, pods).await
}

async fn delete_run(context: &Context, run: &TrainingRun) -> Result<()> {
    let unchanged = DeleteParams {
        preconditions: Some(Preconditions {
            uid: run.uid(),
            resource_version: version(run),
        }),
        ..DeleteParams::background()
    };
    let runs: Api<TrainingRun> = context.api();
    call_unless_gone("delete the run", runs.delete(&run.name_any(), &unchanged))
        .await
        .map(|_| ())
}

/// Writes the status over the object it was decided on; refused if that has changed meanwhile.
pub(super) async fn write_status(
    context: &Context,
    run: &TrainingRun,
    status: TrainingRunStatus,
) -> Result<()> {
    if run.status.as_ref() == Some(&status) {
        return Ok(());
    }
    context.leadership.check()?;
    let before = run.status.as_ref().and_then(|status| status.phase);
    let (phase, message) = (status.phase, status.message.clone().unwrap_or_default());
    let blocked = newly_blocked(run.status.as_ref(), &status);
    let written = call(
        "write the status of the run",
        replace_status(&context.client, run, &status),
    )
    .await?;
    context.metrics.run(run, &status, clock::now());
    context.written.wrote(&written);
    if let Some(phase) = phase.filter(|phase| before != Some(*phase)) {
        let bad = matches!(phase, Phase::Failed | Phase::RolledBack | Phase::Rejected);
        tracing::info!(run = run.name_any(), %phase, message, "phase");
        // What is on its way has its times in the status; each event is a write more.
        if phase.is_terminal() {
            context.events.tell(run, bad, phase.as_str(), &message);
        }
    }
    if let Some((reason, message)) = blocked {
        context.events.tell(run, true, &reason, &message);
    }
    Ok(())
}

fn newly_blocked(
    before: Option<&TrainingRunStatus>,
    after: &TrainingRunStatus,
) -> Option<(String, String)> {
    use logloop_operator_api::conditions::{BLOCKED, find};
    let now = find(&after.conditions, BLOCKED).filter(|condition| condition.status == "True")?;
    let was = before
        .and_then(|status| find(&status.conditions, BLOCKED))
        .filter(|condition| condition.status == "True");
    let same = was.is_some_and(|was| was.reason == now.reason);
    (!same).then(|| (now.reason.clone(), now.message.clone()))
}
