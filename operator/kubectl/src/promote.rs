//! `promote`: has a published version serve.

use crate::{
    Out,
    cli::Promote,
    objects::{call, find},
};
use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, api::PostParams};
use logloop_operator_api::{
    ModelVersion, TrainingRun,
    model_version::ModelPhase,
    names,
    serving::{Document, Held},
    training_run::Phase,
};

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    options: &Promote,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let name = &options.version;
    let Some(model) = find::<ModelVersion>(client, namespace, name).await? else {
        bail!("there is no ModelVersion {name} in namespace {namespace}");
    };
    let document = names::serving(&model.spec.target);
    let held = find::<ConfigMap>(client, namespace, &document).await?;
    let held = Held::read(held).map_err(anyhow::Error::msg)?;
    let run = find::<TrainingRun>(client, namespace, &model.spec.run).await?;
    let owner = match held.owner() {
        Some((owner, _)) => find::<TrainingRun>(client, namespace, owner).await?,
        None => None,
    };
    let around = Around {
        run: run.as_ref(),
        owner: owner.as_ref(),
        even_rejected: options.even_rejected,
    };
    let Some(next) = next(&model, &held, &around).map_err(anyhow::Error::msg)? else {
        writeln!(out, "{name} serves already")?;
        return Ok(true);
    };
    let map = held.with(&model.spec.target, &next, None);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let params = PostParams::default();
    // Refused if it has changed since it was read.
    let written = match held.source {
        Some(_) => call(maps.replace(&document, &params, &map)).await,
        None => call(maps.create(&params, &map)).await,
    };
    written.with_context(|| format!("cannot write ConfigMap {document}; nothing has changed"))?;
    let before = held.document.stable.map(|stable| stable.version);
    writeln!(
        out,
        "{name} is to serve in place of {}; the operator hands it to the pods of {}, and `kubectl logloop status --watch` shows when they have loaded it",
        before.as_deref().unwrap_or("the rules"),
        model.spec.target
    )?;
    Ok(true)
}

/// What is known around a version.
struct Around<'a> {
    /// The run of its name, if there is one.
    run: Option<&'a TrainingRun>,
    /// The run of the name that rolls out on the same analyzer.
    owner: Option<&'a TrainingRun>,
    even_rejected: bool,
}

/// The document by which the version serves; none if it does already; or why it must not.
fn next(
    model: &ModelVersion,
    held: &Held,
    around: &Around<'_>,
) -> Result<Option<Document>, String> {
    let stable = model.spec.stable();
    if let Some((name, uid)) = held.owner().filter(|(_, uid)| works(around.owner, uid)) {
        return Err(format!(
            "TrainingRun {name} ({uid}) is rolling out on {}; wait for its end (`kubectl logloop explain run/{name}`), or delete it",
            model.spec.target
        ));
    }
    if held.document.stable.as_ref() == Some(&stable) {
        return Ok(None);
    }
    let uid = model.spec.run_uid.as_deref().unwrap_or_default();
    if works(around.run, uid) {
        return Err(format!(
            "TrainingRun {} has not ended, and decides whether it serves",
            model.spec.run
        ));
    }
    let status = model.status.clone().unwrap_or_default();
    let phase = status.phase.unwrap_or_default();
    if matches!(phase, ModelPhase::Rejected | ModelPhase::RolledBack) && !around.even_rejected {
        return Err(format!(
            "it is {}: {}; --even-rejected brings it into service all the same",
            phase.as_str(),
            status.message.unwrap_or_default()
        ));
    }
    Ok(Some(Document {
        generation: held.document.generation + 1,
        stable: Some(stable),
        candidate: None,
    }))
}

/// Whether this is the run with that UID, and has not ended.
fn works(run: Option<&TrainingRun>, uid: &str) -> bool {
    run.is_some_and(|run| {
        let phase = run.status.as_ref().and_then(|status| status.phase);
        run.metadata.uid.as_deref() == Some(uid) && !phase.is_some_and(Phase::is_terminal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(phase: &str) -> TrainingRun {
        serde_json::from_value(
            json!({"apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
            "metadata": {"name": "r", "uid": "u"}, "spec": {}, "status": {"phase": phase}}),
        )
        .expect("a run")
    }

    fn model(phase: &str) -> ModelVersion {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "ModelVersion", "metadata": {"name": "v"},
            "spec": {"run": "r", "runUid": "u", "version": "v", "digest": "d", "datasetId": "i", "datasetDigest": "d", "target": "web"},
            "status": {"phase": phase, "message": "too bad"}
        }))
        .expect("a version")
    }

    #[test]
    fn a_version_serves_unless_something_speaks_against_it() {
        let (ended, trains) = (run("Succeeded"), run("Gating"));
        let around = |run, owner, even_rejected| Around {
            run,
            owner,
            even_rejected,
        };
        let free = Held::read(Some(Held::default().with(
            "web",
            &Document::default(),
            None,
        )));
        let free = free.expect("a document");
        let owned = free.with(
            "web",
            &Document {
                generation: 4,
                ..Document::default()
            },
            Some("o/u"),
        );
        let owned = Held::read(Some(owned)).expect("a document");
        let cases = [
            (
                "never served",
                "Candidate",
                &free,
                around(Some(&ended), None, false),
                Ok(1),
            ),
            (
                "its run is gone",
                "Retired",
                &free,
                around(None, None, false),
                Ok(1),
            ),
            (
                "of another run of that name",
                "Candidate",
                &owned,
                around(None, Some(&ended), false),
                Ok(5),
            ),
            (
                "its run is under way",
                "Candidate",
                &free,
                around(Some(&trains), None, true),
                Err("has not ended"),
            ),
            (
                "another rolls out",
                "Retired",
                &owned,
                around(None, Some(&trains), true),
                Err("TrainingRun o (u) is rolling out"),
            ),
            (
                "kept out",
                "Rejected",
                &free,
                around(Some(&ended), None, false),
                Err("it is Rejected: too bad"),
            ),
            (
                "kept out, and yet",
                "RolledBack",
                &free,
                around(Some(&ended), None, true),
                Ok(1),
            ),
        ];
        for (what, phase, held, around, expected) in cases {
            let next = next(&model(phase), held, &around);
            match (next, expected) {
                (Ok(Some(next)), Ok(generation)) => {
                    assert_eq!(next.generation, generation, "{what}");
                    assert_eq!(next.stable, Some(model(phase).spec.stable()), "{what}");
                }
                (Err(why), Err(words)) => assert!(why.contains(words), "{what}: {why}"),
                (next, expected) => panic!("{what}: {next:?}, not {expected:?}"),
            }
        }
        let serves = Document {
            generation: 7,
            stable: Some(model("Serving").spec.stable()),
            candidate: None,
        };
        let held =
            Held::read(Some(Held::default().with("web", &serves, None))).expect("a document");
        assert_eq!(
            next(&model("Serving"), &held, &around(None, None, false)),
            Ok(None)
        );
    }
}
