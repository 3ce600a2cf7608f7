//! Figures for Prometheus. Labels are static words, never names of objects.

use crate::skew::Skew;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

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

/// Objects of a kind in a phase.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct InPhase {
    kind: &'static str,
    phase: &'static str,
}

/// A definition, and what differs: `missing` in the cluster, or `unknown` to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Differs {
    kind: String,
    places: &'static str,
}

/// What the operator counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: Family<Reconcile, Counter>,
    errors: Family<Failure, Counter>,
    jobs: Family<Step, Counter>,
    phases: Family<InPhase, Gauge>,
    skews: Family<Differs, Gauge>,
}

/// Which step a Job is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Step {
    step: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("logloop_operator");
        let reconciles = Family::default();
        let errors = Family::default();
        let jobs = Family::default();
        let phases = Family::default();
        let skews = Family::default();
        registry.register(
            "reconciles",
            "Reconciles, by controller",
            reconciles.clone(),
        );
        registry.register(
            "errors",
            "Failed reconciles, by controller and category",
            errors.clone(),
        );
        registry.register("jobs_created", "Jobs created, by step", jobs.clone());
        registry.register("objects", "Objects, by kind and phase", phases.clone());
        registry.register(
            "crd_skew",
            "Fields and values in which a definition of the cluster differs from the operator's",
            skews.clone(),
        );
        Self {
            registry,
            reconciles,
            errors,
            jobs,
            phases,
            skews,
        }
    }
}

impl Metrics {
    /// A reconcile has begun.
    pub fn reconcile(&self, controller: &'static str) {
        self.reconciles
            .get_or_create(&Reconcile { controller })
            .inc();
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

    /// So many objects of a kind are in a phase.
    pub fn objects(&self, kind: &'static str, phase: &'static str, count: usize) {
        self.phases
            .get_or_create(&InPhase { kind, phase })
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How a definition of the cluster differs from the operator's.
    pub fn skew(&self, skew: &Skew) {
        for (places, found) in [("missing", &skew.missing), ("unknown", &skew.unknown)] {
            self.skews
                .get_or_create(&Differs {
                    kind: skew.kind.clone(),
                    places,
                })
                .set(i64::try_from(found.len()).unwrap_or(i64::MAX));
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
