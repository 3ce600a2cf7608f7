//! Import and fsck.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use logloop_records::archive::{Archive, PageQuery};
use logloop_records::fsck::{FsckOptions, dump, fsck};
use logloop_records::import::{ImportReport, Redact, Unredacted, import};
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
    import(data, Path::new("old.jsonl"), text.as_bytes(), &Unredacted).unwrap()
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
    let kept = fs::read_to_string(&report.kept_in[0]).unwrap();
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

/// Replaces every `secret` and the digits behind it by a placeholder with a number of its own, as another key would.
struct Secrets(u8);

impl Secrets {
    fn replaced(&self, text: &str) -> String {
        let pieces = text.split("secret");
        let cut = pieces.enumerate().map(|(at, piece)| match at {
            0 => piece.to_owned(),
            _ => piece
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .to_owned(),
        });
        cut.collect::<Vec<_>>().join(&format!("[{}]", self.0))
    }
}

impl Redact for Secrets {
    fn record(&self, record: &mut serde_json::Value) -> bool {
        let before = record.to_string();
        let after = self.replaced(&before);
        *record = serde_json::from_str(&after).unwrap();
        after != before
    }

    fn text(&self, text: &mut String) -> bool {
        let before = std::mem::take(text);
        *text = self.replaced(&before);
        *text != before
    }

    fn anonymous(&self, text: &str) -> String {
        text.replace(&format!("[{}]", self.0), "[]")
    }
}

/// Every file below a folder, its name and what is in it, blobs unpacked.
fn everything(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.push_str(&path.display().to_string());
        if path.is_dir() {
            all.push_str(&everything(&path));
        } else if path.extension().is_some_and(|end| end == "zst") {
            let packed = fs::File::open(&path).unwrap();
            let log = zstd::decode_all(packed).unwrap();
            all.push_str(&String::from_utf8(log).unwrap());
        } else {
            all.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    all
}

fn import_with(data: &DataDir, source: &Path, text: &str, key: u8) -> ImportReport {
    import(data, source, text.as_bytes(), &Secrets(key)).unwrap()
}

#[test]
fn an_import_redacts_whatever_it_keeps() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("from");
    fs::create_dir_all(from.join("blobs")).unwrap();
    let log = "password=secret1\n".repeat(30_000);
    let packed = zstd::encode_all(log.as_bytes(), 1).unwrap();
    fs::write(from.join("blobs/a.log.zst"), packed).unwrap();
    let large = serde_json::json!({"timestamp": "2024-05-01T13:00:00Z", "log_content": log});
    let text = format!(
        "{large}\n{}\n{}\n{}\n{}\n{}\n",
        r#"{"timestamp": "2024-05-01T14:00:00Z", "log_blob": "a.log.zst"}"#,
        r#"{"timestamp": "2024-05-01T15:00:00Z", "log_blob": "none.log.zst", "user_query": "secret2"}"#,
        r#"{"timestamp": "secret3"}"#,
        "no json but a secret4",
        r#"{"timestamp": "2024-05-01T15:00:00Z", "user_query": {"secret5": 1}}"#,
    );
    let data = DataDir::new(dir.path().join("to"));
    let report = import_with(&data, &from.join("x.jsonl"), &text, 1);
    assert_eq!((report.imported, report.rejected), (2, 4), "{report:?}");
    let stored = all(&data);
    for interaction in &stored {
        assert!(interaction.log_blob.is_some());
        let log = blob::log(&data, interaction).unwrap();
        assert_eq!(log, "password=[1]\n".repeat(30_000));
    }
    let kept = fs::read_to_string(&report.kept_in[0]).unwrap();
    assert_eq!(kept.lines().count(), 4);
    assert!(kept.contains("no json but a [1]\n"), "{kept}");
    assert!(
        report.rejected_lines[1].problem.contains("[1]"),
        "{report:?}"
    );
    let told = format!("{:?}{}", report.rejected_lines, everything(data.root()));
    assert!(!told.contains("secret"), "{told}");
    let blobs = |data: &DataDir| fs::read_dir(data.blobs()).unwrap().count();
    assert_eq!(blobs(&data), 2);
    // With another key nothing is stored twice, and no blob is written again.
    let again = import_with(&data, &from.join("x.jsonl"), &text, 2);
    assert_eq!((again.imported, again.already_there), (0, 2));
    assert_eq!((all(&data), blobs(&data)), (stored, 2));
}

#[test]
fn records_that_redaction_makes_alike_are_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let line =
        |n| format!("{{\"timestamp\": \"2024-05-01T13:00:00Z\", \"user_query\": \"secret{n}\"}}\n");
    let text = [1, 2, 1].map(line).concat();
    let first = import_with(&data, Path::new("x"), &text, 1);
    assert_eq!((first.imported, first.already_there), (2, 1));
    let again = import_with(&data, Path::new("x"), &text, 2);
    assert_eq!((again.imported, again.already_there), (0, 3));
    // No id says what the secret was.
    let time = "2024-05-01T13:00:00Z".parse().unwrap();
    for interaction in all(&data) {
        let guessed = (0..100)
            .map(|n| logloop_records::archive::id_of_line(time, line(n).trim_end().as_bytes()));
        assert!(!guessed.into_iter().any(|id| id == interaction.id));
    }
}

#[test]
fn many_rejected_lines_go_into_several_files() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let text = format!("{}\n", "x".repeat(1 << 20)).repeat(20);
    let report = run(&data, &text);
    assert_eq!((report.rejected, report.kept_in.len()), (20, 3));
    let kept = report
        .kept_in
        .iter()
        .map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(kept.collect::<String>(), text);
}

#[test]
fn an_import_that_ends_early_says_where() {
    struct Torn<'a>(&'a [u8]);
    impl std::io::Read for Torn<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("the disk is gone")),
                count => Ok(count),
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let text = "{\"timestamp\": \"2024-05-01T13:00:00Z\"}\nno json\n";
    let ended = import(
        &data,
        Path::new("old.jsonl"),
        Torn(text.as_bytes()),
        &Unredacted,
    );
    let said = ended.unwrap_err().to_string();
    assert!(
        said.starts_with("line 2: ") && said.contains("old.jsonl"),
        "{said}"
    );
    assert!(said.contains("the disk is gone"), "{said}");
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
