//! `GET /api/chat/stats`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::access::Caller;
use crate::app::App;

pub(super) async fn stats(State(app): State<App>, caller: Caller) -> Response {
    let totals = app.recorder.totals(caller.reads_only());
    Json(json!({"success": true, "stats": totals})).into_response()
}
