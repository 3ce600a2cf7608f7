//! Import and fsck.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use logloop_records::archive::{Archive, PageQuery};
use logloop_records::fsck::{FsckOptions, dump, fsck};
use logloop_records::import::{ImportReport, import};
use logloop_records::store::{Options, Store, read_segment, segments};
use logloop_records::{DataDir, Interaction, Kind, blob};
use uuid::Uuid;

const OLD_TOOL: &str = r#"{"timestamp": "2024-05-01T12:00:00.123456", "user_query": "why?", "log_content": "ERROR: disk full\n", "log_filename": "a.log", "analysis_results": {"stats": {"total_lines": 1, "own_figure": 7}, "failures": [], "recommendations": []}, "response_text": "full", "user_feedback": null, "is_useful": true, "session": "abc"}
no json

{"timestamp": "2024-05-01T13:00:00Z", "user_query": "and now?"}
{"user_query": "without a time"}
["a list"]
{"timestamp": "2024-05-01T14:00:00Z", "user_query": 5}
"#;

fn run(data: &DataDir, text: &str) -> ImportReport {
    import(data, Path::new("old.jsonl"), text.as_bytes(), |_| {}).unwrap()
}

fn all(data: &DataDir) -> Vec<Interaction> {
    let query = PageQuery {
        limit: 200,
        ..PageQuery::default()
    };
    Archive::new(data).page(&query).unwrap().interactions
}

#[test]
fn an_import_stores_once_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let report = run(&data, OLD_TOOL);
    assert_eq!(
        (report.imported, report.already_there, report.rejected),
        (2, 0, 4)
    );
    let lines: Vec<u64> = report.rejected_lines.iter().map(|r| r.line).collect();
    assert_eq!(lines, [2, 5, 6, 7]);
    let kept = fs::read_to_string(report.kept_in.unwrap()).unwrap();
    assert!(kept.starts_with("no json\n{\"user_query\": \"without a time\"}\n"));
    let stored = all(&data);
    assert_eq!(stored[1].log_content, "ERROR: disk full\n");
    assert_eq!(stored[1].is_useful, Some(true));
    assert_eq!(
        stored[1].timestamp.to_rfc3339(),
        "2024-05-01T12:00:00.123456+00:00"
    );
    // Fields of the other tool stay.
    let mut out = vec![];
    assert_eq!(dump(&data, Kind::Interactions, &mut out).unwrap(), 2);
    let first: serde_json::Value =
        serde_json::from_slice(out.split(|b| *b == b'\n').next().unwrap()).unwrap();
    assert_eq!(first["session"], "abc");
    assert_eq!(first["analysis_results"]["stats"]["own_figure"], 7);
    let again = run(&data, OLD_TOOL);
    assert_eq!((again.imported, again.already_there), (0, 2));
    // What another directory of ours holds, by id, checksums and all.
    let other_dir = tempfile::tempdir().unwrap();
    let other = DataDir::new(other_dir.path());
    let text = String::from_utf8(out).unwrap();
    assert_eq!(run(&other, &text).imported, 2);
    assert_eq!(run(&data, &text).already_there, 2);
    assert_eq!(all(&other), stored);
    let damaged = text.replace("disk full", "disk fell");
    assert_eq!(run(&other, &damaged).rejected, 1);
}

#[test]
fn an_import_is_redacted_and_spills() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let log = "password=secret\n".repeat(30_000);
    let line = serde_json::json!({"timestamp": "2024-05-01T13:00:00Z", "log_content": log});
    let redact = |object: &mut serde_json::Value| {
        let text = object["log_content"]
            .as_str()
            .unwrap()
            .replace("secret", "***");
        object["log_content"] = text.into();
    };
    let text = line.to_string();
    let report = import(&data, Path::new("x"), text.as_bytes(), redact).unwrap();
    assert_eq!(report.imported, 1);
    let stored = all(&data);
    assert!(stored[0].log_blob.is_some());
    let log = blob::log(&data, &stored[0]).unwrap();
    assert!(log.starts_with("password=***\n") && !log.contains("secret"));
}

fn store(data: &DataDir, name: &str) -> Store {
    let options = Options {
        background: false,
        ..Options::default()
    };
    Store::open(data, Kind::Interactions, name, options).unwrap()
}

fn interaction(number: i64) -> Interaction {
    Interaction {
        timestamp: DateTime::<Utc>::from_timestamp(1_800_000_000 + number, 0).unwrap(),
        id: Uuid::now_v7(),
        user_query: format!("question {number}"),
        ..Interaction::default()
    }
}

#[test]
fn fsck_finds_and_repairs_and_throws_nothing_away() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let open = store(&data, "w");
    let mut large = interaction(0);
    large.log_content = "a line of log\n".repeat(50_000);
    blob::spill(&data, &mut large).unwrap();
    open.append(&large).unwrap();
    (1..10).for_each(|n| open.append(&interaction(n)).unwrap());
    open.seal();
    open.housekeep();
    open.append(&interaction(10)).unwrap();
    drop(open);
    let check = |repair| {
        let options = FsckOptions {
            repair,
            ..FsckOptions::default()
        };
        fsck(&data, options).unwrap()
    };
    let fine = check(false);
    assert_eq!((fine.records, fine.blobs, fine.problems.len()), (11, 1, 0));
    // One line is broken, one is changed, the blob has a flipped bit, one is nobody's.
    let segment = segments(&data, Kind::Interactions).unwrap().remove(0).path;
    let text = fs::read_to_string(&segment).unwrap();
    let text = text.replace(
        "{\"timestamp\":\"2027-01-15T08:00:03Z\"",
        "{\"timestamp\":\"2027",
    );
    fs::write(&segment, text.replace("question 5", "question 6")).unwrap();
    let path = data.blobs().join(large.log_blob.unwrap());
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::write(data.blobs().join("nobodys.log.zst"), "x").unwrap();
    let found = check(false);
    let kinds: Vec<_> = found.counts.iter().map(|(kind, n)| (*kind, *n)).collect();
    let expected = [
        ("blob_damaged", 1),
        ("blob_without_record", 1),
        ("damaged_line", 1),
        ("sidecar_missing", 1),
        ("wrong_checksum", 1),
    ];
    assert_eq!(kinds, expected);
    let damaged = found.problems.iter().find(|p| p.kind == "damaged_line");
    assert_eq!(damaged.unwrap().line, Some(4));
    let repaired = check(true);
    assert_eq!((repaired.unrepaired, repaired.sealed), (3, 1));
    let kept = fs::read_dir(data.quarantine(Kind::Interactions)).unwrap();
    let kept = fs::read_to_string(kept.last().unwrap().unwrap().path()).unwrap();
    assert!(kept.contains("question 3") && kept.lines().count() == 1);
    let after = check(true);
    assert_eq!((after.records, after.counts.len()), (10, 3));
    assert_eq!(all(&data).len(), 10);
}

#[test]
fn fsck_sees_a_sidecar_that_lies() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let open = store(&data, "w");
    (0..3).for_each(|n| open.append(&interaction(n)).unwrap());
    open.seal();
    open.housekeep();
    let segment = segments(&data, Kind::Interactions).unwrap().remove(0);
    let text = fs::read_to_string(&segment.path).unwrap();
    fs::write(&segment.path, text.replace("question 1", "question 7")).unwrap();
    let report = fsck(&data, FsckOptions::default()).unwrap();
    assert_eq!(report.counts["sidecar_wrong"], 1);
    let options = FsckOptions {
        repair: true,
        reseal: true,
    };
    fsck(&data, options).unwrap();
    let left = fsck(&data, FsckOptions::default()).unwrap();
    assert_eq!(left.counts.keys().collect::<Vec<_>>(), [&"wrong_checksum"]);
}

/// Wherever one bit flips, that record is told and every other one is served.
#[test]
fn a_flipped_bit_anywhere_hides_no_other_record() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let open = store(&data, "w");
    (0..4).for_each(|n| open.append(&interaction(n)).unwrap());
    open.seal();
    drop(open);
    let path = segments(&data, Kind::Interactions).unwrap().remove(0).path;
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        let mut right = 0;
        let mut scan = logloop_records::store::Scan::default();
        for segment in segments(&data, Kind::Interactions).unwrap() {
            scan = read_segment::<Interaction>(&segment, |line| {
                right += u64::from(line.check == logloop_records::crc::Check::Right);
                Ok(())
            })
            .unwrap();
        }
        // A line end that is gone joins two lines; one that appears parts one.
        let hit = good[at] == b'\n';
        assert!(right >= if hit { 2 } else { 3 }, "bit of byte {at}");
        let told = scan.damaged + scan.mismatched + u64::from(scan.torn_bytes > 0);
        assert!(told > 0 || right < 4, "bit of byte {at} is not told");
    }
}
