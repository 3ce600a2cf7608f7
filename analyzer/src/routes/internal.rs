//! `/internal/serving`: the operator pushes the serving document and reads back what is loaded.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use logloop_scoring::ServingDocument;
use serde_json::{Value, json};

use super::error::Refusal;
use super::oversize;
use crate::access::{Scope, bearer};
use crate::app::App;
use crate::serving::Loaded;
use crate::training;

/// Bytes of a document that the operator pushes.
pub(super) const MAX_DOCUMENT_BYTES: usize = 64 << 10;

pub(super) async fn push(
    State(app): State<App>,
    body: Result<Json<ServingDocument>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(document) = body?;
    let serving = app.serving.clone();
    let applied = tokio::task::spawn_blocking(move || serving.apply(&document)).await;
    let loaded = applied.map_err(|_| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "internal",
            "loading failed unexpectedly; the version before goes on",
        )
    })??;
    app.metrics
        .serving_generation
        .set(loaded.document.generation as f64);
    Ok(Json(answer(&app, &loaded)).into_response())
}

pub(super) async fn read(State(app): State<App>) -> Response {
    let models = app.recorder.data().models();
    let training = tokio::task::spawn_blocking(move || training::read(&models, Utc::now())).await;
    let mut answer = answer(&app, &app.serving.loaded());
    answer["training"] = json!(training.unwrap_or_default());
    Json(answer).into_response()
}

/// Lets in who shows the internal token before the body is read.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match authorize(&app, request.method(), request.headers()).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            oversize::throw_away(request).await;
            refusal.into_response()
        }
    }
}

fn answer(app: &App, loaded: &Loaded) -> Value {
    json!({
        "success": true,
        "generation": loaded.document.generation,
        "loaded": loaded.versions(),
        "problem": loaded.problem,
        "kept": app.recorder.figures(),
    })
}

/// Lets in who shows the internal token, or a token with the scope `internal`.
async fn authorize(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| bearer(value.to_str().ok()?))
        .unwrap_or_default();
    if app.access.is_checked()
        && let Ok(caller) = app.access.check(method, headers, None, Utc::now())
    {
        return Ok(caller.need(Scope::Internal)?);
    }
    let Some(path) = &app.internal_token_file else {
        let message = "this analyzer takes no serving document over HTTP: start it with --internal-token-file, or use `promote`";
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "internal_disabled",
            message,
        ));
    };
    let token = tokio::fs::read_to_string(path).await.map_err(|error| {
        tracing::error!(path = %path.display(), %error, "the internal token cannot be read");
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "token_unreadable",
            "the internal token cannot be read; see the log",
        )
    })?;
    if !token.trim().is_empty() && same(token.trim().as_bytes(), given.as_bytes()) {
        Ok(())
    } else {
        Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "wrong_token",
            "send the internal token as `Authorization: Bearer …`",
        ))
    }
}

/// Compares without telling by its time how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
