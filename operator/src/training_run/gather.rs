//! Reads all that a decision on a run rests on.

use super::{
    facts::{Claim, Facts},
    unchanged::{self, Earlier},
};
use crate::{
    clock,
    context::{Context, uid},
    error::Result,
    jobs::{
        gather,
        outcome::Seen,
        way::{self, Waiting},
    },
    rollout::{self, PodState, document::Held, pods},
};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use logloop_operator_api::{
    TrainingRun, labels, names,
    training_run::{Outcome, Phase, Progress, Strategy, TrainingRunStatus},
};
use std::{collections::BTreeMap, time::Duration};

/// How long the analyzers may take to say how far training has come.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads what matters in the phase the run is in.
pub(super) async fn gather(context: &Context, run: &TrainingRun) -> Result<Facts> {
    let status = run.status.clone().unwrap_or_default();
    let phase = status.phase.unwrap_or_default();
    let target = status
        .target
        .clone()
        .or_else(|| run.spec.rollout.target.clone())
        .or_else(|| context.settings.default_target.clone());
    let (claim, beside) = claim(context, run, &status, phase).await?;
    let pods = match &target {
        Some(target) if phase == Phase::RollingOut => rollout::look(context, target).await?,
        _ => Vec::new(),
    };
    let (held, other_owner) = match &target {
        Some(target) => document(context, run, target, phase, &pods).await?,
        None => (Held::default(), None),
    };
    let attempt = attempt(context, &status).await?;
    let progress = progress(context, run, target.as_deref(), &attempt).await?;
    Ok(Facts {
        now: clock::now(),
        run: run.clone(),
        target,
        recipe: recipe(context, run, phase),
        earlier: earlier(context, run, &status, phase),
        waiting: waiting(context, &claim, beside.is_some(), &attempt),
        attempt,
        unfinished: if phase.is_terminal() || run.spec.suspend {
            gather::unfinished(context, uid(run)?)
        } else {
            Vec::new()
        },
        progress,
        pruning: pruning(context, &claim, phase),
        beside,
        claim,
        held,
        other_owner,
        pods,
        retry: context.settings.pace.retry,
        look: context.settings.pace.look,
    })
}

/// What decides on the model besides the data set; only a run that has not started asks.
fn recipe(context: &Context, run: &TrainingRun, phase: Phase) -> String {
    if phase == Phase::Pending {
        unchanged::recipe(&run.spec, &context.settings.trainer_image)
    } else {
        String::new()
    }
}

/// The serving document, and which other run rolls out by it: read from the API server only where it is decided on.
async fn document(
    context: &Context,
    run: &TrainingRun,
    target: &str,
    phase: Phase,
    pods: &[PodState],
) -> Result<(Held, Option<String>)> {
    let rolls_out = run.spec.rollout.strategy != Strategy::Manual;
    let held = match phase {
        // What pods have loaded is compared with what there is. Until then a write over a change is refused.
        Phase::RollingOut if !pods.is_empty() => rollout::read(context, target).await?,
        Phase::RollingOut | Phase::Gating => rollout::seen_or_read(context, target).await?,
        Phase::Pending | Phase::Queued if rolls_out => {
            rollout::seen_or_read(context, target).await?
        }
        Phase::Training if rolls_out || run.spec.gate.is_some() => {
            rollout::seen_or_read(context, target).await?
        }
        _ => rollout::seen(context, target)?,
    };
    let other = if rolls_out && phase != Phase::Exporting && !phase.is_terminal() {
        rollout::other_owner(context, &held, uid(run)?).await?
    } else {
        None
    };
    Ok((held, other))
}

/// How far training has come, as the first analyzer on the claim says that knows. Only while its pod runs: nothing
/// waits for this, and nothing fails for want of it.
async fn progress(
    context: &Context,
    run: &TrainingRun,
    target: Option<&str>,
    attempt: &Seen,
) -> Result<Option<Progress>> {
    let trains = |pod: &Pod| {
        let phase = pod
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        phase == Some("Running") && pod.labels().get(labels::STEP) == Some(&"train".to_owned())
    };
    let Some(target) = target.filter(|_| attempt.pods.iter().any(trains)) else {
        return Ok(None);
    };
    let version = names::artifact(&run.name_any(), uid(run)?);
    let look = rollout::look(context, target);
    let Ok(Ok(pods)) = tokio::time::timeout(PROGRESS_TIMEOUT, look).await else {
        return Ok(None);
    };
    let mut told = pods.iter().filter_map(|pod| pod.loaded.as_ref().ok());
    let trained = told.find_map(|loaded| loaded.training.get(&version).copied());
    Ok(trained
        .filter(|trained| trained.steps > 0)
        .map(|trained| Progress {
            percent: (trained.step.saturating_mul(100) / trained.steps).clamp(0, 100),
            loss: trained.loss_millionths.map(|loss| loss as f64 / 1e6),
            eta_seconds: trained.eta_seconds,
        }))
}

/// An analyzer's pod that waits for the claim, if one node at a time can mount that.
pub fn waiting(
    context: &Context,
    claim: &Claim,
    exclusive: bool,
    attempt: &Seen,
) -> Option<Waiting> {
    match claim {
        Claim::Found(claim) if exclusive => {
            way::waiting(&context.analyzer_pods(), &attempt.pods, claim)
        }
        _ => None,
    }
}

/// A retention that removes from the claim just now; only a run that has not started asks.
fn pruning(context: &Context, claim: &Claim, phase: Phase) -> Option<String> {
    let Claim::Found(claim) = claim else {
        return None;
    };
    if !matches!(phase, Phase::Pending | Phase::Queued) {
        return None;
    }
    let default = context.settings.default_claim.as_ref();
    let mut retentions = context.retentions();
    let at_work = retentions.find(|retention| {
        let plan = retention.status.as_ref().and_then(|s| s.plan.as_ref());
        let same = retention.spec.claim.as_ref().or(default) == Some(claim);
        same && !retention.spec.dry_run && plan.is_some_and(|plan| plan.job_uid.is_some())
    })?;
    Some(at_work.name_any())
}

/// What the recipe came to before; only an export that ends asks.
fn earlier(
    context: &Context,
    run: &TrainingRun,
    status: &TrainingRunStatus,
    phase: Phase,
) -> Vec<Earlier> {
    if phase == Phase::Exporting && run.spec.source.skip_unchanged {
        let models = context
            .models_where(|model| status.recipe.is_some() && model.spec.recipe == status.recipe);
        let runs = context.runs_where(|other| {
            let other = other.status.as_ref();
            other.is_some_and(|other| other.recipe.is_some() && other.recipe == status.recipe)
        });
        let trains_only = run.spec.rollout.strategy == Strategy::Manual;
        unchanged::earlier(status, trains_only, models.into_iter(), runs.into_iter())
    } else {
        Vec::new()
    }
}

/// The Job of the attempt whose outcome is not on record, or that may still be there though it was suspended.
async fn attempt(context: &Context, status: &TrainingRunStatus) -> Result<Seen> {
    let open = |outcome| matches!(outcome, None | Some(Outcome::Suspended));
    match status.steps.last().filter(|step| open(step.outcome)) {
        Some(step) => gather::seen(context, &step.job_name, &step.job_uid).await,
        None => Ok(Seen::default()),
    }
}

async fn claim(
    context: &Context,
    run: &TrainingRun,
    status: &TrainingRunStatus,
    phase: Phase,
) -> Result<(Claim, Option<BTreeMap<String, String>>)> {
    let named = status
        .claim
        .as_ref()
        .or(run.spec.source.claim.as_ref())
        .or(context.settings.default_claim.as_ref());
    let Some(name) = named else {
        return Ok((Claim::Unnamed, None));
    };
    if phase.is_terminal() || phase == Phase::RollingOut {
        return Ok((Claim::Found(name.clone()), None));
    }
    look_at_claim(context, name).await
}

/// Whether a claim can be used, and beside which pods its Jobs must run.
pub async fn look_at_claim(
    context: &Context,
    name: &str,
) -> Result<(Claim, Option<BTreeMap<String, String>>)> {
    let Some(claim) = context.claims.read(context, name).await? else {
        return Ok((Claim::Missing(name.to_owned()), None));
    };
    let lost = claim
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        == Some("Lost");
    if claim.metadata.deletion_timestamp.is_some() || lost {
        let why = if lost {
            "its volume is lost"
        } else {
            "it is being deleted"
        };
        return Ok((Claim::Unusable(name.to_owned(), why.to_owned()), None));
    }
    let modes = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.access_modes.clone())
        .unwrap_or_default();
    let shared = modes.iter().any(|mode| mode == "ReadWriteMany");
    let beside = if shared {
        None
    } else {
        pods::affinity_labels(&context.analyzer_pods(), name)
    };
    Ok((Claim::Found(claim.name_any()), beside))
}
