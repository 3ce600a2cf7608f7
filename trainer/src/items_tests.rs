use logloop_records::LabelSource::{Correction, Gold, Model, Rule};

use super::*;
use crate::testing::example;

fn labels(items: &[Item]) -> Vec<(&str, bool, LabelSource)> {
    items
        .iter()
        .map(|item| (item.template.as_str(), item.is_failure, item.source))
        .collect()
}

#[test]
fn the_same_entries_of_several_parts_become_one() {
    let mut examples = vec![
        example("a", true, Rule),
        example("b", false, Rule),
        example("a", true, Model),
    ];
    examples[0].count = 99;
    examples[2].severity = 0.4;
    let items = Items::from_examples(&examples);
    assert_eq!(
        labels(&items.training),
        [("a", true, Model), ("b", false, Rule)]
    );
    let a = &items.training[0];
    assert!(
        (a.weight - 101f32.ln()).abs() < 1e-5,
        "the stronger weight × ln(1 + 100)"
    );
    assert!(
        a.severity > 0.7 && a.severity < 0.8,
        "by weight and count: {}",
        a.severity
    );
    assert_eq!(a.count, 100);
    let rule = rules::score("a", Some("INFO"));
    let fields = features::field_buckets(Some("INFO"), Some("worker"), &rule);
    assert_eq!(a.blocks().fields, fields);
    assert_eq!(a.bare().words, a.blocks().words);
    let bare = features::field_buckets(None, None, &rules::score("a", None));
    assert_eq!(a.bare().fields, bare);
}

#[test]
fn people_overrule_weak_labels_of_a_template() {
    let mut other_level = example("a", true, Rule);
    other_level.level = Some("ERROR".to_owned());
    let items = Items::from_examples(&[
        example("a", true, Rule),
        other_level,
        example("a", false, Correction),
        example("b", true, Gold),
        example("c", true, Model),
    ]);
    assert_eq!(
        labels(&items.training),
        [
            ("a", false, Correction),
            ("b", true, Gold),
            ("c", true, Model)
        ]
    );
    assert_eq!(
        items.dropped,
        Dropped {
            overruled: 2,
            ..Dropped::default()
        }
    );
}

#[test]
fn held_out_templates_are_never_trained_on() {
    let held_out = |template: &str, source| TrainingExample {
        held_out: true,
        ..example(template, true, source)
    };
    let items = Items::from_examples(&[
        held_out("a", Correction),
        example("a", true, Rule),
        example("a", false, Correction),
        held_out("b", Rule),
        example("c", false, Rule),
    ]);
    assert_eq!(labels(&items.training), [("c", false, Rule)]);
    assert_eq!(
        labels(&items.held_out),
        [("a", true, Correction)],
        "a weak label judges nothing"
    );
    assert_eq!(items.dropped.held_out_template, 3);
}

#[test]
fn odd_numbers_are_left_out() {
    let odd = |severity, weight| TrainingExample {
        severity,
        weight,
        ..example("a", true, Rule)
    };
    let items = Items::from_examples(&[
        odd(f32::NAN, 1.0),
        odd(1.5, 1.0),
        odd(0.5, 0.0),
        odd(0.5, f32::INFINITY),
        odd(1.0, 1.0),
    ]);
    assert_eq!((items.training.len(), items.dropped.invalid), (1, 4));
}

#[test]
fn texts_are_cut_at_their_bounds() {
    let mut long = example(&"ä".repeat(MAX_TEXT_BYTES), true, Rule);
    long.log_entry = "x".repeat(2 * MAX_TEXT_BYTES);
    long.component = Some("c".repeat(2 * MAX_FIELD_BYTES));
    let items = Items::from_examples(&[long]).training;
    let [item] = &items[..] else {
        panic!("one item");
    };
    let component = item.component.as_deref().map(str::len);
    assert_eq!(
        (item.template.len(), item.log_entry.len(), component),
        (MAX_TEXT_BYTES, MAX_TEXT_BYTES, Some(MAX_FIELD_BYTES))
    );
}

#[test]
fn who_holds_out_too_much_keeps_nothing_from_being_learned() {
    let of = |who: &str, template: String, source, held_out| TrainingExample {
        held_out,
        contributor: Some(who.to_owned()),
        ..example(&template, source != Rule, source)
    };
    let mut examples = Vec::new();
    for at in 0..100 {
        examples.push(of("mal", format!("t{at}"), Correction, true));
        examples.push(of("ann", format!("t{at}"), Rule, true));
    }
    let items = Items::from_examples(&examples);
    let judges = crate::contributors::FREE_JUDGING;
    assert_eq!(
        (items.held_out.len(), items.training.len()),
        (judges, 100 - judges)
    );
    assert!(items.training.iter().all(|item| !item.is_failure));
}

#[test]
fn records_of_the_release_before_say_nothing_of_contributors() {
    let before = r#"{"overruled":1,"held_out_template":2,"invalid":3,"over_cap":4}"#;
    let dropped: Dropped = serde_json::from_str(before).expect("is read");
    assert_eq!((dropped.over_cap, dropped.capped), (4, Capped::default()));
    let now = serde_json::to_string(&dropped).expect("plain data");
    assert_eq!(
        serde_json::from_str::<Dropped>(&now).expect("is read"),
        dropped
    );
}
