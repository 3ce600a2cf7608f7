//! `GET /api/chat/events`: server-sent events.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use futures::stream::unfold;

use crate::access::Caller;
use crate::app::App;
use crate::events::Listener;

/// Events from now on, those that the caller may know.
pub(super) async fn events(
    State(app): State<App>,
    caller: Caller,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(unfold((app.events.listen(), caller), next)).keep_alive(KeepAlive::default())
}

async fn next(
    (mut listener, caller): (Listener, Caller),
) -> Option<(Result<Event, Infallible>, (Listener, Caller))> {
    loop {
        let event = listener.next().await?;
        if caller.scopes.has(event.scope) {
            let sent = Event::default()
                .event(event.name)
                .data(event.data.to_string());
            return Some((Ok(sent), (listener, caller)));
        }
    }
}
