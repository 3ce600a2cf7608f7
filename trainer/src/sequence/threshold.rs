//! Below which p-value each check tells, so that normal sequences are hardly ever told.

use std::collections::{BTreeMap, BTreeSet};

use logloop_scoring::sequence::{Check, Evidence, Kind, TRUST, evidence};

use super::count::count;
use super::folds::{FOLDS, folds};
use super::observed::Observed;

/// Share of normal sequences that may be told.
pub const ALARM_RATE: f64 = 0.001;

/// What was never seen is rarer than this many of one more sequence.
const NEVER: f64 = 1.5;

/// Where no smaller share of the threshold would tell anything, the check is off.
const LEAST_SHARE: f64 = 0.02;

/// The p-value below which something is rare, given how much was seen: one in a thousand, and what was never seen where that
/// is less than a thousand.
pub(super) fn rare(kind: &Kind) -> f64 {
    let never = NEVER * TRUST as f64 / (kind.weight + TRUST) as f64;
    ALARM_RATE.max(never)
}

/// What normal sequences say against themselves: of each check and sequence the least p-value as a share of what is rare.
#[derive(Default)]
pub(super) struct Shares {
    by_check: BTreeMap<Check, Vec<(f64, usize)>>,
    sequences: usize,
}

impl Shares {
    /// Of each fifth by the tables of the other four.
    pub(super) fn of(kind: &Kind, sequences: &[&Observed]) -> Self {
        let folds = folds(sequences);
        let mut shares = Self {
            sequences: sequences.len(),
            ..Self::default()
        };
        for fold in 0..FOLDS {
            let (mut known, mut judged) = (vec![], vec![]);
            for (at, sequence) in sequences.iter().enumerate() {
                if folds[at] == fold {
                    judged.push((at, sequence));
                } else {
                    known.push(*sequence);
                }
            }
            if known.is_empty() {
                continue;
            }
            let tables = count(kind, &known);
            let rare = rare(&tables);
            let mut same: BTreeMap<&[u32], Vec<Evidence>> = BTreeMap::new();
            for (at, sequence) in judged {
                let list = same
                    .entry(&sequence.profile.steps)
                    .or_insert_with(|| evidence(&tables, &sequence.profile));
                let mut told = BTreeSet::new();
                for evidence in list.iter().filter(|evidence| evidence.p <= rare) {
                    // The list begins with the rarest.
                    if told.insert(evidence.check) {
                        let list = shares.by_check.entry(evidence.check).or_default();
                        list.push((evidence.p / rare, at));
                    }
                }
            }
        }
        for list in shares.by_check.values_mut() {
            list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        shares
    }
}

/// Gives every kind its thresholds. Of all normal sequences, and of those of each kind, at most [`ALARM_RATE`] (rounded up to
/// a whole one) are told; the checks have their shares of that in their order.
pub(super) fn set_thresholds(kinds: &mut [Kind], shares: &[Shares]) {
    let allowed = |sequences: usize| (sequences as f64 * ALARM_RATE).ceil() as usize;
    let mut left = allowed(shares.iter().map(|shares| shares.sequences).sum());
    let mut told: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); kinds.len()];
    for check in Check::ALL {
        for (at, kind) in kinds.iter_mut().enumerate() {
            let of_kind = &shares[at];
            let room = left.min(allowed(of_kind.sequences) - told[at].len());
            let list = of_kind.by_check.get(&check).map_or(&[][..], Vec::as_slice);
            let (share, new) = share(list, &told[at], room);
            left -= new.len();
            told[at].extend(new);
            let fits = (!kind.windows || check.holds_for_windows())
                && (check != Check::Step || !kind.steps.is_empty());
            if fits && share >= LEAST_SHARE {
                kind.thresholds.insert(check, share * rare(kind));
            }
        }
    }
}

/// The share of the threshold at which at most `room` sequences are told that are not told already, and those.
fn share(list: &[(f64, usize)], told: &BTreeSet<usize>, room: usize) -> (f64, Vec<usize>) {
    let mut new = vec![];
    for (share, at) in list {
        if told.contains(at) {
            continue;
        }
        if new.len() == room {
            // Below this one, and so below all that are as rare.
            new.retain(|(other, _)| other < share);
            let below = share * (1.0 - 1e-6);
            return (below, new.into_iter().map(|(_, at)| at).collect());
        }
        new.push((*share, *at));
    }
    (1.0, new.into_iter().map(|(_, at)| at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_leaves_room() {
        let list = [(0.1, 7), (0.2, 8), (0.2, 9), (0.9, 3)];
        for (room, told, expect, new) in [
            (9, &[][..], 1.0, &[7, 8, 9, 3][..]),
            (3, &[], 0.9, &[7, 8, 9]),
            (2, &[], 0.2, &[7]),
            (2, &[7], 0.9, &[8, 9]),
            (0, &[], 0.1, &[]),
            (0, &[7, 8, 9, 3], 1.0, &[]),
        ] {
            let told = told.iter().copied().collect();
            let (share, found) = share(&list, &told, room);
            assert!((share - expect).abs() < 1e-3, "{room}: {share}");
            assert_eq!(found, new, "{room}");
        }
    }
}
