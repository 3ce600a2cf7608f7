//! Brings a version into service: the serving document of a target, who may change it, and what its pods have loaded.
//!
//! 1. The ConfigMap is the truth; it is only ever written with the `resourceVersion` that was read.
//! 2. Its generation rises with every change of the document, and above whatever a pod has loaded.
//!    If somebody deletes it, it is put back as the ModelVersions have it.
//! 3. A run that rolls out owns it, by an annotation; the annotation of a run that has ended or is gone counts for nothing.

pub mod client;
pub mod keeper;
pub mod pods;

use crate::{
    api::call,
    context::{Context, uid},
    error::{Error, Result},
};
use client::{Loaded, Push};
use document::{Document, Held};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{api::PostParams, runtime::reflector::ObjectRef};
pub use logloop_operator_api::serving as document;
use logloop_operator_api::{
    ModelVersion, TrainingRun,
    model_version::ModelPhase,
    names,
    training_run::{Phase, Stable},
};
use pods::Endpoint;

/// How many pods are talked to at once.
const PODS_AT_ONCE: usize = 8;

/// A ready pod and what it says it has loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct PodState {
    /// The pod.
    pub endpoint: Endpoint,
    /// What it has loaded, or why it does not say.
    pub loaded: std::result::Result<Loaded, String>,
}

/// The serving document of a target, read from the API server itself.
pub async fn read(context: &Context, target: &str) -> Result<Held> {
    let name = names::serving(target);
    let map = call(
        "read the serving document",
        context.api::<ConfigMap>().get_opt(&name),
    )
    .await?;
    held(context, target, map)
}

/// The serving document as the watch has it: a write over one that has changed meanwhile is refused.
pub fn seen(context: &Context, target: &str) -> Result<Held> {
    let key = ObjectRef::new(&names::serving(target)).within(&context.namespace);
    let map = context.stores.documents.get(&key);
    held(context, target, map.map(|map| (*map).clone()))
}

/// The same; where the watch knows of none, it is looked whether somebody made one without our labels.
pub async fn seen_or_read(context: &Context, target: &str) -> Result<Held> {
    let held = seen(context, target)?;
    if held.source.is_some() {
        Ok(held)
    } else {
        read(context, target).await
    }
}

fn held(context: &Context, target: &str, map: Option<ConfigMap>) -> Result<Held> {
    let mut held = Held::read(map).map_err(Error::Invalid)?;
    if held.is_absent() {
        held.document.stable = recorded(context, target);
    }
    Ok(held)
}

/// What served last, as the ModelVersions have it: what a document that was deleted must have said.
fn recorded(context: &Context, target: &str) -> Option<Stable> {
    let serving = context.models_where(|model| {
        let phase = model.status.as_ref().and_then(|status| status.phase);
        model.spec.target == target && phase == Some(ModelPhase::Serving)
    });
    let since = |model: &ModelVersion| {
        let status = model.status.as_ref()?;
        status.serving_since.as_ref().map(|time| time.0)
    };
    let last = serving.into_iter().max_by_key(since);
    last.map(|model| model.spec.stable())
}

/// Puts a document back that somebody deleted.
pub async fn restore(context: &Context, target: &str, held: &Held) -> Result<()> {
    let pods = look(context, target).await?;
    let document = next(held, &pods, held.document.stable.clone());
    tracing::warn!(
        target,
        generation = document.generation,
        "the serving document was deleted; putting it back"
    );
    let owner = held.owner().map(|(name, uid)| document::owner(name, uid));
    write(context, target, held, &document, owner.as_deref()).await
}

/// The name of the run that owns the document, if that run is under way and not this one.
pub async fn other_owner(context: &Context, held: &Held, this: &str) -> Result<Option<String>> {
    let Some((name, owner)) = held.owner().filter(|(_, owner)| *owner != this) else {
        return Ok(None);
    };
    if context.is_under_way(name, owner) {
        return Ok(Some(name.to_owned()));
    }
    // The stores may be behind: that the owner has ended, or is gone, decides who may write.
    let run = call(
        "read the run that rolls out",
        context.api::<TrainingRun>().get_opt(name),
    )
    .await;
    let alive = match run {
        Ok(run) => run.is_some_and(|run| {
            let ended = run
                .status
                .as_ref()
                .and_then(|s| s.phase)
                .is_some_and(Phase::is_terminal);
            uid(&run).is_ok_and(|uid| uid == owner) && !ended
        }),
        // A run that cannot be read may be under way.
        Err(Error::Api { source, .. }) if !matches!(&*source, kube::Error::Api(_)) => true,
        Err(error) => return Err(error),
    };
    Ok(alive.then(|| name.to_owned()))
}

/// Writes the ConfigMap; refused if it has changed since it was read.
pub async fn write(
    context: &Context,
    target: &str,
    held: &Held,
    document: &Document,
    owner: Option<&str>,
) -> Result<()> {
    context.leadership.check()?;
    let map = held.with(target, document, owner);
    let api = context.api::<ConfigMap>();
    let params = PostParams::default();
    if held.source.is_some() {
        call(
            "write the serving document",
            api.replace(&names::serving(target), &params, &map),
        )
        .await?;
    } else {
        call("create the serving document", api.create(&params, &map)).await?;
    }
    Ok(())
}

/// Releases the document if this run owns it.
pub async fn release(context: &Context, target: &str, this: &str) -> Result<()> {
    let held = read(context, target).await?;
    match held.owner() {
        Some((_, owner)) if owner == this => {
            write(context, target, &held, &held.document, None).await
        }
        _ => Ok(()),
    }
}

/// The next document: this version, with a generation above the last one and above what any pod has loaded.
pub fn next(held: &Held, pods: &[PodState], stable: Option<Stable>) -> Document {
    let loaded = pods
        .iter()
        .filter_map(|pod| pod.loaded.as_ref().ok())
        .map(|loaded| loaded.generation)
        .max();
    Document {
        generation: held.document.generation.max(loaded.unwrap_or(0)) + 1,
        stable,
        candidate: None,
    }
}

/// The ready pods of a target.
pub fn ready(context: &Context, target: &str) -> Vec<Endpoint> {
    let pods = context.analyzer_pods();
    let ours = pods
        .iter()
        .filter(|pod| pods::target_of(pod) == Some(target));
    let mut endpoints: Vec<Endpoint> = ours.filter_map(pods::endpoint).collect();
    endpoints.sort_by(|a, b| a.pod.cmp(&b.pod));
    endpoints
}

/// Asks every ready pod of a target what it has loaded.
pub async fn look(context: &Context, target: &str) -> Result<Vec<PodState>> {
    let states = stream::iter(ready(context, target)).map(|endpoint| async {
        let loaded = context.analyzers.read(&endpoint).await?;
        Ok(PodState { endpoint, loaded })
    });
    collect(states.buffered(PODS_AT_ONCE)).await
}

/// Hands the document to these pods, and says for each what became of it.
pub async fn push(
    context: &Context,
    pods: &[Endpoint],
    document: &Document,
) -> Result<Vec<(Endpoint, Push)>> {
    context.leadership.check()?;
    let pushes = stream::iter(pods.to_vec()).map(|endpoint| async {
        let push = context.analyzers.push(&endpoint, document).await?;
        Ok((endpoint, push))
    });
    collect(pushes.buffered(PODS_AT_ONCE)).await
}

async fn collect<T>(stream: impl futures::Stream<Item = Result<T>>) -> Result<Vec<T>> {
    stream.collect::<Vec<_>>().await.into_iter().collect()
}
