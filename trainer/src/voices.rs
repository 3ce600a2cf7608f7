//! What people say about one entry: who is heard.

use std::collections::BTreeSet;

use logloop_records::LabelSource::{self, Correction, Gold, Thumb};

/// Contributors whose thumbs outweigh what others' answers say of an entry; one alone does not.
pub const MIN_THUMBS_AGAINST_OTHERS: usize = 2;

/// A label of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who says it, or sent the log; none: a file on the volume.
    pub who: Option<u32>,
    /// How it came about.
    pub source: LabelSource,
    /// The label.
    pub is_failure: bool,
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With its count: it is no contributor's, or a reviewer's.
    Counts,
    /// As one voice.
    Once,
    /// The same contributor said the same before.
    Repeated,
    /// As many contributors say the opposite: nobody knows.
    Contested,
    /// More contributors say the opposite, or a stronger source does.
    Outvoted,
}

/// What becomes of all claims about one entry. A reviewer's word stands; of corrections, then of thumbs, the label that
/// more contributors give stands.
pub fn settle(claims: &[Claim]) -> Vec<Outcome> {
    let voices = |source: LabelSource, is_failure: bool| -> usize {
        let named: BTreeSet<u32> = claims
            .iter()
            .filter(|claim| claim.source == source && claim.is_failure == is_failure)
            .filter_map(|claim| claim.who)
            .collect();
        let files = claims.iter().filter(|claim| {
            claim.source == source && claim.is_failure == is_failure && claim.who.is_none()
        });
        named.len() + files.count()
    };
    let gold = [false, true].map(|label| voices(Gold, label) > 0);
    let corrections = [false, true].map(|label| voices(Correction, label));
    let thumbs = [false, true].map(|label| voices(Thumb, label));
    let mut said = BTreeSet::new();
    let mut settle_one = |claim: &Claim| {
        let (label, other) = (
            usize::from(claim.is_failure),
            usize::from(!claim.is_failure),
        );
        let outcome = match claim.source {
            Correction if gold[other] && !gold[label] => Outcome::Outvoted,
            Correction if gold[label] => Outcome::Once,
            Correction => majority(corrections[label], corrections[other]),
            Thumb if gold[other] && !gold[label] => Outcome::Outvoted,
            Thumb if corrections[other] > corrections[label] => Outcome::Outvoted,
            Thumb if thumbs[label] < MIN_THUMBS_AGAINST_OTHERS && others_deny(claims, claim) => {
                Outcome::Outvoted
            }
            Thumb => majority(thumbs[label], thumbs[other]),
            _ => Outcome::Counts,
        };
        if outcome == Outcome::Once && claim.who.is_none() {
            return Outcome::Counts;
        }
        let known =
            outcome == Outcome::Once && !said.insert((claim.who, claim.source, claim.is_failure));
        if known { Outcome::Repeated } else { outcome }
    };
    claims.iter().map(&mut settle_one).collect()
}

fn majority(own: usize, others: usize) -> Outcome {
    match own.cmp(&others) {
        std::cmp::Ordering::Less => Outcome::Outvoted,
        std::cmp::Ordering::Equal => Outcome::Contested,
        std::cmp::Ordering::Greater => Outcome::Once,
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

    use super::Outcome::{Contested, Counts, Once, Outvoted, Repeated};
    use super::*;

    #[test]
    fn who_is_heard() {
        let claim = |(who, source, is_failure): (u32, LabelSource, bool)| Claim {
            who: (who > 0).then_some(who),
            source,
            is_failure,
        };
        for (claims, expect) in [
            // A loud voice is one voice.
            (
                vec![
                    (1, Correction, true),
                    (1, Correction, true),
                    (2, Correction, false),
                    (3, Correction, false),
                ],
                vec![Outvoted, Outvoted, Once, Once],
            ),
            (
                vec![
                    (1, Correction, true),
                    (1, Correction, true),
                    (2, Rule, false),
                ],
                vec![Once, Repeated, Counts],
            ),
            (
                vec![(1, Correction, true), (2, Correction, false)],
                vec![Contested, Contested],
            ),
            // Who contradicts themselves is not heard; files are trusted, each for itself.
            (
                vec![(1, Correction, true), (1, Correction, false)],
                vec![Contested, Contested],
            ),
            (
                vec![
                    (0, Correction, true),
                    (0, Correction, true),
                    (1, Correction, false),
                ],
                vec![Counts, Counts, Outvoted],
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
                vec![Outvoted, Outvoted, Counts, Once, Outvoted],
            ),
            (
                vec![(1, Gold, true), (2, Gold, false), (3, Correction, true)],
                vec![Counts, Counts, Once],
            ),
            // One thumb does not outweigh what others were answered; two do, and it counts where nobody else asked.
            (
                vec![(1, Thumb, true), (2, Rule, false)],
                vec![Outvoted, Counts],
            ),
            (
                vec![(1, Thumb, true), (0, Rule, false)],
                vec![Outvoted, Counts],
            ),
            (vec![(1, Thumb, true), (1, Rule, false)], vec![Once, Counts]),
            (
                vec![(1, Thumb, true), (2, Thumb, true), (3, Rule, false)],
                vec![Once, Once, Counts],
            ),
            (
                vec![(1, Thumb, true), (2, Thumb, true), (3, Thumb, false)],
                vec![Once, Once, Outvoted],
            ),
            (
                vec![(1, Thumb, true), (2, Thumb, true), (3, Correction, false)],
                vec![Outvoted, Outvoted, Once],
            ),
        ] {
            let of: Vec<Claim> = claims.iter().copied().map(claim).collect();
            assert_eq!(settle(&of), expect, "{claims:?}");
        }
    }
}
