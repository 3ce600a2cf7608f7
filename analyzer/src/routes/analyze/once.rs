//! `Idempotency-Key`: a request that is sent again is stored once, and gets the same answer.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use logloop_records::Interaction;
use logloop_records::store::{Claim, MAX_KEY_BYTES, Reservation};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::digest::Digest;
use crate::app::App;
use crate::routes::error::Refusal;
use crate::routes::interactions::blocking;

/// The request's header.
const HEADER: &str = "idempotency-key";

/// How long a request waits for an earlier one with the same key.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Seconds after which to ask again when that was not enough.
const RETRY_AFTER_SECONDS: u64 = 10;

/// A request with a key.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) key: String,
    pub(super) turn: Turn,
}

/// Whether it is the first with its key.
#[derive(Debug)]
pub(super) enum Turn {
    /// It is; the key is taken as long as this lives.
    First { _taken: Reservation },
    /// It was answered by this interaction.
    Again(Uuid),
}

/// The request's key, if it has one.
pub(super) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut given = headers.get_all(HEADER).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MAX_KEY_BYTES || given.next().is_some() {
        let message = format!(
            "the Idempotency-Key has 1 to {MAX_KEY_BYTES} visible ASCII characters and is given once: use a UUID"
        );
        return Err(Refusal::bad_request("invalid_idempotency_key", message));
    }
    Ok(Some(key.to_owned()))
}

/// Takes the key, or waits for the one that has it. `None`: nothing is kept, so that a key has no effect.
pub(super) async fn turn(
    app: &App,
    subject: Option<&str>,
    key: String,
) -> Result<Option<Keyed>, Refusal> {
    let until = Instant::now() + MAX_WAIT;
    loop {
        let (recorder, subject, claimed) = (
            app.recorder.clone(),
            subject.map(str::to_owned),
            key.clone(),
        );
        let claim = blocking(move || recorder.claim(subject.as_deref(), &claimed)).await?;
        let turn = match claim {
            None => return Ok(None),
            Some(Claim::New(taken)) => Turn::First { _taken: taken },
            Some(Claim::Stored(id)) => Turn::Again(id),
            Some(Claim::Running(running)) => {
                timeout_at(until, running)
                    .await
                    .map_err(|_| still_running())?;
                continue;
            }
        };
        return Ok(Some(Keyed { key, turn }));
    }
}

/// Refuses a request that is not the one that was stored. After a change of what is redacted nobody can tell.
pub(super) fn require_same(
    stored: &Interaction,
    digest: Digest,
    rule_set: Option<&str>,
) -> Result<(), Refusal> {
    let Some(before) = &stored.request_digest else {
        return Ok(());
    };
    if stored.redaction.as_deref() != rule_set || *before == digest.text() {
        return Ok(());
    }
    let message = format!(
        "this Idempotency-Key was used for another request, answered as interaction {}: use a new key for each request",
        stored.id
    );
    Err(Refusal::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        message,
    ))
}

/// Stored, and not there any more.
pub(super) fn gone() -> Refusal {
    let message = "the interaction of this Idempotency-Key was removed since, by retention or erasure: use a new key to \
                   store it again";
    Refusal::new(StatusCode::GONE, "interaction_removed", message)
}

fn still_running() -> Refusal {
    let message = format!(
        "the first request with this Idempotency-Key is still being answered after {} s: ask again later",
        MAX_WAIT.as_secs()
    );
    Refusal::new(StatusCode::CONFLICT, "still_running", message).retry_after(RETRY_AFTER_SECONDS)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn keys() {
        let of = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
            }
            key_of(&headers).map_err(|_| ())
        };
        let (long, longest) = ([b'k'; MAX_KEY_BYTES + 1], [b'k'; MAX_KEY_BYTES]);
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[b" a-1 "]), Ok(Some("a-1".to_owned())));
        assert!(of(&[&longest]).is_ok_and(|key| key.is_some()));
        for odd in [
            &[&b""[..]][..],
            &[b"  "],
            &[&long],
            &[b"\xff"],
            &[b"a", b"a"],
        ] {
            assert_eq!(of(odd), Err(()), "{odd:?}");
        }
    }
}
