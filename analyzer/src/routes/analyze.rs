//! `POST /api/chat/analyze`: a file in a form, a JSON object, or the log itself as the body.

use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use logloop_logs::Format;
use logloop_records::blob::MAX_LOG_BYTES;
use logloop_records::{AnalysisResults, Interaction, SCHEMA};
use logloop_redaction::Counts;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::MAX_BODY_BYTES;
use super::error::{Refusal, too_large};
use super::oversize;
use crate::access::Caller;
use crate::analyze::{Analysis, Baseline, Options, Scorer, analyze as analyze_text};
use crate::app::App;
use crate::metrics::VersionLabels;
use crate::redaction::{Redaction, told};
use crate::upload::{self, UploadError, Uploaded};

/// Bytes of a question.
const MAX_QUERY_BYTES: usize = 64 << 10;

/// Bytes of a file's name.
const MAX_FILENAME_BYTES: usize = 1024;

/// A request's body must have come within this time: while it comes, it holds one of the places.
const MAX_BODY_TIME: Duration = Duration::from_secs(120);

/// What a client asks, whatever the shape of the request.
#[derive(Default)]
struct Asked {
    query: String,
    log: Bytes,
    /// The log of a good run to compare with; empty where none was sent.
    baseline: Bytes,
    filename: Option<String>,
    format: Option<String>,
}

#[derive(Deserialize)]
struct AskedJson {
    #[serde(default)]
    user_query: String,
    #[serde(default)]
    log_content: String,
    #[serde(default)]
    log_filename: Option<String>,
    #[serde(default)]
    baseline: String,
    #[serde(default)]
    format: Option<String>,
}

/// What a raw body cannot say of itself.
#[derive(Default, Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    user_query: String,
    log_filename: Option<String>,
    format: Option<String>,
}

pub(super) async fn analyze(
    State(app): State<App>,
    caller: Caller,
    parameters: Result<Query<Parameters>, QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let Query(parameters) = parameters?;
    // Before the body is read: the bodies of those that wait are not in memory.
    let permit = app.analyses.clone().acquire_owned().await;
    let permit = permit.map_err(|_| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "shutting_down",
            "the service ends",
        )
    })?;
    let asked = tokio::time::timeout(MAX_BODY_TIME, read(request, parameters))
        .await
        .map_err(|_| too_slow())??;
    let format = asked
        .format
        .as_deref()
        .map(str::parse::<Format>)
        .transpose();
    let format = format.map_err(|error| Refusal::bad_request("unknown_format", error))?;
    if asked.query.len() > MAX_QUERY_BYTES {
        let message = format!(
            "the question has more than {MAX_QUERY_BYTES} bytes: put the log into log_content"
        );
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "query_too_large",
            message,
        ));
    }
    // Parsing, scoring and the sync to disk all block. They hold the place to the end, even when the
    // client has gone.
    let worker = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        answer(&app, caller.subject, asked, format)
    });
    let interaction = worker.await.map_err(|_| {
        let message = "the analysis of this log failed unexpectedly; please report it with the log";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "analysis_failed", message)
    })??;
    Ok(Json(json!({
        "success": true,
        "interaction_id": interaction.id,
        "analysis_results": interaction.analysis_results,
        "response_text": interaction.response_text,
        "model_version": interaction.model_version,
    }))
    .into_response())
}

fn too_slow() -> Refusal {
    let message = format!(
        "the request's body did not come within {} s: send it packed with gzip or zstd, or the part that matters",
        MAX_BODY_TIME.as_secs()
    );
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "upload_too_slow", message)
}

fn answer(
    app: &App,
    subject: Option<String>,
    mut asked: Asked,
    format: Option<Format>,
) -> Result<Interaction, Refusal> {
    let loaded = app.serving.loaded();
    let scorer = Scorer::new(
        loaded.model.clone(),
        app.recorder.corrections(),
        subject.clone(),
    );
    let model_version = scorer.version().to_owned();
    let begun = Instant::now();
    let mut replaced = Counts::default();
    app.redaction.redact(&mut asked.query, &mut replaced);
    if let Some(name) = &mut asked.filename {
        app.redaction.redact_name(name, &mut replaced);
    }
    let baseline = read_baseline(&asked.baseline, format, &app.redaction)?;
    let (log_content, analysis) = match upload::read(&asked.log) {
        Ok(Uploaded {
            mut text,
            mut warnings,
        }) => {
            app.redaction.redact(&mut text, &mut replaced);
            // Placeholders can be longer than what they stand for; more than this could not be read again.
            if text.len() > MAX_LOG_BYTES {
                return Err(UploadError::TooLarge.into());
            }
            warnings.extend(told(&replaced));
            let options = Options {
                format,
                baseline: baseline.as_ref(),
                warnings,
            };
            let analysis = analyze_text(&text, options, &scorer);
            (text, analysis)
        }
        // A question without a log is kept too.
        Err(UploadError::Empty) if !asked.query.trim().is_empty() => {
            (String::new(), without_log(told(&replaced)))
        }
        Err(error) => return Err(error.into()),
    };
    drop(asked.log);
    app.metrics
        .analyze_seconds
        .observe(begun.elapsed().as_secs_f64());
    app.metrics.log_bytes.inc_by(log_content.len() as u64);
    let now = Utc::now();
    let answer = Interaction {
        timestamp: now,
        user_query: asked.query,
        log_filename: asked.filename,
        analysis_results: analysis.results,
        response_text: analysis.response_text,
        id: Uuid::now_v7(),
        subject,
        model_version,
        redaction: app.redaction.rule_set(),
        schema: SCHEMA,
        ..Interaction::default()
    };
    let interaction = Interaction {
        log_content,
        ..answer.clone()
    };
    let begun = Instant::now();
    app.recorder.record(interaction).inspect_err(|error| {
        tracing::error!(%error, "an interaction was not stored");
        app.metrics.store_errors.inc();
    })?;
    app.metrics
        .store_seconds
        .observe(begun.elapsed().as_secs_f64());
    let labels = VersionLabels {
        model_version: answer.model_version.clone(),
    };
    app.metrics.analyses.get_or_create(&labels).inc();
    Ok(answer)
}

/// The baseline is not stored, but what it has and the log has not is part of the answer.
fn read_baseline(
    bytes: &[u8],
    format: Option<Format>,
    redaction: &Redaction,
) -> Result<Option<Baseline>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match upload::read(bytes) {
        Ok(Uploaded { mut text, .. }) => {
            redaction.redact(&mut text, &mut Counts::default());
            Ok(Some(Baseline::of(&text, format)))
        }
        Err(error) => Err(Refusal::from(error).about("the baseline: ")),
    }
}

fn without_log(warning: Option<String>) -> Analysis {
    let mut results = AnalysisResults::default();
    results.stats.warnings.extend(warning);
    Analysis {
        results,
        response_text:
            "## Analysis Summary\n\nNo log came with the question: paste it, or upload a file.\n"
                .to_owned(),
    }
}

async fn read(request: Request, parameters: Parameters) -> Result<Asked, Refusal> {
    let request = oversize::refuse(request, MAX_BODY_BYTES as u64).await?;
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let packed = request.headers().contains_key(header::CONTENT_ENCODING);
    let mut asked = if kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await;
        read_form(form.map_err(|error| Refusal::bad_request("invalid_form", error.body_text()))?)
            .await?
    } else {
        let body = Bytes::from_request(request, &()).await.map_err(|error| {
            match error.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => too_large(),
                _ => Refusal::bad_request(
                    "incomplete_body",
                    "the request's body ended too early: send it again",
                ),
            }
        })?;
        if kind.starts_with("application/json") && !is_log_of_json(&body) {
            let body = if packed {
                upload::read(&body)?.text.into()
            } else {
                body
            };
            read_json(&body)?
        } else {
            Asked {
                log: body,
                ..Asked::default()
            }
        }
    };
    if asked.query.is_empty() {
        asked.query = parameters.user_query;
    }
    asked.filename = asked
        .filename
        .or(parameters.log_filename)
        .map(|name| bounded_name(&name));
    asked.format = asked
        .format
        .or(parameters.format)
        .filter(|name| !name.is_empty());
    Ok(asked)
}

/// JSON lines sent with `Content-Type: application/json` are a log, not a request.
fn is_log_of_json(body: &[u8]) -> bool {
    let Some(end) = body.iter().position(|byte| *byte == b'\n') else {
        return false;
    };
    let rest = body[end..].trim_ascii();
    rest.starts_with(b"{")
        && serde_json::from_slice::<serde_json::Map<_, _>>(&body[..end]).is_ok_and(
            |map: serde_json::Map<String, serde_json::Value>| !map.contains_key("log_content"),
        )
}

fn read_json(body: &[u8]) -> Result<Asked, Refusal> {
    let asked: AskedJson = serde_json::from_slice(body).map_err(|error| {
        let message = format!(
            "the body is no request ({error}): send {{\"user_query\", \"log_content\", \"log_filename\"}}, or the log itself as text/plain"
        );
        Refusal::bad_request("invalid_json", message)
    })?;
    Ok(Asked {
        query: asked.user_query,
        log: asked.log_content.into(),
        baseline: asked.baseline.into(),
        filename: asked.log_filename,
        format: asked.format,
    })
}

async fn read_form(mut form: Multipart) -> Result<Asked, Refusal> {
    let mut asked = Asked::default();
    while let Some(field) = form.next_field().await.map_err(form_error)? {
        let name = field.name().unwrap_or_default().to_owned();
        let filename = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.map_err(form_error)?;
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            "user_query" | "query" => asked.query = text(),
            "format" => asked.format = Some(text()),
            "log_filename" => asked.filename = Some(text()),
            "baseline" if asked.baseline.is_empty() => asked.baseline = bytes,
            "baseline" => {
                let message = "the form has two baselines: send the log of one good run";
                return Err(Refusal::bad_request("two_baselines", message));
            }
            _ if filename.is_some() || matches!(name.as_str(), "file" | "log" | "log_content") => {
                if !asked.log.is_empty() {
                    return Err(Refusal::bad_request(
                        "two_logs",
                        "the form has two logs: send one request for each",
                    ));
                }
                asked.filename = asked.filename.or(filename.filter(|name| !name.is_empty()));
                asked.log = bytes;
            }
            _ => {}
        }
    }
    Ok(asked)
}

fn form_error(error: MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Refusal::bad_request(
            "invalid_form",
            format!("the form cannot be read: {}", error.body_text()),
        ),
    }
}

/// The last part of a path, within bounds.
fn bounded_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last[..last.floor_char_boundary(MAX_FILENAME_BYTES)].to_owned()
}
