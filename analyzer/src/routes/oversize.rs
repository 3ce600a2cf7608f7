//! Requests that are refused before their body is read: it is thrown away, so that the answer arrives.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use http_body_util::BodyExt;

use super::error::{Refusal, too_large};

/// Bytes of a refused body that are read and thrown away. A client that is still sending when the connection is
/// closed never sees the answer.
const MAX_DRAINED_BYTES: u64 = 1 << 30;

/// A body that has not come within this time is left alone.
const MAX_DRAIN_TIME: Duration = Duration::from_secs(30);

/// Passes on a request whose declared length is within the bound.
pub(super) async fn refuse(request: Request, bound: u64) -> Result<Request, Refusal> {
    let headers = request.headers();
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_none_or(|length| length <= bound) {
        return Ok(request);
    }
    throw_away(request).await;
    Err(too_large())
}

/// Reads the body of a request that is refused.
pub(super) async fn throw_away(request: Request) {
    // Who asks first has sent nothing yet.
    if !request.headers().contains_key(header::EXPECT) {
        let _ = tokio::time::timeout(MAX_DRAIN_TIME, drain(request.into_body())).await;
    }
}

/// Reads a body and throws it away.
async fn drain(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MAX_DRAINED_BYTES {
            return;
        }
    }
}
