//! `GET /api/chat/stats`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::Refusal;
use super::feedback::blocking;
use crate::app::App;

pub(super) async fn stats(State(app): State<App>) -> Result<Response, Refusal> {
    let totals = blocking(move || app.recorder.totals()).await?;
    Ok(Json(json!({"success": true, "stats": totals})).into_response())
}
