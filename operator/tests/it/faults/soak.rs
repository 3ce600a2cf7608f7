//! A soak: many runs, a few dozen at once, each of which is gone when it is done. Memory has no slope, and every run came
//! to its end once, with the Jobs it needed and no more.
//!
//! `LOGLOOP_SOAK_RUNS`: how many. `make torture` takes 20,000.

use super::leaders::Process;
use crate::{
    control_plane,
    kubelet::{End, Kubelet, value},
    model::{all_well, evaluated, exported},
    world::World,
};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams},
    runtime::{WatchStreamExt, watcher},
};
use logloop_operator_api::{
    ModelVersion, TrainingRun, model_version::ModelPhase, training_run::Phase,
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// How many runs without a word from outside.
const RUNS: usize = 320;
/// How many there are at once.
const BATCH: usize = 40;
/// How much more memory the last quarter of the runs may take than the second. Units: MiB. With 20,000 runs that is less
/// than half a KiB for each.
const GROWTH_MAX: f64 = 5.0;
/// How long a batch may take.
const WITHIN: Duration = Duration::from_secs(180);

/// Where a run ends, by its number, and how many Jobs that takes.
const ENDS: [(&str, Phase, usize); 3] = [
    ("few", Phase::Skipped, 1),
    ("crash", Phase::Failed, 2),
    ("bad", Phase::Rejected, 3),
];

/// The first of each batch goes into service.
fn plan(number: usize) -> (&'static str, Phase, usize) {
    if number.is_multiple_of(BATCH) {
        ("good", Phase::Succeeded, 2)
    } else {
        ENDS[number % ENDS.len()]
    }
}

fn script(step: &str, args: &[String]) -> End {
    let name = value(args, "--dataset");
    match step {
        "export" if name.starts_with("few") => exported(args, 3),
        "train" if name.starts_with("crash") => End::Failure(101, "no gradient".into()),
        "evaluate" if name.starts_with("bad") => evaluated(args, 0.1, 50),
        _ => all_well(step, args),
    }
}

/// The phases that each run was seen to end in.
type Ends = Arc<Mutex<BTreeMap<String, BTreeSet<Phase>>>>;

fn look_on(world: &World) -> (Ends, tokio::task::JoinHandle<()>) {
    let ends = Ends::default();
    let seen = ends.clone();
    let runs: Api<TrainingRun> = world.api();
    let looking = tokio::spawn(async move {
        let events = watcher(runs, watcher::Config::default()).default_backoff();
        let mut events = Box::pin(events.applied_objects());
        while let Some(event) = events.next().await {
            let Ok(run) = event else { continue };
            let phase = run.status.as_ref().and_then(|status| status.phase);
            if let Some(phase) = phase.filter(|phase| phase.is_terminal()) {
                let mut seen = seen.lock().expect("nobody panics with it");
                seen.entry(run.name_any()).or_default().insert(phase);
            }
        }
    });
    (ends, looking)
}

async fn batch(world: &World, numbers: std::ops::Range<usize>) {
    let gate = json!({"metrics": [{"name": "failure_f1", "min": 0.5}]});
    stream::iter(numbers.clone())
        .map(|number| {
            let (kind, _, _) = plan(number);
            let mut spec = json!({"backoffLimit": 0, "ttlSecondsAfterFinished": 1, "source": {"skipUnchanged": false}});
            if kind == "bad" {
                spec["gate"] = gate.clone();
            }
            async move { world.run(&format!("{kind}-{number}"), spec).await }
        })
        .buffer_unordered(8)
        .collect::<Vec<_>>()
        .await;
    let runs: Api<TrainingRun> = world.api();
    let began = Instant::now();
    loop {
        let left = runs.list(&ListParams::default()).await.expect("runs").items;
        if left.is_empty() {
            break;
        }
        let first = left.first().map(|run| (run.name_any(), run.status.clone()));
        assert!(
            began.elapsed() < WITHIN,
            "{} are left, {first:?}",
            left.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let expected: usize = numbers.map(|number| plan(number).2).sum();
    assert_eq!(world.jobs().await.len(), expected, "Jobs of one batch");
    clear(world).await;
}

/// What a garbage collector and people would remove.
async fn clear(world: &World) {
    let (all, now) = (
        ListParams::default(),
        DeleteParams::background().grace_period(0),
    );
    let jobs: Api<Job> = world.api();
    jobs.delete_collection(&now, &all).await.expect("Jobs go");
    let pods: Api<Pod> = world.api();
    let of_jobs = ListParams::default().labels("logloop.dev/step");
    pods.delete_collection(&now, &of_jobs)
        .await
        .expect("pods go");
    let models: Api<ModelVersion> = world.api();
    let list = models.list(&all).await.expect("versions");
    let over = list.into_iter().filter(|model| {
        let phase = model.status.as_ref().and_then(|status| status.phase);
        matches!(phase, Some(ModelPhase::Rejected | ModelPhase::Retired))
    });
    stream::iter(over.map(Ok))
        .try_for_each_concurrent(8, |model| {
            let models = &models;
            async move {
                models
                    .delete(&model.name_any(), &DeleteParams::default())
                    .await
                    .map(|_| ())
            }
        })
        .await
        .expect("versions go");
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_runs_leave_nothing_behind_and_each_ends_once() {
    let asked = std::env::var("LOGLOOP_SOAK_RUNS").ok();
    let runs = asked.map_or(RUNS, |text| {
        text.parse().expect("LOGLOOP_SOAK_RUNS is a number")
    });
    let batches = runs.div_ceil(BATCH).max(4);
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let dir = tempfile::tempdir().expect("a folder");
    let operator = Process::start(&world, &control_plane::kubeconfig().await, dir.path());
    let (ends, looking) = look_on(&world);
    let kubelet = Kubelet::start(&world, script);
    let mut memory = Vec::new();
    for number in 0..batches {
        batch(&world, number * BATCH..(number + 1) * BATCH).await;
        memory.push(operator.memory());
        if number.is_multiple_of(25) {
            println!("{} runs, {:.1} MiB", (number + 1) * BATCH, memory[number]);
        }
    }
    drop(kubelet);
    looking.abort();
    let quarter = batches / 4;
    let (second, last) = (
        mean(&memory[quarter..2 * quarter]),
        mean(&memory[batches - quarter..]),
    );
    println!(
        "{} runs: {second:.1} MiB in the second quarter, {last:.1} in the last",
        batches * BATCH
    );
    assert!(
        last - second <= GROWTH_MAX,
        "memory grows: {memory:.1?} MiB"
    );
    let ends = ends.lock().expect("nobody panics with it");
    assert_eq!(ends.len(), batches * BATCH);
    for number in 0..batches * BATCH {
        let (kind, phase, _) = plan(number);
        let name = format!("{kind}-{number}");
        assert_eq!(ends.get(&name), Some(&BTreeSet::from([phase])), "{name}");
    }
}
