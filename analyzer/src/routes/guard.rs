//! Lets a request in, with who makes it, or says why not.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::Utc;

use super::error::Refusal;
use super::oversize;
use crate::access::{Caller, Denied, Scope};
use crate::app::App;

/// What a route asks of its callers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    /// That they are known.
    Known,
    /// One scope of these.
    Any(&'static [Scope]),
}

impl Need {
    fn check(self, caller: &Caller) -> Result<(), Denied> {
        let Self::Any(scopes) = self else {
            return Ok(());
        };
        let allowed = scopes.iter().any(|scope| caller.need(*scope).is_ok());
        match scopes {
            // The first one is what most callers lack.
            [first, ..] if !allowed => caller.need(*first),
            _ => Ok(()),
        }
    }
}

pub(super) async fn guard(
    State((app, need)): State<(App, Need)>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller(&app, &request).and_then(|caller| need.check(&caller).map(|()| caller)) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(denied) => {
            oversize::throw_away(request).await;
            Refusal::from(denied).into_response()
        }
    }
}

/// Who makes a request.
pub(super) fn caller(app: &App, request: &Request) -> Result<Caller, Denied> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip());
    app.access
        .check(request.method(), request.headers(), peer, Utc::now())
}

/// The caller of a guarded route. A route that is not guarded has none, and answers so.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Refusal::from(Denied::Nobody).into_response())
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let status = if denied.needs_credentials() {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::FORBIDDEN
        };
        let refusal = Self::new(status, denied.code(), denied.to_string());
        if denied.needs_credentials() {
            refusal.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        } else {
            refusal
        }
    }
}
