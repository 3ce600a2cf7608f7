//! What judges and what is learned, apart by group. A correction is held out by its template as the analyzer knew it then;
//! over a whole data set more texts turn out to be instances of one statement, and some of them may have been taught.

use std::collections::HashSet;

use logloop_records::HELD_OUT_ONE_IN;

/// The groups that judge; nothing of them is learned, and nothing of the others judges.
///
/// One with held-out labels does if nobody taught one of its texts: what rules and models say of those is not learned. Where
/// both was said, its hash decides, and one in [`HELD_OUT_ONE_IN`] judges, as if it had been held out as a whole: who corrects
/// several texts of each statement would else leave nothing to judge by.
///
/// `training` are the groups of what could be trained on, and whether a person labelled it.
pub(crate) fn judging(
    training: impl IntoIterator<Item = (u64, bool)>,
    held_out: impl IntoIterator<Item = u64>,
) -> HashSet<u64> {
    let training = training.into_iter().filter(|(_, by_person)| *by_person);
    let taught: HashSet<u64> = training.map(|(group, _)| group).collect();
    let held_out = held_out.into_iter();
    held_out
        .filter(|group| !taught.contains(group) || group % HELD_OUT_ONE_IN == 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_judges_if_nobody_taught_it_else_one_in_five() {
        const PERSON: bool = true;
        const WEAK: bool = false;
        for (training, held_out, expect) in [
            (&[][..], &[][..], &[][..]),
            (&[(1, WEAK), (1, PERSON)], &[], &[]),
            (&[(2, PERSON)], &[1], &[1]),
            (&[(1, WEAK), (2, PERSON)], &[1, 1], &[1]),
            (&[(1, PERSON)], &[1], &[]),
            (&[(1, WEAK), (1, PERSON), (1, WEAK)], &[1, 2], &[2]),
            (&[(5, WEAK), (5, PERSON), (6, PERSON)], &[5, 6], &[5]),
            (&[(5, PERSON), (10, WEAK)], &[], &[]),
        ] {
            let groups = judging(training.iter().copied(), held_out.iter().copied());
            let expected: HashSet<u64> = expect.iter().copied().collect();
            assert_eq!(groups, expected, "{training:?} {held_out:?}");
        }
    }
}
