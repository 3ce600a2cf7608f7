//! Examples to distinct entries. As long as there are no more than are kept, they are folded in one pass. If there are, their
//! texts are let go, what they weigh is added up, and another pass folds those that are kept.

use std::collections::{BTreeMap, BTreeSet};

use logloop_records::TrainingExample;
use logloop_scoring::features::stable_hash;

use crate::admission::{self, Admission, Verdict};
use crate::apart;
use crate::examples::{Examples, Needs};
use crate::facts::{Facts, is_valid};
use crate::groups::Groups;
use crate::items::{Dropped, Folded, Items, Key, MAX_ITEMS, MAX_JUDGES, finish, fold, key};
use crate::strength::{self, Choice, Place, Strength, Tallies};

/// Distinct entries whose strengths are compared if they are too many to be kept (about 60 bytes each). Of more than these the
/// weaker half goes whenever they are reached.
pub(crate) const MAX_COMPARED: usize = 3_500_000;

/// How much is kept, at most; see the constants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// [`MAX_ITEMS`].
    pub(crate) items: usize,
    /// [`MAX_JUDGES`].
    pub(crate) judges: usize,
    /// [`MAX_COMPARED`].
    pub(crate) compared: usize,
    /// What is kept to decide who is heard.
    pub(crate) admission: admission::Bounds,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            items: MAX_ITEMS,
            judges: MAX_JUDGES,
            compared: MAX_COMPARED,
            admission: admission::Bounds::default(),
        }
    }
}

/// The distinct entries of a data set, before they have features.
pub(crate) struct Entries {
    pub(crate) training: BTreeMap<Key, Folded>,
    pub(crate) held_out: BTreeMap<Key, Folded>,
    pub(crate) dropped: Dropped,
}

impl Entries {
    /// Reads the examples as often as it takes.
    pub(crate) fn read<E: Examples + ?Sized>(
        examples: &E,
        bounds: Bounds,
    ) -> Result<Self, E::Error> {
        let admission = Admission::of(examples, bounds.admission)?;
        let mut training = Fold::new(bounds.items, bounds.compared);
        let mut held_out = Fold::new(bounds.judges, bounds.compared);
        let mut dropped = pass(
            examples,
            &admission,
            |example, count| training.add(example, count),
            |example, count| held_out.add(example, count),
        )?;
        let (mut training, mut held_out) = (training.chosen(), held_out.chosen());
        if training.needs_another_pass() || held_out.needs_another_pass() {
            dropped = pass(
                examples,
                &admission,
                |example, count| training.add(example, count),
                |example, count| held_out.add(example, count),
            )?;
        }
        let (training, over_cap) = training.finish();
        let (held_out, over_judges_cap) = held_out.finish();
        Ok(Self {
            training,
            held_out,
            dropped: Dropped {
                over_cap,
                over_judges_cap,
                ..dropped
            },
        })
    }

    /// With groups and features.
    pub(crate) fn into_items(mut self) -> Items {
        let (groups, judging) = self.set_apart();
        Items {
            training: finish(self.training, &groups),
            held_out: finish(self.held_out, &groups),
            judging,
            dropped: self.dropped,
        }
    }

    /// Only what judges: nothing that is trained on gets features.
    pub(crate) fn into_judges(mut self) -> Items {
        let (groups, judging) = self.set_apart();
        Items {
            training: Vec::new(),
            held_out: finish(self.held_out, &groups),
            judging,
            dropped: self.dropped,
        }
    }

    /// Mines the groups of all texts, and takes out what would be of a group that is on the other side. Gives the texts of the
    /// groups that judge, too.
    fn set_apart(&mut self) -> (Groups, Vec<(u64, u64)>) {
        let texts = self.training.keys().chain(self.held_out.keys());
        let groups = Groups::mine(texts.map(|(template, ..)| template.as_str()));
        let group = |key: &Key| groups.of(&key.0);
        let by = |(key, folded): (&Key, &Folded)| (group(key), folded.by());
        let judging = apart::judging(self.training.iter().map(by), self.held_out.iter().map(by));
        let texts = self.training.keys().chain(self.held_out.keys());
        let texts = texts.map(|key| (group(key), stable_hash(&key.0)));
        let texts: BTreeSet<(u64, u64)> =
            texts.filter(|(group, _)| judging.contains(group)).collect();
        let (training, held_out) = (self.training.len(), self.held_out.len());
        self.training
            .retain(|key, _| !judging.contains(&group(key)));
        self.held_out.retain(|key, _| judging.contains(&group(key)));
        self.dropped.of_judging_group = training - self.training.len();
        self.dropped.of_taught_group = held_out - self.held_out.len();
        (groups, texts.into_iter().collect())
    }
}

/// Puts each example where it belongs, and tells what was left out.
fn pass<E: Examples + ?Sized>(
    examples: &E,
    admission: &Admission,
    mut training: impl FnMut(&TrainingExample, u64),
    mut held_out: impl FnMut(&TrainingExample, u64),
) -> Result<Dropped, E::Error> {
    let mut dropped = Dropped {
        capped: admission.capped,
        ..Dropped::default()
    };
    let mut row = 0;
    examples.each(Needs::All, |example| {
        if !is_valid(example) {
            dropped.invalid += 1;
            return;
        }
        let facts = Facts::of(example);
        let verdict = admission.verdict(row, &facts);
        row += 1;
        let count = match verdict {
            Verdict::Counts(count) => count,
            Verdict::Settled => return,
            Verdict::Echo => {
                dropped.capped.echoes += 1;
                return;
            }
            Verdict::OverUpload => {
                dropped.capped.over_upload += 1;
                return;
            }
        };
        let strong = example.label_source.is_strong();
        if example.held_out && strong {
            held_out(example, count);
        } else if admission.is_held_out(&facts) {
            dropped.held_out_template += 1;
        } else if !strong && admission.is_judged(&facts) {
            dropped.overruled += 1;
        } else {
            training(example, count);
        }
    })?;
    Ok(dropped)
}

/// Entries, in the first pass.
struct Fold {
    limit: usize,
    compared: usize,
    state: State,
}

enum State {
    /// Not too many so far.
    Few(BTreeMap<Key, Folded>),
    /// Too many: which ones are the strongest?
    Many(Tallies),
}

impl Fold {
    fn new(limit: usize, compared: usize) -> Self {
        Self {
            limit,
            compared,
            state: State::Few(BTreeMap::new()),
        }
    }

    fn add(&mut self, example: &TrainingExample, count: u64) {
        match &mut self.state {
            State::Few(folded) => {
                fold(folded, key(example), example, count);
                if folded.len() > self.limit {
                    let mut tallies = Tallies::new(self.compared);
                    for (key, folded) in std::mem::take(folded) {
                        tallies.add(&key, folded.strength());
                    }
                    self.state = State::Many(tallies);
                }
            }
            State::Many(tallies) => tallies.add(&key(example), Strength::of(example, count)),
        }
    }

    /// What is to be kept.
    fn chosen(self) -> Chosen {
        match self.state {
            State::Few(folded) => Chosen {
                choice: None,
                kept: folded,
                ties: BTreeMap::new(),
            },
            State::Many(tallies) => Chosen {
                choice: Some(tallies.choose(self.limit)),
                kept: BTreeMap::new(),
                ties: BTreeMap::new(),
            },
        }
    }
}

/// Entries, in the second pass.
struct Chosen {
    /// None: all were kept in the first one.
    choice: Option<Choice>,
    kept: BTreeMap<Key, Folded>,
    /// Of those that are as strong as the last one: as many as there is room for, by their hashes, since who writes a log
    /// chooses its texts.
    ties: BTreeMap<(u64, Key), Folded>,
}

impl Chosen {
    fn needs_another_pass(&self) -> bool {
        self.choice.is_some()
    }

    fn add(&mut self, example: &TrainingExample, count: u64) {
        let Some(choice) = &self.choice else {
            return;
        };
        let key = key(example);
        match choice.place(&key) {
            Place::Over => {}
            Place::Kept => fold(&mut self.kept, key, example, count),
            Place::Ties => {
                let place = (strength::id(&key), key);
                let last = self.ties.last_key_value();
                let has_room = self.ties.len() < choice.ties;
                // What is let go for one that comes before it never comes in again.
                if has_room || last.is_some_and(|(last, _)| place <= *last) {
                    fold(&mut self.ties, place, example, count);
                }
                if self.ties.len() > choice.ties {
                    self.ties.pop_last();
                }
            }
        }
    }

    /// What is kept, and how many entries are not.
    fn finish(mut self) -> (BTreeMap<Key, Folded>, usize) {
        let ties = self.ties.into_iter();
        self.kept
            .extend(ties.map(|((_, key), folded)| (key, folded)));
        let over = self
            .choice
            .map_or(0, |choice| choice.distinct - self.kept.len());
        (self.kept, over)
    }
}

#[cfg(test)]
#[path = "entries_tests.rs"]
mod tests;
