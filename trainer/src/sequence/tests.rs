use logloop_scoring::SequenceModel;

use super::learn::{is_odd, numbers};
use super::*;
use crate::rng::Rng;

const NAMES: [&str; 8] = [
    "open", "pay", "retry", "close", "ship", "login", "token", "logout",
];

fn names() -> Vec<String> {
    NAMES.map(str::to_owned).to_vec()
}

/// Orders with up to three retries, and logins: two kinds, over ten logs.
fn world(many: u32) -> Vec<Observed> {
    let mut rng = Rng::new(7, "world");
    (0..many)
        .map(|n| {
            let steps = if n % 3 == 0 {
                vec![5, 6, 7]
            } else {
                let tries = (rng.unit().powi(6) * 4.0) as usize;
                [&[0, 1][..], &vec![2; tries], &[3, 4]].concat()
            };
            Observed::normal(steps, n % 10)
        })
        .collect()
}

fn odd(model: &SequenceModel, steps: &[u32]) -> Option<bool> {
    let known = numbers(model, &[names(), vec!["panic".to_owned()]].concat());
    is_odd(model, &Observed::normal(steps.to_vec(), 0), &known)
}

#[test]
fn kinds_are_learned_and_odd_ones_found() {
    let learned = learn(&world(3000), &names());
    let model = learned.model.expect("enough");
    assert_eq!(model.kinds.len(), 2);
    let figures = learned.figures;
    assert_eq!((figures.learned_from, figures.templates), (3000, 8));
    assert_eq!((figures.held_out_normal, figures.held_out_alarms), (600, 0));
    let (rate, upper) = figures.alarm_rate().unwrap();
    assert!(rate == 0.0 && upper < 0.01, "{upper}");
    for (steps, expect) in [
        (&[0, 1, 3, 4][..], Some(false)),
        (&[0, 1, 2, 2, 3, 4], Some(false)),
        (&[5, 6, 7], Some(false)),
        (&[0, 1], Some(true)),
        (&[5, 7], Some(true)),
        (&[5, 6, 7, 8], Some(true)),
        (&[5, 6, 6, 6, 6, 7], Some(true)),
        (
            &[0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4],
            Some(true),
        ),
        (&[8, 8], None),
    ] {
        assert_eq!(odd(&model, steps), expect, "{steps:?}");
    }
    let read = SequenceModel::from_json(&model.to_json()).expect("it can be served");
    assert_eq!(read, model);
}

#[test]
fn the_same_sequences_give_the_same_bytes() {
    let all = world(900);
    let bytes = || {
        fit(&all.iter().collect::<Vec<_>>(), &names())
            .model
            .to_json()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn too_few_are_left_out_with_the_reason() {
    let few = learn(&world(90), &names());
    assert!(few.model.is_none());
    let reason = few.left_out.expect("a reason");
    assert!(
        reason.contains("90 normal") && reason.contains("100 times"),
        "{reason}"
    );
    let none = learn(&[], &[]);
    assert!(none.model.is_none() && none.figures.alarm_rate().is_none());
}

#[test]
fn what_failed_or_is_cut_or_held_out_teaches_nothing() {
    let mut all = world(600);
    for (at, sequence) in all.iter_mut().enumerate() {
        match at % 4 {
            0 => sequence.said = Some(true),
            1 => sequence.held_out = true,
            2 => sequence.profile.whole = false,
            _ => {}
        }
    }
    let figures = learn(&all, &names()).figures;
    assert!(figures.learned_from <= 150, "{figures:?}");
}

#[test]
fn what_varies_is_not_told() {
    // Every sequence has a template of its own, and the order is random: neither is odd.
    let mut rng = Rng::new(3, "order");
    let all: Vec<Observed> = (0..1000_u32)
        .map(|n| {
            let mut steps = vec![0, 1, 2, 3, 10 + n];
            rng.shuffle(&mut steps);
            Observed::normal(steps, n % 20)
        })
        .collect();
    let templates: Vec<String> = (0..1010).map(|n| format!("template {n}")).collect();
    let learned = learn(&all, &templates);
    let model = learned.model.expect("enough");
    assert_eq!(learned.figures.held_out_alarms, 0, "{:?}", learned.figures);
    let known = numbers(&model, &templates);
    let new = Observed::normal(vec![3, 1, 0, 2, 4], 0);
    assert_eq!(is_odd(&model, &new, &known), Some(false));
    let lacking = Observed::normal(vec![3, 1, 0, 10], 0);
    assert_eq!(is_odd(&model, &lacking, &known), Some(true));
}

#[test]
fn weak_failures_lower_trust_only() {
    let mut all = world(1200);
    for sequence in all.iter_mut().filter(|s| s.profile.counts.contains_key(&2)) {
        sequence.weight = 1;
    }
    let model = fit(&all.iter().collect::<Vec<_>>(), &names()).model;
    let orders = &model.kinds[0];
    assert_eq!(orders.sequences, 800);
    assert!(orders.weight < 800 * logloop_scoring::sequence::TRUST);
    assert_eq!(odd(&model, &[0, 1, 2, 3, 4]), Some(false));
}

/// Somebody sends the same odd orders again and again, so that they become normal.
#[test]
fn ten_thousand_odd_ones_of_one_contributor_do_not_become_normal() {
    let mut all = world(3000);
    for sequence in &mut all {
        sequence.who = Some(u64::from(sequence.log));
    }
    let templates = [names(), vec!["panic".to_owned()]].concat();
    let odd_ones = [&[0, 1, 8, 3, 4][..], &[0, 1, 3], &[5, 6, 6, 6, 6, 6, 6, 7]];
    let flood = |who: Option<u64>| -> Vec<Observed> {
        let of = |steps: &&[u32]| Observed {
            who,
            ..Observed::normal(steps.to_vec(), 77)
        };
        odd_ones.iter().map(of).cycle().take(10_000).collect()
    };
    let told = |flood: Vec<Observed>| {
        let learned = learn(&[all.clone(), flood].concat(), &templates);
        let model = learned.model.expect("enough");
        let known = numbers(&model, &templates);
        let is_told = |steps: &&[u32]| {
            is_odd(&model, &Observed::normal(steps.to_vec(), 0), &known) == Some(true)
        };
        let normal_ones = [&[0, 1, 3, 4][..], &[0, 1, 2, 3, 4], &[5, 6, 7]];
        assert!(!normal_ones.iter().any(is_told));
        let told = odd_ones.iter().filter(|steps| is_told(steps)).count();
        (told, learned.figures.over_own)
    };
    assert_eq!(told(vec![]), (3, 0));
    let (still_told, over_own) = told(flood(Some(77)));
    assert_eq!(still_told, 3);
    assert!(over_own > 9_900, "{over_own}");
    // A log that was put on the volume is trusted.
    assert_eq!(told(flood(None)), (0, 0));
}
