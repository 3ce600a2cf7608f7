//! Keeps every ready pod of an analyzer at the current serving document.
//!
//! A pod that starts reads the mounted ConfigMap, which can be more than a minute old; whoever is behind is handed the
//! current one. If pods are ahead of the document (it was deleted, or put back from a backup), its generation is raised
//! above theirs: they would refuse it otherwise.

use super::{PodState, client::Push, document::Held};
use crate::{
    context::Context,
    error::{Error, Result},
    rollout,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{ResourceExt, runtime::controller::Action};
use logloop_operator_api::labels;
use std::sync::Arc;

/// What is to be done for the pods of a target.
#[derive(Debug, PartialEq)]
pub enum Plan {
    /// Every pod is at the document.
    Nothing,
    /// These pods are behind (places in the list).
    Push(Vec<usize>),
    /// Pods are ahead: raise the generation.
    Raise,
}

impl Plan {
    /// For figures.
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Push(_) => Some("push"),
            Self::Raise => Some("raise_generation"),
        }
    }
}

/// Decides. A pod that does not say what it has loaded is handed the document: that is the way to find out.
pub fn plan(held: &Held, pods: &[PodState]) -> Plan {
    let document = &held.document;
    let ahead = |pod: &PodState| {
        pod.loaded
            .as_ref()
            .is_ok_and(|loaded| loaded.generation > document.generation)
    };
    if pods.iter().any(ahead) {
        return Plan::Raise;
    }
    let at_it = |pod: &PodState| {
        let loaded = pod.loaded.as_ref();
        loaded.is_ok_and(|loaded| {
            loaded.generation == document.generation && loaded.stable == document.stable
        })
    };
    let behind: Vec<usize> = pods
        .iter()
        .enumerate()
        .filter(|(_, pod)| !at_it(pod))
        .map(|(at, _)| at)
        .collect();
    if behind.is_empty() {
        Plan::Nothing
    } else {
        Plan::Push(behind)
    }
}

/// Looks at the pods of one target and brings those along that are behind.
pub async fn reconcile(map: Arc<ConfigMap>, context: Arc<Context>) -> Result<Action> {
    let _under_way = context.metrics.reconcile("serving");
    context.stores.ready().await?;
    let again = Action::requeue(context.settings.pace.keep);
    let Some(target) = map.labels().get(labels::TARGET).cloned() else {
        return Ok(Action::await_change());
    };
    if crate::context::is_going(&*map) {
        return Ok(Action::await_change());
    }
    if release_dead(&context, &map, &target).await? {
        // That wakes this again.
        return Ok(again);
    }
    let pods = rollout::look(&context, &target).await?;
    if pods.is_empty() {
        return Ok(again);
    }
    let held = rollout::read(&context, &target).await?;
    if held.source.is_none() {
        return Ok(Action::await_change());
    }
    let plan = plan(&held, &pods);
    context.metrics.decided("serving", plan.word(), false);
    match plan {
        Plan::Nothing => {}
        Plan::Raise => raise(&context, &target, &held, &pods).await?,
        Plan::Push(behind) => push(&context, &target, &held, &pods, &behind).await?,
    }
    Ok(again)
}

/// Takes away the annotation of a run that has ended or is gone; the document stays as it is.
async fn release_dead(context: &Context, map: &ConfigMap, target: &str) -> Result<bool> {
    let owner = super::document::owner_of(map);
    if owner.is_none_or(|(name, owner)| context.is_under_way(name, owner)) {
        return Ok(false);
    }
    let held = rollout::read(context, target).await?;
    // As the API server has it, not only the stores.
    let dead = held.source.is_some()
        && held.owner().is_some()
        && rollout::other_owner(context, &held, "").await?.is_none();
    if dead && !held.is_absent() {
        tracing::info!(target, ?owner, "the run that rolled out is gone; releasing");
        rollout::write(context, target, &held, &held.document, None).await?;
        return Ok(true);
    }
    Ok(false)
}

async fn push(
    context: &Context,
    target: &str,
    held: &Held,
    pods: &[PodState],
    behind: &[usize],
) -> Result<()> {
    let endpoints: Vec<_> = behind
        .iter()
        .filter_map(|at| pods.get(*at))
        .map(|pod| pod.endpoint.clone())
        .collect();
    let pushes = rollout::push(context, &endpoints, &held.document).await?;
    let generation = held.document.generation;
    for (endpoint, push) in &pushes {
        let pod = &endpoint.pod;
        match push {
            Push::Loaded(_) => tracing::info!(
                target,
                pod,
                generation,
                "brought a pod to the serving document"
            ),
            other => tracing::warn!(
                target,
                pod,
                generation,
                ?other,
                "a pod did not take the serving document"
            ),
        }
    }
    if pushes
        .iter()
        .any(|(_, push)| matches!(push, Push::Conflict(_)))
    {
        raise(context, target, held, pods).await?;
    }
    Ok(())
}

/// Writes the same document with a generation that every pod takes; that wakes this again.
async fn raise(context: &Context, target: &str, held: &Held, pods: &[PodState]) -> Result<()> {
    let document = rollout::next(held, pods, held.document.stable.clone());
    tracing::warn!(
        target,
        generation = document.generation,
        "pods have a document of their own; raising the generation above it"
    );
    let owner = held
        .owner()
        .map(|(name, uid)| super::document::owner(name, uid));
    rollout::write(context, target, held, &document, owner.as_deref()).await
}

/// What to do after a failure.
pub fn on_error(_: Arc<ConfigMap>, error: &Error, context: Arc<Context>) -> Action {
    crate::controllers::failed("serving", error, &context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::{client::Loaded, document::Document, pods::Endpoint};
    use logloop_operator_api::training_run::Stable;

    fn stable(version: &str) -> Option<Stable> {
        Some(Stable {
            version: version.into(),
            digest: format!("sha256:{version}"),
        })
    }

    fn pod(loaded: std::result::Result<Loaded, String>) -> PodState {
        let ip = std::net::IpAddr::from([127, 0, 0, 1]);
        PodState {
            endpoint: Endpoint {
                pod: "p".into(),
                ip,
            },
            loaded,
        }
    }

    fn at(generation: i64, version: &str) -> PodState {
        pod(Ok(Loaded {
            generation,
            stable: stable(version),
            ..Loaded::default()
        }))
    }

    #[test]
    fn pods_are_brought_to_the_document() {
        let held = Held {
            document: Document {
                generation: 3,
                stable: stable("b"),
                candidate: None,
            },
            source: None,
        };
        let cases = [
            ("none", vec![], Plan::Nothing),
            ("all there", vec![at(3, "b"), at(3, "b")], Plan::Nothing),
            (
                "one behind",
                vec![at(3, "b"), at(2, "a")],
                Plan::Push(vec![1]),
            ),
            (
                "same generation, other version",
                vec![at(3, "a")],
                Plan::Push(vec![0]),
            ),
            (
                "silent",
                vec![pod(Err("refused".into()))],
                Plan::Push(vec![0]),
            ),
            ("ahead", vec![at(5, "a"), at(2, "a")], Plan::Raise),
        ];
        for (name, pods, expected) in cases {
            assert_eq!(plan(&held, &pods), expected, "{name}");
        }
        assert_eq!(
            rollout::next(&held, &[at(9, "a")], stable("c")).generation,
            10
        );
    }
}
