//! What a client asks, in whatever shape: a form, a JSON object, or the log itself as the body.

use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use logloop_logs::Format;
use serde::Deserialize;

use crate::routes::error::{Refusal, too_large};
use crate::upload;

/// Bytes of a question.
const MAX_QUERY_BYTES: usize = 64 << 10;

/// Bytes of a file's name.
const MAX_FILENAME_BYTES: usize = 1024;

/// What a client asks, whatever the shape of the request.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) query: String,
    pub(super) log: Bytes,
    /// The log of a good run to compare with; empty where none was sent.
    pub(super) baseline: Bytes,
    pub(super) filename: Option<String>,
    format: Option<String>,
}

impl Asked {
    /// The format that was asked for; refuses one that is not known, and a question over its bound.
    pub(super) fn check(&self) -> Result<Option<Format>, Refusal> {
        if self.query.len() > MAX_QUERY_BYTES {
            let message = format!(
                "the question has more than {MAX_QUERY_BYTES} bytes: put the log into log_content"
            );
            return Err(Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "query_too_large",
                message,
            ));
        }
        let format = self.format.as_deref().map(str::parse::<Format>);
        format
            .transpose()
            .map_err(|error| Refusal::bad_request("unknown_format", error))
    }
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
pub(in crate::routes) struct Parameters {
    #[serde(default)]
    user_query: String,
    log_filename: Option<String>,
    format: Option<String>,
}

/// Reads the request's body.
pub(super) async fn read(request: Request, parameters: Parameters) -> Result<Asked, Refusal> {
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
