//! Reads objects, with errors that say what to do.

use anyhow::Context;
use k8s_openapi::NamespaceResourceScope;
use kube::{Api, Client, Resource, ResourceExt, api::ListParams};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, future::Future, time::Duration};

/// How long the API server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Time between two looks at what is watched.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// Makes a call, with a bound on its time.
pub(crate) async fn call<T>(request: impl Future<Output = kube::Result<T>>) -> anyhow::Result<T> {
    match tokio::time::timeout(TIMEOUT, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(kube::Error::Api(status))) if status.code == 403 => {
            anyhow::bail!("{}; ask for the right to do that", status.message)
        }
        Ok(Err(error)) => Err(error.into()),
        Err(_) => anyhow::bail!("no answer within {} seconds", TIMEOUT.as_secs()),
    }
}

/// All objects of a kind, by age.
pub(crate) async fn list<K>(
    client: &Client,
    namespace: &str,
    labels: &str,
) -> anyhow::Result<Vec<K>>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + DeserializeOwned
        + Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let params = ListParams::default().labels(labels);
    let kind = K::plural(&());
    let mut all = call(api.list(&params))
        .await
        .with_context(|| format!("cannot list {kind} of namespace {namespace}"))?
        .items;
    all.sort_by_key(|object| (object.meta().creation_timestamp.clone(), object.name_any()));
    Ok(all)
}

/// An object, if there is one of that name.
pub(crate) async fn find<K>(
    client: &Client,
    namespace: &str,
    name: &str,
) -> anyhow::Result<Option<K>>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + DeserializeOwned
        + Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let kind = K::kind(&());
    call(api.get_opt(name))
        .await
        .with_context(|| format!("cannot read {kind} {name} of namespace {namespace}"))
}
