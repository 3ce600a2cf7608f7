//! What a tombstone says, and the lines of the log that it is made of.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::made::{Made, Only};
use super::subject::SubjectHash;

/// How far the clocks of those who store and those who export may differ.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// As late as another clock may have it.
fn later(time: DateTime<Utc>) -> DateTime<Utc> {
    time.checked_add_signed(CLOCK_SLACK)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// An erasure was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) receipt_id: Uuid,
    pub(super) requested: DateTime<Utc>,
    #[serde(flatten)]
    pub(super) target: Named,
}

/// Whom or what an erasure is about, as a tombstone names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// One interaction.
    InteractionId(Uuid),
    /// Everything of a subject, stored before it was asked for.
    Subject(SubjectHash),
}

/// What an erasure found in the store; in lines of at most [`super::log::MAX_COVERED_IN_A_LINE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Covers {
    pub(super) number: u64,
    pub(super) interactions: Vec<Covered>,
    /// What the subject said, of whatever interaction.
    pub(super) feedback: Option<Said>,
    /// This is the last line of them.
    pub(super) last: bool,
}

/// An interaction that an erasure covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Covered {
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub time: DateTime<Utc>,
    /// It had a log, so that data sets may have examples of it.
    pub log: bool,
    /// The blob that held the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// Who asked, where the erasure itself does not say it.
    #[serde(default, skip_serializing_if = "Whose::is_unknown")]
    pub whose: Whose,
}

/// Who asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Not written down.
    #[default]
    Unknown,
    /// Nobody was told apart.
    Nobody,
    /// This one.
    Subject(SubjectHash),
}

impl Whose {
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }

    fn may_be(&self, only: Only<'_>) -> bool {
        match self {
            Self::Unknown => true,
            Self::Nobody => false,
            Self::Subject(subject) => only.may_be(subject),
        }
    }
}

impl Covered {
    /// Whether what was made from the store at `made`, without interactions before `since`, may hold something of it.
    pub(super) fn is_held_by(&self, made: DateTime<Utc>, since: Option<DateTime<Utc>>) -> bool {
        self.log && self.time <= later(made) && since.is_none_or(|since| self.time >= since)
    }
}

/// What a subject said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Statements.
    pub events: u64,
    /// Time of the first.
    pub first: DateTime<Utc>,
    /// Time of the last.
    pub last: DateTime<Utc>,
}

impl Said {
    pub(super) fn at(time: DateTime<Utc>) -> Self {
        Self {
            events: 1,
            first: time,
            last: time,
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Nothing of an erasure is left anywhere that it reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) number: u64,
    pub(super) at: DateTime<Utc>,
}

/// A line of the log: one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) erasure: Option<Asked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) covers: Option<Covers>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) done: Option<Done>,
}

/// One erasure, as all lines of the log together say.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    /// From 1, in the order they were asked for.
    pub number: u64,
    /// By which its receipt is looked up.
    pub receipt_id: Uuid,
    /// When it was asked for.
    pub requested: DateTime<Utc>,
    /// What is erased.
    pub target: Named,
    /// The interactions that were found, once [`Tombstone::resolved`].
    pub covers: Vec<Covered>,
    /// What the subject said.
    pub feedback: Option<Said>,
    /// The store was searched.
    pub resolved: bool,
    /// When nothing was left.
    pub done: Option<DateTime<Utc>>,
}

impl Tombstone {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            number: asked.number,
            receipt_id: asked.receipt_id,
            requested: asked.requested,
            target: asked.target,
            covers: vec![],
            feedback: None,
            resolved: false,
            done: None,
        }
    }

    /// Whether who took a snapshot at `made`, and knew of the erasures up to `erasures`, left out what this one covers. A
    /// number alone does not say so: one that was never accepted is lost with the power, and given again.
    pub fn is_known_to(&self, erasures: u64, made: DateTime<Utc>) -> bool {
        erasures >= self.number && later(made) >= self.requested
    }

    /// The interaction that was named and not found: retention removed it before, or it never was.
    pub(super) fn unfound(&self) -> Option<Uuid> {
        match self.target {
            Named::InteractionId(id) if self.covers.is_empty() => Some(id),
            _ => None,
        }
    }

    /// The salt under which it names a subject, if it names one.
    pub(super) fn salt(&self) -> Option<&str> {
        match &self.target {
            Named::Subject(subject) => Some(&subject.salt),
            Named::InteractionId(_) => {
                self.covers.iter().find_map(|covered| match &covered.whose {
                    Whose::Subject(subject) => Some(subject.salt.as_str()),
                    _ => None,
                })
            }
        }
    }

    /// Whether what was made left out what this covers.
    pub(super) fn is_obeyed_by(&self, made: &Made<'_>) -> bool {
        self.is_known_to(made.erasures, made.at)
    }

    /// Whether what was made may hold something of this.
    pub(super) fn may_be_in(&self, made: &Made<'_>) -> bool {
        !self.is_obeyed_by(made) && self.is_held(made.at, made.since, made.only)
    }

    /// Whether what was made from the store at `made`, without interactions before `since`, may hold something of this.
    pub fn is_held_by(&self, made: DateTime<Utc>, since: Option<DateTime<Utc>>) -> bool {
        self.is_held(made, since, None)
    }

    fn is_held(
        &self,
        made: DateTime<Utc>,
        since: Option<DateTime<Utc>>,
        only: Option<Only<'_>>,
    ) -> bool {
        if !self.resolved {
            return true;
        }
        let is_theirs = |covered: &Covered, only: Only<'_>| match &self.target {
            Named::Subject(subject) => only.may_be(subject),
            Named::InteractionId(_) => covered.whose.may_be(only),
        };
        let taught = |covered: &Covered| {
            // A time later than the erasure is wrong, and says nothing.
            let is_odd = covered.log && covered.time > self.requested;
            let in_time = covered.is_held_by(made, since)
                || (is_odd && since.is_none_or(|since| covered.time >= since));
            in_time && only.is_none_or(|only| is_theirs(covered, only))
        };
        // What they said can be a label of anybody's interaction.
        self.covers.iter().any(taught)
            || self
                .feedback
                .as_ref()
                .is_some_and(|said| said.first <= later(made))
    }
}
