//! What the loop of one analyzer is doing, for its page. Pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use logloop_operator_api::{
    DataRetention, ModelVersion, TrainingRun, TrainingSchedule,
    conditions::clip,
    training_run::{Phase, Progress, Stable, TrainingRunStatus},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// How many runs, schedules and clean-ups are named, of each. With what follows, a document stays below the 64 KiB that
/// an analyzer takes.
const NAMED_MAX: usize = 10;
/// How much of a message is repeated. Units: bytes.
const MESSAGE_MAX: usize = 1_000;

/// What is known around one analyzer.
pub(super) struct Facts<'a> {
    /// Name of the analyzer.
    pub target: &'a str,
    /// What serves, as the serving document has it.
    pub stable: Option<&'a Stable>,
    /// Claims that its pods mount.
    pub claims: BTreeSet<&'a str>,
    /// Runs, of whatever analyzer.
    pub runs: Vec<&'a TrainingRun>,
    /// Versions, of whatever analyzer.
    pub models: Vec<&'a ModelVersion>,
    /// Schedules, of whatever analyzer.
    pub schedules: Vec<&'a TrainingSchedule>,
    /// Clean-ups, of whatever claim.
    pub retentions: Vec<&'a DataRetention>,
    /// The analyzer of runs that name none.
    pub default_target: Option<&'a str>,
    /// The claim of clean-ups that name none.
    pub default_claim: Option<&'a str>,
}

/// What the loop is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Document<'a> {
    target: &'a str,
    serving: Option<Serving<'a>>,
    candidate: Option<Candidate<'a>>,
    current: Vec<Run<'a>>,
    current_count: usize,
    last: Option<Run<'a>>,
    schedules: Vec<Schedule<'a>>,
    retentions: Vec<Retention<'a>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Serving<'a> {
    version: &'a str,
    digest: &'a str,
    since: Option<&'a Time>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Candidate<'a> {
    version: &'a str,
    run: &'a str,
    phase: &'static str,
    /// Of the ready pods, those that have loaded it; from 0 to 1. None until they are asked.
    share: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Run<'a> {
    name: &'a str,
    phase: &'static str,
    message: &'a str,
    created: Option<&'a Time>,
    since: Option<&'a Time>,
    ended: Option<&'a Time>,
    outcome: Option<&'static str>,
    version: Option<&'a str>,
    examples: Option<i64>,
    percent: Option<i64>,
    eta_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Schedule<'a> {
    name: &'a str,
    phase: &'static str,
    message: &'a str,
    last: Option<&'a Time>,
    next: Option<&'a Time>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Retention<'a> {
    name: &'a str,
    phase: &'static str,
    message: &'a str,
    dry_run: bool,
    last: Option<&'a Time>,
    next: Option<&'a Time>,
}

/// Says it.
pub(super) fn say<'a>(facts: &Facts<'a>) -> Document<'a> {
    let mut ours: Vec<&TrainingRun> = facts
        .runs
        .iter()
        .copied()
        .filter(|run| target_of(run, facts.default_target) == Some(facts.target))
        .collect();
    ours.sort_by_key(|run| (run.metadata.creation_timestamp.clone(), name(&run.metadata)));
    let (ended, current): (Vec<_>, Vec<_>) = ours
        .into_iter()
        .partition(|run| phase(run.status.as_ref()).is_terminal());
    let last = ended
        .into_iter()
        .max_by_key(|run| run.status.as_ref().map(|s| s.completion_time.clone()));
    // The one that came furthest is the one that is being tried.
    let tried = current
        .iter()
        .rev()
        .max_by_key(|run| phase(run.status.as_ref()));
    Document {
        target: facts.target,
        serving: facts.stable.map(|stable| serving(stable, facts)),
        candidate: tried.and_then(|run| candidate(run)),
        current_count: current.len(),
        current: current
            .iter()
            .take(NAMED_MAX)
            .map(|run| of_run(run))
            .collect(),
        last: last.map(of_run),
        schedules: named(&facts.schedules, |schedule| {
            let spec = &schedule.spec.template.spec;
            let target = spec.rollout.target.as_deref().or(facts.default_target);
            (target == Some(facts.target)).then(|| of_schedule(schedule))
        }),
        retentions: named(&facts.retentions, |retention| {
            let claim = retention.spec.claim.as_deref().or(facts.default_claim);
            let here = claim.is_some_and(|claim| facts.claims.contains(claim));
            here.then(|| of_retention(retention))
        }),
    }
}

/// Those that concern the analyzer, in the order of their names.
fn named<'a, K: kube::Resource, T>(all: &[&'a K], of: impl Fn(&'a K) -> Option<T>) -> Vec<T> {
    let mut all = all.to_vec();
    all.sort_by_key(|object| object.meta().name.clone());
    all.into_iter().filter_map(of).take(NAMED_MAX).collect()
}

fn target_of<'a>(run: &'a TrainingRun, default: Option<&'a str>) -> Option<&'a str> {
    let recorded = run.status.as_ref().and_then(|s| s.target.as_deref());
    recorded.or(run.spec.rollout.target.as_deref()).or(default)
}

fn serving<'a>(stable: &'a Stable, facts: &Facts<'a>) -> Serving<'a> {
    let is_it = |model: &&&ModelVersion| {
        model.spec.target == facts.target && model.spec.version == stable.version
    };
    let status = facts
        .models
        .iter()
        .find(is_it)
        .and_then(|m| m.status.as_ref());
    Serving {
        version: &stable.version,
        digest: &stable.digest,
        since: status.and_then(|status| status.serving_since.as_ref()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "pods are few")]
fn candidate(run: &TrainingRun) -> Option<Candidate<'_>> {
    let status = run.status.as_ref()?;
    let rollout = status.rollout.as_ref();
    let share = rollout.and_then(|rollout| {
        let (loaded, ready) = (rollout.loaded?, rollout.ready?);
        (ready > 0).then(|| loaded as f64 / ready as f64)
    });
    Some(Candidate {
        version: &status.model.as_ref()?.version,
        run: name(&run.metadata),
        phase: phase(Some(status)).as_str(),
        share,
    })
}

fn of_run(run: &TrainingRun) -> Run<'_> {
    let status = run.status.as_ref();
    let phase = phase(status);
    let progress: Option<&Progress> = status.and_then(|status| status.progress.as_ref());
    Run {
        name: name(&run.metadata),
        phase: phase.as_str(),
        message: words(status.and_then(|status| status.message.as_deref())),
        created: run.metadata.creation_timestamp.as_ref(),
        since: status.and_then(|status| status.phase_since.as_ref()),
        ended: status.and_then(|status| status.completion_time.as_ref()),
        outcome: phase.is_terminal().then(|| phase.as_str()),
        version: status
            .and_then(|status| status.model.as_ref())
            .map(|model| model.version.as_str()),
        examples: status
            .and_then(|status| status.dataset.as_ref())
            .map(|dataset| dataset.examples),
        percent: progress.map(|progress| progress.percent),
        eta_seconds: progress.and_then(|progress| progress.eta_seconds),
    }
}

fn of_schedule(schedule: &TrainingSchedule) -> Schedule<'_> {
    let status = schedule.status.as_ref();
    Schedule {
        name: name(&schedule.metadata),
        phase: status
            .and_then(|status| status.phase)
            .unwrap_or_default()
            .as_str(),
        message: words(status.and_then(|status| status.message.as_deref())),
        last: status.and_then(|status| status.last_run_time.as_ref()),
        next: status.and_then(|status| status.next_schedule_time.as_ref()),
    }
}

fn of_retention(retention: &DataRetention) -> Retention<'_> {
    let status = retention.status.as_ref();
    Retention {
        name: name(&retention.metadata),
        phase: status
            .and_then(|status| status.phase)
            .unwrap_or_default()
            .as_str(),
        message: words(status.and_then(|status| status.message.as_deref())),
        dry_run: retention.spec.dry_run,
        last: status.and_then(|status| status.last_run_time.as_ref()),
        next: status.and_then(|status| status.next_run_time.as_ref()),
    }
}

fn phase(status: Option<&TrainingRunStatus>) -> Phase {
    status.and_then(|status| status.phase).unwrap_or_default()
}

fn name(meta: &ObjectMeta) -> &str {
    meta.name.as_deref().unwrap_or_default()
}

fn words(message: Option<&str>) -> &str {
    clip(message.unwrap_or_default(), MESSAGE_MAX)
}

#[cfg(test)]
mod tests;
