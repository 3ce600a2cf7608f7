//! Liveness, readiness and figures.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::Refusal;
use super::interactions::blocking;
use crate::app::App;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The data directory can be read. A full disk does not count: analyses still answer what to do.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    blocking(move || app.recorder.check())
        .await
        .map(|()| "ready\n")
}

pub(super) async fn metrics(State(app): State<App>) -> Response {
    let stale = app.access.tokens_are_stale();
    app.metrics.tokens_stale.set(stale.into());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, kind)],
        app.metrics.text(),
    )
        .into_response()
}
