//! Erasure of what was exported: by what was in it, and never what a person has put in its place.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::Utc;
use logloop_records::erase::{
    Eraser, Receipt, State, Target, is_known_beside_the_store, kept_about, marks_of, receipt,
    request,
};
use logloop_records::export::{ExportOptions, Filter, export_dataset, export_document, export_log};
use logloop_records::prune::{PruneOptions, prune};
use logloop_records::store::{Options, Store};
use logloop_records::{DataDir, Interaction, Kind};
use uuid::Uuid;

struct World {
    dir: tempfile::TempDir,
    data: DataDir,
    store: Store,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path().join("data"));
        let options = Options {
            background: false,
            ..Options::default()
        };
        Self {
            store: Store::open(&data, Kind::Interactions, "w", options).unwrap(),
            data,
            dir,
        }
    }

    fn ask(&self, subject: &str, word: &str) -> Uuid {
        let interaction = Interaction {
            timestamp: Utc::now(),
            id: Uuid::now_v7(),
            log_content: format!("2026-11-22 10:00:00 ERROR db: {word} failed\n"),
            subject: Some(subject.to_owned()),
            ..Interaction::default()
        };
        self.store.append(&interaction).unwrap();
        interaction.id
    }

    /// Everything that can be exported, of one subject or of all: the data set `id`, and files of that name outside.
    fn export(&self, id: &str, subject: Option<&str>) -> [PathBuf; 4] {
        let options = ExportOptions {
            filter: Filter {
                subject: subject.map(str::to_owned),
                ..Filter::default()
            },
            ..ExportOptions::default()
        };
        let root = self.data.root();
        export_dataset(root, id, &options).unwrap();
        let [document, lines, log] =
            ["json", "jsonl", "log"].map(|end| self.dir.path().join(format!("{id}.{end}")));
        export_document(root, &document, &options).unwrap();
        export_document(root, &lines, &options).unwrap();
        export_log(root, &log, &options).unwrap();
        [self.data.datasets().join(id), document, lines, log]
    }

    /// Retention takes all that is kept.
    fn retire(&self) {
        self.store.seal();
        self.store.housekeep();
        let all = PruneOptions {
            max_bytes: Some(0),
            ..PruneOptions::default()
        };
        assert!(prune(&self.data, &all).unwrap().interactions > 0);
    }

    fn erase(&self, target: Target<'_>) -> Receipt {
        self.store.seal();
        let accepted = request(&self.data, target).unwrap();
        Eraser::new(&self.data).pass().unwrap();
        let done = receipt(&self.data, accepted.receipt_id).unwrap().unwrap();
        assert_eq!(done.state, State::Complete, "{done:?}");
        done
    }
}

fn are_there(paths: &[PathBuf]) -> Vec<bool> {
    paths.iter().map(|path| path.exists()).collect()
}

fn model(data: &DataDir, version: &str, dataset: &str) -> PathBuf {
    let dir = data.models().join(version);
    fs::create_dir_all(&dir).unwrap();
    let manifest = serde_json::json!({
        "version": version, "created": Utc::now(), "dataset": {"id": dataset, "digest": "sha256:0"}
    });
    fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
    dir
}

fn rewritten(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_a_person_put_in_the_place_of_an_export_stays_and_is_told() {
    let world = World::new();
    world.ask("ann", "secretword");
    let root = world.data.root();
    let name = |name: &str| world.dir.path().join(name);
    let export = |name: &PathBuf| {
        export_document(root, name, &ExportOptions::default()).unwrap();
    };
    let all = [
        "same.json",
        "longer.json",
        "link.json",
        "touched.json",
        "twice.json",
    ]
    .map(name);
    all.iter().for_each(export);
    export(&all[4]);
    rewritten(&all[0], |bytes| bytes.fill(b'x'));
    rewritten(&all[1], |bytes| bytes.push(b'\n'));
    let notes = name("notes.txt");
    fs::write(&notes, "a person's").unwrap();
    fs::remove_file(&all[2]).unwrap();
    std::os::unix::fs::symlink(&notes, &all[2]).unwrap();
    // Written again with the same bytes it is what was exported.
    rewritten(&all[3], |_| {});
    let done = world.erase(Target::Subject("ann"));
    assert_eq!(are_there(&all), [true, true, true, false, false]);
    assert!(notes.exists());
    assert_eq!(done.exported_files.len(), 2, "{done:?}");
    let left = done.left.join("\n");
    assert_eq!(done.left.len(), 3, "{left}");
    for path in &all[..3] {
        let told = format!("{} is not the file that was exported", path.display());
        assert!(left.contains(&told), "{left}");
    }
}

#[test]
fn an_export_of_one_subject_stays_when_another_is_erased() {
    let world = World::new();
    let anns = world.ask("ann", "annsword");
    let bobs = world.ask("bob", "bobsword");
    world.ask("bob", "bobsother");
    let of_ann = world.export("of-ann", Some("ann"));
    let of_all = world.export("of-all", None);
    let trained = ["of-ann", "of-all"].map(|id| model(&world.data, &format!("v-{id}"), id));
    // A person is told of those that can hold something of them.
    for (name, data_sets) in [("ann", 2), ("bob", 1)] {
        let kept = kept_about(&world.data, name, std::io::sink()).unwrap();
        assert_eq!(kept.data_sets, data_sets, "{name}");
    }
    let notes = fs::read_to_string(world.data.erasures().join("exports.jsonl")).unwrap();
    assert!(!notes.contains("\"ann\""), "{notes}");

    world.erase(Target::Interaction(bobs));
    assert_eq!(are_there(&of_ann), [true; 4]);
    assert_eq!(are_there(&of_all), [false; 4]);
    let marks = trained.each_ref().map(|model| marks_of(model).len());
    assert_eq!(marks, [0, 1]);
    world.erase(Target::Subject("bob"));
    assert_eq!(are_there(&of_ann), [true; 4]);
    assert_eq!(marks_of(&trained[0]).len(), 0);
    world.erase(Target::Interaction(anns));
    assert_eq!(are_there(&of_ann), [false; 4]);
    assert_eq!(marks_of(&trained[0]).len(), 1);
    // What was deleted is remembered as of whom it was.
    world.ask("eve", "evesword");
    world.erase(Target::Subject("eve"));
    assert_eq!(marks_of(&trained[0]).len(), 1);
}

#[test]
fn an_interaction_that_retention_took_is_found_in_what_was_made_of_it() {
    let world = World::new();
    let gone = world.ask("ann", "secretword");
    let made = world.export("made", None);
    world.retire();
    let stays = world.ask("bob", "publicword");
    let later = world.export("later", None);
    assert!(is_known_beside_the_store(&world.data, gone).unwrap());
    assert!(!is_known_beside_the_store(&world.data, Uuid::now_v7()).unwrap());
    // Of one that nobody ever heard of nothing goes.
    world.erase(Target::Interaction(Uuid::now_v7()));
    assert_eq!(are_there(&made), [true; 4]);
    // One file was changed since: it still names it, and is told.
    rewritten(&made[2], |bytes| bytes.push(b'\n'));
    let done = world.erase(Target::Interaction(gone));
    assert_eq!(done.interactions_found, 0);
    assert_eq!(are_there(&made), [false, false, true, false]);
    assert_eq!(done.exported_files.len(), 3, "the labels of the log, too");
    assert_eq!((done.left.len(), done.data_sets.len()), (1, 1), "{done:?}");
    assert_eq!(are_there(&later), [true; 4]);
    let quarantine = world.data.quarantine(Kind::Interactions);
    fs::create_dir_all(&quarantine).unwrap();
    fs::write(quarantine.join("a.damaged"), format!("{{{stays}")).unwrap();
    world.retire();
    assert!(is_known_beside_the_store(&world.data, stays).unwrap());
}

#[test]
fn a_data_set_that_cannot_be_read_keeps_no_erasure_waiting() {
    let world = World::new();
    let gone = world.ask("ann", "secretword");
    let [made, ..] = world.export("made", None);
    world.retire();
    fs::write(made.join("part-00000.parquet"), "damaged").unwrap();
    assert!(is_known_beside_the_store(&world.data, Uuid::now_v7()).unwrap());
    let done = world.erase(Target::Interaction(gone));
    assert!(done.left[0].contains("datasets/made"), "{done:?}");
}

#[test]
fn what_lies_where_an_export_was_keeps_no_erasure_from_its_end() {
    let world = World::new();
    let gone = world.ask("ann", "secretword");
    let made = world.export("made", None);
    world.retire();
    let (pipe, twisted, folder) = (&made[1], &made[2], world.dir.path().join("folder"));
    let inside = folder.join("x.json");
    export_document(world.data.root(), &inside, &ExportOptions::default()).unwrap();
    for path in [pipe, twisted] {
        fs::remove_file(path).unwrap();
    }
    let made_pipe = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made_pipe.unwrap().success());
    std::os::unix::fs::symlink(twisted, twisted).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "no folder any more").unwrap();
    assert!(!is_known_beside_the_store(&world.data, Uuid::now_v7()).unwrap());
    let done = world.erase(Target::Interaction(gone));
    assert_eq!(done.exported_files.len(), 2, "the log and its labels");
    assert!(pipe.exists() && folder.exists());
}

#[test]
fn a_damaged_note_of_an_export_takes_no_other_with_it() {
    let world = World::new();
    world.ask("ann", "secretword");
    let [_, document, ..] = world.export("made", None);
    rewritten(&world.data.erasures().join("exports.jsonl"), |bytes| {
        bytes.splice(0..0, *b"\xff\xfe{\n");
    });
    world.erase(Target::Subject("ann"));
    assert!(!document.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_removed_keeps_the_others_from_nothing_and_is_told() {
    let world = World::new();
    world.ask("ann", "secretword");
    let notes = world.data.erasures().join("exports.jsonl");
    // A file that nobody can remove.
    let note = serde_json::json!({"path": "/proc/version", "written": Utc::now(), "erasures": 0});
    fs::create_dir_all(world.data.erasures()).unwrap();
    fs::write(&notes, format!("{note}\n")).unwrap();
    let made = world.export("made", None);
    world.store.seal();
    let accepted = request(&world.data, Target::Subject("ann")).unwrap();
    let now = || {
        Eraser::new(&world.data).pass().unwrap();
        receipt(&world.data, accepted.receipt_id).unwrap().unwrap()
    };
    let waits = now();
    assert_eq!(are_there(&made), [false; 4]);
    assert_eq!(waits.state, State::Rewritten, "{waits:?}");
    assert!(waits.waiting_for[0].contains("/proc/version"), "{waits:?}");
    fs::write(&notes, "").unwrap();
    assert_eq!(now().state, State::Complete);
}
