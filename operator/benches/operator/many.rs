//! How soon an operator is at work again where much has been done before.

use crate::{
    floor::{AT_ONCE, Rollout},
    leaders,
    plane::Plane,
    process::Operator,
};
use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api,
    api::{Patch, PatchParams, PostParams},
};
use logloop_operator_api::{ModelVersion, TrainingRun, names, training_run::Strategy};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often it is started.
const STARTS: usize = 3;
/// How long it works on what it finds before its processor time is read.
const SETTLE: Duration = Duration::from_secs(10);

/// What was measured of each start.
#[derive(Debug)]
pub(crate) struct Start {
    /// Until `/readyz` answers. Units: seconds.
    pub(crate) ready: f64,
    /// Until it has decided on a run that was created just before. Units: seconds.
    pub(crate) acts: f64,
    /// Processor time in the first ten seconds after that. Units: milliseconds.
    pub(crate) cpu_ms: f64,
    /// Resident memory then. Units: MiB.
    pub(crate) mib: f64,
}

/// Half of the objects are runs that succeeded, half the versions they published, which have retired.
pub(crate) async fn measure(plane: &Plane, objects: usize) -> anyhow::Result<Vec<Start>> {
    let namespace = plane.namespace().await?;
    let began = Instant::now();
    stream::iter(0..objects / 2)
        .map(|number| finished(plane, &namespace, number))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    println!(
        "{objects} finished objects created in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let operator = Operator::start(plane, &namespace, 0)?;
        let ready = async {
            operator.ready().await?;
            anyhow::Ok(began.elapsed().as_secs_f64())
        };
        let acts = async {
            leaders::acts(plane, &namespace).await?;
            anyhow::Ok(began.elapsed().as_secs_f64())
        };
        let (ready, acts) = tokio::try_join!(ready, acts)?;
        tokio::time::sleep(SETTLE).await;
        let (cpu_ms, mib) = (operator.cpu_ms()?, operator.rss_mib()?);
        println!(
            "start beside {objects} objects: ready {ready:.2} s, acts {acts:.2} s, {cpu_ms:.0} ms of CPU, {mib:.0} MiB"
        );
        starts.push(Start {
            ready,
            acts,
            cpu_ms,
            mib,
        });
        operator.terminate()?;
        operator.ended().await?;
    }
    Ok(starts)
}

async fn finished(plane: &Plane, namespace: &str, number: usize) -> anyhow::Result<()> {
    let runs: Api<TrainingRun> = Api::namespaced(plane.client.clone(), namespace);
    let models: Api<ModelVersion> = Api::namespaced(plane.client.clone(), namespace);
    let mut run = crate::floor::run(number, Rollout::Without);
    run.spec.rollout.strategy = Strategy::Immediate;
    let run = runs.create(&PostParams::default(), &run).await?;
    let (name, uid) = (
        format!("run-{number}"),
        run.metadata.uid.unwrap_or_default(),
    );
    let version = names::artifact(&name, &uid);
    let digest = format!("sha256:{number:064x}");
    let now = "2026-01-01T00:00:00Z";
    let step = |step: &str| {
        json!({"step": step, "attempt": 1, "jobName": format!("{version}-{step}-1"), "jobUid": uid, "started": now,
            "finished": now, "outcome": "Succeeded", "digest": digest, "message": step, "exitCode": 0})
    };
    let condition = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": "Serving", "message": "as it should be",
            "lastTransitionTime": now, "observedGeneration": 1})
    };
    let conditions: Vec<Value> = [
        "DatasetReady",
        "ModelPublished",
        "Serving",
        "Finished",
        "Complete",
    ]
    .map(condition)
    .into();
    let status = json!({"phase": "Succeeded", "phaseSince": now, "startTime": now, "completionTime": now,
        "observedGeneration": 1, "claim": "data", "target": "web", "message": "serves",
        "steps": [step("export"), step("train")], "conditions": conditions,
        "dataset": {"id": version, "digest": digest, "examples": 120, "failures": 40, "corrections": 3, "heldOut": 2},
        "model": {"version": version, "digest": digest, "metrics": {}}});
    let params = PatchParams::default();
    runs.patch_status(&name, &params, &Patch::Merge(json!({"status": status})))
        .await?;
    let model = json!({"apiVersion": "logloop.dev/v1alpha1", "kind": "ModelVersion", "metadata": {"name": version},
        "spec": {"run": name, "runUid": uid, "target": "web", "digest": digest, "version": version,
            "claim": "data", "datasetId": version, "datasetDigest": digest, "metrics": {}}});
    models
        .patch(
            &version,
            &PatchParams::apply("bench"),
            &Patch::Apply(&model),
        )
        .await?;
    let status = json!({"status": {"phase": "Retired", "observedGeneration": 1, "message": "another version took its place"}});
    models
        .patch_status(&version, &params, &Patch::Merge(status))
        .await?;
    Ok(())
}
