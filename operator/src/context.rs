//! What every reconcile needs: the client, the settings, the stores.

use crate::{
    claims::Claims,
    error::{Error, Result},
    events::Teller,
    heard::Heard,
    index::Index,
    jobs::warnings::Warnings,
    leader::Leadership,
    lean::Lean,
    metrics::Metrics,
    rollout::client::Analyzers,
    settings::Settings,
    written::Written,
};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ConfigMap, Pod},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    core::DeserializeGuard,
    runtime::reflector::{ObjectRef, Store},
};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule,
    training_run::{Phase, TrainingRunStatus},
};
use std::sync::Arc;
use tokio::sync::watch;

/// What has been seen of the cluster.
pub struct Stores {
    /// Runs, readable or not.
    pub runs: Store<DeserializeGuard<TrainingRun>>,
    /// Schedules, readable or not.
    pub schedules: Store<DeserializeGuard<TrainingSchedule>>,
    /// Retentions, readable or not.
    pub retentions: Store<DeserializeGuard<DataRetention>>,
    /// Published versions, readable or not.
    pub models: Store<DeserializeGuard<ModelVersion>>,
    /// Our Jobs.
    pub jobs: Store<Lean<Job>>,
    /// The pods of our Jobs.
    pub job_pods: Store<Lean<Pod>>,
    /// The analyzers' pods.
    pub analyzer_pods: Store<Lean<Pod>>,
    /// The serving documents.
    pub documents: Store<ConfigMap>,
    /// Jobs by the UID of their owner.
    pub jobs_of: Arc<Index>,
    /// Pods by the UID of their Job.
    pub pods_of: Arc<Index>,
    /// When the watch of runs last told of anything.
    pub runs_heard: Heard,
    /// The watches of all that the loop document speaks of.
    pub heard_of_loop: Vec<Heard>,
    /// Whether each of them has been filled once.
    pub filled: Vec<watch::Receiver<bool>>,
}

impl Stores {
    /// Waits until every store has been filled once: a decision on half of the facts is a wrong one.
    pub async fn ready(&self) -> Result<()> {
        for filled in &self.filled {
            // Its sender goes only when the controllers stop.
            filled
                .clone()
                .wait_for(|filled| *filled)
                .await
                .map_err(|_| Error::NotLeader)?;
        }
        Ok(())
    }
}

/// What every reconcile needs.
pub struct Context {
    /// The API server.
    pub client: Client,
    /// The one namespace this works in.
    pub namespace: String,
    /// What the operator was told.
    pub settings: Settings,
    /// Whether this process may write.
    pub leadership: Leadership,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// The analyzers' pods.
    pub analyzers: Analyzers,
    /// What has been seen.
    pub stores: Stores,
    /// Claims that were read a moment ago.
    pub claims: Claims,
    /// Warnings of the cluster that were read a moment ago.
    pub warnings: Warnings,
    /// What was written of runs, and no watch has told of yet.
    pub written: Written,
    /// Where people are told of changes.
    pub events: Teller,
}

impl Context {
    /// Puts it together.
    pub fn new(
        client: Client,
        namespace: String,
        settings: Settings,
        leadership: Leadership,
        metrics: Arc<Metrics>,
        stores: Stores,
        events: Teller,
    ) -> anyhow::Result<Self> {
        let analyzers =
            Analyzers::new(settings.analyzer_port, settings.internal_token_file.clone())?;
        Ok(Self {
            claims: Claims::new(settings.pace.look),
            warnings: Warnings::new(settings.pace.look),
            written: Written::default(),
            client,
            namespace,
            settings,
            leadership,
            metrics,
            analyzers,
            stores,
            events,
        })
    }

    /// The pods of all analyzers.
    pub fn analyzer_pods(&self) -> Vec<Pod> {
        let pods = self.stores.analyzer_pods.state();
        pods.iter().map(|pod| pod.whole()).collect()
    }

    /// The retentions that can be read.
    pub fn retentions(&self) -> impl Iterator<Item = DataRetention> {
        self.stores
            .retentions
            .state()
            .into_iter()
            .filter_map(|retention| retention.0.as_ref().ok().cloned())
    }

    /// The schedules that can be read.
    pub fn schedules(&self) -> impl Iterator<Item = TrainingSchedule> {
        self.stores
            .schedules
            .state()
            .into_iter()
            .filter_map(|schedule| schedule.0.as_ref().ok().cloned())
    }

    /// The objects of a kind in the namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = kube::core::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The runs that can be read.
    pub fn runs(&self) -> impl Iterator<Item = TrainingRun> {
        self.stores
            .runs
            .state()
            .into_iter()
            .filter_map(|run| run.0.as_ref().ok().cloned())
    }

    /// The runs that can be read and are so. None but those are copied: there can be thousands.
    pub fn runs_where(&self, is_so: impl Fn(&TrainingRun) -> bool) -> Vec<TrainingRun> {
        readable_where(&self.stores.runs, is_so)
    }

    /// The run of this name, readable or not, if it has this UID: after a deletion another may have its name.
    fn run(&self, name: &str, uid: &str) -> Option<Arc<DeserializeGuard<TrainingRun>>> {
        let key = ObjectRef::new(name).within(&self.namespace);
        let found = self.stores.runs.get(&key)?;
        (guarded_uid(&found) == Some(uid)).then_some(found)
    }

    /// The status of the run of this name and UID, if it can be read.
    pub fn status_of(&self, name: &str, uid: &str) -> Option<TrainingRunStatus> {
        let run = self.run(name, uid)?;
        run.0
            .as_ref()
            .ok()
            .map(|run| run.status.clone().unwrap_or_default())
    }

    /// Whether there is a run of this name and UID, readable or not.
    pub fn has_run(&self, name: &str, uid: &str) -> bool {
        self.run(name, uid).is_some()
    }

    /// Whether there is such a run that has not ended; one that cannot be read may be under way.
    pub fn is_under_way(&self, name: &str, uid: &str) -> bool {
        let found = self.run(name, uid);
        found.is_some_and(|run| match &run.0 {
            Ok(run) => !run
                .status
                .as_ref()
                .and_then(|status| status.phase)
                .is_some_and(Phase::is_terminal),
            Err(_) => true,
        })
    }

    /// The versions that can be read.
    pub fn models(&self) -> impl Iterator<Item = ModelVersion> {
        self.stores
            .models
            .state()
            .into_iter()
            .filter_map(|model| model.0.as_ref().ok().cloned())
    }

    /// The versions that can be read and are so.
    pub fn models_where(&self, is_so: impl Fn(&ModelVersion) -> bool) -> Vec<ModelVersion> {
        readable_where(&self.stores.models, is_so)
    }
}

fn readable_where<K>(store: &Store<DeserializeGuard<K>>, is_so: impl Fn(&K) -> bool) -> Vec<K>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let found = store.state_filter(|guard| guard.0.as_ref().is_ok_and(&is_so));
    found
        .iter()
        .filter_map(|guard| guard.0.as_ref().ok().cloned())
        .collect()
}

fn guarded_uid<K: Resource>(object: &DeserializeGuard<K>) -> Option<&str> {
    match &object.0 {
        Ok(object) => object.meta().uid.as_deref(),
        Err(invalid) => invalid.metadata.uid.as_deref(),
    }
}

/// UID of an object.
pub fn uid<K: Resource>(object: &K) -> Result<&str> {
    object.meta().uid.as_deref().ok_or(Error::Incomplete("uid"))
}

/// Whether an object is being deleted.
pub fn is_going<K: Resource>(object: &K) -> bool {
    object.meta().deletion_timestamp.is_some()
}

/// The resource version of an object; two of the same are the same object.
pub fn version<K: Resource>(object: &K) -> Option<String> {
    ResourceExt::resource_version(object)
}
