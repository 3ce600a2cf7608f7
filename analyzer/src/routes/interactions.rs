//! What is kept: pages of interactions, one of them, and a part of its log.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use logloop_records::archive::{MAX_PAGE, MAX_RANGE_LINES, PageQuery, log_range};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::Refusal;
use crate::access::Caller;
use crate::app::App;
use crate::recorder::Found;

/// Interactions of a page where the request does not say.
const DEFAULT_PAGE: usize = 50;

/// Characters of a question in a page.
const SHOWN_QUERY_CHARS: usize = 200;

pub(super) type Id = Result<Path<Uuid>, PathRejection>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageParameters {
    cursor: Option<String>,
    limit: Option<usize>,
    subject: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogParameters {
    lines: Option<String>,
}

pub(super) async fn page(
    State(app): State<App>,
    caller: Caller,
    parameters: Result<Query<PageParameters>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(asked) = parameters.map_err(|error| {
        let message = format!(
            "the query cannot be read ({}): give cursor, limit and subject at most once each",
            error.body_text()
        );
        Refusal::bad_request("invalid_query", message)
    })?;
    let subject = match (caller.reads_only(), asked.subject) {
        (Some(own), Some(other)) if own != other => {
            let message = "your token lists what you sent yourself: leave out subject";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "not_yours", message));
        }
        (Some(own), _) => Some(own.to_owned()),
        (None, any) => any,
    };
    let limit = asked.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        let message = format!("limit is 1 to {MAX_PAGE}");
        return Err(Refusal::bad_request("invalid_query", message));
    }
    let query = PageQuery {
        cursor: asked.cursor,
        limit,
        subject,
    };
    let page = blocking(move || app.recorder.page(&query)).await?;
    let shown: Vec<Value> = page.found.iter().map(in_short).collect();
    Ok(Json(json!({
        "success": true,
        "interactions": shown,
        "next_cursor": page.next,
    }))
    .into_response())
}

/// An interaction without its log and its answer.
fn in_short(found: &Found) -> Value {
    let kept = &found.interaction;
    let results = &kept.analysis_results;
    let worst = results.failures.iter().map(|failure| failure.severity);
    let query: String = kept.user_query.chars().take(SHOWN_QUERY_CHARS).collect();
    json!({
        "id": kept.id,
        "timestamp": kept.timestamp,
        "subject": kept.subject,
        "user_query": query,
        "log_filename": kept.log_filename,
        "model_version": kept.model_version,
        "total_lines": results.stats.total_lines,
        "failure_groups": results.failures.len(),
        "severity": worst.reduce(f32::max),
        "is_useful": kept.is_useful,
        "user_feedback": kept.user_feedback,
        "corrections": found.corrections.len(),
    })
}

pub(super) async fn interaction(
    State(app): State<App>,
    caller: Caller,
    id: Id,
) -> Result<Response, Refusal> {
    let found = find(app, caller, read_id(id)?).await?;
    Ok(Json(json!({"success": true, "interaction": found})).into_response())
}

pub(super) async fn log(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    parameters: Result<Query<LogParameters>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(LogParameters { lines }) =
        parameters.map_err(|error| Refusal::bad_request("invalid_query", error.body_text()))?;
    let (first, last) = read_range(lines.as_deref())?;
    let id = read_id(id)?;
    let data = app.recorder.data().clone();
    let found = find(app, caller, id).await?;
    let range = blocking(move || log_range(&data, &found.interaction, first, last)).await?;
    Ok(Json(json!({
        "success": true,
        "interaction_id": id,
        "first_line": range.first_line,
        "lines": range.lines,
        "more": range.more,
    }))
    .into_response())
}

async fn find(app: App, caller: Caller, id: Uuid) -> Result<Found, Refusal> {
    let found = blocking(move || app.recorder.find(id)).await?;
    found
        .filter(|found| caller.may_read(found.interaction.subject.as_deref()))
        .ok_or_else(|| unknown(id))
}

/// `a-b`, from 1, both included; `a-` is as many as one request may ask for.
fn read_range(lines: Option<&str>) -> Result<(u64, u64), Refusal> {
    let Some(lines) = lines else {
        return Ok((1, MAX_RANGE_LINES));
    };
    let read = |(first, last): (&str, &str)| {
        let first: u64 = first.parse().ok()?;
        let last = match last {
            "" => first.checked_add(MAX_RANGE_LINES - 1)?,
            last => last.parse().ok()?,
        };
        let fits = first >= 1 && last >= first && last - first < MAX_RANGE_LINES;
        fits.then_some((first, last))
    };
    lines.split_once('-').and_then(read).ok_or_else(|| {
        let message = format!(
            "give lines=a-b with 1 <= a <= b, at most {MAX_RANGE_LINES} lines, or lines=a-"
        );
        Refusal::bad_request("invalid_range", message)
    })
}

pub(super) fn read_id(id: Id) -> Result<Uuid, Refusal> {
    id.map(|Path(id)| id).map_err(|_| {
        Refusal::bad_request("invalid_id", "the interaction id in the path is no UUID")
    })
}

/// The same for what is somebody else's: whether it is there is not told.
pub(super) fn unknown(id: Uuid) -> Refusal {
    let message = format!(
        "there is no interaction {id}: it was never stored here, was removed, or is not yours to read"
    );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_lines() {
        for (text, wanted) in [
            (None, Some((1, MAX_RANGE_LINES))),
            (Some("3-7"), Some((3, 7))),
            (Some("7-7"), Some((7, 7))),
            (Some("5-"), Some((5, 4 + MAX_RANGE_LINES))),
            (Some("0-3"), None),
            (Some("7-3"), None),
            (Some("1-10001"), None),
            (Some("3"), None),
            (Some("a-b"), None),
            (Some("18446744073709551615-"), None),
        ] {
            assert_eq!(read_range(text).ok(), wanted, "{text:?}");
        }
    }
}
