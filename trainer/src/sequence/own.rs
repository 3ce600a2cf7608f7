//! What one contributor alone shows is not normal because they show it often: uploads are strangers' text.
//!
//! A sequence shows templates, each about so often, and lacks others of its kind's core. Where enough others have sequences of a
//! kind, those of a contributor with something that nobody else ever showed are learned from only so far that it stays as rare as
//! what is told, and beyond that as often as such sequences are among the others', each of these things once. The order of
//! entries is not looked at.

use std::collections::{BTreeMap, HashMap};

use logloop_scoring::sequence::Kind;

use super::fit::MIN_SEQUENCES;
use super::observed::Observed;
use super::threshold::ALARM_RATE;
use crate::who::Contributors;

/// Other contributors that a kind needs before one of them is bounded. Logs on the volume are trusted, and enough by themselves.
const MIN_OTHERS: usize = 3;

/// Share of the others' sequences that what one alone shows may come to: half of what would be told.
const OWN_SHARE: f64 = ALARM_RATE / 2.0;

/// A template, and how often: 0 where one of the core is lacking, else 1 + the logarithm of the count to the base of 2.
type Shown = (u32, u32);

/// Sequences of one contributor of a kind.
#[derive(Default)]
struct Brings {
    sequences: usize,
    /// Of these, those that show something of their own.
    own: usize,
}

/// How much of a contributor's own is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    sequences: usize,
    /// Of those that show the same.
    of_same: usize,
}

/// The sequences of one kind that are learned from, in their order.
pub(super) fn admitted<'o>(kind: &Kind, sequences: Vec<&'o Observed>) -> Vec<&'o Observed> {
    let mut shown_by: HashMap<Shown, Contributors> = HashMap::new();
    for sequence in &sequences {
        for shown in shown(kind, sequence) {
            let by = shown_by.entry(shown).or_default();
            by.add_or_trusted(sequence.who);
        }
    }
    let own = |sequence: &Observed| -> Vec<Shown> {
        let is_own = |shown: &Shown| !matches!(shown_by[shown], Contributors::Several);
        shown(kind, sequence).filter(is_own).collect()
    };
    let mut by: BTreeMap<Option<u64>, Brings> = BTreeMap::new();
    for sequence in &sequences {
        let brings = by.entry(sequence.who).or_default();
        brings.sequences += 1;
        brings.own += usize::from(!own(sequence).is_empty());
    }
    let all = All::of(&by);
    let named = by
        .iter()
        .filter_map(|(who, brings)| Some(((*who)?, brings)));
    let mut left: BTreeMap<u64, Allowance> = named
        .filter_map(|(who, brings)| Some((who, all.allowance(brings)?)))
        .collect();
    let mut times: HashMap<Shown, usize> = HashMap::new();
    let mut is_admitted = |sequence: &&Observed| {
        let Some(left) = sequence.who.and_then(|who| left.get_mut(&who)) else {
            return true;
        };
        let own = own(sequence);
        if own.is_empty() {
            return true;
        }
        let is_spent = |shown: &Shown| times.get(shown).is_some_and(|n| *n >= left.of_same);
        if left.sequences == 0 || own.iter().any(is_spent) {
            return false;
        }
        left.sequences -= 1;
        for shown in own {
            *times.entry(shown).or_default() += 1;
        }
        true
    };
    sequences
        .into_iter()
        .filter(|sequence| is_admitted(sequence))
        .collect()
}

/// What a sequence shows.
fn shown(kind: &Kind, sequence: &Observed) -> impl Iterator<Item = Shown> {
    let counts = &sequence.profile.counts;
    let present = counts
        .iter()
        .map(|(template, count)| (*template, 1 + count.max(&1).ilog2()));
    // A window has a few of many templates: none is lacking.
    let core = kind.core.iter().filter(|_| !kind.windows);
    let lacking = core.filter(|template| !counts.contains_key(template));
    present.chain(lacking.map(|template| (*template, 0)))
}

/// What all contributors of a kind bring together.
struct All {
    sequences: usize,
    own: usize,
    /// Those who are told apart.
    named: usize,
    /// Whether some are of logs on the volume.
    trusted: bool,
}

impl All {
    fn of(by: &BTreeMap<Option<u64>, Brings>) -> Self {
        let trusted = by.contains_key(&None);
        Self {
            sequences: by.values().map(|brings| brings.sequences).sum(),
            own: by.values().map(|brings| brings.own).sum(),
            named: by.len() - usize::from(trusted),
            trusted,
        }
    }

    /// Of a named one of them. None: there are too few others to say what is usual.
    fn allowance(&self, brings: &Brings) -> Option<Allowance> {
        let sequences = self.sequences - brings.sequences;
        let named = self.named - 1;
        if (named < MIN_OTHERS && !self.trusted) || sequences < MIN_SEQUENCES {
            return None;
        }
        let rare = (sequences as f64 * OWN_SHARE) as usize;
        // Who sends more than the others has no more of their own for it.
        let others = named + usize::from(self.trusted);
        let usual = brings.sequences.min(sequences / others);
        Some(Allowance {
            sequences: rare + usual * (self.own - brings.own) / sequences,
            of_same: rare.max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(who: u64, number: usize, steps: &[u32]) -> Vec<Observed> {
        let one = Observed {
            who: (who > 0).then_some(who),
            ..Observed::normal(steps.to_vec(), 0)
        };
        vec![one; number]
    }

    /// Sequences of each contributor that are learned from.
    fn learned(parts: &[Vec<Observed>]) -> BTreeMap<u64, usize> {
        let kind = Kind {
            core: vec![1, 2],
            ..Kind::default()
        };
        let all: Vec<&Observed> = parts.iter().flatten().collect();
        let mut learned = BTreeMap::new();
        for sequence in admitted(&kind, all) {
            *learned.entry(sequence.who.unwrap_or(0)).or_default() += 1;
        }
        learned
    }

    fn four(number: usize) -> Vec<Vec<Observed>> {
        (1..=4).map(|who| by(who, number, &[1, 2])).collect()
    }

    #[test]
    fn what_one_alone_shows_stays_rare() {
        for (steps, said) in [
            (&[1, 2, 9][..], "a template"),
            (&[1, 1, 1, 1, 2], "far more often"),
            (&[1], "lacking"),
        ] {
            for (others, expect) in [(50, None), (500, Some(1)), (1_500, Some(3))] {
                let parts = [four(others), vec![by(5, 10_000, steps)]].concat();
                let learned = learned(&parts);
                assert_eq!(learned.get(&5).copied(), expect, "{said}, {others}");
                assert_eq!(learned[&1], others);
            }
            let two = [four(500), vec![by(5, 900, steps), by(6, 9, steps)]].concat();
            let learned = learned(&two);
            assert_eq!((learned[&5], learned[&6]), (900, 9), "{said}, of two");
        }
    }

    #[test]
    fn without_enough_others_nobody_is_bounded() {
        let own = || by(5, 300, &[1, 2, 9]);
        let three = [four(10).into_iter().take(2).collect(), vec![own()]].concat();
        assert_eq!(learned(&three)[&5], 300, "two others");
        assert_eq!(learned(&[four(10), vec![own()]].concat())[&5], 300, "few");
        let trusted = vec![by(0, 200, &[1, 2]), own()];
        assert_eq!(learned(&trusted).get(&5), None, "a log on the volume");
        let own_of_trusted = vec![by(0, 200, &[1, 2, 9]), by(5, 300, &[1, 2])];
        assert_eq!(learned(&own_of_trusted)[&0], 200);
    }

    /// Names that the miner does not take for values: all have sequences with something of their own.
    #[test]
    fn what_is_usual_among_others_is_usual() {
        let varied = |who: u64, number: u32| -> Vec<Observed> {
            let one = |n: u32| by(who, 1, &[1, 2, 1_000 * who as u32 + n]);
            (0..number).flat_map(one).collect()
        };
        let parts: Vec<_> = (1..=5).map(|who| varied(who, 100)).collect();
        assert!(learned(&parts).values().all(|learned| *learned == 100));
        let flood = [parts[..4].to_vec(), vec![varied(5, 900)]].concat();
        assert_eq!(learned(&flood)[&5], 100, "no more than the others");
        let same = [parts[..4].to_vec(), vec![by(5, 900, &[1, 2, 9])]].concat();
        assert_eq!(learned(&same)[&5], 1, "each once");
    }

    /// As many as there are sequences, where nobody is told apart: each is an upload of its own.
    #[test]
    fn many_contributors_are_compared_with_all_others_at_once() {
        let parts: Vec<_> = (1..=100_000).map(|who| by(who, 1, &[1, 2])).collect();
        assert_eq!(learned(&parts).len(), 100_000);
    }
}
