//! `GET /api/training/next`: what is worth a reviewer's label.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::error::Refusal;
use super::interactions::blocking;
use crate::app::App;
use crate::next::{DEFAULT_LIMIT, Judges, MAX_LIMIT, next};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    limit: Option<usize>,
}

pub(super) async fn suggest(
    State(app): State<App>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(Parameters { limit }) = parameters?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let message = format!("limit is 1 to {MAX_LIMIT}");
        return Err(Refusal::bad_request("invalid_query", message));
    }
    // It works as hard as an analysis, and takes its place among them.
    let place = app.analyses.clone().acquire_owned().await.map_err(|_| {
        let message = "the service is ending: try again in a moment";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", message)
    })?;
    let model = app.serving.loaded().model.clone();
    let recorder = app.recorder.clone();
    let data = recorder.data().clone();
    let found = blocking(move || {
        let _place = place;
        let judges = Judges::new(&data, model, recorder.corrections());
        next(&data, &judges, limit, |query| {
            let page = recorder.page(query)?;
            let interactions = page.found.into_iter().map(|found| found.interaction);
            Ok((interactions.collect(), page.next))
        })
    })
    .await?;
    Ok(Json(json!({
        "success": true,
        "model_version": found.model_version,
        "looked_at": found.looked_at,
        "next": found.next,
    }))
    .into_response())
}
