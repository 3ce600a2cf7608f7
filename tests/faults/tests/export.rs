//! The export as a process: killed, on a full disk, where it cannot write.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use logloop_fault_tests::analyzer::{command, run};
use logloop_fault_tests::random::Random;
use logloop_fault_tests::volume::Volume;
use serde_json::{Value, json};

/// Segments of a data directory, and interactions of each.
const SEGMENTS: u64 = 16;
const INTERACTIONS: u64 = 60;

/// Kills at different moments, and how many of them one export has to outlive.
const KILLS: u32 = 20;
const KILLS_OF_ONE: u32 = 4;

fn interactions(data: &Path, segments: u64, lines: u64) {
    let sealed = data.join("chat_interactions/sealed");
    fs::create_dir_all(&sealed).unwrap();
    let mut random = Random::new(7);
    for segment in 0..segments {
        let mut text = String::new();
        for number in 0..INTERACTIONS {
            let log: String = (0..lines)
                .map(|_| {
                    let word = |n: u64| char::from(b'a' + (n % 26) as u8);
                    let words: String = (0..12).map(|_| word(random.below(26))).collect();
                    format!("2026-11-22 10:00:00 ERROR db: {words} is lost\n")
                })
                .collect();
            let id = format!(
                "0197c0de-0000-7000-8000-{:012}",
                segment * INTERACTIONS + number
            );
            let one = json!({"timestamp": "2026-11-22T10:00:00Z", "id": id, "log_content": log});
            text.push_str(&format!("{one}\n"));
        }
        let name = format!("chat_interactions.s{segment:04}.g0.jsonl");
        fs::write(sealed.join(name), text).unwrap();
    }
}

fn digest(data: &Path, id: &str) -> String {
    let manifest = fs::read(data.join("datasets").join(id).join("dataset.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest["digest"].as_str().unwrap().to_owned()
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_digest() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    interactions(&data, SEGMENTS, 40);
    let begun = Instant::now();
    let whole = run(&data, &["export", "--dataset", "whole", "--threads", "2"]);
    assert!(whole.status.success(), "{whole:?}");
    let took = begun.elapsed();
    let expected = digest(&data, "whole");
    let mut killed = 0;
    for kill in 0..KILLS {
        let id = format!("d{}", kill / KILLS_OF_ONE);
        let mut export = command(&data, &["export", "--dataset", &id, "--threads", "2"]);
        let mut export = export
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The later kills of one export come when most is done already.
        let wait = took * (kill / KILLS_OF_ONE + 1) / (KILLS / KILLS_OF_ONE + 1);
        std::thread::sleep(wait / (1 + kill % KILLS_OF_ONE) + Duration::from_millis(1));
        let _ = export.kill();
        killed += u32::from(!export.wait().unwrap().success());
        if (kill + 1) % KILLS_OF_ONE == 0 {
            let last = run(&data, &["export", "--dataset", &id, "--threads", "1"]);
            assert!(last.status.success(), "{last:?}");
            assert_eq!(digest(&data, &id), expected, "{id}");
        }
    }
    assert!(killed >= KILLS / 2, "{killed}");
    let names = fs::read_dir(data.join("datasets")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().starts_with('.')),
        "{names:?}"
    );
}

#[test]
fn a_full_disk_is_told_and_the_export_goes_on_when_there_is_space() {
    let Some(volume) = Volume::new(24) else {
        return;
    };
    let data = volume.path().join("data");
    interactions(&data, 4, 20);
    let all = ["export", "--dataset", "d", "--threads", "2"];
    let whole = run(&data, &["export", "--dataset", "whole"]);
    assert!(whole.status.success(), "{whole:?}");
    let expected = digest(&data, "whole");
    let size = |id: &str| -> u64 {
        let files = fs::read_dir(data.join("datasets").join(id)).unwrap();
        files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum()
    };
    // Room for about half of it.
    let filler = volume.path().join("filler");
    let mut free = fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut free, &[7; 4096]).is_ok() {}
    let full = free.metadata().unwrap().len();
    free.set_len(full.saturating_sub(size("whole") / 2))
        .unwrap();
    free.sync_all().unwrap();
    // Held open, it would keep its space when it is removed.
    drop(free);
    let log = tempfile::NamedTempFile::new().unwrap();
    let told = log.path().to_str().unwrap();
    let refused = run(&data, &[&all[..], &["--termination-log", told]].concat());
    assert!(!refused.status.success());
    let message: Value = serde_json::from_slice(&fs::read(log.path()).unwrap()).unwrap();
    assert_eq!(message["error"]["code"], "storage_full", "{message}");
    let said = message["error"]["message"].as_str().unwrap();
    assert!(said.contains("free some space"), "{said}");
    let document = volume.path().join("out.json");
    let refused = run(&data, &["export", "--output", document.to_str().unwrap()]);
    assert!(!refused.status.success() && !document.exists());
    fs::remove_file(&filler).unwrap();
    let done = run(&data, &all);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(digest(&data, "d"), expected);
    let left = fs::read_dir(volume.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().contains("out.json")),
        "{left:?}"
    );
}

#[test]
fn a_missing_folder_is_made_and_a_read_only_one_is_told() {
    let Some(volume) = Volume::new(8) else {
        return;
    };
    let data = volume.path().join("data");
    interactions(&data, 1, 2);
    let output = volume.path().join("deep/er/out.json");
    let written = output.to_str().unwrap();
    assert!(
        run(&data, &["export", "--output", written])
            .status
            .success()
    );
    assert!(output.exists());
    volume.make_read_only();
    for what in [["--output", written], ["--dataset", "d"]] {
        let refused = run(&data, &[&["export"], &what[..]].concat());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success());
        assert!(said.contains("mount the volume for writing"), "{said}");
    }
    let log = run(&data, &["export", "--output-log-format"]);
    let said = String::from_utf8_lossy(&log.stderr).into_owned();
    assert!(
        said.contains("logs") && said.contains("mount the volume"),
        "{said}"
    );
}
