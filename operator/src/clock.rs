//! Time as Kubernetes keeps it: whole seconds.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::time::Duration;

/// Now, in whole seconds: what is written to a status must read back the same.
pub fn now() -> Timestamp {
    whole(Timestamp::now())
}

/// A moment without its fraction of a second.
pub fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

/// A moment so many seconds later; the end of time if there is none.
pub fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    moment
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

/// How long it is until a moment; zero if it has passed.
pub fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second() - now.as_second()).unwrap_or(0))
}

/// A moment for a status.
pub fn time(moment: Timestamp) -> Time {
    Time(moment)
}
