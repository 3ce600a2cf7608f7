//! Who is heard, decided in passes over the examples that keep what people say, and of everything else only sums.
//!
//! 1. What people say (`statements`), and how many rows each upload has (`uploads`).
//! 2. Only if an upload may bring too many entries: which ones.
//! 3. Only if somebody says something: what all and what each of these bring, and answers that deny a thumb.
//!
//! Then [`Admission::verdict`] tells of every row, in any later pass, what becomes of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use logloop_records::LabelSource;

use crate::contributors::{self, Capped};
use crate::examples::{Examples, Needs};
use crate::facts::{Facts, is_valid, loss_weight};
use crate::statements::{MAX_STATEMENTS, Statements};
use crate::uploads::{MAX_LARGE_UPLOADS, Uploads};
use crate::who::{Contributors, Denials};

/// Held-out templates that are known, at most (8 bytes each, the lowest hashes). A row that is marked itself is never trained
/// on, however many they are.
const MAX_HELD_OUT_TEMPLATES: usize = 1_000_000;

/// How much is kept, at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// See [`MAX_STATEMENTS`].
    pub(crate) statements: usize,
    /// See [`MAX_LARGE_UPLOADS`].
    pub(crate) large_uploads: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            statements: MAX_STATEMENTS,
            large_uploads: MAX_LARGE_UPLOADS,
        }
    }
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It counts for so many entries.
    Counts(u64),
    /// It is part of a statement that another row stands for, or that does not count; [`Admission::capped`] has those.
    Settled,
    /// It only says what its reader's corrections said.
    Echo,
    /// Its upload brings too many entries.
    OverUpload,
}

/// What was decided.
#[derive(Debug)]
pub(crate) struct Admission {
    /// What people said that is not used.
    pub(crate) capped: Capped,
    statements: Statements,
    uploads: Uploads,
    /// Who corrected which template.
    corrected: HashSet<(u64, u64)>,
    held_out: BTreeSet<u64>,
    judged: HashSet<u64>,
    released: HashSet<u64>,
}

impl Admission {
    /// Reads the examples as often as it takes.
    pub(crate) fn of<E: Examples + ?Sized>(examples: &E, bounds: Bounds) -> Result<Self, E::Error> {
        let mut admission = Self {
            capped: Capped::default(),
            statements: Statements::new(bounds.statements),
            uploads: Uploads::new(bounds.large_uploads),
            corrected: HashSet::new(),
            held_out: BTreeSet::new(),
            judged: HashSet::new(),
            released: HashSet::new(),
        };
        let contributors = admission.hear(examples)?;
        admission.drop_echoes();
        if admission.uploads.may_be_large() {
            admission.bound_uploads(examples)?;
        }
        let sums = admission.weigh(examples)?;
        let (all, capped) = (&mut admission.statements, &mut admission.capped);
        // A sole contributor has nobody to be protected from: neither others nor a reviewer.
        if contributors == Contributors::Several {
            admission.released = contributors::bound_judges(all, capped);
            contributors::bound_weights(all, capped, sums.all, &sums.own);
        }
        // Only now: what is too much from one contributor outvotes nobody either.
        contributors::settle(all, capped, &sums.denials);
        let labels = all.all.iter().filter(|s| s.stands && !s.held_out);
        admission.judged = labels
            .filter(|s| s.source.is_strong())
            .map(|s| s.template)
            .collect();
        Ok(admission)
    }

    /// What becomes of a valid row, by what is known so far.
    pub(crate) fn verdict(&self, row: u64, facts: &Facts) -> Verdict {
        if facts.claim.source.is_by_people() {
            return match self.statements.of(facts) {
                Some(said) if !said.stands => Verdict::Settled,
                // A contributor's voice is one, whatever it is about; a file's and a reviewer's labels are all there.
                Some(said) if facts.claim.voice().is_some() && said.first == row => {
                    Verdict::Counts(1)
                }
                Some(_) if facts.claim.voice().is_none() => Verdict::Counts(facts.count),
                _ => Verdict::Settled,
            };
        }
        if is_echo(&self.corrected, facts.who, facts.template) {
            Verdict::Echo
        } else if self.uploads.is_over(facts.upload, facts.key) {
            Verdict::OverUpload
        } else {
            Verdict::Counts(facts.count)
        }
    }

    /// Whether entries of this template judge, and are not trained on.
    pub(crate) fn is_held_out(&self, facts: &Facts) -> bool {
        let template = facts.template;
        (facts.held_out || self.held_out.contains(&template)) && !self.released.contains(&template)
    }

    /// Whether a person labelled entries of this template, to train on.
    pub(crate) fn is_judged(&self, facts: &Facts) -> bool {
        self.judged.contains(&facts.template)
    }

    /// First pass.
    fn hear<E: Examples + ?Sized>(&mut self, examples: &E) -> Result<Contributors, E::Error> {
        let mut contributors = Contributors::None;
        each(examples, |row, facts| {
            contributors.add(facts.who);
            if facts.claim.source == LabelSource::Gold {
                contributors.add_trusted();
            }
            if let Some(upload) = facts.upload {
                self.uploads.count(upload);
            }
            if facts.held_out {
                self.held_out.insert(facts.template);
                if self.held_out.len() > MAX_HELD_OUT_TEMPLATES {
                    self.held_out.pop_last();
                }
            }
            self.statements.add(row, facts);
        })?;
        self.statements.complete();
        self.capped.over_statements = self.statements.over_limit as usize;
        let corrections = self.statements.all.iter();
        self.corrected = corrections
            .filter(|s| s.source == LabelSource::Correction)
            .filter_map(|s| Some((s.who?, s.template)))
            .collect();
        Ok(contributors)
    }

    /// Thumbs of who corrected the same go with their answers.
    fn drop_echoes(&mut self) {
        let corrected = &self.corrected;
        let weak = self.statements.all.iter_mut();
        for said in weak.filter(|s| s.stands && !s.source.is_strong()) {
            if is_echo(corrected, said.who, said.template) {
                said.stands = false;
                self.capped.echoes += 1;
            }
        }
    }

    /// Second pass.
    fn bound_uploads<E: Examples + ?Sized>(&mut self, examples: &E) -> Result<(), E::Error> {
        let (corrected, uploads) = (&self.corrected, &mut self.uploads);
        let said = self.statements.all.iter().filter(|s| s.stands);
        for (upload, said) in said.filter_map(|said| Some((said.upload?, said))) {
            uploads.add(upload, said.source, said.key);
        }
        each(examples, |_, facts| {
            let weak = !facts.claim.source.is_by_people();
            if let Some(upload) = facts.upload.filter(|_| weak)
                && !is_echo(corrected, facts.who, facts.template)
            {
                uploads.add(upload, facts.claim.source, facts.key);
            }
        })?;
        for said in self.statements.all.iter_mut().filter(|s| s.stands) {
            if uploads.is_over(said.upload, said.key) {
                said.stands = false;
                self.capped.over_upload += 1;
            }
        }
        Ok(())
    }

    /// Third pass. Sums are taken in the order of the examples: another order could give another last digit.
    fn weigh<E: Examples + ?Sized>(&self, examples: &E) -> Result<Sums, E::Error> {
        let standing = || self.statements.all.iter().filter(|s| s.stands);
        let of_people = standing().filter(|s| contributors::is_bounded(s));
        let thumbs = standing().filter(|s| s.source == LabelSource::Thumb);
        let mut sums = Sums {
            all: 0.0,
            own: of_people.filter_map(|s| Some((s.who?, 0.0))).collect(),
            denials: thumbs.map(|s| (s.key, Denials::default())).collect(),
        };
        if sums.own.is_empty() && sums.denials.is_empty() {
            return Ok(sums);
        }
        each(examples, |row, facts| {
            let Verdict::Counts(count) = self.verdict(row, facts) else {
                return;
            };
            if !facts.held_out {
                let weight = loss_weight(facts.weight, count);
                sums.all += weight;
                if let Some(own) = facts.who.and_then(|who| sums.own.get_mut(&who)) {
                    *own += weight;
                }
            }
            if !facts.claim.source.is_by_people()
                && let Some(denials) = sums.denials.get_mut(&facts.key)
            {
                denials.add(&facts.claim);
            }
        })?;
        Ok(sums)
    }
}

/// Whether somebody corrected this template, so that what they were answered of it is no second opinion.
fn is_echo(corrected: &HashSet<(u64, u64)>, who: Option<u64>, template: u64) -> bool {
    who.is_some_and(|who| corrected.contains(&(who, template)))
}

/// Calls `take` with each valid row and its number.
fn each<E: Examples + ?Sized>(
    examples: &E,
    mut take: impl FnMut(u64, &Facts),
) -> Result<(), E::Error> {
    let mut row = 0;
    examples.each(Needs::Labels, |example| {
        if is_valid(example) {
            take(row, &Facts::of(example));
            row += 1;
        }
    })
}

/// What the third pass comes to.
struct Sums {
    /// What all that is trained on weighs in the loss.
    all: f64,
    /// The same of each whose words are bounded.
    own: HashMap<u64, f64>,
    /// Of each entry with a thumb.
    denials: HashMap<u64, Denials>,
}
