//! The ways a run, a prune and a schedule can go: what people and containers do, and what must have become of it.

use crate::{
    kubelet::End,
    model::{all_well, evaluated, exported},
    world::World,
};
use k8s_openapi::api::batch::v1::Job;
use kube::{Api, ResourceExt, api::ListParams};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule,
    conditions::{SUSPENDED, is_true},
    data_retention::RetentionPhase,
    model_version::ModelPhase,
    training_run::{Outcome, Phase, TrainingRunStatus},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// One way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Path {
    Success,
    Manual,
    TooLittle,
    ExportFails,
    TrainerFails,
    Rejected,
    Suspended,
    Prune,
    Scheduled,
}

/// Whether the trainer may end.
#[derive(Clone, Default)]
pub(super) struct Stage(Arc<AtomicBool>);

fn status(run: &TrainingRun) -> TrainingRunStatus {
    run.status.clone().unwrap_or_default()
}

impl Path {
    /// What the containers do.
    pub(super) fn script(
        self,
        stage: &Stage,
    ) -> impl Fn(&str, &[String]) -> End + Send + use<> + 'static {
        let stage = stage.clone();
        move |step, args| match (self, step) {
            (Self::TooLittle, "export") => exported(args, 3),
            (Self::ExportFails, "export") => End::Failure(1, "disk full".into()),
            (Self::TrainerFails, "train") => End::Failure(101, "no gradient".into()),
            (Self::Rejected, "evaluate") => evaluated(args, 0.1, 50),
            (Self::Suspended, "train") if !stage.0.load(Ordering::SeqCst) => End::Running,
            _ => all_well(step, args),
        }
    }

    /// Where a run ends on this way.
    fn phase(self) -> Phase {
        match self {
            Self::TooLittle => Phase::Skipped,
            Self::ExportFails | Self::TrainerFails => Phase::Failed,
            Self::Rejected => Phase::Rejected,
            Self::Success | Self::Manual | Self::Suspended | Self::Prune | Self::Scheduled => {
                Phase::Succeeded
            }
        }
    }

    /// So many writes it takes at least.
    pub(super) fn writes_at_least(self) -> usize {
        match self {
            Self::Prune => 3,
            Self::TooLittle => 4,
            Self::ExportFails => 6,
            Self::Manual => 7,
            Self::Success | Self::TrainerFails => 8,
            Self::Rejected | Self::Suspended | Self::Scheduled => 9,
        }
    }

    /// What people do, until it has come to its end.
    pub(super) async fn play(self, world: &World, stage: &Stage) {
        let spec = match self {
            Self::ExportFails | Self::TrainerFails => json!({"backoffLimit": 1}),
            Self::Rejected => json!({"gate": {"metrics": [{"name": "failure_f1", "min": 0.5}]}}),
            Self::Suspended => json!({"backoffLimit": 0}),
            Self::Manual => json!({"rollout": {"strategy": "Manual"}}),
            _ => json!({}),
        };
        match self {
            Self::Prune => return prune(world).await,
            Self::Scheduled => return scheduled(world).await,
            _ => world.run("first", spec).await,
        };
        if self == Self::Suspended {
            suspend(world, stage).await;
        }
        world.until_phase("first", self.phase()).await;
    }

    /// What must have become of it, however often the operator was killed.
    pub(super) async fn check(self, world: &World, what: &str) {
        let jobs: Api<Job> = world.api();
        let jobs = jobs.list(&ListParams::default()).await.expect("Jobs");
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for job in &jobs {
            *found.entry(&job.labels()["logloop.dev/step"]).or_default() += 1;
        }
        let expected: &[(&str, usize)] = match self {
            Self::TooLittle => &[("export", 1)],
            Self::ExportFails => &[("export", 2)],
            Self::TrainerFails => &[("export", 1), ("train", 2)],
            Self::Rejected => &[("evaluate", 1), ("export", 1), ("train", 1)],
            Self::Success | Self::Manual | Self::Suspended | Self::Scheduled => {
                &[("export", 1), ("train", 1)]
            }
            Self::Prune => &[("prune", 1)],
        };
        let found: Vec<(&str, usize)> = found.into_iter().collect();
        assert_eq!(found, expected, "{what}");
        if self == Self::Prune {
            let retention: DataRetention = world.api().get("once").await.expect("the retention");
            let status = retention.status.expect("a status");
            assert!(
                status.last_result.is_some() && status.plan.is_none(),
                "{what}"
            );
            return;
        }
        let runs: Api<TrainingRun> = world.api();
        let runs = runs.list(&ListParams::default()).await.expect("runs");
        assert_eq!(runs.items.len(), 1, "{what}: {:?}", runs.items);
        self.check_run(&status(&runs.items[0]), world, what).await;
    }

    async fn check_run(self, run: &TrainingRunStatus, world: &World, what: &str) {
        let attempts: usize = match self {
            Self::TooLittle => 1,
            Self::ExportFails | Self::Success | Self::Manual | Self::Scheduled | Self::Prune => 2,
            Self::TrainerFails | Self::Rejected | Self::Suspended => 3,
        };
        assert_eq!(run.steps.len(), attempts, "{what}: {:?}", run.steps);
        if self == Self::Suspended {
            assert_eq!(run.steps[1].outcome, Some(Outcome::Suspended), "{what}");
        }
        let models: Api<ModelVersion> = world.api();
        let models = models.list(&ListParams::default()).await.expect("versions");
        let phases: Vec<Option<ModelPhase>> = models
            .iter()
            .map(|model| model.status.as_ref().and_then(|status| status.phase))
            .collect();
        let document = world.document().await;
        match self.phase() {
            Phase::Succeeded if self == Self::Manual => {
                assert_eq!(phases, [Some(ModelPhase::Candidate)], "{what}");
                assert_eq!(document, None, "{what}");
            }
            Phase::Succeeded => {
                assert_eq!(phases, [Some(ModelPhase::Serving)], "{what}");
                let served = document.expect("a document");
                let version = run.model.as_ref().map(|model| &model.version);
                assert_eq!(served["stable"]["version"], json!(version), "{what}");
                assert_eq!(served["generation"], json!(1), "{what}: one rollout");
            }
            Phase::Rejected => {
                assert_eq!(phases, [Some(ModelPhase::Rejected)], "{what}");
                assert_eq!(document, None, "{what}");
            }
            _ => {
                assert_eq!(phases, [], "{what}");
                assert_eq!(document, None, "{what}");
            }
        }
    }
}

async fn prune(world: &World) {
    let spec = json!({"keep": {"maxAge": "90d"}});
    world
        .create::<DataRetention>(json!({"metadata": {"name": "once"}, "spec": spec}))
        .await;
    world
        .until("once", "done", |retention: &DataRetention| {
            let phase = retention.status.as_ref().and_then(|status| status.phase);
            phase == Some(RetentionPhase::Succeeded)
        })
        .await;
}

async fn scheduled(world: &World) {
    world.analyzer.keep(json!({"interactions": 10}));
    let spec = json!({"trigger": {"newInteractions": 10, "minInterval": "1s"}});
    world
        .create::<TrainingSchedule>(json!({"metadata": {"name": "often"}, "spec": spec}))
        .await;
    world
        .until(
            "often",
            "done with its run",
            |schedule: &TrainingSchedule| {
                let status = schedule.status.clone().unwrap_or_default();
                status.triggered == Some(1) && status.last_successful_time.is_some()
            },
        )
        .await;
}

async fn suspend(world: &World, stage: &Stage) {
    let set = async |suspended: bool| {
        let change: Value = json!({"spec": {"suspend": suspended}});
        world.patch::<TrainingRun>("first", change).await;
    };
    world
        .until("first", "training", |run: &TrainingRun| {
            status(run).steps.len() == 2
        })
        .await;
    set(true).await;
    world
        .until("first", "suspended", |run: &TrainingRun| {
            let now = status(run);
            let message = now.message.unwrap_or_default();
            is_true(&now.conditions, SUSPENDED) && message.starts_with("suspended; set")
        })
        .await;
    stage.0.store(true, Ordering::SeqCst);
    set(false).await;
}
