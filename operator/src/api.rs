//! Calls to the API server: each with a bound on its time, and errors that say what was tried.

use crate::{
    error::{Error, Result},
    lean::Answer,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Client, Resource, ResourceExt,
    api::{PostParams, Request, TypeMeta},
};
use serde::Serialize;
use std::{future::Future, time::Duration};

/// How long one call may take.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// Makes a call. `what` completes the sentence "cannot …".
pub async fn call<T>(
    what: &'static str,
    request: impl Future<Output = kube::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(TIMEOUT, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(source)) => Err(Error::Api {
            what,
            source: Box::new(source),
        }),
        Err(_) => Err(Error::Timeout { what }),
    }
}

/// Replaces the status of an object; refused if that has changed since it was read. Nothing else of it is sent: the API
/// server would not look at it.
pub async fn replace_status<K>(
    client: &Client,
    object: &K,
    status: &impl Serialize,
) -> kube::Result<ObjectMeta>
where
    K: Resource<DynamicType = ()>,
{
    let meta = object.meta();
    let metadata = ObjectMeta {
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        ..ObjectMeta::default()
    };
    debug_assert!(
        metadata.resource_version.is_some(),
        "a status is only written over the object that was read"
    );
    let body = body(&Status {
        types: TypeMeta::resource::<K>(),
        metadata,
        status,
    })?;
    let request = Request::new(K::url_path(&(), meta.namespace.as_deref()))
        .replace_subresource("status", &object.name_any(), &PostParams::default(), body)
        .map_err(kube::Error::BuildRequest)?;
    client.request::<Answer>(request).await.map(Answer::meta)
}

/// An object of which only the status is written.
#[derive(Serialize)]
struct Status<'a, S> {
    #[serde(flatten)]
    types: TypeMeta,
    metadata: ObjectMeta,
    status: &'a S,
}

/// Creates an object in a namespace.
pub async fn create<K>(client: &Client, namespace: &str, object: &K) -> kube::Result<ObjectMeta>
where
    K: Resource<DynamicType = ()> + Serialize,
{
    let request = Request::new(K::url_path(&(), Some(namespace)))
        .create(&PostParams::default(), body(object)?)
        .map_err(kube::Error::BuildRequest)?;
    client.request::<Answer>(request).await.map(Answer::meta)
}

fn body(object: &impl Serialize) -> kube::Result<Vec<u8>> {
    serde_json::to_vec(object).map_err(kube::Error::SerdeError)
}

/// Makes a call whose object may already be gone: that is as good as done.
pub async fn call_unless_gone<T>(
    what: &'static str,
    request: impl Future<Output = kube::Result<T>>,
) -> Result<Option<T>> {
    match call(what, request).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.category() == "not_found" => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the API server says of an object that it does not take: a quota, a policy (400 from a webhook), or its contents.
pub fn refusal(error: &Error) -> Option<&str> {
    match error {
        Error::Api { source, .. } => match &**source {
            kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422) => {
                Some(&status.message)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The answer of the API server when an object of that name exists already.
pub fn already_exists(error: &Error) -> bool {
    matches!(error, Error::Api { source, .. } if matches!(&**source, kube::Error::Api(s) if s.code == 409 && s.reason == "AlreadyExists"))
}
