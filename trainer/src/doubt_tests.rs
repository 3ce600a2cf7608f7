use logloop_records::LabelSource::{self, Correction, Rule};
use logloop_records::TrainingExample;

use super::*;
use crate::items::Items;
use crate::testing::example;

const THINGS: [&str; 12] = [
    "payment", "parcel", "refund", "invoice", "voucher", "transfer", "order", "crate", "letter",
    "ticket", "receipt", "deposit",
];

/// A sentence about each thing: the first `corrected` of them are labelled by people, the others by the rules.
fn lines(
    level: &str,
    text: &str,
    corrected: usize,
    people: bool,
    rules: bool,
) -> Vec<TrainingExample> {
    let line = |(at, thing): (usize, &&str)| {
        let (label, source) = if at < corrected {
            (people, Correction)
        } else {
            (rules, Rule)
        };
        TrainingExample {
            level: Some(level.to_owned()),
            ..example(&text.replace("{x}", thing), label, source)
        }
    };
    THINGS.iter().enumerate().map(line).collect()
}

/// What nobody corrected: four kinds of failures, and of others.
fn plain() -> Vec<TrainingExample> {
    let failures = [
        "cannot read {x}",
        "lost {x} on the way",
        "{x} was refused",
        "no space for {x}",
    ];
    let others = [
        "{x} opened",
        "{x} closed in time",
        "counted {x} again",
        "new {x} is here",
    ];
    let of = |level, texts: [&str; 4], label| -> Vec<TrainingExample> {
        let lines = texts
            .iter()
            .flat_map(|text| lines(level, text, 0, label, label));
        lines.collect()
    };
    [of("ERROR", failures, true), of("INFO", others, false)].concat()
}

/// The left out of these beside [`plain`] ones: text, label, source.
fn doubted(odd: &[Vec<TrainingExample>]) -> Vec<(String, bool, LabelSource)> {
    let items = Items::from_examples(&[plain(), odd.concat()].concat()).training;
    let all: Vec<usize> = (0..items.len()).collect();
    let trusted = trusted(&items, &all, 42);
    let left_out = all.iter().filter(|index| !trusted.contains(index));
    let left_out = left_out.map(|&index| &items[index]);
    left_out
        .map(|item| (item.template.clone(), item.is_failure, item.source))
        .collect()
}

#[test]
fn what_is_like_the_corrected_is_left_out_and_nothing_else() {
    let silent = |corrected| lines("INFO", "gave up on {x} today", corrected, true, false);
    let loud = |corrected| {
        lines(
            "ERROR",
            "{x} stays, this is by design",
            corrected,
            false,
            true,
        )
    };
    let of = |phrase: &str| {
        doubted(&[silent(6), loud(6)])
            .iter()
            .filter(|(text, ..)| text.contains(phrase))
            .count()
    };
    assert_eq!(
        (of("gave up on"), of("this is by design"), of("")),
        (6, 6, 12)
    );
    for (what, odd) in [
        ("failures only", vec![silent(6)]),
        ("harmless ones only", vec![loud(6)]),
    ] {
        let doubted = doubted(&odd);
        assert!(doubted.len() >= 4, "{what}: {doubted:?}");
        let is_odd = |text: &str| text.contains("gave up on") || text.contains("by design");
        assert!(
            doubted
                .iter()
                .all(|(text, _, source)| is_odd(text) && *source == Rule),
            "{what}: {doubted:?}"
        );
    }
}

#[test]
fn where_nobody_corrected_or_nothing_is_told_apart_all_stay() {
    let silent =
        |corrected, people| lines("INFO", "gave up on {x} today", corrected, people, false);
    // People agree with the rules.
    for odd in [silent(0, true), silent(6, false)] {
        assert_eq!(doubted(&[odd]), []);
    }
    // What one says is borne out by nothing.
    let lies = [
        "{x} opened",
        "{x} closed in time",
        "cannot read {x}",
        "lost {x} on the way",
    ]
    .iter()
    .enumerate();
    let lies = lies.map(|(at, text)| {
        let (level, label) = if at < 2 {
            ("INFO", false)
        } else {
            ("ERROR", true)
        };
        lines(level, &text.replace("{x}", "the {x}"), 3, !label, label)
    });
    assert_eq!(doubted(&lies.collect::<Vec<_>>()), []);
    // They say the opposite of all that the rules took for failures.
    let texts = [
        "cannot read the {x}",
        "lost the {x} on the way",
        "the {x} was refused",
        "no space for the {x}",
    ];
    let opposite: Vec<_> = texts
        .iter()
        .map(|text| lines("ERROR", text, 12, false, true))
        .collect();
    assert_eq!(doubted(&opposite), []);
}
