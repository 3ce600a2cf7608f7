//! Why a request is not let in, and what to do.

use super::Scope;

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No credentials at all.
    #[error("who are you? Send a token as `Authorization: Bearer TOKEN`, or sign in on the page")]
    Nobody,
    /// Credentials of another kind.
    #[error("send the token as `Authorization: Bearer TOKEN`")]
    NotBearer,
    /// The token is not, or no longer, in the file.
    #[error("the token is not known, or no longer: ask for a new one")]
    UnknownToken,
    /// The session is too old, or its token is gone.
    #[error("the session has ended: sign in again")]
    SessionEnded,
    /// A session, but another site may have made the browser send the request.
    #[error("a session needs its CSRF token in the header X-CSRF-Token; GET /api/session tells it")]
    NoCsrfToken,
    /// A page of another site made the browser send the request.
    #[error(
        "a page of another site made your browser send this: use the service's own page, or curl"
    )]
    OtherSite,
    /// The name by which a loopback address was reached is none of loopback's.
    #[error(
        "this service listens for this machine only: use its address http://127.0.0.1 or http://localhost"
    )]
    OtherHost,
    /// The proxy's identity header cannot be believed.
    #[error(
        "the proxy's identity header holds no usable name: UTF-8 of at most 256 bytes, sent once"
    )]
    OddIdentity,
    /// The caller is known and may not do this.
    #[error("your token lacks the scope `{}`", .0.as_str())]
    Scope(Scope),
}

impl Denied {
    /// Stable name for answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nobody => "unauthenticated",
            Self::NotBearer | Self::UnknownToken => "wrong_token",
            Self::SessionEnded => "session_ended",
            Self::NoCsrfToken => "csrf",
            Self::OtherSite => "other_site",
            Self::OtherHost => "other_host",
            Self::OddIdentity => "odd_identity",
            Self::Scope(_) => "scope_missing",
        }
    }

    /// Whether other credentials would help (401), or not (403).
    pub fn needs_credentials(self) -> bool {
        matches!(
            self,
            Self::Nobody | Self::NotBearer | Self::UnknownToken | Self::SessionEnded
        )
    }
}
