//! The export on real files: what it gives, and that it gives the same whatever interrupts it.

mod interrupted;
mod logs;
mod sequences;
mod world;

use std::collections::BTreeMap;
use std::fs;

use logloop_records::export::{ExportOptions, Filter, export_dataset, export_document};
use logloop_records::store::{meta, segments};
use logloop_records::{Correction, Feedback, Kind, LabelSource, TrainingExample, dataset};
use sha2::Digest;
use world::{World, at, interaction, word};

fn with(filter: Filter) -> ExportOptions {
    ExportOptions {
        filter,
        ..ExportOptions::default()
    }
}

fn threads(threads: usize) -> ExportOptions {
    ExportOptions {
        threads,
        ..ExportOptions::default()
    }
}

#[test]
fn threads_change_nothing() {
    let world = World::of_several();
    let one = export_dataset(world.root(), "one", &threads(1)).unwrap();
    let eight = export_dataset(world.root(), "eight", &threads(8)).unwrap();
    assert_eq!(one.digest, eight.digest);
    assert_eq!(one.parts, eight.parts);
    assert_eq!(
        (one.parts.len(), one.segments.len(), one.logs.len()),
        (6, 4, 2)
    );
    assert_eq!(one.by_component, eight.by_component);
    let document = |count: usize| {
        let path = world.outside(&format!("{count}.json"));
        let rows = export_document(world.root(), &path, &threads(count))
            .unwrap()
            .examples;
        let mut document: serde_json::Value =
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(document["total_examples"], rows);
        document["export_timestamp"].take();
        document
    };
    assert_eq!(document(1), document(8));
    let lines = world.outside("rows.jsonl");
    let left = [
        world.outside(".rows.jsonl.old.tmp"),
        world.outside(".rows.jsonl.new.tmp"),
    ];
    for path in &left {
        fs::write(path, "of a process that was killed, or works").unwrap();
    }
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    fs::File::options()
        .write(true)
        .open(&left[0])
        .unwrap()
        .set_modified(old)
        .unwrap();
    let rows = export_document(world.root(), &lines, &threads(3))
        .unwrap()
        .examples;
    assert_eq!([left[0].exists(), left[1].exists()], [false, true]);
    let text = fs::read_to_string(lines).unwrap();
    let all: Vec<TrainingExample> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(all.len() as u64, rows);
    assert_eq!(all, world.rows("one"));
}

#[test]
fn a_data_set_tells_what_it_is() {
    let world = World::of_several();
    let manifest = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    let dir = world.data.datasets().join("d");
    let mut names: Vec<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected = vec!["README.md".to_owned(), "dataset.json".to_owned()];
    expected.extend(manifest.parts.iter().map(|part| part.file.clone()));
    assert_eq!(names, expected, "nothing of the work is left");
    let card = fs::read_to_string(dir.join("README.md")).unwrap();
    assert!(card.contains(&manifest.digest) && card.contains("part-*.parquet"));
    assert!(card.contains("| db |"), "{card}");
    let of_file = world.root().join("chat_interactions/sealed/s0.g0.jsonl");
    assert_eq!(
        manifest.segments[0].bytes,
        fs::metadata(of_file).unwrap().len()
    );
    assert_eq!(manifest.parts[0].source, "s0.g0.jsonl");
    assert_eq!(manifest.logs[1].file, "logs/deep/b.log");
    let text = fs::read_to_string(dir.join("dataset.json")).unwrap();
    fs::write(
        dir.join("dataset.json"),
        text.replace(
            &format!("\"schema\": {}", dataset::DATASET_SCHEMA),
            "\"schema\": 1",
        ),
    )
    .unwrap();
    let said = dataset::read(&dir).unwrap_err().to_string();
    assert!(
        said.contains("layout 1") && said.contains("export it again"),
        "{said}"
    );
    assert_eq!(dataset::newest(&world.data.datasets()).unwrap(), None);
}

#[test]
fn filters() {
    let world = World::new();
    let mut all: Vec<_> = (0..4).map(|n| interaction(n, 10)).collect();
    all[1].subject = Some("ann".to_owned());
    all[2].is_useful = Some(true);
    world.sealed("s.g0", &all);
    world.file(
        "logs/a.log",
        "2026-11-22 10:00:00 ERROR mail: cannot send\n",
    );
    world.say(&[Feedback {
        timestamp: at(9),
        interaction_id: all[3].id,
        is_useful: Some(true),
        ..Feedback::default()
    }]);
    let since = |second| Filter {
        since: Some(at(second)),
        ..Filter::default()
    };
    let of = |subject: &str| Filter {
        subject: Some(subject.to_owned()),
        ..Filter::default()
    };
    let useful = Filter {
        useful_only: true,
        ..Filter::default()
    };
    let from = |sources: &[LabelSource]| Filter {
        label_sources: sources.to_vec(),
        ..Filter::default()
    };
    for (name, filter, interactions, logs, reason) in [
        ("all", Filter::default(), 4, 1, None),
        ("since", since(2), 2, 0, Some(("before_since", 2))),
        ("subject", of("ann"), 1, 0, Some(("other_subject", 3))),
        ("useful", useful, 2, 0, Some(("not_useful", 2))),
        (
            "thumb",
            from(&[LabelSource::Thumb]),
            2,
            1,
            Some(("other_label_source", 21)),
        ),
        (
            "gold",
            from(&[LabelSource::Gold]),
            0,
            1,
            Some(("other_label_source", 41)),
        ),
    ] {
        let manifest = export_dataset(world.root(), name, &with(filter.clone())).unwrap();
        assert_eq!(
            (manifest.interactions, manifest.logs.len()),
            (interactions, logs),
            "{name}"
        );
        let left_out: BTreeMap<_, _> = manifest.left_out.into_iter().collect();
        let expected = reason.map(|(reason, number)| (reason.to_owned(), number));
        assert_eq!(left_out, expected.into_iter().collect(), "{name}");
        assert_eq!(manifest.filter, filter);
        let rows = world.rows(name);
        assert!(rows.iter().all(|row| filter.label_sources.is_empty()
            || filter.label_sources.contains(&row.label_source)));
    }
}

#[test]
fn a_long_log_is_sampled_and_its_failures_are_complete() {
    let world = World::new();
    let mut large = interaction(1, 20_000);
    world.active(&[large.clone()]);
    let count = |rows: &[TrainingExample], is_failure| -> u64 {
        rows.iter()
            .filter(|row| row.is_failure == is_failure)
            .map(|row| row.count)
            .sum()
    };
    export_dataset(world.root(), "inline", &ExportOptions::default()).unwrap();
    let inline = world.rows("inline");
    assert_eq!(count(&inline, true), 2000);
    let sampled = count(&inline, false);
    assert!((400..512).contains(&sampled), "{sampled}");
    assert_eq!(inline[0].error_patterns["disk_full"], 2000);
    assert_eq!(inline[0].template, "disk <*> of baaa full");
    assert_eq!(
        inline.len(),
        1 + 36,
        "of 40 words every tenth comes with failures"
    );

    // The same in a blob, with failures that the group does not list.
    large.log_content = large.log_content.repeat(5);
    large.analysis_results.stats.total_lines *= 5;
    large.analysis_results.failures[0].count *= 5;
    logloop_records::blob::spill(&world.data, &mut large).unwrap();
    assert!(large.log_blob.is_some());
    world.active(&[large.clone()]);
    export_dataset(world.root(), "blob", &ExportOptions::default()).unwrap();
    let blob = world.rows("blob");
    assert_eq!((count(&blob, true), blob.len()), (10_000, 37));

    // A correction is of a line: the log is read whole.
    world.say(&[Feedback {
        timestamp: at(9),
        interaction_id: large.id,
        corrections: vec![Correction {
            line: 2,
            is_failure: true,
            template_id: logloop_logs::template(&format!("step 1 of {} done", word(1))).id,
            ..Correction::default()
        }],
        ..Feedback::default()
    }]);
    export_dataset(world.root(), "corrected", &ExportOptions::default()).unwrap();
    let corrected = world.rows("corrected");
    let of_people = corrected
        .iter()
        .find(|row| row.label_source == LabelSource::Correction);
    assert_eq!(
        of_people.map(|row| (row.is_failure, row.count)),
        Some((true, 2500))
    );
    assert_eq!(corrected.iter().map(|row| row.count).sum::<u64>(), 100_000);
}

#[test]
fn what_does_not_fit_into_memory_is_folded_in_pieces() {
    let world = World::new();
    let all: Vec<_> = (0..7000)
        .map(|n| {
            let mut one = interaction(n, 1);
            let text = format!(
                "2026-11-22 10:00:00 ERROR db: {} {}",
                word(n as usize),
                "x".repeat(1900)
            );
            one.log_content = text;
            one
        })
        .collect();
    world.sealed("s.g0", &[&all[..], &all[..1]].concat());
    let manifest = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(
        manifest.examples, 7001,
        "the last one repeats one that was passed on"
    );
    assert_eq!(world.rows("d").len(), 7001);
    assert_eq!(manifest.parts.len(), 1);
}

#[test]
fn damage_in_the_middle_hides_nothing_else() {
    let world = World::new();
    let all: Vec<_> = (0..9).map(|n| interaction(n, 10)).collect();
    let path = world.sealed("s.g0", &all);
    let mut bytes = fs::read(&path).unwrap();
    let digest = || {
        let digest = sha2::Sha256::digest(fs::read(&path).unwrap());
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    // With a sidecar, that says what the segment was when it was sealed.
    meta(&segments(&world.data, Kind::Interactions).unwrap()[0]).unwrap();
    let whole = export_dataset(world.root(), "whole", &ExportOptions::default()).unwrap();
    assert_eq!(whole.segments[0].sha256, digest());
    let lines: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    bytes[lines[3] + 50..lines[4] - 50].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let manifest = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(manifest.interactions, 8);
    assert_eq!(manifest.left_out["damaged"], 1);
    assert_eq!(manifest.segments[0].sha256, digest());
    assert_ne!(manifest.segments[0].sha256, whole.segments[0].sha256);
    assert_eq!(manifest.segments[0].bytes, whole.segments[0].bytes);
}

#[test]
fn a_data_set_that_was_made_otherwise_is_not_reported_as_made() {
    let world = World::of_several();
    let age = |seconds| Filter {
        since: Some(at(seconds)),
        since_age: Some(3600),
        ..Filter::default()
    };
    let made = export_dataset(world.root(), "d", &with(age(1))).unwrap();
    assert_eq!(
        export_dataset(world.root(), "d", &with(age(2))).unwrap(),
        made
    );
    let logs_only = ExportOptions {
        logs_only: true,
        ..with(age(1))
    };
    let all = with(Filter::default());
    for (options, word) in [(logs_only, "--logs-only"), (all, "--since")] {
        let refused = export_dataset(world.root(), "d", &options).unwrap_err();
        assert_eq!(refused.code(), "dataset_exists");
        let said = refused.to_string();
        assert!(said.contains(word) && said.contains("another id"), "{said}");
    }
    // By a program with other templates: also where only the name was missing.
    let path = world.data.datasets().join("d/dataset.json");
    let version = format!("\"template_version\": {}", logloop_logs::TEMPLATE_VERSION);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&version, "\"template_version\": 0")).unwrap();
    let said = export_dataset(world.root(), "d", &with(age(1))).unwrap_err();
    assert!(said.to_string().contains("templates"), "{said}");
    let aside = world.data.datasets().join(".e.tmp");
    fs::rename(world.data.datasets().join("d"), aside).unwrap();
    let again = export_dataset(world.root(), "e", &with(age(1))).unwrap();
    assert_eq!(
        (again.template_version, again.id.as_str()),
        (made.template_version, "e")
    );
    // What was deleted for an erasure has a code of its own.
    let gone = interaction(3, 30).id;
    logloop_records::erase::request(
        &world.data,
        logloop_records::erase::Target::Interaction(gone),
    )
    .unwrap();
    logloop_records::erase::Eraser::new(&world.data)
        .pass()
        .unwrap();
    let refused = export_dataset(world.root(), "e", &with(age(1))).unwrap_err();
    assert_eq!(refused.code(), "dataset_erased");
}

#[test]
fn where_it_cannot_write_it_says_what_to_do() {
    let world = World::of_several();
    world.file("file", "in the way");
    let output = world.root().join("file/out.json");
    let said = export_document(world.root(), &output, &ExportOptions::default())
        .unwrap_err()
        .to_string();
    assert!(said.contains("a folder is needed"), "{said}");
    world.file("datasets/taken/else", "no data set");
    let said = export_dataset(world.root(), "taken", &ExportOptions::default())
        .unwrap_err()
        .to_string();
    assert!(said.contains("move it away"), "{said}");
    let nowhere = world.outside("nowhere");
    let said = export_document(&nowhere, &output, &ExportOptions::default()).unwrap_err();
    assert!(said.to_string().contains("--data"), "{said}");
}
