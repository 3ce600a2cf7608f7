//! What happens, told to whoever listens: `GET /api/chat/events`.

use serde::Serialize;
use serde_json::Value;
use tokio::sync::{broadcast, watch};

use crate::access::Scope;

/// Events that a slow listener may fall behind; what is older is left out for it.
const MAX_WAITING: usize = 256;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its kind, such as `export`.
    pub name: &'static str,
    /// Who may know.
    pub scope: Scope,
    /// What is told.
    pub data: Value,
}

/// Hands events to all listeners. Nothing is kept for who comes later.
#[derive(Debug)]
pub struct Events {
    sender: broadcast::Sender<Event>,
    closed: watch::Sender<bool>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(MAX_WAITING),
            closed: watch::Sender::new(false),
        }
    }
}

impl Events {
    /// Tells an event to those who listen and may know.
    pub fn tell(&self, name: &'static str, scope: Scope, data: &impl Serialize) {
        let data = serde_json::to_value(data).unwrap_or_default();
        // An error only says that nobody listens.
        let _ = self.sender.send(Event { name, scope, data });
    }

    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        Listener {
            events: self.sender.subscribe(),
            closed: self.closed.subscribe(),
        }
    }

    /// Ends all listening: the process is about to end.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }
}

/// One who listens.
#[derive(Debug)]
pub struct Listener {
    events: broadcast::Receiver<Event>,
    closed: watch::Receiver<bool>,
}

impl Listener {
    /// The next event. `None`: there will be none.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                _ = self.closed.wait_for(|closed| *closed) => return None,
                event = self.events.recv() => match event {
                    Ok(event) => return Some(event),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_hears_what_comes_after_it_and_the_end() {
        let events = Events::default();
        events.tell("early", Scope::Export, &1);
        let mut listener = events.listen();
        for number in 0..MAX_WAITING + 5 {
            events.tell("late", Scope::Export, &number);
        }
        let first = listener.next().await.unwrap();
        assert_eq!(
            (first.name, first.data),
            ("late", Value::from(5)),
            "it was slow"
        );
        events.close();
        while listener.next().await.is_some() {}
        assert!(events.listen().next().await.is_none());
    }
}
