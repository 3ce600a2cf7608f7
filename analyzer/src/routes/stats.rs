//! `GET /api/chat/stats`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;

pub(super) async fn stats(State(app): State<App>) -> Response {
    Json(json!({"success": true, "stats": app.recorder.totals()})).into_response()
}
