use std::fs::File;

use chrono::DateTime;

use super::*;
use crate::features::FEATURE_VERSION;
use crate::network::tests::small;

fn publish(models: &Path, version: &str) -> Manifest {
    let dir = models.join(version);
    fs::create_dir_all(&dir).expect("folder");
    let files = [
        (MODEL_FILE, small()),
        (METRICS_FILE, b"{\"metrics\":{}}".to_vec()),
    ];
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        version: version.to_owned(),
        digest: digest(&small()),
        created: DateTime::UNIX_EPOCH,
        feature_version: FEATURE_VERSION,
        base: None,
        dataset: DatasetRef {
            id: "first".to_owned(),
            digest: digest(b""),
        },
        seed: 7,
        heads: vec!["failure".to_owned(), "severity".to_owned()],
        files: files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), FileEntry::of(bytes)))
            .collect(),
    };
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).expect(name);
    }
    write_manifest(models, &manifest);
    manifest
}

fn write_manifest(models: &Path, manifest: &Manifest) {
    let path = models.join(&manifest.version).join(MANIFEST_FILE);
    fs::write(path, serde_json::to_vec(manifest).expect("plain data")).expect("manifest");
}

#[test]
fn loads_and_lists_what_was_published() {
    let models = tempfile::tempdir().expect("folder");
    assert!(
        list(&models.path().join("none"))
            .expect("a missing folder")
            .is_empty()
    );
    let manifest = publish(models.path(), "first-1a2b3c4d");
    fs::create_dir(models.path().join(".next.12.tmp")).expect("folder");
    fs::create_dir(models.path().join("damaged")).expect("folder");
    fs::write(models.path().join("serving.json"), "{}").expect("file");

    let model = load(models.path(), "first-1a2b3c4d", Some(&manifest.digest)).expect("loads");
    assert_eq!(model.manifest, manifest);
    assert!(
        metrics(models.path(), &manifest)
            .expect("figures")
            .get("metrics")
            .is_some()
    );
    let listed = list(models.path()).expect("lists");
    assert_eq!(
        listed
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["damaged", "first-1a2b3c4d"]
    );
    assert!(listed[0].1.is_err() && listed[1].1.is_ok());
}

/// Each change to a published version is refused, with the code and words that name it.
#[test]
fn tampering_is_refused() {
    let check = |change: &dyn Fn(&Path, &mut Manifest), code: &str, words: &str| {
        let models = tempfile::tempdir().expect("folder");
        let mut manifest = publish(models.path(), "v1");
        change(&models.path().join("v1"), &mut manifest);
        write_manifest(
            models.path(),
            &Manifest {
                version: "v1".to_owned(),
                ..manifest
            },
        );
        let error = load(models.path(), "v1", None).expect_err(words);
        assert!(
            error.code() == code && error.to_string().contains(words),
            "{error}"
        );
    };
    let flip = |dir: &Path, name: &str| {
        let mut bytes = fs::read(dir.join(name)).expect(name);
        *bytes.last_mut().expect("not empty") ^= 1;
        fs::write(dir.join(name), bytes).expect(name);
    };
    check(
        &|dir, _| flip(dir, MODEL_FILE),
        "digest_mismatch",
        "model.safetensors has the digest",
    );
    check(
        &|dir, _| flip(dir, METRICS_FILE),
        "digest_mismatch",
        "metrics.json",
    );
    check(
        &|dir, _| fs::remove_file(dir.join(METRICS_FILE)).expect("is there"),
        "model_unreadable",
        "metrics.json",
    );
    check(
        &|_, manifest| manifest.digest = digest(b"other"),
        "model_unusable",
        "its digest",
    );
    check(
        &|_, manifest| manifest.schema = 2,
        "model_unusable",
        "schema 2",
    );
    check(
        &|_, manifest| manifest.feature_version = 9,
        "model_unusable",
        "feature version 9",
    );
    check(
        &|_, manifest| drop(manifest.files.remove(MODEL_FILE)),
        "model_unusable",
        "None",
    );
    check(
        &|_, manifest| drop(manifest.files.insert("../x".to_owned(), FileEntry::of(b""))),
        "model_unusable",
        "plain file name",
    );
    check(
        &|dir, _| {
            File::options()
                .write(true)
                .open(dir.join(MODEL_FILE))
                .and_then(|f| f.set_len(MAX_FILE_BYTES + 1))
                .expect("grows")
        },
        "model_unusable",
        "more than",
    );
}

/// A published version with these bytes as its model of sequences.
fn with_sequences(models: &Path, bytes: &[u8]) -> Result<Model, ArtifactError> {
    let mut manifest = publish(models, "v1");
    fs::write(models.join("v1").join(SEQUENCE_FILE), bytes).expect("written");
    let entry = FileEntry::of(bytes);
    manifest.files.insert(SEQUENCE_FILE.to_owned(), entry);
    write_manifest(models, &manifest);
    load(models, "v1", None)
}

#[test]
fn models_of_sequences() {
    let models = tempfile::tempdir().expect("folder");
    publish(models.path(), "v0");
    let without = load(models.path(), "v0", None).expect("an older release's loads");
    assert_eq!((without.sequence, without.sequence_problem), (None, None));

    let known = SequenceModel {
        schema: crate::sequence::SEQUENCE_SCHEMA,
        template_version: logloop_logs::TEMPLATE_VERSION,
        ..SequenceModel::default()
    };
    let with = with_sequences(models.path(), &known.to_json()).expect("loads");
    assert_eq!(with.sequence, Some(known.clone()));

    let later = SequenceModel { schema: 9, ..known };
    let other = with_sequences(models.path(), &later.to_json()).expect("the rest serves");
    assert_eq!(other.sequence, None);
    let problem = other.sequence_problem.expect("it is told");
    assert!(problem.contains("sequence.json has layout 9"), "{problem}");

    let damaged = with_sequences(models.path(), b"{}").expect_err("damaged");
    assert_eq!(damaged.code(), "model_unusable");
    assert!(damaged.to_string().contains("sequence.json"), "{damaged}");

    let large = vec![b' '; MAX_SEQUENCE_BYTES as usize + 1];
    let large = with_sequences(models.path(), &large).expect_err("too large");
    assert!(large.to_string().contains("more than"), "{large}");

    fs::write(models.path().join("v1").join(SEQUENCE_FILE), b"{ }").expect("written");
    let changed = load(models.path(), "v1", None).expect_err("changed");
    assert_eq!(changed.code(), "digest_mismatch");
}

#[test]
fn another_digest_than_expected_is_refused() {
    let models = tempfile::tempdir().expect("folder");
    publish(models.path(), "v1");
    let error = load(models.path(), "v1", Some(&digest(b"other"))).expect_err("other digest");
    assert_eq!(error.code(), "digest_mismatch");
    assert_eq!(
        load(models.path(), "v2", None).expect_err("missing").code(),
        "version_not_found"
    );
}

#[test]
fn version_names() {
    for name in ["a", "first-1a2b3c4d", "v1.2", &"a".repeat(63)] {
        assert!(check_version(name).is_ok(), "{name}");
    }
    for name in [
        "",
        ".",
        "..",
        "a..b",
        "a/b",
        "A",
        ".a",
        "a-",
        "a_b",
        "rules",
        "serving.json",
        "ä",
        &"a".repeat(64),
    ] {
        assert!(check_version(name).is_err(), "{name}");
    }
}
