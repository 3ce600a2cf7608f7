//! Cron with a time zone. Pure.

use crate::clock;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, tz::TimeZone};

/// A schedule in a time zone.
#[derive(Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads five fields of cron and the IANA name of a zone; UTC if there is none. In words what is wrong with them.
    pub fn parse(fields: &str, zone: Option<&str>) -> Result<Self, String> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser
            .parse(fields)
            .map_err(|error| format!("spec.schedule {fields:?} is not a schedule: {error}"))?;
        let zone = match zone {
            None | Some("UTC") => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                format!(
                    "spec.timeZone {name:?} is not known; use an IANA name such as Europe/Berlin"
                )
            })?,
        };
        Ok(Self { cron, zone })
    }

    /// The latest time of the schedule that is after the one and not after the other. However many were missed, only
    /// this one counts.
    pub fn latest(&self, after: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let found = self
            .cron
            .find_previous_occurrence(&now.to_zoned(self.zone.clone()), true)
            .ok()?
            .timestamp();
        let found = clock::whole(found);
        (found > after).then_some(found)
    }

    /// The next time of the schedule.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let found = self
            .cron
            .find_next_occurrence(&now.to_zoned(self.zone.clone()), false)
            .ok()?;
        Some(clock::whole(found.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn only_the_latest_missed_time_counts() {
        let schedule = Schedule::parse("0 3 * * *", None).expect("a schedule");
        let now = at("2026-06-10T12:00:00Z");
        assert_eq!(
            schedule.latest(at("2026-01-01T00:00:00Z"), now),
            Some(at("2026-06-10T03:00:00Z"))
        );
        assert_eq!(schedule.latest(at("2026-06-10T03:00:00Z"), now), None);
        assert_eq!(
            schedule.latest(at("2026-06-10T02:59:00Z"), at("2026-06-10T03:00:00Z")),
            Some(at("2026-06-10T03:00:00Z"))
        );
        assert_eq!(schedule.next(now), Some(at("2026-06-11T03:00:00Z")));
    }

    #[test]
    fn a_schedule_is_read_in_its_zone() {
        let berlin = Schedule::parse("30 2 * * *", Some("Europe/Berlin")).expect("a schedule");
        assert_eq!(
            berlin.next(at("2026-06-10T12:00:00Z")),
            Some(at("2026-06-11T00:30:00Z"))
        );
        assert_eq!(
            berlin.next(at("2026-12-10T12:00:00Z")),
            Some(at("2026-12-11T01:30:00Z"))
        );
        // The night the clocks go forward has no 02:30: it is made up for, once, when they have.
        let next = berlin
            .next(at("2026-03-28T12:00:00Z"))
            .expect("there is a next time");
        assert!(
            next >= at("2026-03-29T01:00:00Z") && next <= at("2026-03-30T00:30:00Z"),
            "{next}"
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (fields, zone, words) in [
            ("61 * * * *", None, "spec.schedule"),
            ("0 0 31 2 * *", None, "spec.schedule"),
            ("* * * * *", Some("Mars/Olympus"), "spec.timeZone"),
        ] {
            let error = Schedule::parse(fields, zone).expect_err("it is wrong");
            assert!(error.contains(words), "{error}");
        }
    }
}
