//! Who may do what: bearer tokens, browser sessions, a proxy's word; off on a laptop's loopback address.
//!
//! Everything here decides; the HTTP side is in `routes/guard.rs` and `routes/session.rs`.

mod caller;
mod denied;
mod local;
mod proxy;
mod scope;
mod session;
mod token;
mod token_file;

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, header};
use chrono::{DateTime, Utc};

pub use caller::Caller;
pub use denied::Denied;
pub use proxy::Proxy;
pub use scope::{Scope, Scopes};
pub use session::{CSRF_HEADER, SESSION_TIME, Session};
pub use token::{MAX_SUBJECT_BYTES, MIN_TOKEN_BYTES, Token, Tokens};
pub use token_file::TokenFile;

/// How callers are known.
#[derive(Debug)]
pub enum Access {
    /// Everybody may do everything, but no page of somebody else's in the same browser: for a loopback address.
    Local,
    /// Everybody may do everything: somebody else checks who comes.
    Open,
    /// Only who shows a token, has a session, or is vouched for by a proxy.
    Checked {
        /// Tokens, and with them sessions.
        tokens: Option<TokenFile>,
        /// The proxy that vouches for people.
        proxy: Option<Proxy>,
    },
}

impl Access {
    /// Who calls, and that this very request is meant by them.
    pub fn check(
        &self,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Caller, Denied> {
        let (tokens, proxy) = match self {
            Self::Open => return Ok(Caller::anybody()),
            Self::Local => {
                local::check(method, headers)?;
                return Ok(Caller::anybody());
            }
            Self::Checked { tokens, proxy } => (tokens, proxy),
        };
        let tokens = tokens.as_ref().map(TokenFile::tokens).unwrap_or_default();
        let shown = shown(&tokens, method, headers, now);
        // A proxy may pass on credentials that are its own business: what it vouches for counts then.
        if let (Err(denied), Some(proxy), Some(peer)) = (&shown, proxy, peer)
            && denied.needs_credentials()
            && let Some(caller) = proxy.vouches(headers, peer)?
        {
            local::same_site(method, headers)?;
            return Ok(caller);
        }
        shown
    }

    /// Whether the token file has become unusable, and what it said before goes on.
    pub fn tokens_are_stale(&self) -> bool {
        match self {
            Self::Checked { tokens, .. } => tokens.as_ref().is_some_and(TokenFile::is_stale),
            _ => false,
        }
    }

    /// Whether callers are checked.
    pub fn is_checked(&self) -> bool {
        matches!(self, Self::Checked { .. })
    }

    /// Begins a browser session for a token; `None`: there are no tokens, or not this one.
    pub fn begin_session(&self, given: &str, now: DateTime<Utc>) -> Option<Session> {
        let Self::Checked { tokens, .. } = self else {
            return None;
        };
        let tokens = tokens.as_ref()?.tokens();
        Some(Session::begin(tokens.find(given, now)?, now))
    }

    /// The session of a request.
    pub fn session(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Session> {
        let Self::Checked { tokens, .. } = self else {
            return None;
        };
        session::of(headers, &tokens.as_ref()?.tokens(), now)
    }
}

/// Who shows a token, or has a session.
fn shown(
    tokens: &Tokens,
    method: &Method,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Caller, Denied> {
    if let Some(given) = headers.get(header::AUTHORIZATION) {
        let given = bearer(given.to_str().unwrap_or_default()).ok_or(Denied::NotBearer)?;
        let token = tokens.find(given, now);
        return token.map(Caller::from).ok_or(Denied::UnknownToken);
    }
    match session::of(headers, tokens, now) {
        Some(session) if session.is_meant(method, headers) => Ok(Caller::from(&session.token)),
        Some(_) => Err(Denied::NoCsrfToken),
        None if session::cookies(headers).next().is_some() => Err(Denied::SessionEnded),
        None => Err(Denied::Nobody),
    }
}

/// The token in an `Authorization` header; the scheme's case does not matter.
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests;
