//! Time as Kubernetes keeps it: whole seconds.

use jiff::Timestamp;
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

/// First second that RFC 3339 can write: 0001-01-01T00:00:00Z. Units: seconds since 1970, as its counterpart.
const FIRST: i64 = -62_135_596_800;
/// Last second that a `Timestamp` holds whole: 9999-12-30T22:00:00Z.
const LAST: i64 = 253_402_207_200;

/// A moment so many seconds later, or earlier if negative; the first or last moment that can be written if there is none.
pub fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    let there = moment
        .as_second()
        .saturating_add(seconds)
        .clamp(FIRST, LAST);
    Timestamp::from_second(there).unwrap_or(moment)
}

/// How long it is until a moment; zero if it has passed.
pub fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second() - now.as_second()).unwrap_or(0))
}

/// A moment for a status.
pub fn time(moment: Timestamp) -> Time {
    Time(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_beyond_what_can_be_written_is_the_first_or_the_last_that_can() {
        let now: Timestamp = "2026-06-10T12:00:00Z".parse().expect("a time");
        for (seconds, expected) in [
            (86_400, "2026-06-11T12:00:00Z"),
            (-86_400, "2026-06-09T12:00:00Z"),
            (i64::MAX, "9999-12-30T22:00:00Z"),
            (99_999_999 * 86_400, "9999-12-30T22:00:00Z"),
            (-99_999_999 * 86_400, "0001-01-01T00:00:00Z"),
            (-999_999_999 * 604_800, "0001-01-01T00:00:00Z"),
            (i64::MIN, "0001-01-01T00:00:00Z"),
        ] {
            let moment = after(now, seconds);
            assert_eq!(moment.to_string(), expected, "{seconds}");
            let text = serde_json::to_string(&time(moment)).expect("a time is JSON");
            let read: Time = serde_json::from_str(&text).expect("what was written can be read");
            assert_eq!(read.0, moment, "{text}");
        }
    }
}
