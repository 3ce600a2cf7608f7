//! Figures for Prometheus. Labels are static words, never names of objects.

mod requests;
mod runs;

use crate::skew::Skew;
use jiff::Timestamp;
use kube::Client;
use logloop_operator_api::{TrainingRun, training_run::TrainingRunStatus};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use requests::Requests;
use std::time::{Duration, Instant};

/// Which controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reconcile {
    controller: &'static str,
}

/// Which controller, and what went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Failure {
    controller: &'static str,
    category: &'static str,
}

/// Which controller, and what it decided on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Decided {
    controller: &'static str,
    decision: &'static str,
}

/// Objects of a kind in a phase.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct InPhase {
    kind: &'static str,
    phase: &'static str,
}

/// Which step a Job is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Step {
    step: &'static str,
}

/// A phase of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Left {
    phase: &'static str,
}

/// A watch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Watch {
    watch: &'static str,
}

/// A definition, and what differs: `missing` in the cluster, or `unknown` to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Differs {
    kind: String,
    places: &'static str,
}

/// Makes histograms of what takes from milliseconds to seconds.
#[derive(Clone, Debug, Default)]
struct Short;

impl MetricConstructor<Histogram> for Short {
    fn new_metric(&self) -> Histogram {
        // 1 ms to 33 s.
        Histogram::new(exponential_buckets(0.001, 2.0, 16))
    }
}

/// Makes histograms of what takes from seconds to days.
#[derive(Clone, Debug, Default)]
struct Long;

impl MetricConstructor<Histogram> for Long {
    fn new_metric(&self) -> Histogram {
        // 1 s to 12 days.
        Histogram::new(exponential_buckets(1.0, 4.0, 11))
    }
}

/// What the operator counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: Family<Reconcile, Counter>,
    in_flight: Family<Reconcile, Gauge>,
    reconcile_seconds: Family<Reconcile, Histogram, Short>,
    decisions: Family<Decided, Counter>,
    errors: Family<Failure, Counter>,
    jobs: Family<Step, Counter>,
    phases: Family<InPhase, Gauge>,
    phase_seconds: Family<Left, Histogram, Long>,
    queue_seconds: Histogram,
    watches: Family<Watch, Gauge>,
    leads: Gauge,
    skews: Family<Differs, Gauge>,
    requests: Requests,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("logloop_operator");
        let requests = Requests::register(&mut registry);
        let this = Self {
            registry: Registry::default(),
            reconciles: Family::default(),
            in_flight: Family::default(),
            reconcile_seconds: Family::new_with_constructor(Short),
            decisions: Family::default(),
            errors: Family::default(),
            jobs: Family::default(),
            phases: Family::default(),
            phase_seconds: Family::new_with_constructor(Long),
            queue_seconds: Long.new_metric(),
            watches: Family::default(),
            leads: Gauge::default(),
            skews: Family::default(),
            requests,
        };
        let r = &mut registry;
        let text = "Reconciles, by controller";
        r.register("reconciles", text, this.reconciles.clone());
        let text = "Reconciles under way, by controller";
        r.register("reconciles_in_flight", text, this.in_flight.clone());
        let text = "Seconds of a reconcile, by controller";
        r.register("reconcile_seconds", text, this.reconcile_seconds.clone());
        let text = "What was decided on, by controller; wait is nothing but to look again";
        r.register("decisions", text, this.decisions.clone());
        let text = "Failed reconciles, by controller and category";
        r.register("errors", text, this.errors.clone());
        let text = "Jobs created, by step";
        r.register("jobs_created", text, this.jobs.clone());
        let text = "Objects, by kind and phase";
        r.register("objects", text, this.phases.clone());
        let text = "Seconds that runs were in a phase, when they left it; suspended and queued time is left out";
        r.register("phase_seconds", text, this.phase_seconds.clone());
        let text = "Seconds from the creation of a run to that of its first Job";
        r.register("queue_seconds", text, this.queue_seconds.clone());
        let text =
            "Seconds since the last sign of life of a watch; those of one that stands by rest";
        r.register("watch_age_seconds", text, this.watches.clone());
        let text = "1 while this process leads";
        r.register("leader", text, this.leads.clone());
        let text =
            "Fields and values in which a definition of the cluster differs from the operator's";
        r.register("crd_skew", text, this.skews.clone());
        Self { registry, ..this }
    }
}

impl Metrics {
    /// A client whose requests are counted here.
    pub fn counted(&self, client: Client) -> Client {
        self.requests.counted(client)
    }

    /// A reconcile has begun; it ends when what this gives goes.
    #[must_use = "the reconcile ends when this goes"]
    pub fn reconcile(&self, controller: &'static str) -> UnderWay {
        let labels = Reconcile { controller };
        self.reconciles.get_or_create(&labels).inc();
        let in_flight = self.in_flight.get_or_create(&labels).clone();
        in_flight.inc();
        UnderWay {
            in_flight,
            seconds: self.reconcile_seconds.get_or_create(&labels).clone(),
            began: Instant::now(),
        }
    }

    /// What a plan has decided on: its effects; `wait` if there are none and the status stays.
    pub fn decided(
        &self,
        controller: &'static str,
        effects: impl IntoIterator<Item = &'static str>,
        changes_status: bool,
    ) {
        let count = |decision| {
            let labels = Decided {
                controller,
                decision,
            };
            self.decisions.get_or_create(&labels).inc();
        };
        let mut waits = !changes_status;
        for effect in effects {
            count(effect);
            waits = false;
        }
        if changes_status {
            count("change_status");
        }
        if waits {
            count("wait");
        }
    }

    /// A reconcile has failed.
    pub fn error(&self, controller: &'static str, category: &'static str) {
        self.errors
            .get_or_create(&Failure {
                controller,
                category,
            })
            .inc();
    }

    /// A Job was created.
    pub fn job(&self, step: &'static str) {
        self.jobs.get_or_create(&Step { step }).inc();
    }

    /// A run has this status now.
    pub fn run(&self, run: &TrainingRun, after: &TrainingRunStatus, now: Timestamp) {
        if let Some((phase, seconds)) = runs::left(run.status.as_ref(), after, now) {
            let phase = phase.as_str();
            self.phase_seconds
                .get_or_create(&Left { phase })
                .observe(seconds);
        }
        if let Some(seconds) = runs::queued(run, after) {
            self.queue_seconds.observe(seconds);
        }
    }

    /// So many objects of a kind are in a phase.
    pub fn objects(&self, kind: &'static str, phase: &'static str, count: usize) {
        self.phases
            .get_or_create(&InPhase { kind, phase })
            .set(number(count));
    }

    /// So long ago a watch gave a sign of life.
    pub fn watch(&self, watch: &'static str, age: Duration) {
        self.watches
            .get_or_create(&Watch { watch })
            .set(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
    }

    /// Whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.leads.set(leads.into());
    }

    /// How a definition of the cluster differs from the operator's.
    pub fn skew(&self, skew: &Skew) {
        for (places, found) in [("missing", &skew.missing), ("unknown", &skew.unknown)] {
            self.skews
                .get_or_create(&Differs {
                    kind: skew.kind.clone(),
                    places,
                })
                .set(number(found.len()));
        }
    }

    /// All of it, in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "cannot write the metrics");
        }
        text
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A reconcile that is under way.
#[derive(Debug)]
pub struct UnderWay {
    in_flight: Gauge,
    seconds: Histogram,
    began: Instant,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.in_flight.dec();
        self.seconds.observe(self.began.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_effects_a_changed_status_or_to_wait() {
        let metrics = Metrics::default();
        metrics.decided("a", [], false);
        metrics.decided("a", [], true);
        metrics.decided("a", ["create_job", "push"], false);
        metrics.decided("a", ["create_job"], true);
        let text = metrics.text();
        for (decision, count) in [
            ("wait", 1),
            ("change_status", 2),
            ("create_job", 2),
            ("push", 1),
        ] {
            let line = format!(
                "logloop_operator_decisions_total{{controller=\"a\",decision=\"{decision}\"}} {count}\n"
            );
            assert!(text.contains(&line), "{line} is not in {text}");
        }
    }

    #[test]
    fn a_reconcile_is_in_flight_until_it_ends_however_it_ends() {
        let metrics = Metrics::default();
        let one = metrics.reconcile("a");
        let two = metrics.reconcile("a");
        let in_flight = |count: i32| {
            let line =
                format!("logloop_operator_reconciles_in_flight{{controller=\"a\"}} {count}\n");
            assert!(metrics.text().contains(&line), "{}", metrics.text());
        };
        in_flight(2);
        drop(one);
        in_flight(1);
        drop(two);
        in_flight(0);
        let counted = "logloop_operator_reconcile_seconds_count{controller=\"a\"} 2\n";
        assert!(metrics.text().contains(counted), "{}", metrics.text());
    }
}
