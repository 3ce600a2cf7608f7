//! How well a model tells the transactions and windows that people looked at, and that no model learns from.

use std::collections::BTreeMap;

use logloop_scoring::SequenceModel;

use super::learn::{is_odd, numbers};
use super::load::Loaded;
use super::observed::Observed;
use crate::contributors::most_judging;
use crate::metrics::{Figures, ratio};

/// Figures of a model on `judges`; without one nothing is told. `sequence_recall` rests on those in which people found
/// failures, `sequence_alarm_rate` on the others, `sequence_precision` and `sequence_f1` on both and need both.
pub fn judge(model: Option<&SequenceModel>, judges: &Loaded) -> Figures {
    let known = model.map(|model| numbers(model, &judges.templates));
    let is_told = |sequence: &Observed| match (model, &known) {
        (Some(model), Some(known)) => is_odd(model, sequence, known) == Some(true),
        _ => false,
    };
    let (mut found, mut failed, mut alarms, mut fine) = (0.0, 0.0, 0.0, 0.0);
    for sequence in bounded(&judges.sequences) {
        let told = f64::from(u8::from(is_told(sequence)));
        if sequence.is_abnormal() {
            (found, failed) = (found + told, failed + 1.0);
        } else {
            (alarms, fine) = (alarms + told, fine + 1.0);
        }
    }
    let mut figures = Figures::default();
    let called = found + alarms;
    figures.add_decisions("sequence", [found, called, failed, failed + fine]);
    figures.add("sequence_alarm_rate", ratio(alarms, fine), fine);
    figures
}

/// Those of one contributor are at most a share of the others' and of reviewers', as with entries.
fn bounded(judges: &[Observed]) -> impl Iterator<Item = &Observed> {
    let who = |judge: &Observed| judge.who.filter(|_| !judge.by_reviewer);
    let mut brings: BTreeMap<u64, usize> = BTreeMap::new();
    for who in judges.iter().filter_map(who) {
        *brings.entry(who).or_default() += 1;
    }
    let most = |own: usize| most_judging(judges.len() - own);
    let mut left: BTreeMap<u64, usize> = brings
        .into_iter()
        .map(|(who, own)| (who, most(own)))
        .collect();
    judges.iter().filter(move |judge| {
        let Some(left) = who(judge).and_then(|who| left.get_mut(&who)) else {
            return true;
        };
        let has_room = *left > 0;
        *left = left.saturating_sub(1);
        has_room
    })
}

#[cfg(test)]
mod tests {
    use super::super::fit::fit;
    use super::*;
    use crate::contributors::FREE_JUDGING;

    fn templates() -> Vec<String> {
        ["open", "pay", "close", "panic"]
            .map(str::to_owned)
            .to_vec()
    }

    fn model() -> SequenceModel {
        let all: Vec<Observed> = (0..500)
            .map(|n| Observed::normal(vec![0, 1, 2], n % 9))
            .collect();
        fit(&all.iter().collect::<Vec<_>>(), &templates()).model
    }

    fn said(steps: &[u32], failed: bool, who: u64) -> Observed {
        Observed {
            said: Some(failed),
            who: Some(who),
            held_out: true,
            ..Observed::normal(steps.to_vec(), 0)
        }
    }

    fn of(sequences: Vec<Observed>) -> Loaded {
        Loaded {
            sequences,
            templates: templates(),
            over_bound: 0,
        }
    }

    #[test]
    fn a_model_is_judged_by_what_people_said() {
        let judges = of(vec![
            said(&[0, 1, 3, 2], true, 1),
            said(&[0, 2], true, 2),
            said(&[0, 1, 2], true, 3),
            said(&[0, 1, 2], false, 4),
            said(&[0, 1, 2, 3], false, 5),
        ]);
        let (model, rules) = (judge(Some(&model()), &judges), judge(None, &judges));
        for (name, expect, without, samples) in [
            ("sequence_recall", 0.6667, 0.0, 3),
            ("sequence_precision", 0.6667, 0.0, 5),
            ("sequence_f1", 0.6667, 0.0, 5),
            ("sequence_alarm_rate", 0.5, 0.0, 2),
        ] {
            assert_eq!(model.metrics[name], expect, "{name}");
            assert_eq!(rules.metrics[name], without, "{name}");
            assert_eq!(model.samples[name], samples, "{name}");
        }
        let nothing = judge(Some(&super::tests::model()), &of(vec![]));
        assert!(nothing.metrics.is_empty());
        assert_eq!(nothing.samples["sequence_f1"], 0);
    }

    #[test]
    fn one_contributor_does_not_judge_alone() {
        let lies = (0..5_000).map(|_| said(&[0, 1, 2], true, 7));
        let honest = (0..40).map(|at| said(&[0, 1, 3, 2], true, 100 + at));
        let judges = of(lies.chain(honest).collect());
        let figures = judge(Some(&model()), &judges);
        assert_eq!(figures.samples["sequence_recall"], 40 + FREE_JUDGING as u64);
        let gold = judges.sequences.into_iter().map(|judge| Observed {
            by_reviewer: true,
            ..judge
        });
        let figures = judge(Some(&model()), &of(gold.collect()));
        assert_eq!(figures.samples["sequence_recall"], 5_040);
    }
}
