//! What people say about one entry: who is heard.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use logloop_records::LabelSource::{self, Correction, Gold, Thumb};

/// Contributors whose thumbs outweigh what others' answers say of an entry; one alone does not.
pub const MIN_THUMBS_AGAINST_OTHERS: u64 = 2;

/// A label of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who says it, or sent the log, as a hash; none: a file on the volume.
    pub who: Option<u64>,
    /// How it came about.
    pub source: LabelSource,
    /// The label.
    pub is_failure: bool,
    /// When it was said, else the time of the interaction that it is about, in milliseconds.
    pub at: Option<i64>,
    /// How often it is said; of who is named it counts once.
    pub times: u64,
}

impl Claim {
    /// Whose voice it is; none: it counts for itself.
    pub(crate) fn voice(&self) -> Option<(u64, LabelSource)> {
        let by_people = matches!(self.source, Correction | Thumb);
        self.who.filter(|_| by_people).map(|who| (who, self.source))
    }
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a label.
    Stands,
    /// As many contributors say the opposite: nobody knows.
    Contested,
    /// More contributors say the opposite, or a stronger source does.
    Outvoted,
}

/// Which claims about one entry are a voice: of each contributor one, of the label that they gave last. `None`: it is
/// nobody's, and counts for its entries.
pub fn voices(claims: &[Claim]) -> Vec<Option<bool>> {
    let mut last: BTreeMap<(u64, LabelSource), Option<i64>> = BTreeMap::new();
    for claim in claims {
        if let Some(voice) = claim.voice() {
            let at = last.entry(voice).or_default();
            *at = (*at).max(claim.at);
        }
    }
    let labels: BTreeSet<_> = claims
        .iter()
        .filter_map(|claim| Some((claim.voice()?, claim)))
        .filter(|(voice, claim)| claim.at == last[voice])
        .map(|(voice, claim)| (voice, claim.is_failure))
        .collect();
    let mut heard = BTreeSet::new();
    let mut is_voice = |claim: &Claim| {
        let said = (claim.voice()?, claim.is_failure);
        Some(labels.contains(&said) && heard.insert(said))
    };
    claims.iter().map(&mut is_voice).collect()
}

/// What becomes of the claims about one entry, each contributor's once. A reviewer's word stands; of corrections, then
/// of thumbs, the label that more contributors give.
pub fn settle(claims: &[Claim]) -> Vec<Outcome> {
    let voices = |source: LabelSource| {
        [false, true].map(|label| {
            let same = claims
                .iter()
                .filter(|claim| claim.source == source && claim.is_failure == label);
            let named: BTreeSet<u64> = same.clone().filter_map(|claim| claim.who).collect();
            let unnamed = same.filter(|claim| claim.who.is_none());
            named.len() as u64 + unnamed.map(|claim| claim.times).sum::<u64>()
        })
    };
    let (gold, corrections, thumbs) = (voices(Gold), voices(Correction), voices(Thumb));
    let settle_one = |claim: &Claim| {
        let (label, other) = (
            usize::from(claim.is_failure),
            usize::from(!claim.is_failure),
        );
        match claim.source {
            Correction | Thumb if gold[other] > 0 && gold[label] == 0 => Outcome::Outvoted,
            Correction if gold[label] > 0 => Outcome::Stands,
            Correction => majority(corrections[label], corrections[other]),
            Thumb if corrections[other] > corrections[label] => Outcome::Outvoted,
            Thumb if thumbs[label] < MIN_THUMBS_AGAINST_OTHERS && others_deny(claims, claim) => {
                Outcome::Outvoted
            }
            Thumb => majority(thumbs[label], thumbs[other]),
            _ => Outcome::Stands,
        }
    };
    claims.iter().map(settle_one).collect()
}

fn majority(own: u64, others: u64) -> Outcome {
    match own.cmp(&others) {
        Ordering::Less => Outcome::Outvoted,
        Ordering::Equal => Outcome::Contested,
        Ordering::Greater => Outcome::Stands,
    }
}

/// Whether an answer to somebody else says the opposite.
fn others_deny(claims: &[Claim], claim: &Claim) -> bool {
    claims.iter().any(|other| {
        matches!(other.source, LabelSource::Model | LabelSource::Rule)
            && other.is_failure != claim.is_failure
            && (other.who.is_none() || other.who != claim.who)
    })
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::Rule;

    use super::Outcome::{Contested, Outvoted, Stands};
    use super::*;

    /// Contributor (0: none), source, label.
    fn claim((who, source, is_failure): (u64, LabelSource, bool)) -> Claim {
        Claim {
            who: (who > 0).then_some(who),
            source,
            is_failure,
            at: None,
            times: 1,
        }
    }

    #[test]
    fn each_contributor_has_one_voice() {
        let at = |time, said| Claim {
            at: Some(time),
            ..claim(said)
        };
        for (claims, expect) in [
            (
                vec![
                    at(1, (1, Correction, true)),
                    at(2, (1, Correction, true)),
                    at(1, (2, Correction, true)),
                ],
                vec![Some(true), Some(false), Some(true)],
            ),
            // Of two minds the later counts; of two at once nobody knows which.
            (
                vec![at(1, (1, Correction, true)), at(2, (1, Correction, false))],
                vec![Some(false), Some(true)],
            ),
            (
                vec![at(1, (1, Thumb, true)), at(1, (1, Thumb, false))],
                vec![Some(true), Some(true)],
            ),
            // A thumb and a correction are two things.
            (
                vec![at(1, (1, Thumb, true)), at(2, (1, Correction, false))],
                vec![Some(true), Some(true)],
            ),
            // Files, answers and gold count for their entries.
            (
                vec![
                    at(1, (0, Correction, true)),
                    at(1, (1, Rule, true)),
                    at(1, (1, Gold, true)),
                ],
                vec![None, None, None],
            ),
        ] {
            assert_eq!(voices(&claims), expect, "{claims:?}");
        }
    }

    #[test]
    fn who_is_heard() {
        for (claims, expect) in [
            (
                vec![
                    (1, Correction, true),
                    (2, Correction, false),
                    (3, Correction, false),
                ],
                vec![Outvoted, Stands, Stands],
            ),
            (
                vec![(1, Correction, true), (2, Rule, false)],
                vec![Stands, Stands],
            ),
            (
                vec![(1, Correction, true), (2, Correction, false)],
                vec![Contested, Contested],
            ),
            // Files are trusted, each for itself.
            (
                vec![
                    (0, Correction, true),
                    (0, Correction, true),
                    (1, Correction, false),
                ],
                vec![Stands, Stands, Outvoted],
            ),
            // A reviewer outranks any number.
            (
                vec![
                    (1, Correction, true),
                    (2, Correction, true),
                    (3, Gold, false),
                    (4, Correction, false),
                    (5, Thumb, true),
                ],
                vec![Outvoted, Outvoted, Stands, Stands, Outvoted],
            ),
            (
                vec![(1, Gold, true), (2, Gold, false), (3, Correction, true)],
                vec![Stands, Stands, Stands],
            ),
            // One thumb does not outweigh what others were answered; two do, and it counts where nobody else asked.
            (
                vec![(1, Thumb, true), (2, Rule, false)],
                vec![Outvoted, Stands],
            ),
            (
                vec![(1, Thumb, true), (0, Rule, false)],
                vec![Outvoted, Stands],
            ),
            (
                vec![(1, Thumb, true), (1, Rule, false)],
                vec![Stands, Stands],
            ),
            (
                vec![(1, Thumb, true), (2, Thumb, true), (3, Rule, false)],
                vec![Stands, Stands, Stands],
            ),
            (
                vec![(1, Thumb, true), (2, Thumb, true), (3, Thumb, false)],
                vec![Stands, Stands, Outvoted],
            ),
            (
                vec![(1, Thumb, true), (2, Thumb, true), (3, Correction, false)],
                vec![Outvoted, Outvoted, Stands],
            ),
        ] {
            let of: Vec<Claim> = claims.iter().copied().map(claim).collect();
            assert_eq!(settle(&of), expect, "{claims:?}");
        }
    }
}
