//! `PUT …/feedback`: what people say about an answer.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use logloop_records::{Correction, Feedback, Interaction, TakenBack};
use logloop_redaction::Counts;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::error::Refusal;
use super::interactions::{Id, blocking, read_id, unknown};
use crate::access::{Caller, Scope};
use crate::app::App;
use crate::redaction::Redaction;

/// Bytes of a request.
pub(super) const MAX_BODY_BYTES: usize = 2 << 20;

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
    /// What was said before and is no longer meant.
    #[serde(default)]
    taken_back: SaidTakenBack,
    /// The corrections are a reviewer's: they hold for everybody.
    #[serde(default)]
    gold: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SaidTakenBack {
    is_useful: bool,
    user_feedback: bool,
    lines: Vec<u64>,
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

pub(super) async fn feedback(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    body: Result<Json<Said>, JsonRejection>,
) -> Result<Response, Refusal> {
    let id = read_id(id)?;
    let Json(said) = body?;
    if said.gold {
        caller.need(Scope::Review)?;
    }
    let mut event = check(id, said)?;
    event.subject = caller.subject.clone();
    let told = told_lines(&event);
    let (event_is_gold, merged) = blocking(move || {
        redact(&mut event, &app.redaction);
        // Who speaks of somebody else's answer does it as a reviewer.
        let speaks_for = |kept: &Interaction| {
            let may = caller.may_read(kept.subject.as_deref());
            may.then(|| event.reviewer || kept.subject != caller.subject)
        };
        app.recorder.say(id, event.clone(), speaks_for)
    })
    .await?
    .ok_or_else(|| unknown(id))?;
    let outranked: Vec<u64> = merged
        .corrections
        .iter()
        .filter(|known| known.gold && !event_is_gold && told.contains(&known.line))
        .map(|known| known.line)
        .collect();
    Ok(Json(json!({
        "success": true,
        "interaction_id": id,
        "is_useful": merged.is_useful,
        "user_feedback": merged.user_feedback,
        "corrections": merged.corrections,
        "outranked": outranked,
    }))
    .into_response())
}

/// Lines that somebody says something of.
fn told_lines(event: &Feedback) -> HashSet<u64> {
    let corrected = event.corrections.iter().map(|correction| correction.line);
    corrected
        .chain(event.taken_back.lines.iter().copied())
        .collect()
}

fn check(id: Uuid, said: Said) -> Result<Feedback, Refusal> {
    let taken_back = TakenBack {
        is_useful: said.taken_back.is_useful,
        user_feedback: said.taken_back.user_feedback,
        lines: said.taken_back.lines,
    };
    let wrong = |message: String| {
        Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_feedback",
            message,
        )
    };
    if said.is_useful.is_none()
        && said.user_feedback.is_none()
        && said.corrections.is_empty()
        && taken_back.is_nothing()
    {
        return Err(wrong(
            "say something: is_useful, user_feedback, corrections or taken_back".to_owned(),
        ));
    }
    if said.corrections.len().max(taken_back.lines.len()) > MAX_CORRECTIONS {
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
        taken_back,
        reviewer: said.gold,
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
