//! `GET /api/loop`: what the loop is doing; `/internal/loop`: the operator says so.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::{Map, Value, json};

use super::error::Refusal;
use crate::app::App;

pub(super) async fn told(State(app): State<App>) -> Response {
    Json(app.loop_state.told(Utc::now())).into_response()
}

/// Kept as it is said: the page shows what it knows of it, and leaves the rest.
pub(super) async fn hear(
    State(app): State<App>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(document) = body?;
    app.loop_state.hear(document, Utc::now());
    Ok(Json(json!({"success": true})).into_response())
}
