//! Conditions of a status: set by type, with a transition time that moves only when the status does.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The run has ended, well or not.
pub const FINISHED: &str = "Finished";
/// The run has done all it was asked to: its model serves, or is published if a person is to bring it into service.
pub const COMPLETE: &str = "Complete";
/// Something that a person can clear keeps the object from going on.
pub const BLOCKED: &str = "Blocked";
/// The spec says to stop, and it has.
pub const SUSPENDED: &str = "Suspended";
/// The data set is exported.
pub const DATASET_READY: &str = "DatasetReady";
/// The model version is published.
pub const MODEL_PUBLISHED: &str = "ModelPublished";
/// The gate has been passed.
pub const GATED: &str = "Gated";
/// The model version answers in the target analyzer's pods.
pub const SERVING: &str = "Serving";
/// Reason of Serving when a version waits for a person to bring it into service. Its run has ended well.
pub const NOT_PROMOTED: &str = "NotPromoted";
/// The last clean-up of a retention went well.
pub const SUCCEEDED: &str = "Succeeded";

/// Longest message a condition takes. Units: bytes (the API server's own bound).
const MESSAGE_MAX: usize = 32_768;

/// What a condition is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying<'a> {
    /// Type of the condition, one of the constants here.
    pub kind: &'a str,
    /// True or False.
    pub holds: bool,
    /// CamelCase word for programs.
    pub reason: &'a str,
    /// Sentence for people.
    pub message: String,
}

/// Sets one condition. `lastTransitionTime` is kept unless the status changes.
pub fn set(
    conditions: &mut Vec<Condition>,
    saying: Saying<'_>,
    generation: Option<i64>,
    now: &Time,
) {
    let status = if saying.holds { "True" } else { "False" };
    let since = find(conditions, saying.kind)
        .filter(|c| c.status == status)
        .map_or_else(|| now.clone(), |c| c.last_transition_time.clone());
    let next = Condition {
        type_: saying.kind.to_owned(),
        status: status.to_owned(),
        reason: saying.reason.to_owned(),
        message: clip(&saying.message, MESSAGE_MAX).to_owned(),
        observed_generation: generation,
        last_transition_time: since,
    };
    match conditions.iter_mut().find(|c| c.type_ == saying.kind) {
        Some(old) => *old = next,
        None => conditions.push(next),
    }
}

/// The condition of a type, if it was ever set.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == kind)
}

/// Whether a condition is set and True.
pub fn is_true(conditions: &[Condition], kind: &str) -> bool {
    find(conditions, kind).is_some_and(|c| c.status == "True")
}

/// The beginning of a text, at most `max` bytes, cut between characters.
pub fn clip(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(
            k8s_openapi::jiff::Timestamp::from_second(second)
                .expect("a small number of seconds is a time"),
        )
    }

    fn saying(holds: bool, reason: &str) -> Saying<'_> {
        Saying {
            kind: BLOCKED,
            holds,
            reason,
            message: "m".into(),
        }
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let mut all = Vec::new();
        set(&mut all, saying(true, "ClaimMissing"), Some(1), &at(10));
        set(&mut all, saying(true, "ImagePullBackOff"), Some(2), &at(20));
        let c = find(&all, BLOCKED).expect("it was set");
        assert_eq!(
            (
                c.last_transition_time.clone(),
                c.reason.as_str(),
                c.observed_generation
            ),
            (at(10), "ImagePullBackOff", Some(2))
        );
        assert!(is_true(&all, BLOCKED));
        set(&mut all, saying(false, "Running"), Some(2), &at(30));
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].last_transition_time, at(30));
        assert!(!is_true(&all, BLOCKED));
    }

    #[test]
    fn clipping_never_splits_a_character() {
        assert_eq!(clip("aé", 2), "a");
        assert_eq!(clip("aé", 3), "aé");
    }
}
