//! `report`: everything that helps to find out what is wrong, without secrets.
//!
//! 1. No Secret is read.
//! 2. Values of environment variables and of annotations that are not logloop's are left out.
//! 3. Of logs only the operator's is in it: those of the analyzer and of Jobs can speak of what people uploaded.

use crate::{
    Out,
    cli::Report,
    objects::{call, list},
};
use anyhow::Context;
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        batch::v1::Job,
        coordination::v1::Lease,
        core::v1::{ConfigMap, Event, PersistentVolumeClaim, Pod},
    },
};
use kube::{Api, Client, Resource, ResourceExt, api::LogParams};
use logloop_operator_api::{DataRetention, ModelVersion, TrainingRun, TrainingSchedule, labels};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::fmt::Debug;

/// How much of the operator's log: its last lines.
const LOG_LINES: i64 = 2_000;
/// What stands where a value was left out.
const LEFT_OUT: &str = "(left out)";

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Report,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let report = gather(client, namespace).await;
    let text = serde_json::to_string_pretty(&report)?;
    match &options.output {
        Some(path) => {
            std::fs::write(path, &text)
                .with_context(|| format!("cannot write {}", path.display()))?;
            writeln!(out, "{} ({} bytes)", path.display(), text.len())?;
        }
        None => writeln!(out, "{text}")?,
    }
    Ok(true)
}

async fn gather(client: &Client, namespace: &str) -> Value {
    let mut report = Map::new();
    report.insert("namespace".into(), json!(namespace));
    report.insert("report".into(), json!(env!("CARGO_PKG_VERSION")));
    let server = call(client.apiserver_version()).await;
    let server = server.map_or_else(|error| json!(error.to_string()), |info| json!(info));
    report.insert("kubernetes".into(), server);
    let ours = format!("{}={}", labels::APP_NAME, labels::APP);
    add::<TrainingRun>(&mut report, client, namespace, "").await;
    add::<TrainingSchedule>(&mut report, client, namespace, "").await;
    add::<ModelVersion>(&mut report, client, namespace, "").await;
    add::<DataRetention>(&mut report, client, namespace, "").await;
    add::<Job>(&mut report, client, namespace, labels::STEP).await;
    add::<Pod>(&mut report, client, namespace, &ours).await;
    add::<ConfigMap>(&mut report, client, namespace, labels::TARGET).await;
    add::<PersistentVolumeClaim>(&mut report, client, namespace, "").await;
    add::<Lease>(&mut report, client, namespace, "").await;
    add::<Event>(&mut report, client, namespace, "").await;
    report.insert("operatorLogs".into(), logs(client, namespace).await);
    Value::Object(report)
}

/// What cannot be read is told in its place.
async fn add<K>(report: &mut Map<String, Value>, client: &Client, namespace: &str, labels: &str)
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + DeserializeOwned
        + Serialize
        + Debug,
{
    let found = list::<K>(client, namespace, labels).await;
    let value = match found {
        Ok(objects) => json!(objects),
        Err(error) => json!(format!("{error:#}")),
    };
    report.insert(K::plural(&()).into_owned(), cleaned(value));
}

async fn logs(client: &Client, namespace: &str) -> Value {
    let selector = format!(
        "{}={},{}=operator",
        labels::APP_NAME,
        labels::APP,
        labels::APP_COMPONENT
    );
    let pods: Vec<Pod> = match list(client, namespace, &selector).await {
        Ok(pods) => pods,
        Err(error) => return json!(format!("{error:#}")),
    };
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let mut all = Map::new();
    for pod in pods {
        let params = LogParams {
            tail_lines: Some(LOG_LINES),
            ..LogParams::default()
        };
        let name = pod.name_any();
        let text = call(api.logs(&name, &params)).await;
        let text = text.unwrap_or_else(|error| format!("{error:#}"));
        all.insert(name, json!(text));
    }
    Value::Object(all)
}

/// Without what is nobody's business.
fn cleaned(mut value: Value) -> Value {
    clean(&mut value);
    value
}

fn clean(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("managedFields");
            if let Some(Value::Object(annotations)) = fields.get_mut("annotations") {
                for (key, value) in annotations.iter_mut() {
                    if !key.starts_with("logloop.dev/") {
                        *value = json!(LEFT_OUT);
                    }
                }
            }
            if let Some(Value::Array(env)) = fields.get_mut("env") {
                for variable in env {
                    if let Some(value) = variable.get_mut("value") {
                        *value = json!(LEFT_OUT);
                    }
                }
            }
            fields.values_mut().for_each(clean);
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_secret_is_left_out() {
        let pod = json!([{"metadata": {"name": "p", "managedFields": [1], "annotations":
            {"logloop.dev/plan-digest": "d", "kubectl.kubernetes.io/last-applied-configuration": "password"}},
            "spec": {"containers": [{"env": [{"name": "A", "value": "password"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}]}}]);
        let clean = cleaned(pod);
        let text = clean.to_string();
        assert!(
            !text.contains("password") && !text.contains("managedFields"),
            "{text}"
        );
        assert_eq!(
            clean[0]["metadata"]["annotations"]["logloop.dev/plan-digest"],
            json!("d")
        );
        assert_eq!(
            clean[0]["spec"]["containers"][0]["env"][0]["name"],
            json!("A")
        );
    }
}
