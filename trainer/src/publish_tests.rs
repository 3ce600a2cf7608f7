use std::sync::Barrier;

use chrono::DateTime;
use logloop_scoring::artifact::{
    DatasetRef, FileEntry, MANIFEST_SCHEMA, MODEL_FILE, digest, manifest,
};
use logloop_scoring::features::FEATURE_VERSION;

use super::*;

fn manifest_of(version: &str, bytes: &[u8]) -> Manifest {
    Manifest {
        schema: MANIFEST_SCHEMA,
        version: version.to_owned(),
        digest: digest(bytes),
        created: DateTime::UNIX_EPOCH,
        feature_version: FEATURE_VERSION,
        base: None,
        dataset: DatasetRef {
            id: "d".to_owned(),
            digest: digest(b""),
        },
        seed: 1,
        heads: vec![],
        files: [(MODEL_FILE.to_owned(), FileEntry::of(bytes))].into(),
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = entries(dir)
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

#[test]
fn of_two_that_race_one_wins_and_both_are_done() {
    for round in 0..20 {
        let models = tempfile::tempdir().expect("folder");
        let barrier = Barrier::new(2);
        let attempt = |bytes: &'static [u8]| {
            barrier.wait();
            publish(
                models.path(),
                &manifest_of("v1", bytes),
                &[(MODEL_FILE, bytes)],
            )
        };
        let (one, two) = std::thread::scope(|scope| {
            let (one, two) = (
                scope.spawn(|| attempt(b"one")),
                scope.spawn(|| attempt(b"two")),
            );
            (
                one.join().expect("no panic").expect("one"),
                two.join().expect("no panic").expect("two"),
            )
        });
        assert_ne!(one, two, "round {round}");
        let winner: &[u8] = if one == Published::Now {
            b"one"
        } else {
            b"two"
        };
        let published = manifest(models.path(), "v1").expect("whole");
        assert_eq!(published.digest, digest(winner));
        assert_eq!(
            fs::read(models.path().join("v1").join(MODEL_FILE)).expect("weights"),
            winner
        );
        assert_eq!(names(models.path()), ["v1"], "nothing is left behind");
    }
}

#[test]
fn leftovers_of_dead_attempts_go() {
    let models = tempfile::tempdir().expect("folder");
    for name in [".v1.7-00ff.tmp", ".v1.2.9-00ff.tmp", ".v2.7-00ff.tmp"] {
        fs::create_dir(models.path().join(name)).expect(name);
        fs::write(models.path().join(name).join(MODEL_FILE), "half").expect(name);
    }
    publish(
        models.path(),
        &manifest_of("v1", b"x"),
        &[(MODEL_FILE, b"x")],
    )
    .expect("published");
    assert_eq!(
        names(models.path()),
        [".v1.2.9-00ff.tmp", ".v2.7-00ff.tmp", "v1"],
        "others may be at work"
    );

    let long_ago = std::time::SystemTime::now() - 2 * LEFTOVER_AGE;
    let old = File::open(models.path().join(".v2.7-00ff.tmp")).expect("is there");
    old.set_modified(long_ago).expect("set back");
    publish(
        models.path(),
        &manifest_of("v3", b"x"),
        &[(MODEL_FILE, b"x")],
    )
    .expect("published");
    assert_eq!(names(models.path()), [".v1.2.9-00ff.tmp", "v1", "v3"]);
}

#[test]
fn what_cannot_be_written_is_told_and_cleaned_up() {
    let models = tempfile::tempdir().expect("folder");
    let file = models.path().join("models");
    fs::write(&file, "in the way").expect("file");
    let error =
        publish(&file, &manifest_of("v1", b"x"), &[(MODEL_FILE, b"x")]).expect_err("no folder");
    assert!(error.to_string().contains("models"), "{error}");

    // A file that cannot be made in the middle: nothing is published, nothing left.
    let odd = [(MODEL_FILE, &b"x"[..]), ("no/such/folder", b"x")];
    assert!(publish(models.path(), &manifest_of("v1", b"x"), &odd).is_err());
    assert_eq!(names(models.path()), ["models"]);
}
