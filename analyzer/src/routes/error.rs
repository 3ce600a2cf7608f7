//! Errors as `{success:false, error:{code, message}}` with the fitting status.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use logloop_records::Error;
use serde_json::json;

use crate::serving::ServingError;
use crate::unpack::UnpackError;
use crate::upload::UploadError;

/// An answer that says what happened and what to do.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            header: None,
        }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Answers with this header, too.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Says after how many seconds it is worth asking again.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, seconds.into())
    }

    /// Says what of a request it is about.
    pub(super) fn about(mut self, what: &str) -> Self {
        self.message.insert_str(0, what);
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"success": false, "error": {"code": self.code, "message": self.message}});
        let mut response = (self.status, Json(body)).into_response();
        response.headers_mut().extend(self.header);
        response
    }
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        let status = match error {
            UploadError::Empty | UploadError::Packed(UnpackError::Damaged(..)) => {
                StatusCode::BAD_REQUEST
            }
            UploadError::Binary | UploadError::Packed(UnpackError::Archive(_)) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            UploadError::TooLarge | UploadError::Packed(UnpackError::Bomb) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match (&error, error.code()) {
            (_, "storage_full") => StatusCode::INSUFFICIENT_STORAGE,
            (Error::TooLarge { .. }, _) => StatusCode::PAYLOAD_TOO_LARGE,
            (Error::NothingKept, _) => StatusCode::CONFLICT,
            (Error::Invalid(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<ServingError> for Refusal {
    fn from(error: ServingError) -> Self {
        let (status, code) = match error {
            ServingError::Stale { .. } => (StatusCode::CONFLICT, "stale_generation"),
            ServingError::Conflict(_) => (StatusCode::CONFLICT, "generation_conflict"),
            ServingError::Candidate => (StatusCode::UNPROCESSABLE_ENTITY, "candidate_unsupported"),
            ServingError::Unusable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "model_unusable"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            status => Self::new(status, "invalid_json", rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        let message = format!(
            "the query cannot be read ({}): give user_query, log_filename and format once each",
            rejection.body_text()
        );
        Self::new(rejection.status(), "invalid_query", message)
    }
}

/// The request's body is over the bound.
pub(super) fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "upload_too_large",
        format!(
            "the request has more than {} MiB: send the log packed with gzip or zstd, or the part that matters",
            crate::upload::MAX_UPLOAD_BYTES >> 20
        ),
    )
}

pub(super) async fn no_such_route(method: Method, uri: Uri) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        format!("there is no {method} {}", uri.path()),
    )
}

pub(super) async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    let message = format!("{} does not take {method}", uri.path());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
}
