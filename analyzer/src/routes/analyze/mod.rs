//! `POST /api/chat/analyze`: what was asked is read and analyzed in one of few places, and stored outside of them.

mod answer;
mod asked;
mod digest;
mod once;

use std::time::{Duration, Instant};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::error::Refusal;
use super::{MAX_BODY_BYTES, oversize};
use crate::access::Caller;
use crate::app::App;
use crate::metrics::VersionLabels;
use answer::{Answered, answer, repeat};
use asked::{Asked, Parameters};
use once::{Keyed, Turn};

/// A request's body must have come within this time.
const MAX_BODY_TIME: Duration = Duration::from_secs(120);

/// Says that the answer is that of an earlier request with the same key.
const REPLAYED: &str = "idempotent-replayed";

pub(super) async fn analyze(
    State(app): State<App>,
    caller: Caller,
    parameters: Result<Query<Parameters>, QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let Query(parameters) = parameters?;
    let subject = caller.subject;
    let keyed = match once::key_of(request.headers())? {
        Some(key) => match once::turn(&app, subject.as_deref(), key).await {
            Ok(keyed) => keyed,
            Err(refusal) => {
                oversize::throw_away(request).await;
                return Err(refusal);
            }
        },
        None => None,
    };
    let request = oversize::refuse(request, MAX_BODY_BYTES as u64).await?;
    // Before the body is read: the bodies of those that wait are not in memory. One that comes slowly holds no place.
    let room = app.bodies.clone().acquire_many_owned(kib_of(&request));
    let room = room.await.map_err(|_| ending())?;
    let asked = tokio::time::timeout(MAX_BODY_TIME, asked::read(request, parameters))
        .await
        .map_err(|_| too_slow())??;
    let place = app.analyses.clone().acquire_owned().await;
    let held = (room, place.map_err(|_| ending())?);
    // It goes on to its end when the client has gone: until then its key is taken.
    let work = tokio::spawn(conclude(app, held, asked, subject, keyed));
    work.await.map_err(|_| failed())?
}

/// KiB that a request's body takes; one that does not say may have all that a body may have.
fn kib_of(request: &Request) -> u32 {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    (length.unwrap_or(MAX_BODY_BYTES).min(MAX_BODY_BYTES) / 1024 + 1) as u32
}

/// Room for a body, and one of the places for an analysis.
type Held = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// Analyzes while it holds its place, which bounds the processor and the memory, then waits for the disk without it:
/// any number of requests share a sync.
async fn conclude(
    app: App,
    held: Held,
    asked: Asked,
    subject: Option<String>,
    keyed: Option<Keyed>,
) -> Result<Response, Refusal> {
    let format = asked.check()?;
    let (key, turn) = keyed.map_or((None, None), |keyed| (Some(keyed.key), Some(keyed.turn)));
    let shared = app.clone();
    if let Some(Turn::Again(id)) = turn {
        let worker = tokio::task::spawn_blocking(move || {
            let _held = held;
            repeat(&shared, asked, format, id)
        });
        let body = worker.await.map_err(|_| failed())??;
        let mut response = json_response(body);
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, replayed);
        return Ok(response);
    }
    let worker = tokio::task::spawn_blocking(move || {
        let _held = held;
        answer(&shared, asked, format, subject, key)
    });
    let Answered {
        body,
        model_version,
        recording,
    } = worker.await.map_err(|_| failed())??;
    let begun = Instant::now();
    let stored = recording.stored().await;
    // The key is free, or the record's.
    drop(turn);
    stored.inspect_err(|error| {
        tracing::error!(%error, "an interaction was not stored");
        app.metrics.store_errors.inc();
    })?;
    app.metrics
        .store_seconds
        .observe(begun.elapsed().as_secs_f64());
    let labels = VersionLabels { model_version };
    app.metrics.analyses.get_or_create(&labels).inc();
    Ok(json_response(body))
}

fn json_response(body: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn ending() -> Refusal {
    let message = "the service ends";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", message)
}

fn failed() -> Refusal {
    let message = "the analysis of this log failed unexpectedly; please report it with the log";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "analysis_failed", message)
}

fn too_slow() -> Refusal {
    let message = format!(
        "the request's body did not come within {} s: send it packed with gzip or zstd, or the part that matters",
        MAX_BODY_TIME.as_secs()
    );
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "upload_too_slow", message)
}
