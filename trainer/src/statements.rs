//! What people say, each thing once: the only labels about which more must be known than the row that has them. Answers of
//! rules and models are decided about row by row, and need no memory, however many they are.

use std::collections::HashMap;

use logloop_records::LabelSource;

use crate::facts::Facts;
use crate::voices::{self, Claim};

/// Distinct things that people say, at most (about 250 bytes each, with all that is looked up by them).
pub(crate) const MAX_STATEMENTS: usize = 800_000;

/// What one contributor says of one entry; of gold, and where nobody is named, what is said of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    pub(crate) key: u64,
    pub(crate) template: u64,
    /// None: trusted.
    pub(crate) who: Option<u64>,
    /// The upload of its first row.
    pub(crate) upload: Option<u64>,
    pub(crate) source: LabelSource,
    pub(crate) is_failure: bool,
    pub(crate) held_out: bool,
    /// Of its first row.
    pub(crate) weight: f32,
    /// The last time that it was said.
    pub(crate) at: Option<i64>,
    /// Its first row.
    pub(crate) first: u64,
    /// Rows that say it.
    pub(crate) rows: u64,
    /// Whether it counts, by what is known so far.
    pub(crate) stands: bool,
}

impl Statement {
    /// Whether it is a label that models are judged by.
    pub(crate) fn judges(&self) -> bool {
        self.held_out && self.source.is_strong()
    }

    /// As a claim about its entry.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            who: self.who,
            source: self.source,
            is_failure: self.is_failure,
            at: self.at,
            times: self.rows,
        }
    }

    /// Which are kept if they are too many: the strongest labels, then by the hash of the entry.
    fn rank(&self) -> Rank {
        (self.source, self.key, self.who, self.is_failure)
    }
}

type Rank = (LabelSource, u64, Option<u64>, bool);

/// All statements of a data set.
#[derive(Debug)]
pub(crate) struct Statements {
    /// By [`Statement::rank`] once they are [`Statements::complete`].
    pub(crate) all: Vec<Statement>,
    at: HashMap<u64, u32>,
    limit: usize,
    /// What one contributor may say, as far as it is known.
    most: usize,
    /// The last one that can be kept, if some had to go.
    last: Option<Rank>,
    /// The same of each contributor that said more than there was room for.
    last_of: HashMap<u64, Rank>,
    /// Rows of statements over the limit.
    pub(crate) over_limit: u64,
}

impl Statements {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            all: Vec::new(),
            at: HashMap::new(),
            limit,
            most: limit.max(1),
            last: None,
            last_of: HashMap::new(),
            over_limit: 0,
        }
    }

    /// Takes note of row `row`. Rows of rules and models are none of its business.
    pub(crate) fn add(&mut self, row: u64, facts: &Facts) {
        let claim = facts.claim;
        if !claim.source.is_by_people() {
            return;
        }
        let id = id(facts);
        if let Some(known) = self.at.get(&id) {
            let known = &mut self.all[*known as usize];
            known.at = known.at.max(claim.at);
            known.rows += 1;
            return;
        }
        let statement = Statement {
            key: facts.key,
            template: facts.template,
            who: facts.who,
            upload: facts.upload,
            source: claim.source,
            is_failure: claim.is_failure,
            held_out: facts.held_out,
            weight: facts.weight,
            at: claim.at,
            first: row,
            rows: 1,
            stands: true,
        };
        let last_of = statement.who.and_then(|who| self.last_of.get(&who));
        let is_over = |last: &Rank| statement.rank() > *last;
        if self.last.as_ref().is_some_and(is_over) || last_of.is_some_and(is_over) {
            self.over_limit += 1;
            return;
        }
        self.at.insert(id, self.all.len() as u32);
        self.all.push(statement);
        // Not at every one that is too many: an eighth at a time.
        if self.all.len() > self.limit + self.limit / 8 {
            self.cut();
        }
    }

    /// Keeps the first by rank; what comes later and ranks below the last of them is not taken. Who says most goes first:
    /// nobody takes the place of what others say, and no number of contributors that of gold and of files on the volume.
    fn cut(&mut self) {
        self.all.sort_unstable_by_key(Statement::rank);
        if self.all.len() > self.limit || self.most < self.limit {
            self.cut_largest();
        }
        let cut = self.all.drain(self.limit.min(self.all.len())..);
        let rows: u64 = cut.map(|statement| statement.rows).sum();
        if rows > 0 {
            self.over_limit += rows;
            self.last = self.all.last().map(Statement::rank);
        }
        self.at.clear();
        for (at, statement) in self.all.iter().enumerate() {
            self.at.insert(id_of(statement), at as u32);
        }
    }

    /// Of each contributor as many, by rank, as there is room for if all have the same room beside those who are trusted.
    fn cut_largest(&mut self) {
        let mut said: HashMap<Option<u64>, usize> = HashMap::new();
        for statement in &self.all {
            *said.entry(statement.who).or_default() += 1;
        }
        let trusted = said.remove(&None).unwrap_or_default();
        // What was let go does not come back, also where there would be room again: the order must not decide.
        let said = said.into_values().map(|number| number.min(self.most));
        let room = self.limit.saturating_sub(trusted);
        self.most = level(said.collect(), room).clamp(1, self.most);
        let most = self.most;
        let mut kept: HashMap<u64, usize> = HashMap::new();
        let (last_of, over_limit) = (&mut self.last_of, &mut self.over_limit);
        self.all.retain(|statement| {
            let Some(who) = statement.who else {
                return true;
            };
            let kept = kept.entry(who).or_default();
            *kept += 1;
            if *kept == most {
                last_of.insert(who, statement.rank());
            }
            if *kept > most {
                *over_limit += statement.rows;
            }
            *kept <= most
        });
    }

    /// All rows were seen: of each contributor's, what they said last stands.
    pub(crate) fn complete(&mut self) {
        self.cut();
        self.for_each_entry(|statements, entry| {
            let claims: Vec<Claim> = entry.iter().map(|at| statements[*at].claim()).collect();
            for (at, is_voice) in entry.iter().zip(voices::voices(&claims)) {
                statements[*at].stands = is_voice.unwrap_or(true);
            }
        });
    }

    /// The statement of which a row is part; none: it is over the limit.
    pub(crate) fn of(&self, facts: &Facts) -> Option<&Statement> {
        self.at.get(&id(facts)).map(|at| &self.all[*at as usize])
    }

    /// Calls `each` with the indices of those that stand, entry by entry.
    pub(crate) fn for_each_entry(&mut self, mut each: impl FnMut(&mut [Statement], &[usize])) {
        let standing = self.all.iter().enumerate().filter(|(_, s)| s.stands);
        let mut order: Vec<(u64, usize)> = standing.map(|(at, s)| (s.key, at)).collect();
        order.sort_unstable();
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            let indices: Vec<usize> = same.iter().map(|(_, at)| *at).collect();
            each(&mut self.all, &indices);
        }
    }

    /// Indices of those that stand, by whom `of` names. Of each the strongest labels come first, then by the hash of the
    /// entry: nobody chooses which of too many count.
    pub(crate) fn by(&self, of: impl Fn(&Statement) -> Option<u64>) -> Vec<Vec<usize>> {
        let standing = self.all.iter().enumerate().filter(|(_, s)| s.stands);
        let mut named: Vec<(u64, LabelSource, u64, u64, usize)> = standing
            .filter_map(|(at, s)| Some((of(s)?, s.source, s.key, s.first, at)))
            .collect();
        named.sort_unstable();
        let parts = named.chunk_by(|a, b| a.0 == b.0);
        parts
            .map(|part| part.iter().map(|(.., at)| *at).collect())
            .collect()
    }
}

/// The most that each of these may have, so that together they have no more than `limit`.
fn level(mut said: Vec<usize>, limit: usize) -> usize {
    said.sort_unstable();
    let (mut left, mut level) = (limit, 0);
    for (at, number) in said.iter().enumerate() {
        let share = left / (said.len() - at);
        if *number > share {
            return share;
        }
        left -= number;
        level = *number;
    }
    level
}

/// What makes rows the same statement, as a number.
fn id(facts: &Facts) -> u64 {
    number(
        facts.key,
        facts.who,
        facts.claim.source,
        facts.claim.is_failure,
    )
}

fn id_of(statement: &Statement) -> u64 {
    number(
        statement.key,
        statement.who,
        statement.source,
        statement.is_failure,
    )
}

fn number(key: u64, who: Option<u64>, source: LabelSource, is_failure: bool) -> u64 {
    let tag = (source as u64) << 2 | u64::from(who.is_some()) << 1 | u64::from(is_failure);
    let who = who.unwrap_or_default().wrapping_add(tag);
    key ^ who.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::{Correction, Gold, Rule, Thumb};

    use super::*;
    use crate::testing::example;

    fn facts(who: &str, template: &str, source: LabelSource) -> Facts {
        let mut example = example(template, true, source);
        example.contributor = Some(who.to_owned());
        Facts::of(&example)
    }

    #[test]
    fn rows_that_say_the_same_are_one_and_answers_are_none() {
        let mut statements = Statements::new(10);
        for (row, facts) in [
            facts("ann", "a", Correction),
            facts("ann", "a", Correction),
            facts("bob", "a", Correction),
            facts("ann", "a", Thumb),
            facts("ann", "a", Gold),
            facts("bob", "a", Gold),
            facts("ann", "a", Rule),
        ]
        .iter()
        .enumerate()
        {
            statements.add(row as u64, facts);
        }
        statements.complete();
        let rows: Vec<_> = statements
            .all
            .iter()
            .map(|s| (s.source, s.first, s.rows))
            .collect();
        assert_eq!(rows.len(), 4);
        for expect in [
            (Gold, 4, 2),
            (Correction, 0, 2),
            (Correction, 2, 1),
            (Thumb, 3, 1),
        ] {
            assert!(rows.contains(&expect), "{expect:?} {rows:?}");
        }
    }

    /// Whatever the order, the same are kept: first the strong ones.
    #[test]
    fn of_too_many_the_strongest_are_kept_in_any_order() {
        let rows: Vec<Facts> = (0..400)
            .map(|at| {
                let source = if at % 8 == 0 { Correction } else { Thumb };
                facts("ann", &format!("t{}", at / 2), source)
            })
            .collect();
        let kept = |order: &mut dyn Iterator<Item = &Facts>| {
            let mut statements = Statements::new(64);
            let mut most = 0;
            for (row, facts) in order.enumerate() {
                statements.add(row as u64, facts);
                most = most.max(statements.all.len());
            }
            assert!(most <= 72, "{most}");
            statements.complete();
            assert_eq!(
                statements.over_limit + statements.all.iter().map(|s| s.rows).sum::<u64>(),
                400
            );
            let keys = statements.all.iter().map(|s| (s.source, s.key));
            keys.collect::<Vec<_>>()
        };
        let forwards = kept(&mut rows.iter());
        assert_eq!(forwards.len(), 64);
        assert_eq!(forwards.iter().filter(|s| s.0 == Correction).count(), 50);
        assert_eq!(forwards, kept(&mut rows.iter().rev()));
    }

    #[test]
    fn all_have_the_same_room() {
        for (said, limit, expect) in [
            (&[5, 3][..], 8, 5),
            (&[100, 3, 3], 10, 4),
            (&[100, 90, 2], 10, 4),
            (&[1, 1, 1], 2, 0),
            (&[], 2, 0),
        ] {
            assert_eq!(level(said.to_vec(), limit), expect, "{said:?} {limit}");
        }
    }

    /// Somebody says more than all others together, in whatever order: theirs go, the others' stay.
    #[test]
    fn one_contributor_takes_nobodys_place() {
        let flood = (0..5_000).map(|at| facts("mallory", &format!("m{at}"), Correction));
        let honest = (0..40).map(|at| facts(&format!("c{}", at % 8), &format!("h{at}"), Thumb));
        let rows: Vec<Facts> = flood.chain(honest).collect();
        let kept = |rows: &mut dyn Iterator<Item = &Facts>| {
            let mut statements = Statements::new(64);
            rows.enumerate()
                .for_each(|(row, facts)| statements.add(row as u64, facts));
            statements.complete();
            assert_eq!(statements.over_limit, 5_040 - statements.all.len() as u64);
            let keys = statements.all.iter().map(|s| (s.source, s.key));
            keys.collect::<Vec<_>>()
        };
        let forwards = kept(&mut rows.iter());
        let of = |source| forwards.iter().filter(|s| s.0 == source).count();
        assert_eq!((of(Correction), of(Thumb)), (24, 40));
        assert_eq!(forwards, kept(&mut rows.iter().rev()));
    }

    /// Whoever asks without a name is a contributor with each upload: many of them have room for a thing each, and a reviewer's
    /// words, or a file's, are not one contributor's.
    #[test]
    fn no_number_of_contributors_takes_the_place_of_gold() {
        let gold = (0..50).map(|at| facts("rae", &format!("g{at}"), Gold));
        let thumbs = (0..600).map(|at| facts(&format!("c{}", at % 60), &format!("t{at}"), Thumb));
        let rows: Vec<Facts> = gold.chain(thumbs).collect();
        let kept = |rows: &mut dyn Iterator<Item = &Facts>| {
            let mut statements = Statements::new(64);
            rows.enumerate()
                .for_each(|(row, facts)| statements.add(row as u64, facts));
            statements.complete();
            assert_eq!(statements.over_limit, 650 - statements.all.len() as u64);
            let keys = statements.all.iter().map(|s| (s.source, s.key));
            keys.collect::<Vec<_>>()
        };
        let forwards = kept(&mut rows.iter());
        let of = |source| forwards.iter().filter(|s| s.0 == source).count();
        assert_eq!((of(Gold), of(Thumb)), (50, 14));
        assert_eq!(forwards, kept(&mut rows.iter().rev()));
    }
}
