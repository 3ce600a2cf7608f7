//! One interaction, and what people say about it.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use logloop_records::{Correction, Feedback};
use logloop_redaction::Counts;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::error::Refusal;
use crate::app::App;
use crate::redaction::Redaction;

/// Corrections in one request.
const MAX_CORRECTIONS: usize = 1000;

/// Bytes of a comment, or of a name in a correction.
const MAX_TEXT_BYTES: usize = 16 << 10;

/// Body of `PUT …/feedback`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    is_useful: Option<bool>,
    user_feedback: Option<String>,
    #[serde(default)]
    corrections: Vec<SaidOfLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidOfLine {
    line: u64,
    is_failure: bool,
    component: Option<String>,
    operation: Option<String>,
    severity: Option<f32>,
}

type Id = Result<Path<Uuid>, PathRejection>;

pub(super) async fn interaction(State(app): State<App>, id: Id) -> Result<Response, Refusal> {
    let id = read_id(id)?;
    let found = blocking(move || app.recorder.find(id)).await?;
    found.map_or_else(
        || Err(unknown(id)),
        |found| Ok(Json(json!({"success": true, "interaction": found})).into_response()),
    )
}

pub(super) async fn feedback(
    State(app): State<App>,
    id: Id,
    body: Result<Json<Said>, JsonRejection>,
) -> Result<Response, Refusal> {
    let id = read_id(id)?;
    let Json(said) = body?;
    let mut event = check(id, said)?;
    let merged = blocking(move || {
        redact(&mut event, &app.redaction);
        app.recorder.say(id, event)
    })
    .await?
    .ok_or_else(|| unknown(id))?;
    Ok(Json(json!({
        "success": true,
        "interaction_id": id,
        "is_useful": merged.is_useful,
        "user_feedback": merged.user_feedback,
        "corrections": merged.corrections,
    }))
    .into_response())
}

fn check(id: Uuid, said: Said) -> Result<Feedback, Refusal> {
    let wrong = |message: String| {
        Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_feedback",
            message,
        )
    };
    if said.is_useful.is_none() && said.user_feedback.is_none() && said.corrections.is_empty() {
        return Err(wrong(
            "say something: is_useful, user_feedback or corrections".to_owned(),
        ));
    }
    if said.corrections.len() > MAX_CORRECTIONS {
        return Err(wrong(format!(
            "more than {MAX_CORRECTIONS} corrections: send them in several requests"
        )));
    }
    let texts = said
        .corrections
        .iter()
        .flat_map(|c| [&c.component, &c.operation])
        .chain([&said.user_feedback]);
    if texts.flatten().any(|text| text.len() > MAX_TEXT_BYTES) {
        return Err(wrong(format!(
            "a text has more than {MAX_TEXT_BYTES} bytes: shorten it"
        )));
    }
    if let Some(odd) = said
        .corrections
        .iter()
        .find(|c| c.severity.is_some_and(|s| !(0.0..=1.0).contains(&s)))
    {
        return Err(wrong(format!(
            "the severity of line {} is not between 0 and 1",
            odd.line
        )));
    }
    let corrections = said
        .corrections
        .into_iter()
        .map(|c| Correction {
            line: c.line,
            is_failure: c.is_failure,
            component: c.component,
            operation: c.operation,
            severity: c.severity,
            ..Correction::default()
        })
        .collect();
    Ok(Feedback {
        timestamp: Utc::now(),
        interaction_id: id,
        is_useful: said.is_useful,
        user_feedback: said.user_feedback,
        corrections,
        ..Feedback::default()
    })
}

fn redact(said: &mut Feedback, redaction: &Redaction) {
    let of_lines = said
        .corrections
        .iter_mut()
        .flat_map(|c| [&mut c.component, &mut c.operation]);
    for text in of_lines.chain([&mut said.user_feedback]).flatten() {
        redaction.redact(text, &mut Counts::default());
    }
}

fn read_id(id: Id) -> Result<Uuid, Refusal> {
    id.map(|Path(id)| id).map_err(|_| {
        Refusal::bad_request("invalid_id", "the interaction id in the path is no UUID")
    })
}

pub(super) fn unknown(id: Uuid) -> Refusal {
    let message =
        format!("there is no interaction {id}: it was never stored here, or retention removed it");
    Refusal::new(StatusCode::NOT_FOUND, "no_such_interaction", message)
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, logloop_records::Error> + Send + 'static,
) -> Result<T, Refusal> {
    let joined = tokio::task::spawn_blocking(work).await;
    let panicked = |_| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "internal",
            "the request failed unexpectedly; please report it",
        )
    };
    Ok(joined.map_err(panicked)??)
}
