use std::fs;
use std::path::Path;

use logloop_records::archive::Archive;
use logloop_records::erase::{Eraser, Target, marks_of, request};
use logloop_records::export::{ExportOptions, export_dataset};
use logloop_records::store::{Options, Store};
use logloop_records::{DataDir, Kind};
use logloop_scoring::artifact;

use super::*;
use crate::testing::{collect, correct, world};

/// A data directory with a log that was analysed, and with corrections, some held out.
fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("folder");
    let entries = world(150);
    collect(data.path(), &entries);
    let corrected: Vec<(usize, bool, bool)> = (1..=30)
        .map(|line| (line, entries[line - 1].is_failure, line % 2 == 0))
        .collect();
    correct(data.path(), &entries, &corrected);
    data
}

/// Runs a command line (`DATA` is the data directory); gives the exit code and the result message.
fn outcome(data: &Path, command: &str) -> (u8, Value) {
    let log = tempfile::NamedTempFile::new().expect("file");
    let command = format!(
        "logloop-trainer {command} --termination-log {}",
        log.path().display()
    );
    let of_word = |word: &str| OsString::from(word.replace("DATA", &data.display().to_string()));
    let code = run(command.split(' ').map(of_word));
    (
        code,
        serde_json::from_slice(&fs::read(log.path()).expect("a message")).expect("JSON"),
    )
}

const TRAIN: &str = "train --data DATA --epochs 3 --threads 1";

#[test]
fn trains_evaluates_and_goes_on_from_a_base() {
    let data = data();
    let (code, first) = outcome(
        data.path(),
        &format!("{TRAIN} --version first-1a2b3c4d --train-all"),
    );
    assert_eq!(code, EXIT_OK, "{first}");
    assert_eq!(
        (&first["step"], &first["version"]),
        (&"train".into(), &"first-1a2b3c4d".into())
    );
    assert_eq!(first["trained"], serde_json::json!(["failure", "severity"]));
    assert_eq!(first["left_out"][0]["model"], "sequence");
    assert!(
        first["metrics"]["failure_f1"]
            .as_f64()
            .is_some_and(|f1| f1 > 0.5),
        "{first}"
    );
    assert!(first["samples"]["train"].as_u64() > first["samples"]["test"].as_u64());

    let models = data.path().join("models");
    let model = artifact::load(&models, "first-1a2b3c4d", first["digest"].as_str()).expect("loads");
    assert_eq!(
        Some(model.manifest.dataset.id.as_str()),
        first["dataset"].as_str()
    );
    let card = fs::read_to_string(models.join("first-1a2b3c4d/README.md")).expect("card");
    assert!(
        card.contains("## Limits") && card.contains("labelled by `correction`"),
        "{card}"
    );
    assert_eq!(
        fs::read_dir(models.join(".progress"))
            .expect("folder")
            .count(),
        0
    );

    assert!(
        card.contains("split by masked text (flatters)")
            && card.contains("By time: trained on the 94 entries"),
        "{card}"
    );
    let metrics = artifact::metrics(&models, &model.manifest).expect("metrics.json");
    for pointer in [
        "/held_out/model/metrics/failure_f1",
        "/held_out/model/intervals/failure_pr_auc/1",
        "/held_out/rules/metrics/failure_f1",
        "/held_out/rules/gain/failure_f1/0",
        "/text_split/metrics/failure_f1",
        "/random_split/metrics/failure_f1",
        "/intervals/failure_precision/0",
    ] {
        assert!(
            metrics.pointer(pointer).is_some_and(Value::is_number),
            "{pointer}: {metrics}"
        );
    }
    assert_eq!(metrics["time_split"]["verdict"], "judged");
    assert!(metrics["time_split"]["new"]["metrics"]["failure_f1"].is_number());
    assert_eq!(
        (&metrics["known_to_base"], metrics["held_out"].get("base")),
        (&0.into(), None)
    );

    let second = format!(
        "{TRAIN} --version second --models line --base first-1a2b3c4d --compare-random-split"
    );
    let (code, second) = outcome(data.path(), &second);
    assert_eq!(
        (code, &second["dataset"]),
        (EXIT_OK, &first["dataset"]),
        "nothing new was collected"
    );
    assert_eq!(
        second["left_out"][0]["model"], "line: component",
        "one component alone"
    );
    assert_eq!(
        artifact::manifest(&models, "second")
            .expect("manifest")
            .base
            .as_deref(),
        Some("first-1a2b3c4d")
    );

    let metrics = artifact::manifest(&models, "second").expect("manifest");
    let metrics = artifact::metrics(&models, &metrics).expect("metrics.json");
    assert_eq!(
        metrics["known_to_base"], 0,
        "the same statements are on the same sides"
    );
    assert!(metrics["held_out"]["base"]["metrics"]["failure_f1"].is_number());

    let against = |serving: &str| {
        outcome(
            data.path(),
            &format!("evaluate --data DATA --version second --against {serving}"),
        )
    };
    let (code, rules) = against("rules");
    assert_eq!(
        (
            code,
            &rules["serving"]["version"],
            &rules["serving"]["digest"]
        ),
        (EXIT_OK, &"rules".into(), &Value::Null)
    );
    assert_eq!(rules["candidate"]["digest"], second["digest"]);
    assert_eq!(rules["samples"]["failure_f1"], 15, "{rules}");
    let interval = |side: &Value| side["intervals"]["failure_f1"].as_array().map(Vec::len);
    assert_eq!(
        (interval(&rules["candidate"]), interval(&rules["serving"])),
        (Some(2), Some(2))
    );
    assert!(
        rules["gain"]["failure_f1"].is_array() && rules.get("rules").is_none(),
        "{rules}"
    );
    let (code, model) = against("first-1a2b3c4d");
    assert_eq!(
        (code, &model["serving"]["digest"]),
        (EXIT_OK, &first["digest"])
    );
    assert_eq!(model["candidate"]["metrics"], rules["candidate"]["metrics"]);
    assert_eq!(model["rules"], rules["serving"], "on the very same entries");
}

#[test]
fn the_same_data_and_seed_give_the_same_digest() {
    let data = data();
    let digest = |command: &str| {
        let (code, result) = outcome(data.path(), command);
        assert_eq!(code, EXIT_OK, "{result}");
        result["digest"].as_str().expect("a digest").to_owned()
    };
    let first = digest(&format!("{TRAIN} --version v1"));
    assert_eq!(first, digest(&format!("{TRAIN} --version v2")));
    assert_ne!(first, digest(&format!("{TRAIN} --version v3 --seed 7")));
    let unnamed = digest(TRAIN);
    assert_eq!(first, unnamed);
    assert_eq!(
        artifact::list(&data.path().join("models"))
            .expect("lists")
            .len(),
        4
    );
}

#[test]
fn what_is_published_is_reported_again() {
    let data = data();
    let command = format!("{TRAIN} --version v1");
    let (first, second) = std::thread::scope(|scope| {
        let attempt = || outcome(data.path(), &command);
        let (first, second) = (scope.spawn(attempt), scope.spawn(attempt));
        (
            first.join().expect("no panic"),
            second.join().expect("no panic"),
        )
    });
    assert_eq!(
        (first.0, &first),
        (EXIT_OK, &second),
        "two that race say the same"
    );
    assert_eq!(outcome(data.path(), &format!("{command} --seed 9")), first);

    fs::write(data.path().join("models/v1/manifest.json"), "{").expect("damaged");
    let (code, message) = outcome(data.path(), &command);
    assert_eq!(
        (code, &message["error"]["code"]),
        (EXIT_FAILED, &"model_unusable".into()),
        "{message}"
    );
}

#[test]
fn failures_have_a_code_and_say_what_to_do() {
    let data = data();
    let check = |data: &Path, command: &str, code: &str, words: &str| {
        let (exit, message) = outcome(data, command);
        let text = message["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(
            (exit, &message["error"]["code"]),
            (EXIT_FAILED, &code.into()),
            "{command}: {message}"
        );
        assert!(text.contains(words), "{command}: {text}");
    };
    check(&data.path().join("none"), TRAIN, "data_not_found", "--data");
    check(
        data.path(),
        &format!("{TRAIN} --dataset none"),
        "dataset_not_found",
        "export",
    );
    check(
        data.path(),
        &format!("{TRAIN} --base none"),
        "version_not_found",
        "none",
    );
    #[cfg(not(feature = "cuda"))]
    check(
        data.path(),
        &format!("{TRAIN} --device cuda"),
        "no_gpu",
        "--device cpu",
    );
    check(
        data.path(),
        "evaluate --data DATA --version none --against rules",
        "version_not_found",
        "none",
    );

    let empty = tempfile::tempdir().expect("folder");
    check(
        empty.path(),
        TRAIN,
        "not_enough_data",
        "0 distinct failing entries",
    );
    fs::write(empty.path().join("models"), "in the way").expect("file");
    collect(empty.path(), &world(60));
    check(empty.path(), TRAIN, "damaged", "models");

    assert_eq!(
        outcome(data.path(), &format!("{TRAIN} --version v1")).0,
        EXIT_OK
    );
    let set = fs::read_dir(data.path().join("datasets"))
        .expect("folder")
        .flatten()
        .next()
        .expect("a data set")
        .path();
    fs::write(set.join("part-00000.parquet"), "damaged").expect("damaged");
    let id = set
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    check(
        data.path(),
        &format!("{TRAIN} --dataset {id}"),
        "damaged",
        "part-00000.parquet",
    );
}

#[test]
fn bad_usage_is_told_to_the_job_too() {
    let data = data();
    for (arguments, words) in [
        ("train --data DATA --epochs 0", "--epochs"),
        ("train --data DATA --batch-size 0", "--batch-size"),
        ("train --data DATA --learning-rate nan", "above 0"),
        ("train --data DATA --models tree", "line"),
        ("train --data DATA --device tpu", "cpu"),
        ("train --data DATA --version ../x", "not a version name"),
        ("train --data DATA --version rules", "not a version name"),
        ("train --data DATA --dataset a/b", "a-z"),
        (
            "train --data DATA --train-all --models line",
            "cannot be used with",
        ),
        ("evaluate --data DATA --version v1", "--against"),
        ("train", "--data"),
    ] {
        let (code, message) = outcome(data.path(), arguments);
        assert_eq!(
            (code, &message["error"]["code"]),
            (EXIT_USAGE, &"usage".into()),
            "{arguments}"
        );
        let text = message["error"]["message"].as_str().unwrap_or_default();
        assert!(text.contains(words), "{arguments}: {text}");
    }
    assert_eq!(
        run(["logloop-trainer", "--help"].map(OsString::from)),
        EXIT_OK
    );
    assert!(!data.path().join("models").exists());
}

#[test]
fn a_result_that_cannot_be_told_fails_nothing() {
    let data = data();
    let words =
        format!("logloop-trainer {TRAIN} --version v1 --termination-log /no/such/folder/log");
    let code = run(words
        .split(' ')
        .map(|word| OsString::from(word.replace("DATA", &data.path().display().to_string()))));
    assert_eq!(code, EXIT_OK);
}

#[test]
fn what_was_erased_meanwhile_is_not_published() {
    let data = data();
    let set = ExportOptions::default();
    export_dataset(data.path(), "d1", &set).expect("a data set");
    let directory = DataDir::new(data.path());
    let asked = "0197c0de-0000-7000-8000-000000000001"
        .parse()
        .expect("an id");
    request(&directory, Target::Interaction(asked)).expect("accepted");
    let train = format!("{TRAIN} --dataset d1 --version v1");
    let code = |(exit, message): (u8, Value)| {
        assert_eq!(exit, EXIT_FAILED, "{message}");
        assert!(!data.path().join("models/v1").exists());
        message["error"]["code"].as_str().map(str::to_owned)
    };
    // The data set is still there: nobody has carried the erasure out.
    let refused = code(outcome(data.path(), &train));
    assert_eq!(refused.as_deref(), Some("erased_meanwhile"));
    Eraser::new(&directory).pass().expect("carried out");
    let refused = code(outcome(data.path(), &train));
    assert_eq!(refused.as_deref(), Some("dataset_erased"));
    assert!(export_dataset(data.path(), "d1", &set).is_err());
}

#[test]
fn a_model_that_goes_on_from_a_marked_one_is_marked() {
    let data = data();
    let directory = DataDir::new(data.path());
    let set = ExportOptions::default();
    export_dataset(data.path(), "d1", &set).expect("a data set");
    let (exit, message) = outcome(data.path(), &format!("{TRAIN} --dataset d1 --version v1"));
    assert_eq!(exit, EXIT_OK, "{message}");
    let asked = "0197c0de-0000-7000-8000-000000000001"
        .parse()
        .expect("an id");
    let archive = Archive::new(&directory);
    let mut another = archive.find(asked).expect("read").expect("it is there");
    request(&directory, Target::Interaction(asked)).expect("accepted");
    Eraser::new(&directory).pass().expect("carried out");
    another.id = "0197c0de-0000-7000-8000-000000000002"
        .parse()
        .expect("an id");
    let store = Store::open(&directory, Kind::Interactions, "w", Options::default());
    store.expect("a store").append(&another).expect("stored");
    let marks = |version: &str| marks_of(&directory.models().join(version)).len();
    assert_eq!(marks("v1"), 1);
    export_dataset(data.path(), "d2", &set).expect("a data set without it");
    let train = format!("{TRAIN} --dataset d2 --base v1 --version v2");
    let (exit, message) = outcome(data.path(), &train);
    assert_eq!(exit, EXIT_OK, "{message}");
    assert_eq!(marks("v2"), 1);
}

/// A data directory as above, and a log with many orders of four kinds of entries each.
fn data_with_orders() -> tempfile::TempDir {
    let data = data();
    let log: String = (0..400)
        .flat_map(|n| {
            [
                "order opened",
                "order paid",
                "order shipped",
                "order closed",
            ]
            .map(|said| format!("2026-11-22 10:00:00 INFO shop: {said} txn_id={n}\n"))
        })
        .collect();
    let logs = data.path().join("logs");
    fs::create_dir_all(&logs).expect("folder");
    fs::write(logs.join("shop.log"), log).expect("written");
    data
}

#[test]
fn sequences_are_learned_with_the_network_or_by_themselves() {
    let data = data_with_orders();
    let models = data.path().join("models");
    let (code, all) = outcome(data.path(), &format!("{TRAIN} --version all"));
    assert_eq!(code, EXIT_OK, "{all}");
    assert_eq!(
        all["trained"],
        serde_json::json!(["failure", "severity", "sequence"])
    );
    assert_ne!(all["left_out"][0]["model"], "sequence");
    assert_eq!(all["metrics"]["sequence_alarm_rate"], 0.0, "{all}");
    let model = artifact::load(&models, "all", None).expect("loads");
    let known = model.sequence.expect("it knows sequences");
    assert_eq!(known.kinds.len(), 1);
    assert!(
        known.kinds[0].sequences >= 390,
        "{}",
        known.kinds[0].sequences
    );
    let card = fs::read_to_string(models.join("all/README.md")).expect("card");
    assert!(card.contains("## Transactions and windows"), "{card}");
    assert!(
        card.contains("held-out normal ones that were told"),
        "{card}"
    );

    let line = "--version line --models line --base all";
    let (code, line) = outcome(data.path(), &format!("{TRAIN} {line}"));
    assert_eq!(code, EXIT_OK, "{line}");
    let carried = artifact::load(&models, "line", None).expect("loads");
    assert_eq!(
        carried.sequence.as_ref(),
        Some(&known),
        "the base's goes on"
    );

    let alone = "--version alone --models sequence";
    let (code, refused) = outcome(data.path(), &format!("{TRAIN} {alone}"));
    assert_eq!(
        (code, &refused["error"]["code"]),
        (EXIT_FAILED, &"usage".into())
    );
    let (code, alone) = outcome(data.path(), &format!("{TRAIN} {alone} --base all"));
    assert_eq!(
        (code, &alone["digest"]),
        (EXIT_OK, &all["digest"]),
        "{alone}"
    );
    let alone = artifact::load(&models, "alone", None).expect("loads");
    assert_eq!(alone.sequence, Some(known));
    assert_eq!(alone.manifest.base.as_deref(), Some("all"));
}

#[test]
fn too_few_sequences_are_left_out_with_the_reason() {
    let data = data();
    let (code, result) = outcome(data.path(), &format!("{TRAIN} --version v1"));
    assert_eq!(code, EXIT_OK, "{result}");
    let reason = result["left_out"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("no kind of them 100 times"), "{reason}");
    let card = fs::read_to_string(data.path().join("models/v1/README.md")).expect("card");
    assert!(card.contains("Left out: the data set has"), "{card}");
    let command = format!("{TRAIN} --version v2 --models sequence --base v1");
    let (code, refused) = outcome(data.path(), &command);
    assert_eq!(
        (code, &refused["error"]["code"]),
        (EXIT_FAILED, &"not_enough_data".into())
    );
}
