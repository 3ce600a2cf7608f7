//! Erasing, and looking up how far it is.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use logloop_records::erase::{self, Receipt, Target};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::error::Refusal;
use super::interactions::{blocking, unknown};
use crate::app::App;

/// Body of `POST /api/erase`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    subject: String,
}

type Id = Result<Path<Uuid>, PathRejection>;

/// `DELETE /api/chat/interactions/{id}`.
pub(super) async fn interaction(State(app): State<App>, id: Id) -> Result<Response, Refusal> {
    let id = read_id(id)?;
    let receipt = blocking(move || {
        app.recorder
            .knows(id)?
            .then(|| app.recorder.erase(Target::Interaction(id)))
            .transpose()
    });
    receipt
        .await?
        .map(|receipt| accepted(&receipt))
        .ok_or_else(|| unknown(id))
}

/// `POST /api/erase`.
pub(super) async fn subject(
    State(app): State<App>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(wanted) = body?;
    let receipt = blocking(move || app.recorder.erase(Target::Subject(&wanted.subject))).await?;
    Ok(accepted(&receipt))
}

/// `GET /api/erasures/{receipt_id}`.
pub(super) async fn receipt(State(app): State<App>, id: Id) -> Result<Response, Refusal> {
    let id = read_id(id)?;
    let found = blocking(move || erase::receipt(app.recorder.data(), id)).await?;
    match found {
        Some(receipt) => Ok(Json(json!({"success": true, "receipt": receipt})).into_response()),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "no_such_receipt",
            format!("there is no erasure with the receipt {id}"),
        )),
    }
}

fn accepted(receipt: &Receipt) -> Response {
    let status_url = format!("/api/erasures/{}", receipt.receipt_id);
    let body = Json(json!({
        "success": true,
        "receipt_id": receipt.receipt_id,
        "status_url": status_url,
        "state": receipt.state,
        "interactions_found": receipt.interactions_found,
        "statements_found": receipt.statements_found,
    }));
    let location = [(header::LOCATION, status_url)];
    (StatusCode::ACCEPTED, location, body).into_response()
}

fn read_id(id: Id) -> Result<Uuid, Refusal> {
    id.map(|Path(id)| id)
        .map_err(|_| Refusal::bad_request("invalid_id", "the id in the path is no UUID"))
}
