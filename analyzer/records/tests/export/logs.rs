//! Other logs, and the log format.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

use logloop_records::export::{ExportOptions, export_dataset, export_document, export_log};
use logloop_records::{Correction, Feedback, LabelSource, TrainingExample};

use super::world::{World, at, interaction};

fn labels(rows: &[TrainingExample]) -> Vec<(&str, bool, LabelSource, u64)> {
    rows.iter()
        .map(|row| {
            (
                row.template.as_str(),
                row.is_failure,
                row.label_source,
                row.count,
            )
        })
        .collect()
}

#[test]
fn labels_come_from_a_sidecar_a_column_or_the_rules() {
    const PLAIN: &str =
        "2026-11-22 10:00:00 INFO mail: sent\n2026-11-22 10:00:01 ERROR mail: cannot send\n";
    let world = World::new();
    world.file("logs/a.log", PLAIN);
    world.file("logs/b.log", PLAIN);
    world.file(
        "logs/b.log.labels.jsonl",
        "{\"line\":1,\"is_failure\":true,\"severity\":0.25,\"component\":\"smtp\"}\n",
    );
    world.file(
        "logs/c.log",
        "- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.363779 R02 RAS KERNEL FATAL all is well\n\
         APPREAD 1117869872 2005.06.04 R23 2005-06-04-00.24.32.432192 R23 RAS APP INFO odd thing 7\n\
         APPREAD 1117869872 2005.06.04 R23 2005-06-04-00.24.32.432192 R23 RAS APP INFO odd thing 8\n",
    );
    world.file("logs/chat_training/own.log", PLAIN);
    world.sealed("s.g0", &[interaction(1, 1)]);
    let manifest = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    let names: Vec<_> = manifest.logs.iter().map(|log| log.file.as_str()).collect();
    assert_eq!(names, ["logs/a.log", "logs/b.log", "logs/c.log"]);
    let rows: Vec<_> = world
        .rows("d")
        .into_iter()
        .filter(|row| row.source == "log")
        .collect();
    use LabelSource::{Gold, Rule};
    assert_eq!(
        labels(&rows),
        [
            ("sent", false, Rule, 1),
            ("cannot send", true, Rule, 1),
            ("sent", true, Gold, 1),
            ("cannot send", true, Rule, 1),
            ("all is well", false, Gold, 1),
            ("odd thing <*>", true, Gold, 2),
        ]
    );
    assert_eq!(rows[2].severity, 0.25);
    assert_eq!(rows[2].component.as_deref(), Some("smtp"));
    let odd = &rows[5];
    assert!(
        odd.log_entry.starts_with("- 11"),
        "the tag would give the label away"
    );
    assert_eq!(odd.level.as_deref(), Some("INFO"));
    assert!(odd.interaction_id.is_none() && odd.interaction_timestamp.is_none());
}

#[test]
fn packed_logs_are_read_and_damaged_ones_are_told() {
    let world = World::new();
    let text = "2026-11-22 10:00:00 ERROR mail: cannot send\n".repeat(1000);
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    world.file("logs/a.log.gz", &gzip);
    world.file(
        "logs/b.log.zst",
        zstd::encode_all(text.as_bytes(), 1).unwrap(),
    );
    world.file("logs/c.log.gz", &gzip[..gzip.len() / 2]);
    world.file("logs/d.bin", [0, 1, 2, 3, 0, 0, 0, 9].repeat(9));
    world.file("logs/e.tar", b"PK\x03\x04 a zip");
    world.file("logs/f.log", "2026-11-22 10:00:00 ERROR mail: last\n");
    world.file(
        "logs/g.log",
        "2026-11-22 10:00:00 ERROR mail: one\n2026-11-22 10:00:00 ERROR mail: two\n",
    );
    world.file(
        "logs/g.log.labels.jsonl",
        "{\"line\":1,\"is_failure\":false}\nodd\n",
    );
    let manifest = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(manifest.left_out["log_unreadable"], 3, "c, e, g");
    let told: Vec<_> = manifest.problems.iter().map(|one| &*one.file).collect();
    assert_eq!(
        told,
        [
            "logs/c.log.gz",
            "logs/d.bin",
            "logs/e.tar",
            "logs/g.log.labels.jsonl"
        ]
    );
    let of_labels = &manifest.problems[3].problem;
    assert!(of_labels.starts_with("line 2: "), "{of_labels}");
    let rows = world.rows("d");
    let of = |template: &str| -> Vec<u64> {
        let those = rows.iter().filter(|row| row.template == template);
        those.map(|row| row.count).collect()
    };
    assert_eq!(of("cannot send")[..2], [1000, 1000]);
    assert_eq!(of("last"), [1]);
    assert!(
        of("two").is_empty(),
        "the rules do not take the place of labels that are lost"
    );
    assert_eq!(manifest.logs.len(), 7);
}

#[test]
fn what_is_no_log_is_named_and_gives_no_rows() {
    let world = World::new();
    let line = "2026-11-22 10:00:00 ERROR mail: cannot send\n";
    let packed: Vec<u8> = (0..5000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    world.file("logs/a.bin", &packed);
    world.file("logs/b.log", line.repeat(3));
    world.file(
        "logs/b.log.labels.jsonl",
        "{\"line\":2,\"is_failure\":false}\n\n{\"line\":3,\"line_end\":4,\"is_failure\":true}\n\
         {\"line\":9,\"is_failure\":true}\n",
    );
    // Links: out of the data directory, to what is read anyhow, and within the data directory.
    let outside = world.outside("secrets");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.log"), line.replace("mail", "secret")).unwrap();
    world.file("incoming/c.log", line.replace("send", "take"));
    let logs = world.root().join("logs");
    let link = |target: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(target, logs.join(name)).unwrap();
    };
    link(&outside, "out");
    link(&outside.join("secret.log"), "out.log");
    link(&logs, "self");
    link(&logs.join("b.log"), "b-again.log");
    link(&world.root().join("incoming"), "within");
    world.file("logs/d.log", line.replace("send", "read"));
    link(&outside.join("secret.log"), "d.log.labels.jsonl");
    let manifest = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    let told: Vec<_> = manifest
        .problems
        .iter()
        .map(|one| (&*one.file, one.problem.split([':', ',']).next().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("logs/out", "a link out of the data directory"),
            ("logs/out.log", "a link out of the data directory"),
            ("logs/a.bin", "its bytes are no text"),
            ("logs/b.log.labels.jsonl", "line 3"),
            (
                "logs/d.log.labels.jsonl",
                "a link out of the data directory"
            ),
        ]
    );
    let counted: Vec<_> = manifest
        .left_out
        .iter()
        .map(|(reason, number)| (reason.as_str(), *number))
        .collect();
    assert_eq!(
        counted,
        [
            ("label_behind_end", 2),
            ("log_not_text", 1),
            ("log_outside", 2),
            ("log_unreadable", 1)
        ]
    );
    let rows = world.rows("d");
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (&*row.template, row.is_failure, row.label_source, row.count))
        .collect();
    use LabelSource::{Gold, Rule};
    assert_eq!(
        rows,
        [
            ("cannot send", true, Rule, 1),
            ("cannot send", false, Gold, 1),
            ("cannot send", true, Gold, 1),
            ("cannot take", true, Rule, 1),
        ]
    );
    let card = fs::read_to_string(world.data.datasets().join("d/README.md")).unwrap();
    assert!(
        card.contains("| logs/a.bin | its bytes are no text"),
        "{card}"
    );
    let written = world.outside("rows.jsonl");
    let written = export_document(world.root(), &written, &ExportOptions::default()).unwrap();
    assert_eq!(written.problems, manifest.problems);
    assert_eq!(written.left_out, manifest.left_out);
    // The folder of the logs itself.
    let other = World::new();
    std::os::unix::fs::symlink(&outside, other.root().join("logs")).unwrap();
    let manifest = export_dataset(other.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!((manifest.examples, manifest.logs.len()), (0, 0));
    assert_eq!(manifest.problems[0].file, "logs");
}

#[test]
fn lines_without_the_column_are_not_called_normal() {
    let world = World::new();
    let normal =
        "- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.363779 R02 RAS KERNEL INFO all is well\n";
    let text = format!(
        "{}2005-06-03 15:42:50 ERROR disk: cannot read sector\n{normal}\
         2005-06-03 15:42:50 INFO odd: neither good nor bad\n",
        normal.repeat(120)
    );
    world.file("logs/a.log", text);
    export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    let rows = world.rows("d");
    let gold: Vec<_> = rows
        .iter()
        .filter(|row| row.label_source == LabelSource::Gold)
        .collect();
    assert_eq!((gold.len(), gold[0].count), (1, 121), "{rows:?}");
    let weak: Vec<_> = rows
        .iter()
        .filter(|row| row.label_source == LabelSource::Rule)
        .collect();
    assert!(
        weak.iter()
            .any(|row| row.is_failure && row.log_entry.contains("sector")),
        "{rows:?}"
    );
    assert!(weak.iter().all(|row| !row.log_entry.contains("well")));
}

#[test]
fn the_log_format_comes_back_with_its_labels() {
    let world = World::new();
    let mut trace = interaction(5, 1);
    trace.log_content = "2026-11-22 10:00:00 ERROR db|x: lost \\ it\njava.io.IOException: a|b\n\
        \tat a.B.c(B.java:3)\n2026-11-22 10:00:01 INFO db: fine\nno level here\n"
        .to_owned();
    trace.analysis_results.failures[0].lines = vec![1];
    trace.analysis_results.failures[0].line_ends = vec![3];
    let about = interaction(1, 30);
    world.sealed("s.g0", &[about.clone(), interaction(2, 30), trace]);
    let template = logloop_logs::template("disk 0 of baaa full");
    world.say(&[Feedback {
        timestamp: at(9),
        interaction_id: about.id,
        reviewer: true,
        is_useful: Some(false),
        corrections: vec![Correction {
            line: 1,
            is_failure: true,
            severity: Some(0.5),
            template_id: template.id,
            template: template.text,
            held_out: true,
            ..Correction::default()
        }],
        ..Feedback::default()
    }]);
    export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    let written = world.data.log_export();
    let rows = export_log(world.root(), &written, &ExportOptions::default())
        .unwrap()
        .examples;
    assert_eq!(
        fs::read_to_string(&written).unwrap().lines().count() as u64,
        rows
    );

    let again = World::new();
    for end in ["", ".labels.jsonl"] {
        let name = format!("logs/chat_training/chat_interactions.log{end}");
        again.file(&name, fs::read(world.root().join(&name)).unwrap());
    }
    export_dataset(again.root(), "d", &ExportOptions::default()).unwrap();
    let told = |world: &World| -> BTreeSet<String> {
        let tell = |row: TrainingExample| {
            let labels = (
                row.is_failure,
                row.severity,
                row.label_source,
                row.weight,
                row.held_out,
            );
            let entry = (
                row.template,
                row.level,
                row.component,
                row.operation,
                row.count,
            );
            format!("{entry:?} {labels:?}")
        };
        world.rows("d").into_iter().map(tell).collect()
    };
    assert_eq!(told(&world), told(&again));
    assert!(told(&world).len() > 10);
    assert!(
        again
            .rows("d")
            .iter()
            .any(|row| row.held_out && row.label_source == LabelSource::Gold)
    );

    // Where interactions are a source, what was made of them is none.
    let manifest = export_dataset(world.root(), "both", &ExportOptions::default()).unwrap();
    assert!(manifest.logs.is_empty());
    let logs_only = ExportOptions {
        logs_only: true,
        ..ExportOptions::default()
    };
    let manifest = export_dataset(world.root(), "logs", &logs_only).unwrap();
    assert_eq!((manifest.logs.len(), manifest.segments.len()), (1, 0));
}
