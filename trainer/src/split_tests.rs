use super::*;
use crate::fit::Hyperparameters;
use crate::items::Items;
use crate::rng::Rng;
use crate::scorer::Scorer;
use crate::testing::{example, item, letters};
use crate::{folds, line};
use logloop_records::LabelSource::Rule;

#[test]
fn no_group_is_on_two_sides() {
    let items: Vec<Item> = (0..3000)
        .map(|i| item(&format!("template {}", i % 1000), i % 7 == 0))
        .collect();
    let split = by_group(&items);
    let groups = |part: &[usize]| {
        part.iter()
            .map(|i| items[*i].group)
            .collect::<BTreeSet<_>>()
    };
    let (train, validation, test) = (
        groups(&split.train),
        groups(&split.validation),
        groups(&split.test),
    );
    assert!(
        train.is_disjoint(&validation) && train.is_disjoint(&test) && validation.is_disjoint(&test)
    );
    assert_eq!(train.len() + validation.len() + test.len(), 1000);
    assert!(
        (120..180).contains(&test.len()) && (120..180).contains(&validation.len()),
        "about 15 % each"
    );
    assert!(
        test.iter().all(|group| part_of(*group) == Part::Test),
        "from the template alone"
    );
}

#[test]
fn small_sets_have_both_labels_everywhere() {
    for round in 0..50 {
        let items: Vec<Item> = (0..24)
            .map(|i| item(&format!("round {round} template {i}"), i < 12))
            .collect();
        let split = by_group(&items);
        for part in [&split.train, &split.validation, &split.test] {
            let failures = part.iter().filter(|i| items[**i].is_failure).count();
            assert!(
                failures >= 2 && part.len() - failures >= 2,
                "{failures} of {}",
                part.len()
            );
        }
    }
}

#[test]
fn tiny_sets_are_for_training() {
    let items: Vec<Item> = (0..8).map(|i| item(&format!("t{i}"), i < 4)).collect();
    let split = by_group(&items);
    assert!(split.train.len() + split.validation.len() + split.test.len() == 8);
    assert!(by_group(&[]).train.is_empty());
}

/// Statements with a value each text has another one of; whether a statement is a failure is a matter of chance.
fn labels_by_chance(statements: usize) -> Items {
    const NAMES: [&str; 6] = ["ann", "bob", "carol", "dave", "erin", "frank"];
    let mut rng = Rng::new(7, "labels");
    let statement = |at: usize| {
        let is_failure = rng.below(2) == 0;
        let words = [1, 7919, 5003].map(|step| letters(at * step + 31));
        let text = move |name: &&str| {
            let text = format!(
                "{} of {} for user {name} at {}",
                words[0], words[1], words[2]
            );
            example(&text, is_failure, Rule)
        };
        NAMES.iter().map(text).collect::<Vec<_>>()
    };
    let examples: Vec<_> = (0..statements).flat_map(statement).collect();
    Items::from_examples(&examples)
}

/// The leak that splits by group are for: nothing can be known of a new statement here, and who has seen it with another value
/// knows it.
#[test]
fn labels_by_chance_are_told_by_chance_and_the_split_by_text_flatters() {
    let items = labels_by_chance(200).training;
    let accuracy = |split: &Split| {
        let hyper = Hyperparameters {
            epochs: 4,
            batch_size: 64,
            learning_rate: 0.01,
            seed: 1,
        };
        let trained = line::train(&items, split, None, hyper, &mut |_| {}).expect("trained");
        let test = split.test.iter().map(|&index| &items[index]);
        let figures = Scorer::Model(&trained.network).figures(test);
        figures.metrics["failure_accuracy"]
    };
    let (by_group, by_text) = (accuracy(&by_group(&items)), accuracy(&by_text(&items)));
    assert!((by_group - 0.5).abs() < 0.25, "{by_group}");
    assert!(by_text > 0.9, "{by_text}");
}

/// Two texts of one statement are never on two sides, whatever else is in the data set.
#[test]
fn texts_that_differ_in_a_value_are_on_one_side() {
    let items = labels_by_chance(60).training;
    let split = by_group(&items);
    let statements = |part: &[usize]| -> BTreeSet<&str> {
        let first_word = |index: &usize| items[*index].template.split(' ').next();
        part.iter().filter_map(first_word).collect()
    };
    let known = [&split.train[..], &split.validation].concat();
    assert!(statements(&split.test).is_disjoint(&statements(&known)));
    for fold in folds::by_group(&items, &known) {
        let others: Vec<usize> = known
            .iter()
            .filter(|i| !fold.contains(i))
            .copied()
            .collect();
        assert!(statements(&fold).is_disjoint(&statements(&others)));
    }
    let flattering = by_text(&items);
    assert!(!statements(&flattering.test).is_disjoint(&statements(&flattering.train)));
}

#[test]
fn other_sides_and_other_groups_have_another_number() {
    let items: Vec<Item> = (0..40).map(|i| item(&format!("t{i}"), i < 20)).collect();
    let split = by_group(&items);
    let number = split.number(&items);
    assert_eq!(by_group(&items).number(&items), number);
    let mut other = split.clone();
    other.test.extend(other.train.pop());
    assert_ne!(other.number(&items), number);
    let mut regrouped = items;
    regrouped[0].group += 1;
    assert_ne!(split.number(&regrouped), number);
}
