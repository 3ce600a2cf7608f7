use logloop_records::TrainingExample;

use super::*;
use crate::items::Items;
use crate::scorer::Scorer;
use crate::split;
use crate::testing::{item, world};
use crate::weights;

const HYPER: Hyperparameters = Hyperparameters {
    epochs: 8,
    batch_size: 64,
    learning_rate: 0.01,
    seed: 42,
};

fn network(fitted: &Fitted) -> Network {
    let bytes = weights::to_bytes(
        &fitted.tensors,
        fitted.widths,
        &Classes::new(),
        Default::default(),
    )
    .expect("bytes");
    Network::from_safetensors(&bytes).expect("loads")
}

#[test]
fn learns_what_carries_over_to_templates_it_never_saw() {
    let items = Items::from_examples(&world(900)).training;
    let split = split::by_group(&items);
    let fitted = fit(&items, &split, &Classes::new(), None, HYPER, &mut |_| {}).expect("trained");
    let figures =
        Scorer::Model(&network(&fitted)).figures(split.test.iter().map(|&index| &items[index]));
    assert!(figures.metrics["failure_f1"] > 0.95, "{figures:?}");
    assert!(figures.metrics["severity_mae"] < 0.15, "{figures:?}");
}

/// A different held-out text may change nothing at all.
#[test]
fn held_out_entries_do_not_reach_the_weights() {
    let trained = |held_out: &str| {
        let mut examples = world(120);
        examples.push(TrainingExample {
            held_out: true,
            label_source: logloop_records::LabelSource::Gold,
            ..crate::testing::example(held_out, true, logloop_records::LabelSource::Gold)
        });
        let items = Items::from_examples(&examples).training;
        fit(
            &items,
            &split::by_group(&items),
            &Classes::new(),
            None,
            HYPER,
            &mut |_| {},
        )
        .expect("trained")
        .tensors
    };
    assert!(trained("secret one") == trained("something else entirely"));
}

/// What a base knows and the new data does not speak of is kept.
#[test]
fn a_base_is_not_forgotten() {
    let known = Items::from_examples(&world(600)).training;
    let split = split::by_group(&known);
    let classes = Classes::new();
    let base = network(&fit(&known, &split, &classes, None, HYPER, &mut |_| {}).expect("trained"));
    let others: Vec<Item> = (0..80)
        .map(|i| {
            let said = if i % 2 == 0 { "zzyzx" } else { "qwert" };
            item(&format!("{said} {i}"), i % 2 == 0)
        })
        .collect();
    let of_others = split::by_group(&others);
    let f1 = |base, items: &[Item]| {
        let fitted = fit(&others, &of_others, &classes, base, HYPER, &mut |_| {}).expect("trained");
        let figures = Scorer::Model(&network(&fitted)).figures(items);
        figures.metrics["failure_f1"]
    };
    assert!(f1(Some(&base), &known) > 0.9 && f1(None, &known) < 0.7);
    assert!(f1(Some(&base), &others) > 0.9, "and the new is learned");
}

#[test]
fn reports_each_step_and_stops_early() {
    let items = Items::from_examples(&world(300)).training;
    let split = split::by_group(&items);
    let hyper = Hyperparameters {
        epochs: 200,
        ..HYPER
    };
    let mut seen: Vec<Progress> = Vec::new();
    let fitted = fit(
        &items,
        &split,
        &Classes::new(),
        None,
        hyper,
        &mut |progress| seen.push(progress.clone()),
    )
    .expect("trained");
    assert!(
        fitted.epochs_run < 200 && fitted.best_epoch <= fitted.epochs_run,
        "{} of {}",
        fitted.best_epoch,
        fitted.epochs_run
    );
    assert!(seen.windows(2).all(|pair| pair[0].step <= pair[1].step));
    let validated = seen
        .iter()
        .filter(|progress| progress.validation_loss.is_some())
        .count();
    assert_eq!(validated, fitted.epochs_run);
}

#[test]
fn a_wild_rate_is_told() {
    let items: Vec<Item> = (0..40)
        .map(|i| item(&format!("t{i}"), i % 2 == 0))
        .collect();
    let split = Split {
        train: (0..40).collect(),
        ..Split::default()
    };
    let hyper = Hyperparameters {
        learning_rate: 1e30,
        ..HYPER
    };
    let error = fit(&items, &split, &Classes::new(), None, hyper, &mut |_| {})
        .map(|fitted| fitted.best_epoch)
        .expect_err("not a number");
    assert!(
        error.code == "diverged" && error.message.contains("--learning-rate"),
        "{error}"
    );
}
