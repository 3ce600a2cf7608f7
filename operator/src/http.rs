//! `/healthz`, `/readyz` and `/metrics`.

use crate::{context::Context, heard::Pulse, leader::Leadership, skew::Definitions};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use logloop_operator_api::{
    data_retention::RetentionPhase, model_version::ModelPhase, training_run::Phase,
    training_schedule::SchedulePhase,
};
use std::sync::Arc;

/// A watch that has given no sign of life for so many looks at it is taken for dead: with the default pace after a
/// quarter of an hour. The API server ends each watch within five minutes, after which it begins anew.
pub const LOOKS_MAX: u32 = 15;

/// What the routes tell of.
#[derive(Clone)]
pub struct Health {
    /// The watches.
    pub pulses: Arc<Vec<(&'static str, Pulse)>>,
    /// Whether this process may write.
    pub leadership: Leadership,
    /// Everything else; there once the stores are made.
    pub context: Arc<Context>,
    /// How the cluster's definitions differ.
    pub definitions: Definitions,
}

/// The routes.
pub fn app(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

/// Alive while the watches are. One that waits for the lease has none, and is alive.
async fn healthz(State(health): State<Health>) -> (StatusCode, String) {
    if health.leadership.check().is_err() {
        return (StatusCode::OK, "ok: another one leads\n".into());
    }
    let longest = health.context.settings.pace.probe * LOOKS_MAX;
    let dead = health
        .pulses
        .iter()
        .find(|(_, pulse)| pulse.age() > longest);
    match dead {
        Some((kind, pulse)) => {
            let text = format!(
                "no sign of life from the watch of {kind} for {} seconds\n",
                pulse.age().as_secs()
            );
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
        None => (StatusCode::OK, "ok\n".into()),
    }
}

/// Ready to lead or to take over, and whether the cluster's definitions are those of this operator.
async fn readyz(State(health): State<Health>) -> String {
    let mut text = "ok\n".to_owned();
    for line in health.definitions.told() {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

async fn metrics(State(health): State<Health>) -> ([(&'static str, &'static str); 1], String) {
    let context = &health.context;
    context.metrics.leads(health.leadership.check().is_ok());
    for (kind, pulse) in health.pulses.iter() {
        context.metrics.watch(kind, pulse.age());
    }
    let runs: Vec<_> = context
        .runs()
        .map(|run| run.status.and_then(|s| s.phase).unwrap_or_default())
        .collect();
    for phase in Phase::ALL {
        context.metrics.objects(
            "TrainingRun",
            phase.as_str(),
            runs.iter().filter(|p| **p == phase).count(),
        );
    }
    let schedules: Vec<_> = context
        .schedules()
        .map(|schedule| schedule.status.and_then(|s| s.phase).unwrap_or_default())
        .collect();
    for phase in SchedulePhase::ALL {
        context.metrics.objects(
            "TrainingSchedule",
            phase.as_str(),
            schedules.iter().filter(|p| **p == phase).count(),
        );
    }
    let models: Vec<_> = context
        .models()
        .map(|model| model.status.and_then(|s| s.phase).unwrap_or_default())
        .collect();
    for phase in ModelPhase::ALL {
        context.metrics.objects(
            "ModelVersion",
            phase.as_str(),
            models.iter().filter(|p| **p == phase).count(),
        );
    }
    let retentions: Vec<_> = context
        .retentions()
        .map(|retention| retention.status.and_then(|s| s.phase).unwrap_or_default())
        .collect();
    for phase in RetentionPhase::ALL {
        context.metrics.objects(
            "DataRetention",
            phase.as_str(),
            retentions.iter().filter(|p| **p == phase).count(),
        );
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([("content-type", content_type)], context.metrics.text())
}
