//! Wires watches, stores and reconcilers together.

use crate::{
    cache::drain,
    context::Context,
    data_retention,
    error::Error,
    jobs::wake::{by_job, by_pod},
    loop_document, model_version,
    rollout::{keeper, pods},
    training_run, training_schedule,
    wake::Wake,
    watches::{Parts, Streams, Watchable},
};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    ResourceExt,
    core::DeserializeGuard,
    runtime::{
        Controller,
        controller::{Action, Config},
        reflector::{ObjectRef, Store},
        watcher,
    },
};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule, labels, training_run::Phase,
};
use std::time::Duration;
use tokio::{sync::watch as signal, task::JoinSet};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// How many objects of a kind are worked on at once.
const CONCURRENCY: u16 = 16;
/// How long changes of one object are gathered before it is looked at.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// Runs the controllers until `stop` says so; what is being worked on is finished.
pub async fn run(parts: Parts, stop: signal::Receiver<bool>) {
    let Parts {
        context, streams, ..
    } = parts;
    let namespace = context.namespace.clone();
    let (wake_runs, runs_woken) = Wake::<DeserializeGuard<TrainingRun>>::new(&namespace);
    let (wake_schedules, schedules_woken) =
        Wake::<DeserializeGuard<TrainingSchedule>>::new(&namespace);
    let (wake_retentions, retentions_woken) =
        Wake::<DeserializeGuard<DataRetention>>::new(&namespace);
    let (wake_models, models_woken) = Wake::<DeserializeGuard<ModelVersion>>::new(&namespace);
    let (wake_documents, documents_woken) = Wake::<ConfigMap>::new(&namespace);

    let mut watches = JoinSet::new();
    let Streams {
        runs,
        schedules,
        retentions,
        models,
        jobs,
        job_pods,
        analyzer_pods,
        documents,
    } = streams;
    for probe in [
        runs.probe,
        schedules.probe,
        retentions.probe,
        models.probe,
        jobs.probe,
        job_pods.probe,
        analyzer_pods.probe,
        documents.probe,
    ] {
        watches.spawn(probe);
    }
    watches.spawn(loop_document::publish(context.clone()));
    let wake = (wake_runs.clone(), wake_retentions.clone());
    let cx = context.clone();
    watches.spawn(drain("jobs", jobs.events, move |job| {
        let gone = cx.stores.jobs.get(&ObjectRef::from_obj(&job)).is_none();
        let job = job.whole();
        if wakes(&cx, &job, |run| by_job(run, &job, gone)) {
            wake.0.wake_owner(labels::RUN, &job);
        }
        wake.1.wake_owner(labels::RETENTION, &job);
    }));
    let wake = (wake_runs.clone(), wake_retentions.clone());
    let cx = context.clone();
    watches.spawn(drain("pods of jobs", job_pods.events, move |pod| {
        let gone = cx.stores.job_pods.get(&ObjectRef::from_obj(&pod)).is_none();
        let pod = pod.whole();
        if wakes(&cx, &pod, |run| by_pod(run, &pod, gone)) {
            wake.0.wake_owner(labels::RUN, &pod);
        }
        wake.1.wake_owner(labels::RETENTION, &pod);
    }));
    let (cx, wake, wake_document) = (context.clone(), wake_runs.clone(), wake_documents.clone());
    watches.spawn(drain(
        "pods of analyzers",
        analyzer_pods.events,
        move |pod| {
            let pod = pod.whole();
            let Some(target) = pods::target_of(&pod) else {
                return;
            };
            wake_document.wake(&logloop_operator_api::names::serving(target));
            for run in cx.runs_where(|run| concerns(&pod, target, run)) {
                wake.wake(&run.name_any());
            }
        },
    ));

    // What a version is follows its run and the serving document of its target; what a schedule does, its runs.
    let (wake_models_of_runs, wake_schedules_of_runs) =
        (wake_models.clone(), wake_schedules.clone());
    watches.spawn(drain("trainingruns", runs.events, move |run| {
        wake_runs.wake(&run.name_any());
        let DeserializeGuard(Ok(run)) = &run else {
            return;
        };
        wake_schedules_of_runs.wake_owner(labels::SCHEDULE, run);
        if let Some(model) = run.status.as_ref().and_then(|status| status.model.as_ref()) {
            wake_models_of_runs.wake(&model.version);
        }
    }));
    watches.spawn(drain("trainingschedules", schedules.events, move |one| {
        wake_schedules.wake(&one.name_any());
    }));
    watches.spawn(drain("dataretentions", retentions.events, move |one| {
        wake_retentions.wake(&one.name_any());
    }));
    let (wake, cx) = (wake_models.clone(), context.clone());
    watches.spawn(drain("modelversions", models.events, move |one| {
        wake.wake(&one.name_any());
    }));
    watches.spawn(drain("configmaps", documents.events, move |map| {
        wake_documents.wake(&map.name_any());
        let target = map.labels().get(labels::TARGET);
        for model in cx.models_where(|model| Some(&model.spec.target) == target) {
            wake_models.wake(&model.name_any());
        }
    }));

    let run_controller = controller(runs.store, runs_woken, stop.clone())
        .run(
            training_run::reconcile,
            training_run::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let schedule_controller = controller(schedules.store, schedules_woken, stop.clone())
        .run(
            training_schedule::reconcile,
            training_schedule::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let retention_controller = controller(retentions.store, retentions_woken, stop.clone())
        .run(
            data_retention::reconcile,
            data_retention::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let model_controller = controller(models.store, models_woken, stop.clone())
        .run(
            model_version::reconcile,
            model_version::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let serving_controller = controller(documents.store, documents_woken, stop)
        .run(keeper::reconcile, keeper::on_error, context)
        .for_each(|_| std::future::ready(()));

    futures::join!(
        run_controller,
        schedule_controller,
        retention_controller,
        model_controller,
        serving_controller
    );
    // The watches stop with what they woke.
    drop(watches);
}

/// Whether news of an analyzer's pod matter to a run: it rolls out there, or its Job may hold the claim that the pod
/// waits for.
fn concerns(pod: &Pod, target: &str, run: &TrainingRun) -> bool {
    let Some(status) = &run.status else {
        return false;
    };
    match status.phase {
        Some(Phase::RollingOut) => status.target.as_deref() == Some(target),
        Some(Phase::Exporting | Phase::Training | Phase::Gating) => {
            pods::claims(pod).any(|claim| status.claim.as_deref() == Some(claim))
        }
        _ => false,
    }
}

/// Whether the run of a Job or of its pod is to be looked at: one that cannot be read is, by whoever tells so.
fn wakes(
    context: &Context,
    child: &impl ResourceExt,
    by: impl FnOnce(Option<&TrainingRun>) -> bool,
) -> bool {
    let name = child.labels().get(labels::RUN);
    let run = name.and_then(|name| {
        let key = ObjectRef::new(name).within(&context.namespace);
        context.stores.runs.get(&key)
    });
    by(run.as_ref().and_then(|run| run.0.as_ref().ok()))
}

/// Looks at what is woken. The watches are read beside it: a controller reads none while all it may do at once is under
/// way, and what it knew would be old by then.
fn controller<K: Watchable>(
    store: Store<K>,
    woken: UnboundedReceiverStream<ObjectRef<K>>,
    stop: signal::Receiver<bool>,
) -> Controller<K> {
    let config = Config::default()
        .concurrency(CONCURRENCY)
        .debounce(DEBOUNCE);
    Controller::for_stream(stream::pending::<Result<K, watcher::Error>>(), store)
        .with_config(config)
        .reconcile_on(woken)
        .graceful_shutdown_on(stopped(stop))
}

async fn stopped(mut stop: signal::Receiver<bool>) {
    // An error means that the sender is gone: then it is time to stop, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What a failed reconcile does: count, tell, and try again when its category says.
pub fn failed(controller: &'static str, error: &Error, context: &Context) -> Action {
    let category = error.category();
    context.metrics.error(controller, category);
    if error.is_ordinary() {
        tracing::debug!(controller, category, %error, "overtaken");
    } else {
        tracing::warn!(controller, category, %error, "reconcile failed");
    }
    Action::requeue(error.retry_after(context.settings.pace.look))
}
