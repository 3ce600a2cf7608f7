//! Figures for Prometheus.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The route's pattern, not the path.
    pub route: String,
    /// Status code.
    pub status: u16,
}

/// Labels of a model version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct VersionLabels {
    /// Version that answered.
    pub model_version: String,
}

/// All figures of the service.
pub struct Metrics {
    registry: Registry,
    /// Requests by route and status.
    pub requests: Family<RequestLabels, Counter>,
    /// Analyses by the version that answered.
    pub analyses: Family<VersionLabels, Counter>,
    /// Seconds of an analysis without storing it.
    pub analyze_seconds: Histogram,
    /// Seconds until an interaction was on disk.
    pub store_seconds: Histogram,
    /// Interactions that could not be stored.
    pub store_errors: Counter,
    /// Bytes of logs analyzed.
    pub log_bytes: Counter,
    /// Generation of the serving document in force.
    pub serving_generation: Gauge<f64, AtomicU64>,
    /// 1 while the token file cannot be read, and what it said before goes on.
    pub tokens_stale: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.0005, 2.0, 18));
        let mut metrics = Self {
            registry: Registry::with_prefix("logloop_analyzer"),
            requests: Family::default(),
            analyses: Family::default(),
            analyze_seconds: seconds(),
            store_seconds: seconds(),
            store_errors: Counter::default(),
            log_bytes: Counter::default(),
            serving_generation: Gauge::default(),
            tokens_stale: Gauge::default(),
        };
        let r = &mut metrics.registry;
        r.register(
            "requests",
            "Requests by route and status",
            metrics.requests.clone(),
        );
        r.register(
            "analyses",
            "Analyses by the version that answered",
            metrics.analyses.clone(),
        );
        r.register(
            "analyze_seconds",
            "Time of an analysis",
            metrics.analyze_seconds.clone(),
        );
        r.register(
            "store_seconds",
            "Time until an interaction was on disk",
            metrics.store_seconds.clone(),
        );
        r.register(
            "store_errors",
            "Interactions that could not be stored",
            metrics.store_errors.clone(),
        );
        r.register(
            "log_bytes",
            "Bytes of logs analyzed",
            metrics.log_bytes.clone(),
        );
        r.register(
            "serving_generation",
            "Generation of the serving document",
            metrics.serving_generation.clone(),
        );
        r.register(
            "tokens_stale",
            "1 while the token file is not usable",
            metrics.tokens_stale.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// The figures in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a string cannot fail");
        text
    }
}
