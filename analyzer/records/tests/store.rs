//! The store, the export and the retention on real files.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use chrono::{DateTime, Utc};
use logloop_records::export::{ExportOptions, export_dataset, export_document};
use logloop_records::prune::{PruneOptions, prune};
use logloop_records::store::{Options, Scan, Store, meta, read_segment, segments};
use logloop_records::{
    AnalysisResults, Correction, DataDir, Error, Failure, Feedback, Interaction, Kind, LabelSource,
    dataset,
};
use uuid::{NoContext, Timestamp, Uuid};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn interaction(second: i64) -> Interaction {
    let time = at(second);
    let template = logloop_logs::template("disk 1 full");
    Interaction {
        timestamp: time,
        id: Uuid::new_v7(Timestamp::from_unix(NoContext, time.timestamp() as u64, 0)),
        log_content:
            "2026-11-22 10:00:00 ERROR db: disk 7 full\n2026-11-22 10:00:01 INFO db: fine\n"
                .to_owned(),
        model_version: "rules".to_owned(),
        analysis_results: AnalysisResults {
            failures: vec![Failure {
                template_id: template.id,
                template: template.text,
                level: Some("ERROR".to_owned()),
                severity: 0.8,
                ..Failure::default()
            }],
            ..AnalysisResults::default()
        },
        ..Interaction::default()
    }
}

fn data() -> (tempfile::TempDir, DataDir) {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    (dir, data)
}

fn open(data: &DataDir) -> Store {
    Store::open(data, Kind::Interactions, "writer-a", Options::default()).unwrap()
}

fn read(data: &DataDir) -> (Vec<Interaction>, Scan) {
    let mut records = vec![];
    let mut total = Scan::default();
    for segment in segments(data, Kind::Interactions).unwrap() {
        let scan = read_segment::<Interaction>(&segment, |line| {
            records.push(line.record);
            Ok(())
        })
        .unwrap();
        total.records += scan.records;
        total.damaged += scan.damaged;
        total.mismatched += scan.mismatched;
        total.torn_bytes += scan.torn_bytes;
    }
    (records, total)
}

/// Appends and seals: one sealed segment a call.
fn sealed(data: &DataDir, records: &[Interaction]) {
    let options = Options {
        seal_bytes: 1,
        ..Options::default()
    };
    let before = segments(data, Kind::Interactions)
        .unwrap()
        .iter()
        .filter(|s| s.sealed)
        .count();
    let store = open(data);
    records
        .iter()
        .for_each(|record| store.append(record).unwrap());
    store.close();
    drop(Store::open(data, Kind::Interactions, "writer-a", options).unwrap());
    // The idle writer seals what is due.
    let store = Store::open(data, Kind::Interactions, "writer-a", options).unwrap();
    for _ in 0..100 {
        if segments(data, Kind::Interactions)
            .unwrap()
            .iter()
            .filter(|s| s.sealed)
            .count()
            > before
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(store);
    panic!("not sealed");
}

#[test]
fn what_was_appended_is_read_after_a_new_start() {
    let (_dir, data) = data();
    let written: Vec<_> = (0..20).map(interaction).collect();
    let store = Arc::new(open(&data));
    std::thread::scope(|scope| {
        for record in &written {
            scope.spawn(|| store.append(record).unwrap());
        }
    });
    assert_eq!(store.active().1.records, 20);
    drop(store);
    drop(open(&data));
    let (mut got, scan) = read(&data);
    got.sort_by_key(|record| record.timestamp);
    assert_eq!(got, written);
    assert_eq!(
        scan,
        Scan {
            records: 20,
            ..Scan::default()
        }
    );
}

#[test]
fn an_unfinished_last_line_is_cut_kept_and_swallows_nothing() {
    let (_dir, data) = data();
    let store = open(&data);
    store.append(&interaction(1)).unwrap();
    let path = store.active().0;
    drop(store);
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"timestamp\":\"20")
        .unwrap();
    assert_eq!(read(&data).1.torn_bytes, 16);
    let store = open(&data);
    store.append(&interaction(2)).unwrap();
    let (records, scan) = read(&data);
    assert_eq!((records.len(), scan.damaged, scan.torn_bytes), (2, 0, 0));
    let kept: Vec<_> = fs::read_dir(data.quarantine(Kind::Interactions))
        .unwrap()
        .collect();
    assert_eq!(
        fs::read(kept[0].as_ref().unwrap().path()).unwrap(),
        b"{\"timestamp\":\"20"
    );
}

#[test]
fn damage_in_the_middle_hides_no_other_record() {
    let (_dir, data) = data();
    let store = open(&data);
    (0..3).for_each(|n| store.append(&interaction(n)).unwrap());
    let path = store.active().0;
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let second = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    bytes[second] = b'?';
    let digit = bytes.windows(9).rposition(|w| w == b"disk 7 fu").unwrap() + 5;
    bytes[digit] = b'8';
    fs::write(&path, bytes).unwrap();
    let (records, scan) = read(&data);
    assert_eq!((records.len(), scan.damaged, scan.mismatched), (2, 1, 1));
    // Served, reported, and not trained on.
    let manifest = export_dataset(data.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(
        (
            manifest.interactions,
            manifest.left_out["wrong_checksum"],
            manifest.left_out["damaged"]
        ),
        (1, 1, 1)
    );
}

#[test]
fn a_second_writer_gets_a_segment_of_its_own_and_a_dead_ones_is_sealed() {
    let (_dir, data) = data();
    let first = open(&data);
    first.append(&interaction(1)).unwrap();
    let second = Store::open(&data, Kind::Interactions, "writer-b", Options::default()).unwrap();
    second.append(&interaction(2)).unwrap();
    assert!(
        second
            .active()
            .0
            .ends_with("chat_interactions.writer-b.jsonl")
    );
    assert_eq!(read(&data).0.len(), 2);
    drop(second);
    let third = Store::open(&data, Kind::Interactions, "writer-c", Options::default()).unwrap();
    assert_eq!(
        segments(&data, Kind::Interactions)
            .unwrap()
            .iter()
            .filter(|s| s.sealed)
            .count(),
        1
    );
    drop((first, third));
    assert_eq!(read(&data).0.len(), 2);
}

#[test]
fn a_stale_sidecar_is_not_believed() {
    let (_dir, data) = data();
    sealed(&data, &[interaction(1), interaction(2)]);
    let segment = segments(&data, Kind::Interactions).unwrap().remove(0);
    let counts = meta(&segment).unwrap();
    assert_eq!(
        (counts.records, counts.logs, counts.first),
        (2, 2, Some(at(1)))
    );
    let sidecar = segment.path.with_extension("meta.json");
    fs::write(&sidecar, "{\"bytes\":1,\"records\":99}").unwrap();
    assert_eq!(meta(&segment).unwrap(), counts);
    fs::write(&sidecar, "garbage").unwrap();
    assert_eq!(meta(&segment).unwrap(), counts);
}

#[test]
fn a_missing_or_read_only_place_is_told() {
    let (dir, data) = data();
    fs::write(dir.path().join("chat_interactions"), "a file").unwrap();
    let error = Store::open(&data, Kind::Interactions, "w", Options::default())
        .err()
        .unwrap();
    assert!(error.to_string().contains("chat_interactions"), "{error}");
    let error =
        export_dataset(&dir.path().join("nowhere"), "d", &ExportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("--data"), "{error}");
    let error = export_dataset(dir.path(), "../up", &ExportOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
}

#[test]
fn the_same_snapshot_gives_the_same_digest_and_a_data_set_is_immutable() {
    let (_dir, data) = data();
    sealed(&data, &[interaction(1), interaction(2)]);
    let store = open(&data);
    store.append(&interaction(3)).unwrap();
    let export = |id| export_dataset(data.root(), id, &ExportOptions::default()).unwrap();
    let (a, b) = (export("a"), export("b"));
    assert_eq!(a.digest, b.digest);
    assert_eq!(
        (a.interactions, a.examples, a.failures, a.parts.len()),
        (3, 4, 2, 2)
    );
    store.append(&interaction(4)).unwrap();
    assert_eq!(export("a"), a, "immutable");
    assert_ne!(export("c").digest, a.digest);
    let (manifest, examples) = dataset::read(&data.datasets().join("a")).unwrap();
    assert_eq!((manifest, examples.len()), (a, 4));
    fs::write(data.datasets().join("a/part-00000.parquet"), "damage").unwrap();
    assert!(
        dataset::read(&data.datasets().join("a"))
            .unwrap_err()
            .to_string()
            .contains("SHA-256")
    );
}

#[test]
fn corrections_reach_the_export() {
    let (dir, data) = data();
    let about = interaction(1);
    open(&data).append(&about).unwrap();
    let template = logloop_logs::template("disk 7 full");
    let store = Store::open(&data, Kind::Feedback, "w", Options::default()).unwrap();
    let correction = Correction {
        line: 1,
        is_failure: false,
        template: template.text,
        template_id: template.id,
        held_out: true,
        ..Correction::default()
    };
    let event = Feedback {
        timestamp: at(2),
        interaction_id: about.id,
        corrections: vec![correction],
        ..Feedback::default()
    };
    store.append(&event).unwrap();
    let manifest = export_dataset(data.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(
        (manifest.failures, manifest.corrections, manifest.held_out),
        (0, 1, 1)
    );
    let (_, examples) = dataset::read(&data.datasets().join("d")).unwrap();
    assert_eq!(examples[0].label_source, LabelSource::Correction);

    let output = dir.path().join("deep/er/out.json");
    assert_eq!(
        export_document(data.root(), &output, &ExportOptions::default())
            .unwrap()
            .examples,
        2
    );
    let document: serde_json::Value = serde_json::from_slice(&fs::read(output).unwrap()).unwrap();
    assert_eq!(document["source"], "chat_interactions");
    assert_eq!(document["total_examples"], 2);
    assert_eq!(document["training_data"][0]["label_source"], "correction");
}

#[test]
fn retention_removes_whole_segments_and_rewrites_the_boundary() {
    let (_dir, data) = data();
    sealed(&data, &[interaction(10), interaction(20)]);
    sealed(&data, &[interaction(30), interaction(40)]);
    sealed(&data, &[interaction(50)]);
    let store = open(&data);
    store.append(&interaction(5)).unwrap();
    let mut options = PruneOptions {
        cutoff: Some(at(35)),
        dry_run: true,
        ..PruneOptions::default()
    };
    let told = prune(&data, &options).unwrap();
    assert_eq!(read(&data).0.len(), 6, "a dry run removes nothing");
    options.dry_run = false;
    let done = prune(&data, &options).unwrap();
    assert_eq!(done, told);
    assert_eq!(
        (
            done.interactions,
            done.segments,
            done.rewritten,
            done.kept_interactions
        ),
        (3, 1, 1, 3)
    );
    assert!(done.freed_bytes > 0);
    let mut left: Vec<_> = read(&data)
        .0
        .iter()
        .map(|record| record.timestamp)
        .collect();
    left.sort();
    // The active segment is left alone until it is sealed.
    assert_eq!(left, [at(5), at(40), at(50)]);
    assert_eq!(prune(&data, &options).unwrap().interactions, 0);
}

#[test]
fn retention_by_size_and_for_corrected_ones() {
    let (_dir, data) = data();
    let corrected = interaction(10);
    sealed(&data, &[corrected.clone(), interaction(20)]);
    sealed(&data, &[interaction(30)]);
    let feedback = Store::open(&data, Kind::Feedback, "w", Options::default()).unwrap();
    let event = Feedback {
        timestamp: at(11),
        interaction_id: corrected.id,
        corrections: vec![Correction::default()],
        ..Feedback::default()
    };
    feedback.append(&event).unwrap();
    let options = PruneOptions {
        cutoff: Some(at(25)),
        corrected_cutoff: Some(at(0)),
        ..PruneOptions::default()
    };
    assert_eq!(prune(&data, &options).unwrap().interactions, 1);
    let size = PruneOptions {
        max_bytes: Some(1500),
        ..PruneOptions::default()
    };
    let report = prune(&data, &size).unwrap();
    assert_eq!(
        (report.segments, report.kept_interactions),
        (1, 1),
        "the oldest goes first"
    );
    assert_eq!(read(&data).0[0].timestamp, at(30));
}

#[test]
fn a_large_log_lies_in_a_blob_that_goes_with_its_record() {
    use logloop_records::blob;
    let (_dir, data) = data();
    let mut large = interaction(1);
    large.log_content = "a line of log\n".repeat(50_000);
    let text = large.log_content.clone();
    blob::spill(&data, &mut large).unwrap();
    assert!(large.log_content.is_empty());
    sealed(&data, &[large]);
    let (records, _) = read(&data);
    assert_eq!(blob::log(&data, &records[0]).unwrap(), text);
    let report = prune(
        &data,
        &PruneOptions {
            cutoff: Some(at(100)),
            ..PruneOptions::default()
        },
    )
    .unwrap();
    assert_eq!(report.interactions, 1);
    assert_eq!(fs::read_dir(data.blobs()).unwrap().count(), 0);
    let mut evil = interaction(2);
    evil.log_blob = Some("../../etc/passwd".to_owned());
    assert!(blob::log(&data, &evil).is_err());
}

#[test]
fn a_segment_sealed_after_the_listing_is_read_whole() {
    let (_dir, data) = data();
    let store = open(&data);
    (0..3).for_each(|n| store.append(&interaction(n)).unwrap());
    let path = store.active().0;
    let listed = segments(&data, Kind::Interactions).unwrap();
    drop(store);
    // What sealing does: the old path names another file by now.
    fs::rename(
        &path,
        data.sealed(Kind::Interactions)
            .join("chat_interactions.x.g0.jsonl"),
    )
    .unwrap();
    fs::write(&path, "").unwrap();
    let mut read = 0;
    for segment in &listed {
        read += read_segment::<Interaction>(segment, |_| Ok(()))
            .unwrap()
            .records;
    }
    assert_eq!(read, 3);
}

#[test]
fn a_segment_rewritten_after_the_listing_is_read_in_its_newer_generation() {
    let (_dir, data) = data();
    sealed(&data, &[interaction(10), interaction(50)]);
    let listed = segments(&data, Kind::Interactions).unwrap();
    prune(
        &data,
        &PruneOptions {
            cutoff: Some(at(30)),
            ..PruneOptions::default()
        },
    )
    .unwrap();
    let scan = read_segment::<Interaction>(&listed[0], |line| {
        assert_eq!(line.record.timestamp, at(50));
        Ok(())
    });
    assert_eq!(scan.unwrap().records, 1);
    prune(
        &data,
        &PruneOptions {
            cutoff: Some(at(100)),
            ..PruneOptions::default()
        },
    )
    .unwrap();
    assert_eq!(
        read_segment::<Interaction>(&listed[0], |_| Ok(())).unwrap(),
        Scan::default()
    );
}

#[test]
fn a_generation_that_a_killed_rewrite_left_does_not_come_back() {
    let (_dir, data) = data();
    sealed(&data, &[interaction(10), interaction(50)]);
    let old = segments(&data, Kind::Interactions).unwrap()[0].path.clone();
    let bytes = fs::read(&old).unwrap();
    prune(
        &data,
        &PruneOptions {
            cutoff: Some(at(30)),
            ..PruneOptions::default()
        },
    )
    .unwrap();
    fs::write(&old, &bytes).unwrap();
    assert_eq!(read(&data).0.len(), 1, "the newer generation counts");
    let report = prune(
        &data,
        &PruneOptions {
            cutoff: Some(at(100)),
            ..PruneOptions::default()
        },
    )
    .unwrap();
    assert_eq!((report.interactions, report.kept_interactions), (1, 0));
    assert!(report.freed_bytes >= bytes.len() as u64);
    assert_eq!(read(&data).0.len(), 0);
}

#[test]
fn a_blob_that_no_record_names_goes_and_others_stay() {
    use logloop_records::blob;
    let (_dir, data) = data();
    let mut large = interaction(1);
    large.log_content = "a line of log\n".repeat(50_000);
    blob::spill(&data, &mut large).unwrap();
    let name = large.log_blob.clone().unwrap();
    sealed(&data, &[large, interaction(2)]);
    let orphan = data.blobs().join("lost.log.zst");
    fs::write(&orphan, vec![0; 100_000]).unwrap();
    let fresh = data.blobs().join("fresh.log.zst");
    fs::write(&fresh, "its record is on the way").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    for path in [&orphan, &data.blobs().join(&name)] {
        OpenOptions::new()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
    }
    let report = prune(
        &data,
        &PruneOptions {
            max_bytes: Some(50_000),
            ..PruneOptions::default()
        },
    )
    .unwrap();
    assert_eq!(
        (report.interactions, report.kept_interactions),
        (0, 2),
        "the orphan made the room"
    );
    assert!(!orphan.exists() && fresh.exists() && data.blobs().join(&name).exists());
}

#[test]
fn retention_by_size_counts_records_without_an_id_and_keeps_corrected_ones() {
    let (_dir, data) = data();
    let imported = |second| Interaction {
        id: Uuid::nil(),
        ..interaction(second)
    };
    let corrected = interaction(11);
    sealed(&data, &[imported(10), corrected.clone()]);
    sealed(&data, &[imported(20), imported(21)]);
    sealed(&data, &[imported(30)]);
    let feedback = Store::open(&data, Kind::Feedback, "w", Options::default()).unwrap();
    let corrections = vec![Correction::default()];
    let event = Feedback {
        timestamp: at(12),
        interaction_id: corrected.id,
        corrections,
        ..Feedback::default()
    };
    feedback.append(&event).unwrap();
    let mut options = PruneOptions {
        max_bytes: Some(1),
        corrected_cutoff: Some(at(0)),
        dry_run: true,
        ..PruneOptions::default()
    };
    let told = prune(&data, &options).unwrap();
    options.dry_run = false;
    let done = prune(&data, &options).unwrap();
    assert_eq!(done, told);
    assert_eq!(
        (
            done.interactions,
            done.segments,
            done.rewritten,
            done.kept_interactions
        ),
        (4, 2, 1, 1)
    );
    assert_eq!(
        (read(&data).0[0].id, done.oldest_kept),
        (corrected.id, Some(at(11)))
    );
}

#[test]
fn feedback_is_kept_in_memory_and_is_idempotent_and_others_is_seen() {
    use logloop_records::{FeedbackStore, TakenBack};
    let (_dir, data) = data();
    let open = |writer| FeedbackStore::open(&data, writer, Options::default()).unwrap();
    let (mine, other) = (open("a"), open("b"));
    let about = Uuid::now_v7();
    let say = |second, is_failure, reviewer| Feedback {
        timestamp: at(second),
        interaction_id: about,
        reviewer,
        subject: Some("ann".to_owned()),
        corrections: vec![Correction {
            line: 3,
            is_failure,
            template_id: "t-1".to_owned(),
            ..Correction::default()
        }],
        ..Feedback::default()
    };
    mine.say(say(1, true, false)).unwrap();
    mine.say(say(2, true, false)).unwrap();
    let stored = |data: &DataDir| {
        let counted = segments(data, Kind::Feedback).unwrap();
        counted
            .iter()
            .map(|s| meta(s).unwrap().records)
            .sum::<u64>()
    };
    assert_eq!(stored(&data), 1, "said again");
    other.refresh().unwrap();
    other.say(say(3, false, true)).unwrap();
    mine.refresh().unwrap();
    let [gold, ..] = &mine.corrections_of("t-1")[..] else {
        panic!("nothing counts");
    };
    assert!(gold.gold && !gold.is_failure);
    let back = Feedback {
        timestamp: at(4),
        interaction_id: about,
        reviewer: true,
        taken_back: TakenBack {
            lines: vec![3],
            ..TakenBack::default()
        },
        ..Feedback::default()
    };
    assert_eq!(mine.say(back).unwrap().corrections, []);
    assert_eq!(mine.corrections_of("t-1"), []);
    drop((mine, other));
    let again = open("c");
    assert_eq!(again.of(about).unwrap().corrections, []);
    assert_eq!(again.corrections(), []);
}

#[test]
fn a_request_that_is_sent_again_is_known_after_a_new_start() {
    use logloop_records::store::Claim;
    let (_dir, data) = data();
    let mut record = Interaction {
        timestamp: Utc::now(),
        subject: Some("ann".to_owned()),
        idempotency_key: Some("k1".to_owned()),
        ..interaction(1)
    };
    record.id = Uuid::now_v7();
    let store = open(&data);
    let Claim::New(claim) = store.claim(Some("ann"), "k1").unwrap() else {
        panic!("nobody has it");
    };
    let Claim::Running(mut running) = store.claim(Some("ann"), "k1").unwrap() else {
        panic!("it is being answered");
    };
    let mut ended = || Pin::new(&mut running).poll(&mut Context::from_waker(Waker::noop()));
    assert!(ended().is_pending());
    assert!(matches!(
        store.claim(Some("bob"), "k1").unwrap(),
        Claim::New(_)
    ));
    store.append(&record).unwrap();
    drop(claim);
    assert!(ended().is_ready());
    let is_stored = |store: &Store| matches!(store.claim(Some("ann"), "k1"), Ok(Claim::Stored(id)) if id == record.id);
    assert!(is_stored(&store));
    store.seal();
    drop(store);
    let store = open(&data);
    assert!(is_stored(&store), "the record has it");
    let failed = store.claim(None, "k2").unwrap();
    assert!(matches!(failed, Claim::New(_)));
    drop(failed);
    assert!(
        matches!(store.claim(None, "k2").unwrap(), Claim::New(_)),
        "not stored: free again"
    );
    assert!(store.claim(None, "").is_err());
}

#[test]
fn a_last_line_that_lacks_only_its_end_is_kept() {
    let (_dir, data) = data();
    let store = open(&data);
    (0..2).for_each(|n| store.append(&interaction(n)).unwrap());
    let path = store.active().0;
    drop(store);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let store = open(&data);
    store.append(&interaction(2)).unwrap();
    assert_eq!(read(&data).0.len(), 3);
    assert!(!data.quarantine(Kind::Interactions).exists());
}

#[test]
fn totals_are_known_at_once_and_follow_what_others_do() {
    let (_dir, data) = data();
    sealed(&data, &[interaction(10), interaction(50)]);
    let store = Store::open(
        &data,
        Kind::Interactions,
        "w",
        Options {
            background: false,
            ..Options::default()
        },
    )
    .unwrap();
    store.append(&interaction(60)).unwrap();
    let totals = store.totals();
    assert_eq!((totals.sum.records, totals.uncounted), (3, 0));
    let options = PruneOptions {
        cutoff: Some(at(30)),
        ..PruneOptions::default()
    };
    prune(&data, &options).unwrap();
    store.housekeep();
    assert_eq!(store.totals().sum.records, 2);
    store.seal();
    assert_eq!(store.totals().sum.records, 2);
    store.housekeep();
    let counted: Vec<_> = segments(&data, Kind::Interactions)
        .unwrap()
        .iter()
        .map(|s| meta(s).unwrap())
        .collect();
    assert!(
        counted
            .iter()
            .any(|meta| meta.first == Some(at(60)) && meta.sha256.len() == 64)
    );
    // A cache that is lost is made again.
    for segment in segments(&data, Kind::Interactions).unwrap() {
        let _ = fs::remove_file(segment.path.with_extension("meta.json"));
    }
    drop(store);
    let store = Store::open(
        &data,
        Kind::Interactions,
        "w",
        Options {
            background: false,
            ..Options::default()
        },
    )
    .unwrap();
    assert_eq!(store.totals().uncounted, 2);
    store.housekeep();
    assert_eq!(
        (store.totals().sum.records, store.totals().uncounted),
        (2, 0)
    );
}

#[test]
fn those_who_can_wait_are_stored_all_the_same() {
    let (_dir, data) = data();
    let store = open(&data);
    for second in 0..100 {
        let resting = store.submit_resting(&interaction(second)).unwrap();
        if second % 3 == 0 {
            // Who is in a hurry takes those along who are not.
            store.append(&interaction(1000 + second)).unwrap();
        }
        resting.wait().unwrap();
    }
    assert_eq!(store.totals().sum.records, 134);
    let resting = store.submit_resting(&interaction(2000)).unwrap();
    store.close();
    resting.wait().unwrap();
}

#[test]
fn feedback_that_only_seems_to_change_nothing_is_stored() {
    use logloop_records::FeedbackStore;
    let (_dir, data) = data();
    let open = |writer| FeedbackStore::open(&data, writer, Options::default()).unwrap();
    let (one, two) = (open("a"), open("b"));
    let about = Uuid::now_v7();
    let say = |second, is_useful| Feedback {
        timestamp: at(second),
        interaction_id: about,
        is_useful: Some(is_useful),
        ..Feedback::default()
    };
    two.say(say(1, true)).unwrap();
    one.say(say(2, false)).unwrap();
    // The other process has not heard of what the one was told.
    assert_eq!(two.say(say(3, true)).unwrap().is_useful, Some(true));
    drop((one, two));
    assert_eq!(open("c").of(about).unwrap().is_useful, Some(true));
}
