//! `retrain`: creates a TrainingRun.

use crate::{
    Out,
    cli::Retrain,
    objects::{LOOK, call, find},
};
use anyhow::{Context, bail};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, ResourceExt, api::PostParams};
use logloop_operator_api::{TrainingRun, TrainingRunSpec, labels, training_run::Phase};

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Retrain,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let like: Option<TrainingRun> = match &options.like {
        Some(name) => match find(client, namespace, name).await? {
            Some(run) => Some(run),
            None => bail!("there is no TrainingRun {name} in namespace {namespace}"),
        },
        None => None,
    };
    let runs: Api<TrainingRun> = Api::namespaced(client.clone(), namespace);
    let run = build(options, like.as_ref());
    let created = call(runs.create(&PostParams::default(), &run))
        .await
        .context("cannot create the TrainingRun")?;
    let name = created.name_any();
    writeln!(
        out,
        "TrainingRun {name} created; `kubectl logloop explain run/{name} --watch` follows it"
    )?;
    if options.wait {
        wait(client, namespace, &name, out).await
    } else {
        Ok(true)
    }
}

/// A run like another, or with the defaults; not suspended, whatever the other was.
fn build(options: &Retrain, like: Option<&TrainingRun>) -> TrainingRun {
    let mut spec = like.map_or_else(TrainingRunSpec::default, |run| run.spec.clone());
    spec.suspend = false;
    if options.even_unchanged {
        spec.source.skip_unchanged = false;
    }
    let kept = like
        .map(|run| {
            let all = run.labels().iter();
            all.filter(|(key, _)| labels::passes_on(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
        .filter(|kept: &std::collections::BTreeMap<_, _>| !kept.is_empty());
    TrainingRun {
        metadata: ObjectMeta {
            name: options.name.clone(),
            generate_name: options.name.is_none().then(|| "retrain-".to_owned()),
            labels: kept,
            ..ObjectMeta::default()
        },
        spec,
        status: None,
    }
}

/// Says each phase; whether its end is a good one.
async fn wait(client: &Client, namespace: &str, name: &str, out: Out<'_>) -> anyhow::Result<bool> {
    let mut before = None;
    loop {
        let Some(run) = find::<TrainingRun>(client, namespace, name).await? else {
            bail!("TrainingRun {name} was deleted");
        };
        let status = run.status.unwrap_or_default();
        if status.phase != before {
            before = status.phase;
            let phase = status.phase.unwrap_or_default();
            writeln!(out, "{phase}: {}", status.message.unwrap_or_default())?;
            out.flush()?;
            if phase.is_terminal() {
                return Ok(matches!(phase, Phase::Succeeded | Phase::Skipped));
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_like_another_is_the_same_but_for_what_was_its_own() {
        let first: TrainingRun = serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
            "metadata": {"name": "first", "uid": "u", "labels": {"kueue.x-k8s.io/queue-name": "q", "logloop.dev/schedule": "s"}},
            "spec": {"suspend": true, "trainer": {"epochs": 3}}, "status": {"phase": "Failed"}
        }))
        .expect("a run");
        let options = Retrain {
            name: None,
            like: Some("first".into()),
            even_unchanged: true,
            wait: false,
        };
        let run = build(&options, Some(&first));
        assert_eq!((run.spec.trainer.epochs, run.spec.suspend), (3, false));
        assert!(!run.spec.source.skip_unchanged && run.status.is_none());
        assert_eq!(run.metadata.generate_name.as_deref(), Some("retrain-"));
        let labels: Vec<&str> = run.labels().keys().map(String::as_str).collect();
        assert_eq!(
            labels,
            ["kueue.x-k8s.io/queue-name"],
            "not the schedule's any more"
        );
        let named = Retrain {
            name: Some("again".into()),
            even_unchanged: false,
            ..options
        };
        let run = build(&named, None);
        assert_eq!(run.metadata.name.as_deref(), Some("again"));
        assert_eq!(run.spec, TrainingRunSpec::default());
    }
}
