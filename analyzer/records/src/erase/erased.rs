//! What is erased, as any reader asks it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::log;
use super::subject::SubjectHash;
use super::tombstone::{Line, Named, Tombstone};
use crate::error::Error;
use crate::feedback::Feedback;
use crate::layout::DataDir;
use crate::store::SegmentMeta;

/// How long after its end an erasure is looked after: a record that was under way when it was asked for is stored by
/// then, or never.
const UNDER_WAY: TimeDelta = TimeDelta::hours(1);

/// Everything that is erased, as of one moment.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    tombstones: BTreeMap<u64, Tombstone>,
    /// Interactions, and the first erasure that covers each.
    ids: HashMap<Uuid, u64>,
    /// Subjects by salt and hash, and their erasures.
    subjects: HashMap<String, HashMap<String, Vec<u64>>>,
    /// Lines of the log that cannot be read.
    damaged: u64,
}

impl Erased {
    /// Reads the log of erasures. One that is not there erases nothing; one that cannot be read is an error: a reader
    /// that does not know what is erased must not show anything.
    pub fn load(data: &DataDir) -> Result<Self, Error> {
        Self::read(&log::open(data)?)
    }

    pub(super) fn read(log: &[log::Opened]) -> Result<Self, Error> {
        let (mut erased, mut rest) = (Self::default(), vec![]);
        let damaged = log::read(log, |line| match line.erasure {
            Some(_) => erased.add(line),
            None => rest.push(line),
        })?;
        rest.into_iter().for_each(|line| erased.add(line));
        erased.damaged = damaged;
        Ok(erased)
    }

    fn add(&mut self, line: Line) {
        if let Some(asked) = line.erasure {
            let number = asked.number;
            match &asked.target {
                Named::InteractionId(id) => {
                    self.ids.entry(*id).or_insert(number);
                }
                Named::Subject(subject) => {
                    let of_salt = self.subjects.entry(subject.salt.clone()).or_default();
                    let numbers = of_salt.entry(subject.hash.clone()).or_default();
                    numbers.push(number);
                }
            }
            self.tombstones.insert(number, Tombstone::new(asked));
        }
        if let Some(covers) = line.covers
            && let Some(tombstone) = self.tombstones.get_mut(&covers.number)
            && !tombstone.resolved
        {
            for covered in covers.interactions {
                self.ids.entry(covered.id).or_insert(covers.number);
                tombstone.covers.push(covered);
            }
            if let Some(said) = covers.feedback {
                match &mut tombstone.feedback {
                    Some(known) => known.merge(&said),
                    none => *none = Some(said),
                }
            }
            tombstone.resolved = covers.last;
        }
        if let Some(done) = line.done
            && let Some(tombstone) = self.tombstones.get_mut(&done.number)
        {
            tombstone.done.get_or_insert(done.at);
        }
    }

    /// Nothing was ever erased.
    pub fn is_empty(&self) -> bool {
        self.tombstones.is_empty()
    }

    /// Number of the last erasure; 0 without one. What is made from the store names the number that it knew of.
    pub fn number(&self) -> u64 {
        self.tombstones.last_key_value().map_or(0, |(n, _)| *n)
    }

    /// Whether an interaction must not be shown: it is erased by its id, or its subject was erased after `time`.
    pub fn is_erased(&self, id: Uuid, subject: Option<&str>, time: DateTime<Utc>) -> bool {
        self.by(id, subject, time).is_some()
    }

    /// Whether a statement must not be shown: it is about an erased interaction, or its subject was erased after it.
    pub fn is_said_erased(&self, said: &Feedback) -> bool {
        self.said_by(said.interaction_id, said.subject.as_deref(), said.timestamp)
            .is_some()
    }

    /// Whether this id is erased, whatever its record says.
    pub fn has_id(&self, id: Uuid) -> bool {
        self.ids.contains_key(&id)
    }

    /// The erasure that covers an interaction.
    pub(crate) fn by(
        &self,
        id: Uuid,
        subject: Option<&str>,
        time: DateTime<Utc>,
    ) -> Option<&Tombstone> {
        if self.tombstones.is_empty() {
            return None;
        }
        let number = self.ids.get(&id).copied();
        let number = number.or_else(|| self.of_subject(subject?, |t| time <= t.requested));
        self.tombstones.get(&number?)
    }

    /// The erasure that covers a statement.
    pub(crate) fn said_by(
        &self,
        about: Uuid,
        subject: Option<&str>,
        time: DateTime<Utc>,
    ) -> Option<&Tombstone> {
        if self.tombstones.is_empty() {
            return None;
        }
        let until = |t: &Tombstone| {
            let last = t.feedback.as_ref().map(|said| said.last);
            time <= last.map_or(t.requested, |last| last.max(t.requested))
        };
        let number = self.ids.get(&about).copied();
        let number = number.or_else(|| self.of_subject(subject?, until));
        self.tombstones.get(&number?)
    }

    fn of_subject(&self, subject: &str, covers: impl Fn(&Tombstone) -> bool) -> Option<u64> {
        self.subjects.iter().find_map(|(salt, of_salt)| {
            let name = SubjectHash::of(subject, salt);
            let numbers = of_salt.get(&name.hash)?.iter();
            numbers.copied().find(|n| covers(&self.tombstones[n]))
        })
    }

    /// The erasure with this number.
    pub fn get(&self, number: u64) -> Option<&Tombstone> {
        self.tombstones.get(&number)
    }

    /// The erasure whose receipt has this id.
    pub fn of_receipt(&self, receipt_id: Uuid) -> Option<&Tombstone> {
        self.all().find(|t| t.receipt_id == receipt_id)
    }

    /// The erasure of this very interaction, asked for by its id.
    pub(super) fn of_interaction(&self, id: Uuid) -> Option<&Tombstone> {
        self.all().find(|t| t.target == Named::InteractionId(id))
    }

    /// All erasures in the order they were asked for.
    pub fn all(&self) -> impl Iterator<Item = &Tombstone> {
        self.tombstones.values()
    }

    /// Erasures that are not done.
    pub fn pending(&self) -> impl Iterator<Item = &Tombstone> {
        self.all().filter(|t| t.done.is_none())
    }

    /// Erasures whose records may still lie in the store, or come to lie there.
    pub(crate) fn watched(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Tombstone> {
        self.all()
            .filter(move |t| t.done.is_none_or(|at| now - at < UNDER_WAY))
    }

    /// Whether a segment of interactions with these counts can hold what one of these erasures covers.
    pub(crate) fn may_lie_in<'a>(
        &self,
        counts: &SegmentMeta,
        mut watched: impl Iterator<Item = &'a Tombstone>,
    ) -> bool {
        let (Some(first), Some(last)) = (counts.first, counts.last) else {
            return false;
        };
        watched.any(|tombstone| {
            let within = |time| first <= time && time <= last;
            !tombstone.resolved
                || tombstone.covers.iter().any(|covered| within(covered.time))
                || match &tombstone.target {
                    Named::InteractionId(_) => false,
                    Named::Subject(subject) => {
                        first <= tombstone.requested
                            && (counts.more_subjects
                                || counts
                                    .subjects
                                    .iter()
                                    .any(|name| SubjectHash::of(name, &subject.salt) == *subject))
                    }
                }
        })
    }

    /// The salt under which the tombstones name subjects, if one does.
    pub(super) fn salt(&self) -> Option<&str> {
        self.all().find_map(Tombstone::salt)
    }

    /// Lines of the log that cannot be read: what they erased is not known.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }
}
