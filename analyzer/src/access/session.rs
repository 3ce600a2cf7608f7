//! Browser sessions: a signed cookie, and a token against requests that another site makes the browser send.
//!
//! Nothing is kept: the cookie names its token by hash and ends, signed with a key that follows from the token
//! (HMAC-SHA-256), so that every process knows it, a restart does not end it, and it is void once the token is gone.

use axum::http::{HeaderMap, Method, header};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::token::{Token, Tokens};

/// A session ends after this time.
pub const SESSION_TIME: TimeDelta = TimeDelta::hours(12);

/// The header with the session's CSRF token.
pub const CSRF_HEADER: &str = "x-csrf-token";

const COOKIE: &str = "logloop_session";

/// A session of a browser.
#[derive(Clone, Debug)]
pub struct Session {
    /// What it may do, and for whom.
    pub token: Token,
    /// When it ends.
    pub until: DateTime<Utc>,
}

impl Session {
    /// Begins now.
    pub(super) fn begin(token: &Token, now: DateTime<Utc>) -> Self {
        let until = now + SESSION_TIME;
        Self {
            token: token.clone(),
            until: token.until.map_or(until, |end| end.min(until)),
        }
    }

    /// `Set-Cookie`; `secure` where the browser came by HTTPS.
    pub fn set_cookie(&self, secure: bool, now: DateTime<Utc>) -> String {
        let id = hex(&self.token.session_id);
        let ends = self.until.timestamp();
        let mac = hex(&self.sign("cookie"));
        cookie_line(
            &format!("{id}.{ends}.{mac}"),
            (self.until - now).num_seconds(),
            secure,
        )
    }

    /// `Set-Cookie` that ends a session.
    pub fn clear_cookie(secure: bool) -> String {
        cookie_line("", 0, secure)
    }

    /// What a page must send with everything that changes something.
    pub fn csrf_token(&self) -> String {
        hex(&self.sign("csrf"))
    }

    /// Whether the page itself sends the request, not another site through the browser.
    pub(super) fn is_meant(&self, method: &Method, headers: &HeaderMap) -> bool {
        let given = headers.get(CSRF_HEADER).map(|given| given.as_bytes());
        method.is_safe()
            || given
                .and_then(unhex::<32>)
                .is_some_and(|given| self.verify("csrf", &given))
    }

    fn mac(&self, what: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.token.session_key).expect("takes any length");
        mac.update(format!("{what} {}", self.until.timestamp()).as_bytes());
        mac
    }

    fn sign(&self, what: &str) -> [u8; 32] {
        self.mac(what).finalize().into_bytes().into()
    }

    fn verify(&self, what: &str, given: &[u8; 32]) -> bool {
        self.mac(what).verify_slice(given).is_ok()
    }
}

fn cookie_line(value: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// The session of a request. Another host's cookie may stand beside ours.
pub(super) fn of(headers: &HeaderMap, tokens: &Tokens, now: DateTime<Utc>) -> Option<Session> {
    cookies(headers).find_map(|cookie| open(cookie, tokens, now))
}

/// The session cookies of a request.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::COOKIE).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

/// The session that a cookie stands for. `None`: it is none of ours, it has ended, or its token is gone.
fn open(cookie: &str, tokens: &Tokens, now: DateTime<Utc>) -> Option<Session> {
    let mut parts = cookie.splitn(3, '.');
    let id = unhex(parts.next()?.as_bytes())?;
    let until = DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?;
    let mac = unhex(parts.next()?.as_bytes())?;
    let session = Session {
        token: tokens.of_session(&id, now)?.clone(),
        until,
    };
    (session.verify("cookie", &mac) && now < until).then_some(session)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(bytes)
}
