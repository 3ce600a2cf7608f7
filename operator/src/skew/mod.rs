//! Are the definitions that the cluster serves those that this operator was built with?
//!
//! What is compared is the schema itself, as the API server publishes it at `/openapi/v3`: every service account may
//! read that, and it is what the API server goes by, whoever applied what. A skew is told (in the log, as an event on
//! the lease, in `/readyz` and as a metric) and stops nothing.

mod compare;
mod shape;

pub use compare::Skew;

use crate::{
    api::call,
    context::Context,
    error::{Error, Result},
    leader,
};
use k8s_openapi::api::coordination::v1::Lease;
use logloop_operator_api::{GROUP, VERSION};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Looks for each so many times that pods are looked at: the definitions change when somebody upgrades.
const KEEPS: u32 = 20;

/// After so many looks, one each time that pods are looked at, a kind that is not served is told: the API server publishes new
/// definitions some seconds after it serves them, and an installation is no skew.
const ABSENT_LOOKS: u32 = 20;

/// What is known of the definitions. Shared between who looks and who tells.
#[derive(Clone, Debug, Default)]
pub struct Definitions(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// As the API server published them last, by a name that changes with what is in them.
    published: Option<String>,
    skews: Vec<Skew>,
    /// Why they could not be compared.
    obstacle: Option<String>,
}

impl Definitions {
    /// A line for each definition that differs, and for why they could not be compared.
    pub fn told(&self) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let skews = known.skews.iter().filter_map(Skew::told);
        skews.chain(known.obstacle.clone()).collect()
    }
}

/// Compares them now, and again and again, for as long as it is polled.
pub async fn watch(context: Arc<Context>, definitions: Definitions) {
    let mut untold: Option<String> = None;
    let mut absent = 0;
    loop {
        let keeps = match look(&context, &definitions, absent < ABSENT_LOOKS).await {
            Found::Same => KEEPS,
            Found::New(news) => {
                (untold, absent) = (news, 0);
                KEEPS
            }
            Found::Absent => {
                absent += 1;
                1
            }
        };
        for _ in 0..keeps {
            // Who does not lead writes nothing: it may lead later.
            if context.leadership.check().is_ok()
                && let Some(told) = untold.take()
            {
                publish(&context, &told).await;
            }
            tokio::time::sleep(context.settings.pace.keep).await;
        }
    }
}

/// What a look comes to.
enum Found {
    /// Nothing is new, or nothing can be said.
    Same,
    /// What people are to be told; none: there is no skew.
    New(Option<String>),
    /// A kind is not served, and may be soon.
    Absent,
}

/// What has changed since the last look; `may_come`: a kind that is not served may have been defined a moment ago.
async fn look(context: &Context, definitions: &Definitions, may_come: bool) -> Found {
    let before = {
        let known = definitions.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.published.clone()
    };
    let found = served(context, before.as_deref()).await;
    let skews = {
        let mut known = definitions.0.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(None) => {
                known.obstacle = None;
                return Found::Same;
            }
            Ok(Some((published, schemas))) => {
                let skews = compare(&schemas);
                if may_come && skews.iter().any(|skew| !skew.served) {
                    known.obstacle = None;
                    return Found::Absent;
                }
                let differs = known.skews != skews;
                *known = Known {
                    published: Some(published),
                    skews: skews.clone(),
                    obstacle: None,
                };
                if !differs {
                    return Found::Same;
                }
                skews
            }
            Err(error) => {
                let text = format!(
                    "cannot compare the cluster's definitions with those of this operator: {error}"
                );
                if known.obstacle.as_ref() != Some(&text) {
                    tracing::warn!("{text}");
                }
                known.obstacle = Some(text);
                return Found::Same;
            }
        }
    };
    for skew in &skews {
        context.metrics.skew(skew);
    }
    let told: Vec<String> = skews.iter().filter_map(Skew::told).collect();
    if told.is_empty() {
        tracing::info!("the cluster's definitions are those of this operator");
        return Found::New(None);
    }
    for text in &told {
        tracing::error!("{text}");
    }
    Found::New(Some(told.join("\n")))
}

/// Each built-in definition, compared with what is served.
fn compare(served: &BTreeMap<String, Value>) -> Vec<Skew> {
    logloop_operator_api::all()
        .iter()
        .map(|built| Skew::of(built, served.get(&built.spec.names.kind)))
        .collect()
}

/// As an event on the lease: an operator has no other object of its own.
async fn publish(context: &Context, told: &str) {
    let lease = context.api::<Lease>();
    match call("read the lease", lease.get(leader::LEASE)).await {
        Ok(lease) => context.events.tell(&lease, true, "DefinitionSkew", told),
        Err(error) => tracing::debug!(%error, "cannot publish an event"),
    }
}

/// The schemas that are served, by kind, and the name they are published under; nothing if that is still the same.
async fn served(
    context: &Context,
    before: Option<&str>,
) -> Result<Option<(String, BTreeMap<String, Value>)>> {
    let index = get(context, "/openapi/v3").await?;
    let published = index
        .pointer(&format!(
            "/paths/apis~1{GROUP}~1{VERSION}/serverRelativeURL"
        ))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if before == Some(published.as_str()) {
        return Ok(None);
    }
    if published.is_empty() {
        return Ok(Some((published, BTreeMap::new())));
    }
    let mut document = get(context, &published).await?;
    Ok(Some((published, by_kind(&mut document))))
}

/// The schemas of a document of OpenAPI, by the kind of our group that each is for.
fn by_kind(document: &mut Value) -> BTreeMap<String, Value> {
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
        .map(std::mem::take)
        .unwrap_or_default();
    let kind_of = |schema: &Value| {
        let kinds = schema.get("x-kubernetes-group-version-kind")?.as_array()?;
        let ours = kinds.iter().find(|kind| {
            kind.get("group").and_then(Value::as_str) == Some(GROUP)
                && kind.get("version").and_then(Value::as_str) == Some(VERSION)
        })?;
        Some(ours.get("kind")?.as_str()?.to_owned())
    };
    schemas
        .into_iter()
        .filter_map(|(_, schema)| Some((kind_of(&schema)?, schema)))
        .collect()
}

async fn get(context: &Context, path: &str) -> Result<Value> {
    let request = axum::http::Request::get(path)
        .body(Vec::new())
        .map_err(|error| Error::Invalid(format!("{path}: {error}")))?;
    call(
        "read the published definitions",
        context.client.request(request),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_are_found_by_the_kind_they_are_for() {
        let of = |kind: &str, group: &str| json!([{"group": group, "version": "v1alpha1", "kind": kind}]);
        let mut document = json!({"components": {"schemas": {
            "a": {"x-kubernetes-group-version-kind": of("TrainingRun", "logloop.dev"), "properties": {}},
            "b": {"x-kubernetes-group-version-kind": of("DataRetention", "other.dev")},
            "c": {"type": "string"},
        }}});
        let found = by_kind(&mut document);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["TrainingRun"]);
        let skews = compare(&found);
        assert_eq!(skews.len(), logloop_operator_api::all().len());
        let served: Vec<_> = skews.iter().filter(|skew| skew.served).collect();
        assert_eq!(served.len(), 1);
        assert!(by_kind(&mut json!({})).is_empty());
    }
}
