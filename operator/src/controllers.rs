//! Wires watches, stores and reconcilers together.

use crate::{
    cache::{Keep, Pulse, Watched, drain, watch},
    context::{Context, Stores},
    data_retention,
    error::Error,
    events::{self, Publisher},
    index::Index,
    jobs::wake::{by_job, by_pod},
    leader::Leadership,
    loop_document,
    metrics::Metrics,
    model_version,
    rollout::{keeper, pods},
    settings::Settings,
    training_run, training_schedule,
};
use futures::StreamExt;
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ConfigMap, Pod},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    core::{DeserializeGuard, NamespaceResourceScope},
    runtime::{
        Controller,
        controller::{Action, Config},
        reflector::ObjectRef,
    },
};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule, labels, training_run::Phase,
};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch as signal},
    task::JoinSet,
};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// How many objects of a kind are worked on at once.
const CONCURRENCY: u16 = 16;
/// How long changes of one object are gathered before it is looked at.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// The watches of one leader, made but not yet running.
pub struct Parts {
    /// What every reconcile needs.
    pub context: Arc<Context>,
    /// When each watch last gave a sign of life.
    pub pulses: Arc<Vec<(&'static str, Pulse)>>,
    streams: Streams,
}

struct Streams {
    runs: Watched<DeserializeGuard<TrainingRun>>,
    schedules: Watched<DeserializeGuard<TrainingSchedule>>,
    retentions: Watched<DeserializeGuard<DataRetention>>,
    models: Watched<DeserializeGuard<ModelVersion>>,
    jobs: Watched<Job>,
    job_pods: Watched<Pod>,
    analyzer_pods: Watched<Pod>,
    documents: Watched<ConfigMap>,
}

/// Makes the watches of a namespace, which begin when they are read, and what publishes events, which must run.
pub fn parts(
    client: Client,
    namespace: String,
    settings: Settings,
    leadership: Leadership,
    metrics: Arc<Metrics>,
) -> anyhow::Result<(Parts, Publisher)> {
    let mut pulses = Vec::new();
    let mut made = Maker {
        client: &client,
        namespace: &namespace,
        pulses: &mut pulses,
        probe_every: settings.pace.probe,
    };
    let step = Some(labels::STEP.to_owned());
    let (jobs_of, pods_of) = (Arc::<Index>::default(), Arc::<Index>::default());
    let streams = Streams {
        runs: made.watch("trainingruns", None, Keep::guarded()),
        schedules: made.watch("trainingschedules", None, Keep::guarded()),
        retentions: made.watch("dataretentions", None, Keep::guarded()),
        models: made.watch("modelversions", None, Keep::guarded()),
        jobs: made.watch("jobs", step.clone(), Keep::read().by_owner(&jobs_of)),
        job_pods: made.watch("pods of jobs", step, Keep::read().by_owner(&pods_of)),
        analyzer_pods: made.watch("pods of analyzers", Some(pods::selector()), Keep::read()),
        documents: made.watch("configmaps", Some(labels::TARGET.to_owned()), Keep::whole()),
    };
    let stores = Stores {
        runs: streams.runs.store.clone(),
        schedules: streams.schedules.store.clone(),
        retentions: streams.retentions.store.clone(),
        models: streams.models.store.clone(),
        jobs: streams.jobs.store.clone(),
        job_pods: streams.job_pods.store.clone(),
        analyzer_pods: streams.analyzer_pods.store.clone(),
        documents: streams.documents.store.clone(),
        jobs_of,
        pods_of,
        runs_heard: streams.runs.heard.clone(),
        heard_of_loop: vec![
            streams.runs.heard.clone(),
            streams.schedules.heard.clone(),
            streams.retentions.heard.clone(),
            streams.models.heard.clone(),
            streams.analyzer_pods.heard.clone(),
            streams.documents.heard.clone(),
        ],
        filled: vec![
            streams.runs.filled.clone(),
            streams.schedules.filled.clone(),
            streams.retentions.filled.clone(),
            streams.models.filled.clone(),
            streams.jobs.filled.clone(),
            streams.job_pods.filled.clone(),
            streams.analyzer_pods.filled.clone(),
            streams.documents.filled.clone(),
        ],
    };
    let (events, publisher) = events::channel(client.clone(), &settings.identity);
    let context = Arc::new(Context::new(
        client, namespace, settings, leadership, metrics, stores, events,
    )?);
    let parts = Parts {
        context,
        pulses: Arc::new(pulses),
        streams,
    };
    Ok((parts, publisher))
}

/// Makes the watches of one namespace and keeps their pulses.
struct Maker<'a> {
    client: &'a Client,
    namespace: &'a str,
    pulses: &'a mut Vec<(&'static str, Pulse)>,
    probe_every: Duration,
}

impl Maker<'_> {
    fn watch<D, K>(
        &mut self,
        kind: &'static str,
        labels: Option<String>,
        how: Keep<D, K>,
    ) -> Watched<K>
    where
        D: Watchable,
        K: Watchable,
    {
        let pulse = Pulse::default();
        self.pulses.push((kind, pulse.clone()));
        let apis = (
            Api::namespaced(self.client.clone(), self.namespace),
            Api::namespaced(self.client.clone(), self.namespace),
        );
        watch(kind, apis, labels, how, pulse, self.probe_every)
    }
}

/// What can be watched in a namespace.
trait Watchable:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()>
    + Clone
    + DeserializeOwned
    + Debug
    + Send
    + Sync
    + 'static
{
}

impl<K> Watchable for K where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + DeserializeOwned
        + Debug
        + Send
        + Sync
        + 'static
{
}

/// Where news of one kind go to wake another.
struct Wake<K: Resource> {
    send: mpsc::UnboundedSender<ObjectRef<K>>,
    namespace: String,
}

impl<K: Resource<DynamicType = ()>> Clone for Wake<K> {
    fn clone(&self) -> Self {
        Self {
            send: self.send.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

impl<K: Resource<DynamicType = ()>> Wake<K> {
    fn new(namespace: &str) -> (Self, UnboundedReceiverStream<ObjectRef<K>>) {
        let (send, receive) = mpsc::unbounded_channel();
        (
            Self {
                send,
                namespace: namespace.to_owned(),
            },
            UnboundedReceiverStream::new(receive),
        )
    }

    fn wake(&self, name: &str) {
        // Nobody listens any more: the controllers are stopping.
        let _ = self.send.send(ObjectRef::new(name).within(&self.namespace));
    }

    /// Wakes the owner of a Job or of one of its pods: their labels name it whole, unless it is longer than a label.
    fn wake_owner(&self, label: &str, object: &impl ResourceExt) {
        if let Some(name) = object.labels().get(label) {
            self.wake(name);
        }
        for owner in object
            .owner_references()
            .iter()
            .filter(|owner| owner.kind == K::kind(&()))
        {
            self.wake(&owner.name);
        }
    }
}

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
        if wakes(&cx, &job, |run| by_job(run, &job, gone)) {
            wake.0.wake_owner(labels::RUN, &job);
        }
        wake.1.wake_owner(labels::RETENTION, &job);
    }));
    let wake = (wake_runs.clone(), wake_retentions);
    let cx = context.clone();
    watches.spawn(drain("pods of jobs", job_pods.events, move |pod| {
        let gone = cx.stores.job_pods.get(&ObjectRef::from_obj(&pod)).is_none();
        if wakes(&cx, &pod, |run| by_pod(run, &pod, gone)) {
            wake.0.wake_owner(labels::RUN, &pod);
        }
        wake.1.wake_owner(labels::RETENTION, &pod);
    }));
    let cx = context.clone();
    watches.spawn(drain(
        "pods of analyzers",
        analyzer_pods.events,
        move |pod| {
            let Some(target) = pods::target_of(&pod) else {
                return;
            };
            wake_documents.wake(&logloop_operator_api::names::serving(target));
            for run in cx.runs_where(|run| concerns(&pod, target, run)) {
                wake_runs.wake(&run.name_any());
            }
        },
    ));

    // What a version is follows its run and the serving document of its target; what a schedule does, its runs.
    let wake = wake_models.clone();
    let run_events = runs.events.inspect(move |run| {
        let Ok(DeserializeGuard(Ok(run))) = run else {
            return;
        };
        wake_schedules.wake_owner(labels::SCHEDULE, run);
        if let Some(model) = run.status.as_ref().and_then(|status| status.model.as_ref()) {
            wake.wake(&model.version);
        }
    });
    let cx = context.clone();
    let document_events = documents.events.inspect(move |map| {
        let Ok(map) = map else { return };
        let target = map.labels().get(labels::TARGET);
        for model in cx.models_where(|model| Some(&model.spec.target) == target) {
            wake_models.wake(&model.name_any());
        }
    });

    let run_controller = Controller::for_stream(run_events, runs.store)
        .with_config(config())
        .reconcile_on(runs_woken)
        .graceful_shutdown_on(stopped(stop.clone()))
        .run(
            training_run::reconcile,
            training_run::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let schedule_controller = Controller::for_stream(schedules.events, schedules.store)
        .with_config(config())
        .reconcile_on(schedules_woken)
        .graceful_shutdown_on(stopped(stop.clone()))
        .run(
            training_schedule::reconcile,
            training_schedule::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let retention_controller = Controller::for_stream(retentions.events, retentions.store)
        .with_config(config())
        .reconcile_on(retentions_woken)
        .graceful_shutdown_on(stopped(stop.clone()))
        .run(
            data_retention::reconcile,
            data_retention::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let model_controller = Controller::for_stream(models.events, models.store)
        .with_config(config())
        .reconcile_on(models_woken)
        .graceful_shutdown_on(stopped(stop.clone()))
        .run(
            model_version::reconcile,
            model_version::on_error,
            context.clone(),
        )
        .for_each(|_| std::future::ready(()));
    let serving_controller = Controller::for_stream(document_events, documents.store)
        .with_config(config())
        .reconcile_on(documents_woken)
        .graceful_shutdown_on(stopped(stop))
        .run(keeper::reconcile, keeper::on_error, context)
        .for_each(|_| std::future::ready(()));

    futures::join!(
        run_controller,
        schedule_controller,
        retention_controller,
        model_controller,
        serving_controller
    );
    // The watches of children stop with what they woke.
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

fn config() -> Config {
    Config::default()
        .concurrency(CONCURRENCY)
        .debounce(DEBOUNCE)
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
