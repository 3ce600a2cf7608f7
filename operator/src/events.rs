//! What people are told of a change, as events on the object. Published aside: nothing waits for an event, and nothing fails
//! for want of one.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use logloop_operator_api::conditions::clip;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest note of an event. Units: bytes (the API server's own bound is 1,024).
const NOTE_MAX: usize = 1_000;
/// How many events wait to be published; more are not told.
const WAITING_MAX: usize = 1_000;
/// How many events are remembered, to count those that repeat instead of telling each. After so many all are forgotten.
const REMEMBERED: u32 = 1_000;
/// How long publishing an event may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where events are handed in.
#[derive(Clone, Debug)]
pub struct Teller(mpsc::Sender<(Event, ObjectReference)>);

/// Publishes what was handed in.
pub struct Publisher {
    client: Client,
    reporter: Reporter,
    waiting: mpsc::Receiver<(Event, ObjectReference)>,
}

/// Both ends.
pub fn channel(client: Client, identity: &str) -> (Teller, Publisher) {
    let (send, waiting) = mpsc::channel(WAITING_MAX);
    let reporter = Reporter {
        controller: "logloop-operator".into(),
        instance: Some(identity.to_owned()),
    };
    let publisher = Publisher {
        client,
        reporter,
        waiting,
    };
    (Teller(send), publisher)
}

impl Teller {
    /// Tells people of a change.
    pub fn tell<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
        warning: bool,
        reason: &str,
        note: &str,
    ) {
        let event = Event {
            type_: if warning {
                EventType::Warning
            } else {
                EventType::Normal
            },
            reason: reason.to_owned(),
            note: Some(clip(note, NOTE_MAX).to_owned()),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        if self.0.try_send((event, object.object_ref(&()))).is_err() {
            tracing::debug!(reason, "too many events wait; one is not published");
        }
    }
}

impl Publisher {
    /// Publishes one after the other until nobody can hand one in any more.
    pub async fn run(mut self) {
        let begin = |of: &Self| Recorder::new(of.client.clone(), of.reporter.clone());
        let mut recorder = begin(&self);
        let mut told = 0;
        while let Some((event, object)) = self.waiting.recv().await {
            if told == REMEMBERED {
                (recorder, told) = (begin(&self), 0);
            }
            told += 1;
            let reason = &event.reason;
            match tokio::time::timeout(TIMEOUT, recorder.publish(&event, &object)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, reason, "cannot publish an event"),
                Err(_) => tracing::debug!(reason, "publishing an event took too long"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    #[tokio::test]
    async fn more_than_can_wait_are_not_told_and_nobody_is_held_up() {
        let (send, mut waiting) = mpsc::channel(1);
        let teller = Teller(send);
        let mut map = ConfigMap::default();
        map.metadata.name = Some("m".into());
        teller.tell(&map, true, "First", &"x".repeat(2 * NOTE_MAX));
        teller.tell(&map, false, "Second", "");
        let (event, object) = waiting.recv().await.expect("the first waits");
        assert_eq!(
            (event.reason.as_str(), object.name.as_deref()),
            ("First", Some("m"))
        );
        assert_eq!(event.note.map(|note| note.len()), Some(NOTE_MAX));
        assert!(waiting.try_recv().is_err(), "the second found no room");
    }
}
