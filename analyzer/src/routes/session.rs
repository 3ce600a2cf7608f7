//! `/api/session`: who one is; a browser's session for a bearer token.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::json;

use super::error::Refusal;
use super::guard;
use crate::access::{Denied, Session, bearer};
use crate::app::App;

/// Begins a session for the bearer token of the request.
pub(super) async fn begin(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    if !app.access.is_checked() {
        let message = "this service checks nobody: there is nothing to sign in to";
        return Err(Refusal::new(StatusCode::CONFLICT, "access_off", message));
    }
    let given = headers.get(header::AUTHORIZATION).ok_or(Denied::Nobody)?;
    let given = bearer(given.to_str().unwrap_or_default()).ok_or(Denied::NotBearer)?;
    let now = Utc::now();
    let session = app.access.begin_session(given, now);
    let session = session.ok_or(Denied::UnknownToken)?;
    let cookie = session.set_cookie(came_by_https(&headers), now);
    Ok((set_cookie(&cookie), describe(&session)).into_response())
}

/// Who the caller is, and what a page needs to act for them.
pub(super) async fn who(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let caller = guard::caller(&app, &request)?;
    if !request.headers().contains_key(header::AUTHORIZATION)
        && let Some(session) = app.access.session(request.headers(), Utc::now())
    {
        return Ok(describe(&session).into_response());
    }
    let access = if app.access.is_checked() {
        "checked"
    } else {
        "open"
    };
    Ok(Json(json!({
        "success": true,
        "access": access,
        "subject": caller.subject,
        "scopes": caller.scopes,
    }))
    .into_response())
}

/// Ends the browser's session. The cookie alone is void with its token, or after its time.
pub(super) async fn end(headers: HeaderMap) -> Response {
    let cookie = Session::clear_cookie(came_by_https(&headers));
    (set_cookie(&cookie), Json(json!({"success": true}))).into_response()
}

fn describe(session: &Session) -> Json<serde_json::Value> {
    Json(json!({
        "success": true,
        "access": "checked",
        "subject": session.token.subject,
        "scopes": session.token.scopes,
        "csrf_token": session.csrf_token(),
        "until": session.until,
    }))
}

fn set_cookie(cookie: &str) -> [(header::HeaderName, HeaderValue); 1] {
    let cookie = HeaderValue::from_str(cookie).expect("hexadecimal digits and attributes");
    [(header::SET_COOKIE, cookie)]
}

/// As the proxy in front says it.
fn came_by_https(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto");
    // Of several proxies the first one has met the browser.
    let first = proto.and_then(|proto| proto.to_str().ok()?.split(',').next());
    first.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
}
