//! How long nobody acts when the leader stops, or is killed.

use crate::{plane::Plane, process::Operator};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use logloop_operator_api::TrainingRun;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long a successor may take.
const WITHIN: Duration = Duration::from_secs(60);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// How long a new candidate is left to itself before the leader goes.
const SETTLE: Duration = Duration::from_secs(3);

/// Times until another leads. Units: seconds.
#[derive(Debug, Default)]
pub(crate) struct Handovers {
    /// The leader was asked to stop.
    pub(crate) planned: Vec<f64>,
    /// The leader was killed.
    pub(crate) killed: Vec<f64>,
}

/// Measures so many of each kind.
pub(crate) async fn measure(plane: &Plane, count: usize) -> anyhow::Result<Handovers> {
    let namespace = plane.namespace().await?;
    let mut handovers = Handovers::default();
    let mut number = 1;
    let mut leader = Operator::start(plane, &namespace, number)?;
    acts(plane, &namespace).await?;
    for round in 0..2 * count {
        number += 1;
        let next = Operator::start(plane, &namespace, number)?;
        next.ready().await?;
        // Killed at different moments between two renewals.
        tokio::time::sleep(SETTLE + Duration::from_millis(900) * u32::try_from(round)?).await;
        let began = Instant::now();
        let planned = round % 2 == 0;
        let stopping = if planned {
            leader.terminate()?;
            Some(leader)
        } else {
            drop(leader);
            None
        };
        leads(plane, &namespace, &format!("operator-{number}")).await?;
        acts(plane, &namespace).await?;
        let taken = began.elapsed().as_secs_f64();
        let how = if planned { "planned" } else { "after a kill" };
        println!("hand-over, {how}: {taken:.2} s");
        match stopping {
            Some(old) => {
                handovers.planned.push(taken);
                old.ended().await?;
            }
            None => handovers.killed.push(taken),
        }
        leader = next;
    }
    Ok(handovers)
}

async fn leads(plane: &Plane, namespace: &str, identity: &str) -> anyhow::Result<()> {
    let leases: Api<Lease> = Api::namespaced(plane.client.clone(), namespace);
    let began = Instant::now();
    loop {
        let lease = leases.get_opt("logloop-operator").await?;
        let holder = lease.and_then(|lease| lease.spec?.holder_identity);
        if holder.as_deref() == Some(identity) {
            return Ok(());
        }
        anyhow::ensure!(
            began.elapsed() < WITHIN,
            "{identity} does not lead, {holder:?} does"
        );
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until an operator decides on a run that is created now.
pub(crate) async fn acts(plane: &Plane, namespace: &str) -> anyhow::Result<()> {
    let runs: Api<TrainingRun> = Api::namespaced(plane.client.clone(), namespace);
    let run: TrainingRun = serde_json::from_value(
        json!({"apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun",
        "metadata": {"name": "probe"}, "spec": {"source": {"claim": "missing"}}}),
    )?;
    runs.create(&PostParams::default(), &run).await?;
    let began = Instant::now();
    loop {
        let run = runs.get("probe").await?;
        if run.status.and_then(|status| status.phase).is_some() {
            break;
        }
        anyhow::ensure!(began.elapsed() < WITHIN, "nobody decides on a run");
        tokio::time::sleep(LOOK).await;
    }
    runs.delete("probe", &DeleteParams::background()).await?;
    Ok(())
}
