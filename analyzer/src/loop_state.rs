//! What the operator last said the loop is doing. Kept in memory: whoever tells it tells it again.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

/// The operator tells each minute; what is older than this is told as old. Units: seconds.
const FRESH_SECONDS: i64 = 180;

const NOBODY: &str = "no operator has told this analyzer what the loop is doing. On a cluster it tells within a minute; without one, \
                      `train` and `promote` are the loop";

/// What was said last, and when.
#[derive(Debug, Default)]
pub struct LoopState(Mutex<Option<Heard>>);

/// What was said, and when.
type Heard = (Map<String, Value>, DateTime<Utc>);

impl LoopState {
    /// The operator says this now.
    pub fn hear(&self, document: Map<String, Value>, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((document, now));
    }

    /// What the loop is doing as far as is known, for whoever asks now: `loop`, `told` (when) and `problem` (why there
    /// is nothing, or nothing new).
    pub fn told(&self, now: DateTime<Utc>) -> Value {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((document, at)) = heard.as_ref() else {
            return json!({"success": true, "loop": null, "told": null, "problem": NOBODY});
        };
        let silent = now.signed_duration_since(at);
        let problem = (silent > TimeDelta::seconds(FRESH_SECONDS)).then(|| {
            format!(
                "the operator has said nothing for {} seconds, and it speaks each minute: this is how it was then. Look whether it runs, and what its log says",
                silent.num_seconds()
            )
        });
        json!({"success": true, "loop": document, "told": at, "problem": problem})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_told_with_its_age() {
        let state = LoopState::default();
        let then: DateTime<Utc> = "2026-06-10T12:00:00Z".parse().unwrap();
        let never = state.told(then);
        assert!(never["loop"].is_null() && never["told"].is_null());
        assert!(
            never["problem"]
                .as_str()
                .unwrap()
                .starts_with("no operator")
        );
        let said = json!({"target": "web"});
        state.hear(said.as_object().unwrap().clone(), then);
        for (seconds, problem) in [
            (0, false),
            (FRESH_SECONDS, false),
            (FRESH_SECONDS + 1, true),
            (-9, false),
        ] {
            let told = state.told(then + TimeDelta::seconds(seconds));
            assert_eq!(told["loop"], said);
            assert_eq!(told["told"], "2026-06-10T12:00:00Z");
            assert_eq!(told["problem"].is_string(), problem, "{seconds}: {told}");
        }
        assert!(
            state.told(then + TimeDelta::seconds(999))["problem"]
                .as_str()
                .unwrap()
                .contains("for 999 seconds")
        );
    }
}
