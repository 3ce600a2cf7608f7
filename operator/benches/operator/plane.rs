//! The control plane, and namespaces in it.

use anyhow::{Context as _, bail};
use k8s_openapi::api::core::v1::{
    Namespace, PersistentVolume, PersistentVolumeClaim, ServiceAccount,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, Config, Resource,
    api::{Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    fmt::Debug,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Ports above the control plane's that operators listen on begin here.
const OPERATORS: u16 = 10;
/// Time between two looks at what is to become ready.
const LOOK: Duration = Duration::from_millis(100);
/// How long the garbage collector takes to know of new kinds, and a little more: until then it asks for each owner.
const COLLECTOR: Duration = Duration::from_secs(35);
/// How often it is looked.
const LOOKS: u32 = 600;

/// A control plane; gone when it is dropped.
pub(crate) struct Plane {
    pub(crate) client: Client,
    pub(crate) kubeconfig: PathBuf,
    port: u16,
    namespaces: AtomicU32,
    script: Child,
    dir: tempfile::TempDir,
}

impl Drop for Plane {
    fn drop(&mut self) {
        // Its end of input is the script's sign to stop all.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

impl Plane {
    /// Starts it and makes our kinds known.
    pub(crate) async fn start(port: u16) -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let dir = tempfile::Builder::new()
            .prefix("operator.")
            .tempdir_in(root.join("build/bench"))?;
        let mut script = Command::new(root.join("tests/bench/operator/control-plane.sh"))
            .arg(dir.path())
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("control-plane.sh does not start")?;
        let output = script.stdout.take().context("it has an output")?;
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)?;
        if line.trim() != "ready" {
            bail!("the control plane is not ready; what it said is above");
        }
        let kubeconfig = dir.path().join("kubeconfig");
        let read = Kubeconfig::read_from(&kubeconfig)?;
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?;
        let plane = Self {
            client: Client::try_from(config)?,
            kubeconfig,
            port,
            namespaces: AtomicU32::new(0),
            script,
            dir,
        };
        for definition in logloop_operator_api::all() {
            let name = definition.metadata.name.clone().unwrap_or_default();
            let api = Api::<CustomResourceDefinition>::all(plane.client.clone());
            apply(&api, &name, &serde_json::to_value(&definition)?).await?;
        }
        plane.until_served().await?;
        tokio::time::sleep(COLLECTOR).await;
        Ok(plane)
    }

    async fn until_served(&self) -> anyhow::Result<()> {
        let runs: Api<logloop_operator_api::TrainingRun> =
            Api::namespaced(self.client.clone(), "default");
        for _ in 0..LOOKS {
            if runs.list(&kube::api::ListParams::default()).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("the definitions are not served")
    }

    /// A port for the operator with this number.
    pub(crate) fn port(&self, number: u16) -> u16 {
        self.port + OPERATORS + number
    }

    /// Folder for logs.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A new namespace with the bound claim `data`.
    pub(crate) async fn namespace(&self) -> anyhow::Result<String> {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench-{number}");
        let client = || self.client.clone();
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        apply::<Namespace>(&Api::all(client()), &name, &object).await?;
        let size = json!({"storage": "1Gi"});
        let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"capacity": size, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/nowhere"},
                "claimRef": {"namespace": name, "name": "data"}}});
        apply::<PersistentVolume>(&Api::all(client()), &name, &volume).await?;
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": name,
                "resources": {"requests": size}}});
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(client(), &name);
        apply(&claims, "data", &claim).await?;
        let accounts: Api<ServiceAccount> = Api::namespaced(client(), &name);
        for _ in 0..LOOKS {
            let claim = claims.get("data").await?;
            let bound = claim.status.and_then(|status| status.phase).as_deref() == Some("Bound");
            if bound && accounts.get_opt("default").await?.is_some() {
                return Ok(name);
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("the claim of {name} is not bound")
    }
}

async fn apply<K>(api: &Api<K>, name: &str, object: &Value) -> anyhow::Result<()>
where
    K: Resource + Clone + Debug + DeserializeOwned + Serialize,
{
    let mut object = object.clone();
    if object.get("kind").is_none() {
        object["apiVersion"] = json!("apiextensions.k8s.io/v1");
        object["kind"] = json!("CustomResourceDefinition");
    }
    api.patch(name, &PatchParams::apply("bench"), &Patch::Apply(&object))
        .await
        .with_context(|| format!("cannot apply {name}"))?;
    Ok(())
}
