//! `ModelVersion`: follows its run and the serving document of its target.

pub mod plan;

use crate::{
    api::{already_exists, call, replace_status},
    clock,
    context::{Context, is_going, uid},
    error::{Error, Result},
    rollout::{self, document::Held},
};
use kube::{ResourceExt, api::PostParams, core::DeserializeGuard, runtime::controller::Action};
use logloop_operator_api::{
    ModelVersion, TrainingRun, labels,
    model_version::ModelPhase,
    names,
    training_run::{Phase, Strategy},
};
use plan::{Facts, Pods};
use std::sync::Arc;

/// Brings the status of one version up to date.
pub async fn reconcile(
    guard: Arc<DeserializeGuard<ModelVersion>>,
    context: Arc<Context>,
) -> Result<Action> {
    let _under_way = context.metrics.reconcile("modelversion");
    context.stores.ready().await?;
    let model = guard
        .0
        .as_ref()
        .map_err(|invalid| Error::Invalid(invalid.error.clone()))?;
    if is_going(model) {
        return Ok(Action::await_change());
    }
    // Every change of the document wakes this again.
    let mut held = rollout::seen(&context, &model.spec.target)?;
    if held.is_absent() && held.document.stable.as_ref() == Some(&model.spec.stable()) {
        held = rollout::read(&context, &model.spec.target).await?;
    }
    let uid = model.spec.run_uid.as_deref();
    let run = uid.and_then(|uid| context.status_of(&model.spec.run, uid));
    let serves = held.document.stable.as_ref() == Some(&model.spec.stable());
    if serves && held.is_absent() {
        rollout::restore(&context, &model.spec.target, &held).await?;
    }
    let pods = if serves {
        Some(loaded(&context, model).await?)
    } else {
        None
    };
    let facts = Facts {
        now: clock::now(),
        run: run.as_ref().and_then(|status| status.phase),
        run_message: run.and_then(|status| status.message),
        run_is_gone: is_gone(&context, model),
        serves,
        rolling: rolling(&context, &held),
        pods,
    };
    let begins = model.status.is_none() && facts.run.is_some_and(|run| !run.is_terminal());
    // Who publishes it says where it begins.
    if !begins {
        write(&context, model, &facts).await?;
    }
    // A watch that broke does not tell of a run that was deleted meanwhile.
    let undecided = !plan::is_decided(model.status.as_ref());
    Ok(if serves || undecided {
        Action::requeue(context.settings.pace.keep)
    } else {
        Action::await_change()
    })
}

/// Whether its run was deleted. A version that names none has not lost one.
fn is_gone(context: &Context, model: &ModelVersion) -> bool {
    let run = model.spec.run_uid.as_deref();
    run.is_some_and(|uid| !context.has_run(&model.spec.run, uid))
}

/// Whether a run that is under way owns the document. The annotation of one that has ended or is gone counts for nothing.
fn rolling(context: &Context, held: &Held) -> bool {
    held.owner()
        .is_some_and(|(name, owner)| context.is_under_way(name, owner))
}

/// Brings all versions of a target to where they belong once `run` is in `phase`, before its status says so: whoever
/// waits for the run finds its version there.
pub async fn settle(
    context: &Context,
    run: &TrainingRun,
    target: &str,
    phase: Phase,
    message: &str,
    pods: Pods,
) -> Result<()> {
    // Nothing but itself changes with a run that only trains.
    let manual = run.spec.rollout.strategy == Strategy::Manual;
    let held: Held = if manual {
        rollout::seen(context, target)?
    } else {
        rollout::read(context, target).await?
    };
    let mut models = context.models_where(|model| model.spec.target == target);
    let own = names::artifact(&run.name_any(), uid(run)?);
    if !models.iter().any(|model| model.name_any() == own) {
        // The watch may be behind.
        let api = context.api::<ModelVersion>();
        models.extend(call("read the version", api.get_opt(&own)).await?);
    }
    for model in models {
        let ours = model.spec.run_uid == run.metadata.uid;
        let serves = held.document.stable.as_ref() == Some(&model.spec.stable());
        if !ours && (manual || phase != Phase::Succeeded) {
            continue;
        }
        let facts = Facts {
            now: clock::now(),
            run: ours.then_some(phase),
            run_is_gone: !ours && is_gone(context, &model),
            run_message: ours.then(|| message.to_owned()),
            serves,
            rolling: false,
            pods: serves.then_some(pods),
        };
        write(context, &model, &facts).await?;
    }
    Ok(())
}

/// Makes the object of a version that was published, and says where it stands with its run coming to `phase`. It is
/// there already if the operator was stopped in between.
pub async fn publish(context: &Context, model: &ModelVersion, phase: Phase) -> Result<()> {
    context.leadership.check()?;
    let api = context.api::<ModelVersion>();
    let created = call(
        "create the ModelVersion",
        api.create(&PostParams::default(), model),
    )
    .await;
    let there = match created {
        Err(error) if already_exists(&error) => {
            let name = model.name_any();
            let found = call("read the ModelVersion", api.get(&name)).await?;
            if found.spec.run_uid != model.spec.run_uid {
                return Err(Error::Foreign {
                    kind: "ModelVersion",
                    name,
                });
            }
            found
        }
        created => created?,
    };
    let facts = Facts {
        now: clock::now(),
        run: Some(phase),
        run_is_gone: false,
        run_message: None,
        serves: false,
        rolling: false,
        pods: None,
    };
    write(context, &there, &facts).await
}

/// The labels of a version.
pub fn labels_of(run: &str, target: &str) -> std::collections::BTreeMap<String, String> {
    [
        (labels::APP_NAME, labels::APP.to_owned()),
        (labels::MANAGED_BY, labels::MANAGER.to_owned()),
        (labels::RUN, logloop_operator_api::names::label_value(run)),
        (labels::TARGET, target.to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

async fn loaded(context: &Context, model: &ModelVersion) -> Result<Pods> {
    let pods = rollout::look(context, &model.spec.target).await?;
    let stable = model.spec.stable();
    let with = |pod: &&rollout::PodState| {
        pod.loaded
            .as_ref()
            .is_ok_and(|loaded| loaded.stable.as_ref() == Some(&stable))
    };
    Ok(Pods {
        loaded: pods.iter().filter(with).count(),
        ready: pods.len(),
    })
}

async fn write(context: &Context, model: &ModelVersion, facts: &Facts) -> Result<()> {
    let old = model.status.clone().unwrap_or_default();
    let next = plan::plan(model, facts);
    context.metrics.decided("modelversion", [], next != old);
    if next == old {
        return Ok(());
    }
    context.leadership.check()?;
    let (phase, message) = (next.phase, next.message.clone().unwrap_or_default());
    call(
        "write the status of the ModelVersion",
        replace_status(&context.client, model, &next),
    )
    .await?;
    if phase != old.phase
        && let Some(phase) = phase.filter(|phase| *phase != ModelPhase::Candidate)
    {
        context.events.tell(model, false, phase.as_str(), &message);
    }
    Ok(())
}

/// What to do after a failure.
pub fn on_error(
    _: Arc<DeserializeGuard<ModelVersion>>,
    error: &Error,
    context: Arc<Context>,
) -> Action {
    crate::controllers::failed("modelversion", error, &context)
}
