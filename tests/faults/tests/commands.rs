//! `import` and `fsck` as people run them.

use std::fs;

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
