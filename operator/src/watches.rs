//! The watches of one leader, and the stores that they fill.

use crate::{
    cache::{Keep, Watched, watch},
    context::{Context, Stores},
    events::{self, Publisher},
    heard::Pulse,
    index::Index,
    leader::Leadership,
    lean::Lean,
    metrics::Metrics,
    rollout::pods,
    settings::Settings,
};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ConfigMap, Pod},
};
use kube::{
    Api, Client, Resource,
    core::{DeserializeGuard, NamespaceResourceScope},
};
use logloop_operator_api::{DataRetention, ModelVersion, TrainingRun, TrainingSchedule, labels};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, sync::Arc, time::Duration};

/// The watches of one leader, made but not yet running.
pub struct Parts {
    /// What every reconcile needs.
    pub context: Arc<Context>,
    /// When each watch last gave a sign of life.
    pub pulses: Arc<Vec<(&'static str, Pulse)>>,
    /// What happens. Must be read for the stores to fill.
    pub(crate) streams: Streams,
}

/// What happens, by kind.
pub(crate) struct Streams {
    pub(crate) runs: Watched<DeserializeGuard<TrainingRun>>,
    pub(crate) schedules: Watched<DeserializeGuard<TrainingSchedule>>,
    pub(crate) retentions: Watched<DeserializeGuard<DataRetention>>,
    pub(crate) models: Watched<DeserializeGuard<ModelVersion>>,
    pub(crate) jobs: Watched<Lean<Job>>,
    pub(crate) job_pods: Watched<Lean<Pod>>,
    pub(crate) analyzer_pods: Watched<Lean<Pod>>,
    pub(crate) documents: Watched<ConfigMap>,
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
pub(crate) trait Watchable:
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
