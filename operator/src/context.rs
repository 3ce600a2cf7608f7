//! What every reconcile needs: the client, the settings, the stores.

use crate::{
    claims::Claims,
    error::{Error, Result},
    jobs::pods::PodsOfJobs,
    leader::Leadership,
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
    runtime::{
        events::{Event, EventType, Recorder, Reporter},
        reflector::Store,
    },
};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule, conditions::clip,
    training_run::Phase,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Longest note of an event. Units: bytes (the API server's own bound is 1,024).
const EVENT_NOTE_MAX: usize = 1_000;
/// How many events are remembered, to count those that repeat instead of telling each.
const EVENTS_REMEMBERED: u32 = 1_000;
/// How long publishing an event may take; a reconcile does not fail for want of one.
const EVENT_TIMEOUT: Duration = Duration::from_secs(5);

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
    pub jobs: Store<Job>,
    /// The pods of our Jobs.
    pub job_pods: Store<Pod>,
    /// The analyzers' pods.
    pub analyzer_pods: Store<Pod>,
    /// The serving documents.
    pub documents: Store<ConfigMap>,
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
    /// Which pods are of which Job.
    pub pods_of_jobs: PodsOfJobs,
    /// What was written of runs, and no watch has told of yet.
    pub written: Written,
    reporter: Reporter,
    recorder: Mutex<(Recorder, u32)>,
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
    ) -> anyhow::Result<Self> {
        let reporter = Reporter {
            controller: "logloop-operator".into(),
            instance: Some(settings.identity.clone()),
        };
        let recorder = Recorder::new(client.clone(), reporter.clone());
        let analyzers =
            Analyzers::new(settings.analyzer_port, settings.internal_token_file.clone())?;
        Ok(Self {
            claims: Claims::new(settings.pace.look),
            pods_of_jobs: PodsOfJobs::default(),
            written: Written::default(),
            client,
            namespace,
            settings,
            leadership,
            metrics,
            analyzers,
            stores,
            reporter,
            recorder: Mutex::new((recorder, 0)),
        })
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

    /// The run with this UID, if it can be read.
    pub fn run_with(&self, uid: &str) -> Option<TrainingRun> {
        let found = self.stores.runs.find(|run| guarded_uid(run) == Some(uid))?;
        found.0.as_ref().ok().cloned()
    }

    /// Whether there is a run with this UID, readable or not.
    pub fn has_run(&self, uid: &str) -> bool {
        let run = self.stores.runs.find(|run| guarded_uid(run) == Some(uid));
        run.is_some()
    }

    /// Whether there is a run with this UID that has not ended; one that cannot be read may be under way.
    pub fn is_under_way(&self, uid: &str) -> bool {
        let found = self.stores.runs.find(|run| guarded_uid(run) == Some(uid));
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

    /// The recorder of events, which remembers each event for minutes; after so many a new one takes its place.
    fn recorder(&self) -> Recorder {
        let mut held = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        if held.1 >= EVENTS_REMEMBERED {
            *held = (Recorder::new(self.client.clone(), self.reporter.clone()), 0);
        }
        held.1 += 1;
        held.0.clone()
    }

    /// Tells people of a change, as an event on the object. Never fails: an event is a courtesy.
    pub async fn tell<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
        warning: bool,
        reason: &str,
        note: &str,
    ) {
        let event = Event {
            type_: if warning {
                EventType::Warning
            } else {
                EventType::Normal
            },
            reason: reason.to_owned(),
            note: Some(clip(note, EVENT_NOTE_MAX).to_owned()),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        let reference = object.object_ref(&());
        let recorder = self.recorder();
        match tokio::time::timeout(EVENT_TIMEOUT, recorder.publish(&event, &reference)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, reason, "cannot publish an event"),
            Err(_) => tracing::debug!(reason, "publishing an event took too long"),
        }
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
