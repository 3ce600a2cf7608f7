//! What judges and what is learned, apart by group. A correction is held out by its template as the analyzer knew it then;
//! over a whole data set more texts turn out to be instances of one statement, and some of them may have been taught.

use std::collections::{HashMap, HashSet};

use logloop_records::HELD_OUT_ONE_IN;

use crate::who::Contributors;

/// The groups that judge; nothing of them is learned, and nothing of the others judges.
///
/// One with held-out labels does if nobody taught one of its texts: what rules and models say of those is not learned. Where
/// both was said, its hash decides, and one in [`HELD_OUT_ONE_IN`] judges, as if it had been held out as a whole: who corrects
/// several texts of each statement would else leave nothing to judge by. But a single contributor does not take away what
/// others judge by: who corrects what is like it would choose what a model is judged by.
///
/// `training` are the groups of what could be trained on, and `held_out` of what could judge, each with who labelled it.
pub(crate) fn judging(
    training: impl IntoIterator<Item = (u64, Contributors)>,
    held_out: impl IntoIterator<Item = (u64, Contributors)>,
) -> HashSet<u64> {
    let (taught, judged) = (by_group(training), by_group(held_out));
    let judges = |(group, by): (u64, Contributors)| {
        let taught = taught.get(&group).copied().unwrap_or_default();
        let is_taken_away = taught.sole().is_some() && taught != by;
        let judges = taught == Contributors::None || is_taken_away;
        (judges || group.is_multiple_of(HELD_OUT_ONE_IN)).then_some(group)
    };
    judged.into_iter().filter_map(judges).collect()
}

/// The people who labelled something of each group.
fn by_group(labelled: impl IntoIterator<Item = (u64, Contributors)>) -> HashMap<u64, Contributors> {
    let mut by: HashMap<u64, Contributors> = HashMap::new();
    for (group, who) in labelled {
        let of_group = by.entry(group).or_default();
        *of_group = of_group.and(who);
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEAK: Contributors = Contributors::None;
    const ANN: Contributors = Contributors::One(7);
    const BOB: Contributors = Contributors::One(8);
    const ALL: Contributors = Contributors::Several;

    #[test]
    fn a_statement_judges_if_nobody_taught_it_else_one_in_five() {
        for (training, held_out, expect) in [
            (&[][..], &[][..], &[][..]),
            (&[(1, WEAK), (1, ANN)], &[], &[]),
            (&[(2, ANN)], &[(1, ANN)], &[1]),
            (&[(1, WEAK), (2, ALL)], &[(1, ANN), (1, BOB)], &[1]),
            (&[(1, ALL)], &[(1, ANN)], &[]),
            (
                &[(1, WEAK), (1, ANN), (1, WEAK)],
                &[(1, ANN), (2, ANN)],
                &[2],
            ),
            (
                &[(5, WEAK), (5, ALL), (6, ALL)],
                &[(5, ANN), (6, ANN)],
                &[5],
            ),
            (&[(5, ANN), (10, WEAK)], &[], &[]),
        ] {
            let groups = judging(training.iter().copied(), held_out.iter().copied());
            let expected: HashSet<u64> = expect.iter().copied().collect();
            assert_eq!(groups, expected, "{training:?} {held_out:?}");
        }
    }

    #[test]
    fn one_contributor_does_not_take_away_what_others_judge_by() {
        let trusted = {
            let mut trusted = Contributors::None;
            trusted.add_trusted();
            trusted
        };
        for (taught, judged, judges) in [
            (&[BOB][..], &[ANN][..], true),
            (&[BOB, BOB], &[ANN, BOB], true),
            (&[BOB], &[trusted], true),
            (&[BOB], &[BOB], false),
            (&[ANN, BOB], &[ANN], false),
            (&[trusted], &[ANN], false),
            (&[trusted, BOB], &[ANN], false),
        ] {
            let of = |by: &[Contributors]| by.iter().map(|by| (1, *by)).collect::<Vec<_>>();
            let groups = judging(of(taught), of(judged));
            assert_eq!(groups.contains(&1), judges, "{taught:?} {judged:?}");
        }
    }
}
