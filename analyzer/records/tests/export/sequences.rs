//! Transactions and windows beside the examples.

use logloop_records::dataset::{for_each_sequence, read_manifest};
use logloop_records::erase::{Eraser, Target, request};
use logloop_records::export::{ExportOptions, Filter, export_dataset, export_document};
use logloop_records::{
    AnalysisStats, Correction, Feedback, Interaction, LabelSource, TrainingSequence, Transactions,
};

use super::world::{World, at, interaction};

/// So many orders of three entries each, one after the other.
fn orders(second: i64, many: usize) -> Interaction {
    let log: String = (0..many)
        .flat_map(|n| {
            ["order opened", "paid in 3ms", "order closed"].map(|said| {
                format!("2026-11-22 10:00:00 INFO shop: {said} txn_id=t-{second}-{n}\n")
            })
        })
        .collect();
    let mut made = interaction(second, 0);
    made.analysis_results.failures.clear();
    made.analysis_results.stats = AnalysisStats {
        total_lines: 3 * many as u64,
        total_entries: 3 * many as u64,
        format: "leveled".to_owned(),
        transactions: Some(Transactions {
            total: many as u64,
            ..Transactions::default()
        }),
        ..AnalysisStats::default()
    };
    made.log_content = log;
    made
}

fn threads(threads: usize) -> ExportOptions {
    ExportOptions {
        threads,
        ..ExportOptions::default()
    }
}

fn sequences(world: &World, id: &str) -> Vec<TrainingSequence> {
    let dir = world.data.datasets().join(id);
    let mut all = vec![];
    for_each_sequence(&dir, &read_manifest(&dir).unwrap(), |sequence| {
        all.push(sequence);
        true
    })
    .unwrap();
    all
}

fn steps(sequence: &TrainingSequence) -> Vec<&str> {
    sequence.steps.iter().map(|step| &**step).collect()
}

/// A short log, one that examples are only sampled of, and a log of nobody.
fn world() -> World {
    let world = World::new();
    world.sealed("s0.g0", &[orders(1, 10), orders(2, 400)]);
    world.sealed("s1.g0", &[orders(3, 5)]);
    world.file("logs/a.log", orders(4, 6).log_content);
    let window = "2026-11-22 10:00:00 INFO mail: sent\n".repeat(70);
    world.file("logs/b.log", window);
    world
}

#[test]
fn transactions_and_windows_are_in_the_data_set() {
    let world = world();
    let manifest = export_dataset(world.root(), "d", &threads(1)).unwrap();
    let all = sequences(&world, "d");
    assert_eq!(manifest.sequences, 10 + 400 + 5 + 6 + 2);
    assert_eq!(all.len() as u64, manifest.sequences);
    let told: u64 = manifest
        .sequence_parts
        .iter()
        .map(|part| part.examples)
        .sum();
    assert_eq!(told, manifest.sequences);

    let second = &all[1];
    assert_eq!(
        steps(second),
        [
            "order opened txn_id=t-<*>",
            "paid in <*> txn_id=t-<*>",
            "order closed txn_id=t-<*>"
        ]
    );
    assert_eq!(second.interaction_id, Some(orders(1, 1).id.to_string()));
    assert_eq!(second.transaction_id.as_deref(), Some("t-1-1"));
    assert_eq!(
        (second.first_line, second.last_line, second.entries),
        (4, 6, 3)
    );
    assert!(second.is_whole && !all[0].is_whole && !second.is_failure);
    assert_eq!(second.label_source, LabelSource::Rule);
    let windows: Vec<_> = all.iter().filter(|sequence| sequence.is_window).collect();
    assert_eq!(windows.len(), 2);
    assert_eq!(windows[0].log, "logs/b.log");
    assert_eq!(
        (windows[0].component.as_deref(), windows[0].steps.len()),
        (Some("mail"), 32)
    );
    let (dir, mut read) = (world.data.datasets().join("d"), 0);
    for_each_sequence(&dir, &manifest, |_| {
        read += 1;
        read < 7
    })
    .unwrap();
    assert_eq!(read, 7);
}

#[test]
fn threads_change_nothing() {
    let world = world();
    let one = export_dataset(world.root(), "one", &threads(1)).unwrap();
    let eight = export_dataset(world.root(), "eight", &threads(8)).unwrap();
    assert_eq!(one.digest, eight.digest);
    assert_eq!(sequences(&world, "one"), sequences(&world, "eight"));
}

#[test]
fn the_digest_is_over_the_sequences_too() {
    let world = world();
    let manifest = export_dataset(world.root(), "d", &threads(1)).unwrap();
    let dir = world.data.datasets().join("d");
    let path = dir.join(&manifest.sequence_parts[0].file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = for_each_sequence(&dir, &manifest, |_| true).unwrap_err();
    assert!(error.to_string().contains("its SHA-256 is"), "{error}");
    let mut other = manifest.clone();
    other.sequence_parts.pop();
    let text = serde_json::to_string(&other).unwrap();
    std::fs::write(dir.join("dataset.json"), text).unwrap();
    let error = logloop_records::dataset::read(&dir).unwrap_err();
    assert!(
        error.to_string().contains("not that of the parts"),
        "{error}"
    );
}

#[test]
fn what_people_say_of_an_entry_is_said_of_its_transaction() {
    let world = World::new();
    let made = orders(1, 5);
    let line = |line, is_failure, held_out| Correction {
        line,
        is_failure,
        held_out,
        ..Correction::default()
    };
    world.say(&[Feedback {
        timestamp: at(9),
        interaction_id: made.id,
        corrections: vec![
            line(5, true, false),
            line(7, false, false),
            line(10, true, true),
        ],
        ..Feedback::default()
    }]);
    world.sealed("s0.g0", &[made]);
    export_dataset(world.root(), "d", &threads(1)).unwrap();
    let told: Vec<_> = sequences(&world, "d")
        .iter()
        .map(|s| (s.is_failure, s.label_source, s.held_out))
        .collect();
    use LabelSource::{Correction as Person, Rule};
    assert_eq!(
        told,
        [
            (false, Rule, false),
            (true, Person, false),
            (false, Person, false),
            (true, Person, true),
            (false, Rule, false)
        ]
    );
}

#[test]
fn filters_and_documents_have_their_own_way() {
    let world = world();
    let people = ExportOptions {
        filter: Filter {
            label_sources: vec![LabelSource::Gold],
            ..Filter::default()
        },
        ..ExportOptions::default()
    };
    let manifest = export_dataset(world.root(), "gold", &people).unwrap();
    assert_eq!((manifest.sequences, manifest.sequence_parts.len()), (0, 0));
    let rows = export_document(world.root(), &world.outside("d.json"), &threads(1)).unwrap();
    let all = export_dataset(world.root(), "d", &threads(1)).unwrap();
    assert_eq!(rows.examples, all.examples);
}

#[test]
fn where_labels_end_nobody_knows_what_is_normal() {
    let world = World::new();
    world.file("logs/a.log", orders(1, 6).log_content);
    let labels = "{\"line\":1,\"line_end\":12,\"is_failure\":false}\nodd\n";
    world.file("logs/a.log.labels.jsonl", labels);
    let manifest = export_dataset(world.root(), "d", &threads(1)).unwrap();
    assert_eq!(manifest.problems[0].file, "logs/a.log.labels.jsonl");
    let all = sequences(&world, "d");
    let told = all
        .iter()
        .map(|sequence| (sequence.last_line, sequence.is_whole));
    // The last one is cut: so soon before the end nobody is sure that it is whole.
    let expect = [(3, false), (6, true), (9, true), (11, false)];
    assert_eq!(told.collect::<Vec<_>>(), expect);
}

#[test]
fn erasure_finds_an_interaction_by_its_transactions_alone() {
    let world = World::new();
    let (first, mut second) = (orders(1, 10), orders(1, 10));
    second.id = uuid::Uuid::from_u128(99);
    let segment = world.sealed("s0.g0", &[first, second]);
    export_dataset(world.root(), "d", &threads(1)).unwrap();
    let of_second =
        |id: &Option<String>| id.as_deref() == Some("00000000-0000-0000-0000-000000000063");
    assert!(
        !world
            .rows("d")
            .iter()
            .any(|row| of_second(&row.interaction_id)),
        "its examples are folded into those of the first"
    );
    let all = sequences(&world, "d");
    assert_eq!(
        all.iter().filter(|s| of_second(&s.interaction_id)).count(),
        10
    );
    // Retention removed it; the data set still has what it said.
    std::fs::remove_file(segment).unwrap();
    request(&world.data, Target::Interaction(uuid::Uuid::from_u128(99))).unwrap();
    Eraser::new(&world.data).pass().unwrap();
    assert!(!world.data.datasets().join("d").exists());
}
