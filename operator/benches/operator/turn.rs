//! One turn: so many runs at once, by the client or by the operator.

use crate::{
    floor::{self, Rollout},
    observe::{Observer, Times},
    plane::Plane,
    process::Operator,
    requests::{self, Counts},
};
use clap::{Args as _, Command, FromArgMatches as _};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, api::PostParams};
use logloop_operator::{
    rollout::document::{Document, Held},
    settings::Settings,
};
use logloop_operator_api::TrainingRun;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt,
    time::{Duration, Instant},
};

/// How long a turn may take for each run, and at least.
const PER_RUN: Duration = Duration::from_millis(600);
/// At least so long.
const AT_LEAST: Duration = Duration::from_secs(120);
/// How long the control plane may work on after the last run: the same for both.
const AFTERWARDS: Duration = Duration::from_secs(4);
/// How long an operator is left alone before it is taken for idle.
const IDLE: Duration = Duration::from_secs(5);

/// What was measured.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// How many runs.
    pub(crate) size: usize,
    /// From the first object's creation until the last run was done and its second Job complete.
    pub(crate) seconds: f64,
    /// Requests to the API server of all programs.
    pub(crate) requests: Counts,
    /// Job 1 complete → Job 2 created, for each run. Units: milliseconds; below zero: before.
    pub(crate) after_complete: Vec<f64>,
    /// Pod 1 ended → Job 2 created, for each run. Units: milliseconds.
    pub(crate) after_pod: Vec<f64>,
    /// How often the statuses of runs changed while they were rolling out.
    pub(crate) changes_of_rollouts: u32,
    /// Processor time of the operator for each run. Units: milliseconds.
    pub(crate) cpu_ms: f64,
    /// How often the operator looked at any object, for each run.
    pub(crate) reconciles: f64,
    /// Resident memory of the operator, idle and afterwards. Units: MiB.
    pub(crate) memory: (f64, f64),
}

impl Turn {
    /// Runs a second.
    pub(crate) fn rate(&self) -> f64 {
        self.size as f64 / self.seconds
    }

    /// Requests of a run.
    pub(crate) fn requests_per_run(&self) -> f64 {
        let all = self.requests.iter();
        let counted = all.filter(|(what, _)| !what.contains(requests::EVENTS));
        counted.map(|(_, count)| count).sum::<f64>() / self.size as f64
    }

    /// Requests of a run that have to do with its rollout: the serving document, and what the run says of it.
    pub(crate) fn rollout_per_run(&self) -> f64 {
        let all = self.requests.iter();
        let documents = all.filter(|(what, _)| what.contains("configmaps"));
        let documents: f64 = documents.map(|(_, count)| count).sum();
        (documents + f64::from(self.changes_of_rollouts)) / self.size as f64
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} runs/s, {:.1} requests a run, Job 1 complete to Job 2 {:.0} ms, pod 1 ended to Job 2 {:.0} ms",
            self.rate(),
            self.requests_per_run(),
            median(&self.after_complete),
            median(&self.after_pod)
        )?;
        if self.cpu_ms > 0.0 {
            let (idle, after) = self.memory;
            write!(
                f,
                ", {:.1} ms of CPU and {:.1} reconciles a run, {idle:.1} → {after:.1} MiB",
                self.cpu_ms, self.reconciles
            )?;
        }
        Ok(())
    }
}

/// The median.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn within(size: usize) -> Duration {
    AT_LEAST.max(PER_RUN * u32::try_from(size).unwrap_or(u32::MAX))
}

/// The operator's settings, for the same Jobs.
fn settings(namespace: &str) -> anyhow::Result<Settings> {
    let command = Settings::augment_args(Command::new("operator"));
    let matches = command.try_get_matches_from([
        "operator",
        "--namespace",
        namespace,
        "--analyzer-image=analyzer:bench",
        "--trainer-image=trainer:bench",
    ])?;
    Ok(Settings::from_arg_matches(&matches)?)
}

/// The client's turn.
pub(crate) async fn floor(plane: &Plane, size: usize) -> anyhow::Result<Turn> {
    let namespace = plane.namespace().await?;
    let settings = settings(&namespace)?;
    let observer = Observer::start(&plane.client, &namespace);
    let before = requests::so_far(&plane.client).await?;
    let began = Instant::now();
    floor::client(&plane.client, &namespace, &settings, size).await?;
    let times = observer
        .until(size, within(size), |times| times.second_complete.is_some())
        .await?;
    let requests = after(plane, &before).await?;
    Ok(turn(size, began, &times, requests))
}

/// The operator's turn. A run is done when its version is published, and only its rollout is left if it has one.
pub(crate) async fn operator(plane: &Plane, size: usize, rollout: Rollout) -> anyhow::Result<Turn> {
    let namespace = plane.namespace().await?;
    let operator = Operator::start(plane, &namespace, 0)?;
    operator.ready().await?;
    tokio::time::sleep(IDLE).await;
    if rollout == Rollout::With {
        let documents: Api<ConfigMap> = Api::namespaced(plane.client.clone(), &namespace);
        at_once(&documents, size, document).await?;
        tokio::time::sleep(IDLE).await;
    }
    let looked = operator.reconciles().await;
    let idle = (operator.cpu_ms()?, operator.rss_mib()?);
    let observer = Observer::start(&plane.client, &namespace);
    let runs: Api<TrainingRun> = Api::namespaced(plane.client.clone(), &namespace);
    let before = requests::so_far(&plane.client).await?;
    let began = Instant::now();
    at_once(&runs, size, |number| floor::run(number, rollout)).await?;
    let times = observer
        .until(size, within(size), |times| {
            times.run_done.is_some() && times.second_complete.is_some()
        })
        .await?;
    let requests = after(plane, &before).await?;
    let mut turn = turn(size, began, &times, requests);
    turn.changes_of_rollouts = observer.changes_of_rollouts();
    turn.cpu_ms = (operator.cpu_ms()? - idle.0) / size as f64;
    turn.reconciles = (operator.reconciles().await - looked) / size as f64;
    turn.memory = (idle.1, operator.rss_mib()?);
    Ok(turn)
}

/// Creates so many objects.
async fn at_once<K>(api: &Api<K>, size: usize, make: impl Fn(usize) -> K) -> anyhow::Result<()>
where
    K: Clone + std::fmt::Debug + DeserializeOwned + Serialize,
{
    let params = PostParams::default();
    let create = async |number| api.create(&params, &make(number)).await.map(|_| ());
    stream::iter(0..size)
        .map(create)
        .buffer_unordered(floor::AT_ONCE)
        .try_collect::<()>()
        .await?;
    Ok(())
}

/// The serving document of the analyzer with this number, as rollouts before have left it.
fn document(number: usize) -> ConfigMap {
    let target = format!("web-{number}");
    let held = Held::default();
    let document = Document {
        generation: 1,
        ..Document::default()
    };
    held.with(&target, &document, None)
}

async fn after(plane: &Plane, before: &Counts) -> anyhow::Result<Counts> {
    tokio::time::sleep(AFTERWARDS).await;
    Ok(requests::between(
        before,
        &requests::so_far(&plane.client).await?,
    ))
}

fn turn(size: usize, began: Instant, times: &[Times], requests: Counts) -> Turn {
    let last = times
        .iter()
        .flat_map(|times| [times.second_complete, times.run_done]);
    let last = last.flatten().max().unwrap_or(began);
    let since = |moment: fn(&Times) -> Option<Instant>| {
        let differences = times.iter().filter_map(|times| {
            let (from, to) = (moment(times)?, times.second_created?);
            let later = to.saturating_duration_since(from).as_secs_f64();
            let sooner = from.saturating_duration_since(to).as_secs_f64();
            Some((later - sooner) * 1_000.0)
        });
        differences.collect::<Vec<f64>>()
    };
    Turn {
        size,
        seconds: last.duration_since(began).as_secs_f64(),
        requests,
        after_complete: since(|times| times.first_complete),
        after_pod: since(|times| times.first_pod_ended),
        changes_of_rollouts: 0,
        cpu_ms: 0.0,
        reconciles: 0.0,
        memory: (0.0, 0.0),
    }
}
