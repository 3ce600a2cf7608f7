//! One namespace, one operator in it, and what a test does and waits for.

use crate::{analyzer::Analyzer, control_plane};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace, PersistentVolumeClaim, Pod},
    },
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use logloop_operator::settings::{Pace, Settings};
use logloop_operator_api::{TrainingRun, training_run::Phase};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    fmt::Debug,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// How long anything may take to become so. Long: the machine may be busy with other tests.
const WITHIN: Duration = Duration::from_secs(60);

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A namespace of its own, with an analyzer.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) analyzer: Analyzer,
}

/// A running operator; stops at once, without a goodbye, when it is dropped.
pub(crate) struct Operator(JoinHandle<()>);

impl Drop for Operator {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl World {
    /// A namespace with the claim `data` and an analyzer `web` without pods.
    pub(crate) async fn new() -> Self {
        Self::on(control_plane::client().await).await
    }

    /// The same on another API server.
    pub(crate) async fn on(client: Client) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("it-{}-{number}", std::process::id());
        let world = Self {
            client: client.clone(),
            namespace: namespace.clone(),
            analyzer: Analyzer::start().await,
        };
        let object: Namespace =
            serde_json::from_value(json!({"metadata": {"name": namespace}})).expect("a namespace");
        Api::all(client)
            .create(&PostParams::default(), &object)
            .await
            .expect("a namespace can be created");
        world
    }

    /// With the claim `data`.
    pub(crate) async fn with_claim() -> Self {
        let world = Self::new().await;
        world.create_claim().await;
        world
    }

    pub(crate) async fn create_claim(&self) {
        self.create::<PersistentVolumeClaim>(json!({"metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}))
            .await;
    }

    pub(crate) fn settings(&self, identity: &str) -> Settings {
        Settings {
            namespace: Some(self.namespace.clone()),
            analyzer_image: "analyzer:it".into(),
            trainer_image: "trainer:it".into(),
            image_pull_policy: "IfNotPresent".into(),
            default_claim: Some("data".into()),
            default_target: Some("web".into()),
            job_service_account: None,
            internal_token_file: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            analyzer_port: self.analyzer.port,
            identity: identity.into(),
            pace: Pace {
                retry: Duration::from_secs(1),
                look: Duration::from_millis(200),
                keep: Duration::from_millis(500),
                probe: Duration::from_secs(60),
                lease: Duration::from_secs(6),
            },
        }
    }

    /// Starts an operator.
    pub(crate) fn operator(&self) -> Operator {
        self.operator_with(self.client.clone(), "one")
    }

    /// Starts an operator with its own client and identity.
    pub(crate) fn operator_with(&self, client: Client, identity: &str) -> Operator {
        Self::operator_as(client, self.settings(identity))
    }

    /// Starts an operator with its own client and settings.
    pub(crate) fn operator_as(client: Client, settings: Settings) -> Operator {
        Operator(tokio::spawn(async move {
            let ended = logloop_operator::run(client, settings, std::future::pending()).await;
            panic!("the operator ended by itself: {ended:?}");
        }))
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) async fn create<K>(&self, value: Value) -> K
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Serialize
            + DeserializeOwned
            + Debug,
    {
        self.try_create(value).await.expect("it can be created")
    }

    pub(crate) async fn try_create<K>(&self, mut value: Value) -> kube::Result<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Serialize
            + DeserializeOwned
            + Debug,
    {
        value["apiVersion"] = json!(K::api_version(&()));
        value["kind"] = json!(K::kind(&()));
        // As kubectl sends it: what is not said is for the API server to fill in.
        let name = value["metadata"]["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        let params = PatchParams {
            field_validation: Some(kube::api::ValidationDirective::Strict),
            ..PatchParams::apply("test")
        };
        self.api::<K>()
            .patch(&name, &params, &Patch::Apply(&value))
            .await
    }

    /// Creates a run.
    pub(crate) async fn run(&self, name: &str, spec: Value) -> TrainingRun {
        self.create(json!({"metadata": {"name": name, "labels": {"team": "it"}}, "spec": spec}))
            .await
    }

    /// Waits until an object is as it should be; the last one seen, if that takes too long.
    pub(crate) async fn until<K>(&self, name: &str, what: &str, is_so: impl Fn(&K) -> bool) -> K
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + Debug
            + Serialize,
    {
        let began = Instant::now();
        loop {
            let object = self
                .api::<K>()
                .get_opt(name)
                .await
                .expect("the API server answers");
            if let Some(object) = &object
                && is_so(object)
            {
                return object.clone();
            }
            if began.elapsed() > WITHIN {
                let shown = serde_json::to_string_pretty(&object).unwrap_or_default();
                panic!(
                    "{} {name} is not {what} after {WITHIN:?}: {shown}",
                    K::kind(&())
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until there is no object of that name.
    pub(crate) async fn until_gone<K>(&self, name: &str)
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + Debug,
    {
        let began = Instant::now();
        let api = self.api::<K>();
        while api.get_opt(name).await.expect("an answer").is_some() {
            assert!(began.elapsed() < WITHIN, "{name} is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a run is in a phase.
    pub(crate) async fn until_phase(&self, name: &str, phase: Phase) -> TrainingRun {
        self.until(name, phase.as_str(), |run: &TrainingRun| {
            let now = run.status.as_ref().and_then(|status| status.phase);
            assert!(
                now == Some(phase) || !now.is_some_and(Phase::is_terminal),
                "{name} is {now:?}, not {phase}: {:?}",
                run.status
            );
            now == Some(phase)
        })
        .await
    }

    /// Names of all Jobs there are.
    pub(crate) async fn jobs(&self) -> Vec<String> {
        let jobs = self
            .api::<Job>()
            .list(&ListParams::default())
            .await
            .expect("Jobs can be listed");
        jobs.iter().map(ResourceExt::name_any).collect()
    }

    /// The serving document.
    pub(crate) async fn document(&self) -> Option<Value> {
        let map = self
            .api::<ConfigMap>()
            .get_opt("web-serving")
            .await
            .expect("the API server answers")?;
        serde_json::from_str(map.data?.get("serving.json")?).ok()
    }

    /// Creates a ready pod of the analyzer `web` at 127.0.0.`number`.
    pub(crate) async fn analyzer_pod(&self, number: u8) {
        self.analyzer_pod_on(number, None).await;
    }

    /// The same, on a node.
    pub(crate) async fn analyzer_pod_on(&self, number: u8, node: Option<&str>) {
        let name = format!("web-7d9f-{number}");
        self.create::<Pod>(json!({
            "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "logloop", "app.kubernetes.io/instance": "it",
                "app.kubernetes.io/component": "analyzer", "pod-template-hash": "7d9f"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f", "uid": "rs", "controller": true}]},
            "spec": {"nodeName": node, "containers": [{"name": "analyzer", "image": "analyzer:it"}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
        }))
        .await;
        let ip = format!("127.0.0.{number}");
        let status = json!({"status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
            "conditions": [{"type": "Ready", "status": "True"}]}});
        self.patch_status::<Pod>(&name, status).await;
    }

    /// Changes a part of an object's spec or metadata.
    pub(crate) async fn patch<K>(&self, name: &str, change: Value) -> K
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + Debug,
    {
        let patched = self
            .api::<K>()
            .patch(name, &PatchParams::default(), &Patch::Merge(&change))
            .await;
        patched.unwrap_or_else(|error| panic!("{name} cannot be changed: {error}"))
    }

    pub(crate) async fn patch_status<K>(&self, name: &str, status: Value)
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + Debug,
    {
        let patched = self
            .api::<K>()
            .patch_status(name, &PatchParams::default(), &Patch::Merge(&status))
            .await;
        patched.unwrap_or_else(|error| panic!("the status of {name} cannot be written: {error}"));
    }
}
