//! `import` and `fsck` as people run them.

use std::fs;
use std::path::Path;

use logloop_fault_tests::analyzer::run;

#[test]
fn an_import_is_told_line_by_line_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let old = dir.path().join("old.jsonl");
    let text = "{\"timestamp\": \"2024-05-01T12:00:00\", \"user_query\": \"why?\"}\nno json\n";
    fs::write(&old, text).unwrap();
    for expected in ["1 imported, 0 there already", "0 imported, 1 there already"] {
        let done = run(&data, &["import", old.to_str().unwrap()]);
        let (out, err) = (done.stdout, done.stderr);
        let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
        assert_eq!(done.status.code(), Some(10), "{err}");
        assert!(out.contains(expected), "{out}");
        assert!(err.contains("old.jsonl:2: it is no JSON"), "{err}");
    }
    let checked = run(&data, &["fsck"]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        checked.status.success() && said.contains("1 records"),
        "{said}"
    );
    let sealed = fs::read_dir(data.join("chat_interactions/sealed")).unwrap();
    let segment = sealed
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .unwrap();
    let damaged = fs::read_to_string(&segment).unwrap().replace("why", "who");
    fs::write(&segment, damaged).unwrap();
    let checked = run(&data, &["fsck", "--json"]);
    assert_eq!(checked.status.code(), Some(10));
    let report: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(report["counts"]["wrong_checksum"], 1);
    let dumped = run(&data, &["fsck", "--dump", "interactions"]);
    assert!(String::from_utf8_lossy(&dumped.stdout).contains("who?"));
}

/// Every file below a folder, blobs unpacked.
fn everything(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let packed = path.extension().is_some_and(|end| end == "zst");
        all.push_str(&path.display().to_string());
        all.push_str(&match path.is_dir() {
            true => everything(&path),
            false if packed => unpacked(&path),
            false => fs::read_to_string(&path).unwrap(),
        });
    }
    all
}

fn unpacked(path: &Path) -> String {
    let log = zstd::decode_all(fs::File::open(path).unwrap()).unwrap();
    String::from_utf8(log).unwrap()
}

#[test]
fn nothing_that_is_imported_reaches_the_disk_unredacted() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir_all(dir.path().join("blobs")).unwrap();
    let log = "login with password=hunter2\n".repeat(20_000);
    let packed = zstd::encode_all(log.as_bytes(), 1).unwrap();
    fs::write(dir.path().join("blobs/big.log.zst"), packed).unwrap();
    let key = [
        "-----BEGIN RSA PRIVATE KEY-----",
        "hunter2hunter2hunter2",
        "-----END RSA PRIVATE KEY-----",
    ];
    let text = [
        r#"{"timestamp": "2024-05-01T12:00:00Z", "user_query": "why is password=hunter2 refused?"}"#,
        r#"{"timestamp": "2024-05-01T12:00:00Z", "user_query": "why is password=hunter3 refused?"}"#,
        r#"{"timestamp": "2024-05-01T13:00:00Z", "log_blob": "big.log.zst"}"#,
        r#"{"timestamp": "2024-05-01T13:00:00Z", "log_content": "cut off, password=hunter2"#,
        key[0],
        key[1],
        key[2],
        r#"{"timestamp": "password=hunter2"}"#,
    ];
    let old = dir.path().join("old.jsonl");
    fs::write(&old, text.join("\n")).unwrap();
    for expected in [
        "3 imported, 0 there already, 5 quarantined in ",
        "0 imported, 3 there already, 5 quarantined in ",
    ] {
        // Each run has a key of its own.
        let done = run(&data, &["import", old.to_str().unwrap()]);
        let out = String::from_utf8_lossy(&done.stdout).into_owned();
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(10), "{err}");
        assert!(out.contains(expected), "{out}");
        assert!(
            !err.contains("hunter") && !out.contains("hunter"),
            "{out}{err}"
        );
        assert!(err.contains("old.jsonl:4: it is no JSON"), "{err}");
    }
    let all = everything(&data);
    assert!(
        !all.contains("hunter"),
        "{}",
        &all[all.find("hunter").unwrap() - 80..]
    );
    let blobs = fs::read_dir(data.join("chat_interactions/blobs")).unwrap();
    let blobs: Vec<_> = blobs.map(|blob| blob.unwrap().path()).collect();
    let [blob] = &blobs[..] else {
        panic!("{blobs:?}")
    };
    assert_eq!(unpacked(blob).lines().count(), 20_000);
    let quarantine = fs::read_dir(data.join("chat_interactions/quarantine")).unwrap();
    let kept = quarantine.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    for kept in kept {
        assert_eq!(kept.lines().count(), 5, "{kept}");
        assert!(
            kept.contains(key[0]) && kept.contains("[REDACTED:private-key:"),
            "{kept}"
        );
    }
    assert!(run(&data, &["fsck"]).status.success());
    // Off when it is said to be.
    let plain = dir.path().join("plain");
    let done = run(
        &plain,
        &["import", old.to_str().unwrap(), "--redact", "none"],
    );
    assert_eq!(done.status.code(), Some(10));
    assert!(everything(&plain).contains("password=hunter3"));
}
