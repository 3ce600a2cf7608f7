//! Places that cannot be written to: a clear error that says what to do.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use logloop_fault_tests::analyzer::{Analyzer, command, program, run};
use logloop_fault_tests::volume::Volume;

/// A user that owns nothing.
const NOBODY: u32 = 65_534;

fn refused(data: &Path, hint: &str) {
    let said = Analyzer::start(data, &[]).unwrap_err();
    let path = data.file_name().unwrap().to_string_lossy();
    assert!(said.contains(hint), "{said}");
    assert!(said.contains(&*path), "{said}");
}

#[test]
fn a_read_only_volume() {
    let Some(volume) = Volume::new(8) else { return };
    let data = volume.path().join("data");
    drop(Analyzer::start(&data, &[]).unwrap());
    volume.make_read_only();
    refused(&data, "mount the volume for writing");
}

#[test]
fn a_dry_run_needs_no_write() {
    let Some(volume) = Volume::new(8) else { return };
    let data = volume.path().join("data");
    let old = volume.path().join("old.jsonl");
    fs::write(&old, "{\"timestamp\": \"2024-05-01T12:00:00Z\"}\n").unwrap();
    let imported = run(&data, &["import", old.to_str().unwrap()]);
    assert!(imported.status.success(), "{imported:?}");
    volume.make_read_only();
    let prune = ["prune", "--max-age", "1d", "--keep-models", "1"];
    let told = run(&data, &[&prune[..], &["--dry-run"]].concat());
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success(), "{told:?}");
    assert!(said.contains("would remove 1 interactions"), "{said}");
    let refused = run(&data, &prune);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(said.contains("mount the volume for writing"), "{said}");
}

#[test]
fn a_file_in_place_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::write(&data, "a file").unwrap();
    refused(&data, "a folder is needed");
}

#[test]
fn somebody_elses_folder() {
    let dir = tempfile::tempdir().unwrap();
    if fs::metadata(dir.path()).unwrap().uid() != 0 {
        eprintln!("SKIPPED: needs root, to be somebody else");
        return;
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Where that user can run it.
    let own = dir.path().join("analyzer");
    fs::copy(program(), &own).unwrap();
    let data = dir.path().join("data");
    drop(Analyzer::start(&data, &[]).unwrap());
    let mut as_nobody = std::process::Command::new(&own);
    as_nobody.args(command(&data, &["serve", "--listen", "127.0.0.1:0"]).get_args());
    as_nobody.uid(NOBODY).gid(NOBODY);
    let said = Analyzer::from(as_nobody).unwrap_err();
    assert!(said.contains("give the process's user the right"), "{said}");
    assert!(said.contains("chat_interactions"), "{said}");
}

#[test]
fn a_command_on_a_directory_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    for args in [&["stats"][..], &["prune", "--max-age", "1d"]] {
        let output = command(&nowhere, args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(said.contains("there is no data directory"), "{said}");
    }
}
