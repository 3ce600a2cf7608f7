use chrono::DateTime;
use logloop_records::LabelSource::{self, Correction, Gold, Model, Rule, Thumb};

use super::*;
use crate::oracle;
use crate::rng::Rng;
use crate::testing::example;

/// A world of random examples: how many of each thing there are decides what bounds are reached.
struct World {
    rows: usize,
    templates: usize,
    contributors: usize,
    uploads: usize,
    /// Of a hundred rows, those of people.
    people: usize,
}

impl World {
    fn examples(&self, rng: &mut Rng) -> Vec<TrainingExample> {
        (0..self.rows).map(|_| self.one(rng)).collect()
    }

    fn one(&self, rng: &mut Rng) -> TrainingExample {
        let source: LabelSource = if rng.below(100) < self.people {
            [Gold, Correction, Correction, Thumb, Thumb][rng.below(5)]
        } else {
            [Model, Rule][rng.below(2)]
        };
        let number = rng.below(self.templates);
        let mut example = example(&format!("t{number}"), rng.below(2) == 0, source);
        example.severity = [1.5, 0.0, 0.3, 0.8][rng.below(60).min(3)];
        example.weight *= [-1.0, 0.1, 1.0][rng.below(60).min(2)];
        example.level = [None, Some("INFO".to_owned())][rng.below(2)].clone();
        // Those of a template are not always marked alike.
        example.held_out = number % 6 == 5 && rng.below(9) > 0;
        example.count = [0, 1, 2, 700][rng.below(4)];
        let before = (rng.below(3) == 0).then(|| format!("t{}", rng.below(self.templates)));
        example.before_template = before;
        // Several of the same time, so that somebody is of two minds.
        let time = (rng.below(3) > 0).then(|| rng.below(4) as i64);
        example.interaction_timestamp = time.and_then(DateTime::from_timestamp_millis);
        let said_at = (rng.below(3) == 0).then(|| rng.below(4) as i64);
        example.said_at = said_at.and_then(DateTime::from_timestamp_millis);
        let upload = rng.below(self.uploads + 1);
        example.interaction_id = (upload > 0).then(|| format!("u{upload}"));
        let who = rng.below(self.contributors + 2);
        example.contributor = (who > 1).then(|| format!("c{who}"));
        example
    }
}

fn read(examples: &[TrainingExample], items: usize) -> Items {
    let bounds = Bounds {
        items,
        ..Bounds::default()
    };
    let Ok(entries) = Entries::read(examples, bounds);
    entries.into_items()
}

/// Whatever the examples, what is read in passes is what comes of all of them together.
#[test]
fn passes_come_to_the_same_as_everything_at_once() {
    let mut seen = Dropped::default();
    for (seed, world) in [
        (40, 5, 3, 4, 50),
        (300, 12, 4, 9, 70),
        (600, 200, 1, 3, 60),
        (600, 200, 0, 300, 40),
        (2_000, 400, 2, 20, 80),
        (2_000, 40, 30, 500, 30),
        (9_000, 3_000, 3, 2, 60),
        (25_000, 20_000, 2, 1, 10),
        (25_000, 9_000, 0, 2, 5),
        (25_000, 20_000, 0, 1, 95),
        (3_000, 2_000, 1, 0, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let (rows, templates, contributors, uploads, people) = world;
        let world = World {
            rows,
            templates,
            contributors,
            uploads,
            people,
        };
        for round in 0..if rows < 1_000 { 40 } else { 3 } {
            let mut rng = Rng::new(1_000 * seed as u64 + round, "passes");
            let examples = world.examples(&mut rng);
            let limit = [MAX_ITEMS, 1 + rng.below(templates)][rng.below(2)];
            let (once, passes) = (oracle::items(&examples, limit), read(&examples, limit));
            assert_eq!(passes.dropped, once.dropped, "{seed} {round}");
            assert!(passes == once, "items differ: {seed} {round}");
            add(&mut seen, &once.dropped);
        }
    }
    let capped = seen.capped;
    for (name, count) in [
        ("overruled", seen.overruled),
        ("held_out_template", seen.held_out_template),
        ("invalid", seen.invalid),
        ("over_cap", seen.over_cap),
        ("contested", capped.contested),
        ("outvoted", capped.outvoted),
        ("echoes", capped.echoes),
        ("over_share", capped.over_share),
        ("over_judging_share", capped.over_judging_share),
        ("over_upload", capped.over_upload),
    ] {
        assert!(count > 0, "no world shows {name}");
    }
}

fn add(all: &mut Dropped, one: &Dropped) {
    all.overruled += one.overruled;
    all.held_out_template += one.held_out_template;
    all.invalid += one.invalid;
    all.over_cap += one.over_cap;
    all.capped.contested += one.capped.contested;
    all.capped.outvoted += one.capped.outvoted;
    all.capped.echoes += one.capped.echoes;
    all.capped.over_share += one.capped.over_share;
    all.capped.over_judging_share += one.capped.over_judging_share;
    all.capped.over_upload += one.capped.over_upload;
}

/// What a data set on the volume comes to is what its examples come to.
#[test]
fn a_stored_data_set_comes_to_the_same_items() {
    let world = World {
        rows: 3_000,
        templates: 60,
        contributors: 4,
        uploads: 20,
        people: 40,
    };
    let mut examples = world.examples(&mut Rng::new(7, "stored"));
    for example in &mut examples {
        example.operation = Some("open".to_owned());
        example.log_entry = format!("as logged: {}", example.template);
        example.keywords = vec!["not looked at".to_owned()];
    }
    let data = tempfile::tempdir().expect("folder");
    let datasets = logloop_records::DataDir::new(data.path()).datasets();
    logloop_records::dataset::make(&datasets, "d1", examples.clone()).expect("a data set");
    let stored = crate::dataset::open(data.path(), Some("d1")).expect("opens");
    let items = Items::read(&stored).expect("is read");
    assert!(items == Items::from_examples(&examples));
    assert!(items.training.len() > 30 && !items.held_out.is_empty());
    assert!(items.training[0].log_entry.starts_with("as logged: "));
}

/// More than are even compared: the strongest are kept, as many as may be, and the rest is told.
#[test]
fn far_too_many_entries_are_left_out_in_bounded_memory() {
    let mut examples = Vec::new();
    for at in 0..5_000 {
        let source = if at % 100 == 0 { Correction } else { Rule };
        examples.push(example(&format!("t{at}"), true, source));
    }
    let bounds = Bounds {
        items: 200,
        compared: 600,
        judges: 5,
        ..Bounds::default()
    };
    let read = |examples: &[TrainingExample]| {
        let Ok(entries) = Entries::read(examples, bounds);
        entries
    };
    let entries = read(&examples);
    assert_eq!(entries.dropped.over_cap, 4_800);
    let strong = |folded: &BTreeMap<Key, Folded>| {
        let strong = folded
            .values()
            .filter(|f| f.strength().source == Correction);
        strong.count()
    };
    assert_eq!(
        (entries.training.len(), strong(&entries.training)),
        (200, 50)
    );
    for example in examples.iter_mut().filter(|e| e.label_source == Correction) {
        example.held_out = true;
    }
    let entries = read(&examples);
    assert_eq!(
        (entries.held_out.len(), entries.dropped.over_judges_cap),
        (5, 45)
    );
    assert_eq!(entries.training.len(), 200);
}

/// Statements of which a text is held out are not learned from their other texts, and where one is taught nothing of it judges.
#[test]
fn what_judges_and_what_is_learned_are_apart_by_statement() {
    let names = ["ann", "bob", "carol"];
    let mut examples = Vec::new();
    for (text, sources, held_out) in [
        ("user {} is gone", [Correction, Rule, Rule], true),
        (
            "mail for user {} is late",
            [Correction, Correction, Rule],
            true,
        ),
        ("job of user {} was done", [Rule, Rule, Rule], false),
    ] {
        for (at, (name, source)) in names.iter().zip(sources).enumerate() {
            let mut example = example(&text.replace("{}", name), true, source);
            example.held_out = held_out && at == 0;
            examples.push(example);
        }
    }
    let items = read(&examples, MAX_ITEMS);
    let texts = |items: &[crate::items::Item]| -> Vec<String> {
        items.iter().map(|item| item.template.clone()).collect()
    };
    assert_eq!(texts(&items.held_out), ["user ann is gone"]);
    let mut expected = vec!["mail for user bob is late", "mail for user carol is late"];
    let done = names.map(|name| format!("job of user {name} was done"));
    expected.extend(done.iter().map(String::as_str));
    expected.sort_unstable();
    assert_eq!(texts(&items.training), expected);
    let dropped = items.dropped;
    assert_eq!((dropped.of_judging_group, dropped.of_taught_group), (2, 1));
}
