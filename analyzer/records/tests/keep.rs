//! `prune --keep-datasets` and `--keep-models`: what nothing refers to goes, and nothing else.

use std::fs;
use std::path::Path;

use logloop_records::DataDir;
use logloop_records::export::{ExportOptions, export_dataset};
use logloop_records::prune::{PruneOptions, PruneReport, prune};
use logloop_records::store::{Options, Store};
use logloop_records::{Interaction, Kind};
use serde_json::json;

struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// Data sets d1 to d4 and models m1 to m4, the last the newest, each trained on the data set of its number.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let store = Store::open(&data, Kind::Interactions, "a", Options::default()).unwrap();
        let record = Interaction {
            log_content: "2026-11-22 10:00:00 ERROR db: pool exhausted\n".to_owned(),
            ..Interaction::default()
        };
        store.append(&record).unwrap();
        for number in 1..=4 {
            let id = format!("d{number}");
            export_dataset(data.root(), &id, &ExportOptions::default()).unwrap();
            let manifest =
                json!({"created": format!("2026-11-0{number}T00:00:00Z"), "dataset": {"id": id}});
            let model = data.models().join(format!("m{number}"));
            fs::create_dir_all(&model).unwrap();
            fs::write(model.join("manifest.json"), manifest.to_string()).unwrap();
        }
        Self { dir }
    }

    fn data(&self) -> DataDir {
        DataDir::new(self.dir.path())
    }

    fn prune(&self, change: impl FnOnce(&mut PruneOptions)) -> PruneReport {
        let mut options = PruneOptions::default();
        change(&mut options);
        let told = prune(
            &self.data(),
            &PruneOptions {
                dry_run: true,
                ..options.clone()
            },
        );
        let before = self.names();
        let told = told.unwrap();
        assert_eq!(self.names(), before, "who only tells removes nothing");
        let report = prune(&self.data(), &options).unwrap();
        assert_eq!(
            (&told.models, &told.datasets),
            (&report.models, &report.datasets)
        );
        assert_eq!(told.freed_bytes, report.freed_bytes);
        report
    }

    fn serve(&self, text: &str) {
        fs::write(self.data().serving(), text).unwrap();
    }

    fn names(&self) -> String {
        let names = |dir: &Path| -> Vec<String> {
            let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
            let dirs = entries.filter(|entry| entry.path().is_dir());
            let mut names: Vec<String> = dirs
                .map(|dir| dir.file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        [names(&self.data().datasets()), names(&self.data().models())]
            .concat()
            .join(" ")
    }
}

#[test]
fn what_nothing_refers_to_goes_and_nothing_else() {
    type Change = fn(&mut PruneOptions);
    let serving = r#"{"generation": 1, "stable": {"version": "m1", "digest": "d"},
        "candidate": {"version": "m2", "digest": "d", "mode": "shadow", "weight": 0}}"#;
    let cases: [(&str, &str, Change, &str); 8] = [
        ("nothing asked", "", |_| {}, "d1 d2 d3 d4 m1 m2 m3 m4"),
        (
            "every model refers",
            "",
            |o| o.keep_datasets = Some(0),
            "d1 d2 d3 d4 m1 m2 m3 m4",
        ),
        (
            "models alone",
            "",
            |o| o.keep_models = Some(1),
            "d1 d2 d3 d4 m4",
        ),
        (
            "both",
            "",
            |o| (o.keep_models, o.keep_datasets) = (Some(1), Some(2)),
            "d3 d4 m4",
        ),
        (
            "what serves, and is on trial",
            serving,
            |o| (o.keep_models, o.keep_datasets) = (Some(0), Some(0)),
            "d1 d2 m1 m2",
        ),
        (
            "nothing serves",
            r#"{"generation": 3}"#,
            |o| (o.keep_models, o.keep_datasets) = (Some(0), Some(0)),
            "",
        ),
        (
            "a protected version",
            "",
            |o| {
                (o.keep_models, o.keep_datasets) = (Some(1), Some(0));
                o.protected_models = vec!["m2".to_owned()];
            },
            "d2 d4 m2 m4",
        ),
        (
            "data sets that somebody works with",
            "",
            |o| {
                (o.keep_models, o.keep_datasets) = (Some(0), Some(1));
                o.protected_datasets = vec!["d1".to_owned(), "d3".to_owned()];
            },
            "d1 d3 d4",
        ),
    ];
    for (name, serving, change, left) in cases {
        let world = World::new();
        if !serving.is_empty() {
            world.serve(serving);
        }
        world.prune(change);
        assert_eq!(world.names(), left, "{name}");
    }
}

#[test]
fn a_serving_document_that_cannot_be_read_keeps_everything() {
    for text in ["{", r#"{"stable": "m1"}"#] {
        let world = World::new();
        let before = world.names();
        world.serve(text);
        let options = PruneOptions {
            keep_models: Some(0),
            keep_datasets: Some(0),
            ..PruneOptions::default()
        };
        let refused = prune(&world.data(), &options).unwrap_err();
        assert_eq!(refused.code(), "damaged");
        assert!(refused.to_string().contains("serving.json"), "{refused}");
        assert_eq!(world.names(), before);
    }
}

#[test]
fn an_export_on_its_way_stays_and_what_a_killed_prune_left_goes() {
    let world = World::new();
    let datasets = world.data().datasets();
    for name in [".d5.tmp", ".d0.removed"] {
        fs::create_dir(datasets.join(name)).unwrap();
    }
    fs::create_dir(world.data().models().join(".m0.removed")).unwrap();
    world.prune(|o| o.keep_datasets = Some(4));
    assert_eq!(world.names(), ".d5.tmp d1 d2 d3 d4 m1 m2 m3 m4");
}
