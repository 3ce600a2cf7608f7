//! `POST /api/training/export`, and how it is: `GET /api/training/export`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::Refusal;
use crate::app::App;

/// Where to look for how an export is.
const STATUS_URL: &str = "/api/training/export";

/// The longest that a client waits; other logs can make an export long where there are few interactions.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Where it is told as it goes.
const EVENTS_URL: &str = "/api/chat/events";

/// Exports all interactions to the JSON document. The client waits where there are few, and is told where to look where
/// there are many, or where an export is at work already.
pub(super) async fn export(State(app): State<App>) -> Result<Response, Refusal> {
    let stored = app.recorder.totals(None).data_file_size_mb * 1e6;
    let output = app.recorder.data().training_export();
    let begun = app
        .exports
        .begin(app.recorder.data().clone(), output.clone());
    let waits = stored <= app.exports.synchronous_bytes as f64;
    let end = match begun {
        Some(end) if waits => end,
        Some(_) => return Ok(elsewhere("the export has begun")),
        None => return Ok(elsewhere("an export is at work already")),
    };
    let lost = |_| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "internal",
            "the export ended unexpectedly; please report it",
        )
    };
    let Ok(ended) = tokio::time::timeout(MAX_WAIT, end).await else {
        return Ok(elsewhere("the export is at work"));
    };
    let written = ended.map_err(lost)??;
    Ok(Json(json!({
        "success": true,
        "exported_examples": written.examples,
        "output_file": output.display().to_string(),
        "message": format!("{} examples from {} interactions", written.examples, written.interactions),
    }))
    .into_response())
}

/// How the export is, or how the last one of this process ended.
pub(super) async fn status(State(app): State<App>) -> Response {
    Json(json!({"success": true, "export": app.exports.status()})).into_response()
}

fn elsewhere(what: &str) -> Response {
    let body = json!({
        "success": true,
        "message": format!("{what}: GET {STATUS_URL} says how it is"),
        "status_url": STATUS_URL,
        "events_url": EVENTS_URL,
    });
    let location = [(header::LOCATION, STATUS_URL)];
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}
