//! What the cluster warns of, read once for all that wait in the same moment: a thousand Jobs wait at once when their
//! controller is behind, and events can only be looked for among all of a namespace.

use crate::{
    api::call,
    context::Context,
    kept::{self, Kept},
};
use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use std::{collections::HashMap, time::Duration};

/// How many warnings of a namespace are read at once. If there are more, each object's own are asked for.
const WARNINGS_MAX: u32 = 500;
/// How many events of one object are read.
const OF_ONE_MAX: u32 = 50;

/// A warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// CamelCase word.
    pub reason: String,
    /// Sentence.
    pub message: String,
}

/// The latest warning about each object, by its UID; none if there are too many to tell.
type Known = Option<HashMap<String, Warning>>;

/// Warnings that were read a moment ago.
pub struct Warnings {
    kept: Duration,
    read: Kept<Known>,
}

impl Warnings {
    /// They are kept from one look to the next, see [`kept::time`].
    pub fn new(look: Duration) -> Self {
        Self {
            kept: kept::time(look),
            read: Kept::default(),
        }
    }

    /// The latest warning about the object with this UID. Events are a courtesy of the cluster: where they cannot be
    /// read, there is just nothing to tell.
    pub async fn about(&self, context: &Context, uid: &str) -> Option<Warning> {
        let events = context.api::<Event>();
        // Who waits for another's read gives up when that one does.
        let all = async {
            let params = ListParams::default()
                .fields("type=Warning")
                .limit(WARNINGS_MAX);
            let list = events.list(&params).await?;
            let more = list.metadata.continue_.is_some_and(|more| !more.is_empty());
            Ok((!more).then(|| latest(list.items)))
        };
        let known = self.read.get(self.kept, all, |known| of(known, uid));
        match call("list events", known).await.ok()? {
            Some(told) => told,
            None => {
                let of_one = ListParams::default()
                    .fields(&format!("involvedObject.uid={uid},type=Warning"))
                    .limit(OF_ONE_MAX);
                let list = call("list events", events.list(&of_one)).await.ok()?;
                latest(list.items).remove(uid)
            }
        }
    }
}

/// What is known of one; none if there are too many to tell.
fn of(known: &Known, uid: &str) -> Option<Option<Warning>> {
    known.as_ref().map(|known| known.get(uid).cloned())
}

/// The latest of each object.
fn latest(mut events: Vec<Event>) -> HashMap<String, Warning> {
    let when = |event: &Event| {
        let last = event.last_timestamp.as_ref().map(|time| time.0);
        last.or_else(|| event.event_time.as_ref().map(|time| time.0))
    };
    events.sort_by_key(when);
    let said = events.into_iter().filter_map(|event| {
        let warning = Warning {
            reason: event.reason?,
            message: event.message.unwrap_or_default(),
        };
        Some((event.involved_object.uid?, warning))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_latest_warning_of_each_object_counts() {
        let event = |uid: &str, message: &str, at: Value| -> Event {
            let mut event = json!({"metadata": {}, "involvedObject": {"uid": uid}, "reason": "FailedCreate", "message": message});
            for (key, value) in at.as_object().into_iter().flatten() {
                event[key] = value.clone();
            }
            serde_json::from_value(event).expect("an event")
        };
        let latest = latest(vec![
            event(
                "a",
                "second",
                json!({"lastTimestamp": "2026-06-10T12:00:02Z"}),
            ),
            event(
                "a",
                "first",
                json!({"lastTimestamp": "2026-06-10T12:00:01Z"}),
            ),
            event(
                "b",
                "new kind",
                json!({"eventTime": "2026-06-10T12:00:03.000000Z"}),
            ),
            event("b", "no time", json!({})),
        ]);
        let said = |uid: &str| latest.get(uid).map(|warning| warning.message.as_str());
        assert_eq!((said("a"), said("b")), (Some("second"), Some("new kind")));
    }
}
