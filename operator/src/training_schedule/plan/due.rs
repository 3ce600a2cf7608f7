//! Is it time, or has enough come in?

use super::{super::trigger, Draft};
use crate::{clock, schedule::Schedule};
use jiff::Timestamp;
use logloop_operator_api::{
    duration, names,
    training_schedule::{Figures, SchedulePhase},
};
use std::time::Duration;

/// A run that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Its name.
    pub name: String,
    /// Why, for people.
    pub because: String,
    /// The time of the schedule it is for; absent if it is for new data.
    pub scheduled: Option<Timestamp>,
}

impl Draft<'_> {
    pub(super) fn decide(&mut self) {
        let spec = &self.facts.schedule.spec;
        let schedule = match self.read_schedule() {
            Ok(schedule) => schedule,
            Err(why) => {
                self.status.next_schedule_time = None;
                return self.blocked("InvalidSchedule", format!("{why}; correct it"));
            }
        };
        let now = self.facts.now;
        self.status.next_schedule_time = schedule
            .as_ref()
            .and_then(|schedule| schedule.next(now))
            .map(clock::time);
        if spec.suspend {
            self.status.next_schedule_time = None;
            self.unblocked("Suspended");
            return self.rest(
                SchedulePhase::Suspended,
                "suspended; set spec.suspend to false to go on",
            );
        }
        let at = schedule.as_ref().and_then(|schedule| self.tick(schedule));
        match at.or_else(|| self.data()) {
            Some(due) => self.create(due),
            None => self.sleep(),
        }
    }

    /// The schedule, and on record since when it is this one.
    fn read_schedule(&mut self) -> Result<Option<Schedule>, String> {
        let spec = &self.facts.schedule.spec;
        let Some(fields) = spec.schedule.as_deref() else {
            self.status.schedule = None;
            self.status.schedule_since = None;
            return Ok(None);
        };
        let zone = spec.time_zone.as_deref();
        let schedule = Schedule::parse(fields, zone)?;
        let text = format!("{fields} {}", zone.unwrap_or("UTC"));
        if self.status.schedule.as_ref() != Some(&text) {
            let first = self.status.schedule.is_none();
            let created = self.facts.schedule.metadata.creation_timestamp.clone();
            // The operator may see a new one late; of one that was changed it cannot know when.
            self.status.schedule_since = created
                .filter(|_| first && self.status.last_run_time.is_none())
                .or_else(|| Some(clock::time(self.facts.now)));
            self.status.schedule = Some(text);
        }
        Ok(Some(schedule))
    }

    /// The latest time of the schedule for which no run was created, if it is not too late for it.
    fn tick(&mut self, schedule: &Schedule) -> Option<Due> {
        let facts = self.facts;
        let last = self.status.last_schedule_time.as_ref().map(|time| time.0);
        let since = self.status.schedule_since.as_ref().map(|time| time.0);
        let after = last.max(since).unwrap_or(Timestamp::MIN);
        let tick = schedule.latest(after, facts.now)?;
        let late = facts
            .schedule
            .spec
            .starting_deadline_seconds
            .is_some_and(|seconds| facts.now > clock::after(tick, seconds));
        if late {
            self.status.last_missed_time = Some(clock::time(tick));
            return None;
        }
        let (name, uid) = self.whose();
        Some(Due {
            name: names::run_at(name, uid, tick.as_second()),
            because: format!("its time, {tick}"),
            scheduled: Some(tick),
        })
    }

    /// A run because of new data, if there is enough and the last one is long enough ago.
    fn data(&mut self) -> Option<Due> {
        let spec = self.facts.schedule.spec.trigger.as_ref()?;
        self.look_again(self.facts.keep);
        let kept = match self.facts.kept.as_ref()? {
            Ok(kept) => *kept,
            Err(why) => {
                self.status.kept = None;
                self.trouble(
                    "AnalyzerSilent",
                    format!("cannot tell how much is new: {why}"),
                );
                return None;
            }
        };
        self.status.kept = Some(kept);
        let baseline = self.status.baseline.unwrap_or_default();
        let baseline = trigger::lowered(baseline, kept);
        if self.status.baseline.is_some() {
            self.status.baseline = Some(baseline);
        }
        match trigger::judge(spec, baseline, kept) {
            trigger::Says::Enough(because) => self.after_interval(&spec.min_interval, because),
            trigger::Says::NotYet(found) => {
                self.calm(format!("waits for new data: {found}"));
                None
            }
            trigger::Says::Untold(figure) => {
                let why = format!(
                    "the analyzer does not tell its {figure}: upgrade it, or take what needs that figure out of spec.trigger"
                );
                self.trouble("FigureMissing", why);
                None
            }
        }
    }

    fn after_interval(&mut self, min_interval: &str, because: String) -> Option<Due> {
        let seconds = match duration::parse_seconds(min_interval) {
            Ok(seconds) => seconds,
            Err(why) => {
                self.trouble("InvalidSpec", format!("spec.trigger.minInterval: {why}"));
                return None;
            }
        };
        let last = self.status.last_run_time.as_ref();
        let from = last.map(|last| clock::after(last.0, seconds));
        if let Some(from) = from.filter(|from| self.facts.now < *from) {
            self.calm(format!(
                "{because}; minInterval lets it create the next run at {from}"
            ));
            self.look_again(clock::until(from, self.facts.now));
            return None;
        }
        let count = self.status.triggered.unwrap_or(0) + 1;
        let (name, uid) = self.whose();
        Some(Due {
            name: names::run_because_of_data(name, uid, count),
            because,
            scheduled: None,
        })
    }

    /// New data cannot be told. With a schedule beside it, that goes on.
    fn trouble(&mut self, reason: &str, message: String) {
        self.blocked(reason, message);
    }

    fn calm(&mut self, message: String) {
        self.unblocked("Told");
        self.rest(SchedulePhase::Scheduled, message);
    }

    /// Nothing is due.
    fn sleep(&mut self) {
        let spec = &self.facts.schedule.spec;
        if spec.trigger.is_none() {
            self.unblocked("NothingDue");
            let missed = self
                .status
                .last_missed_time
                .as_ref()
                .filter(|missed| {
                    let last = self.status.last_schedule_time.as_ref();
                    last.is_none_or(|last| last.0 < missed.0)
                })
                .map(|missed| {
                    format!(
                        "; {} was missed by more than startingDeadlineSeconds",
                        missed.0
                    )
                });
            let message = match &self.status.next_schedule_time {
                Some(next) => format!("waits for {}{}", next.0, missed.unwrap_or_default()),
                None => "its schedule has no time to come; correct spec.schedule".into(),
            };
            self.rest(SchedulePhase::Scheduled, message);
        }
        if let Some(next) = &self.status.next_schedule_time {
            let wait = clock::until(next.0, self.facts.now) + Duration::from_millis(100);
            self.look_again(wait);
        }
    }

    /// What there is now is where counting begins for the next run.
    pub(super) fn begin_counting(&mut self) {
        let kept = match &self.facts.kept {
            Some(Ok(kept)) => Some(*kept),
            // Not known: what was new stays so.
            _ => self.status.baseline,
        };
        self.status.baseline = kept.filter(|kept| *kept != Figures::default());
    }

    pub(super) fn whose(&self) -> (&str, &str) {
        let meta = &self.facts.schedule.metadata;
        (
            meta.name.as_deref().unwrap_or_default(),
            meta.uid.as_deref().unwrap_or_default(),
        )
    }
}
