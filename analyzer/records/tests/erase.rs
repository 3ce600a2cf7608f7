//! Erasure on real files: what is erased is shown by nobody, and then in no file.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use logloop_records::archive::{Archive, PageQuery};
use logloop_records::erase::{
    Erased, Eraser, Named, Receipt, Source, State, Target, kept_about, marks_of, publish, receipt,
    request,
};
use logloop_records::export::{ExportOptions, export_dataset, export_document};
use logloop_records::fsck::dump;
use logloop_records::import::{Unredacted, import};
use logloop_records::prune::{PruneOptions, prune};
use logloop_records::store::{Options, Store, segments, sum_of};
use logloop_records::{
    Correction, DataDir, Error, Feedback, FeedbackStore, Interaction, Kind, blob, read_feedback,
};
use uuid::Uuid;

struct World {
    dir: tempfile::TempDir,
    data: DataDir,
    store: Store,
    feedback: FeedbackStore,
}

fn options() -> Options {
    Options {
        background: false,
        ..Options::default()
    }
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path().join("data"));
        Self {
            store: Store::open(&data, Kind::Interactions, "w", options()).unwrap(),
            feedback: FeedbackStore::open(&data, "w", options()).unwrap(),
            data,
            dir,
        }
    }

    /// An interaction of `subject` whose every text has `word` in it.
    fn ask(&self, subject: &str, word: &str, lines: usize) -> Uuid {
        let mut interaction = Interaction {
            timestamp: Utc::now(),
            id: Uuid::now_v7(),
            user_query: format!("why {word}?"),
            log_content: format!("2026-11-22 10:00:00 ERROR db: {word} failed\n").repeat(lines),
            subject: Some(subject.to_owned()),
            ..Interaction::default()
        };
        blob::spill(&self.data, &mut interaction).unwrap();
        self.store.append(&interaction).unwrap();
        interaction.id
    }

    fn say(&self, subject: &str, about: Uuid, word: &str) {
        let template = logloop_logs::template(&format!("{word} failed"));
        let said = Feedback {
            timestamp: Utc::now(),
            interaction_id: about,
            subject: Some(subject.to_owned()),
            reviewer: true,
            user_feedback: Some(format!("{word} is known")),
            corrections: vec![Correction {
                line: 1,
                template: template.text,
                template_id: template.id,
                ..Correction::default()
            }],
            ..Feedback::default()
        };
        self.feedback.say(said).unwrap();
    }

    fn seal(&self) {
        self.store.seal();
        self.store.housekeep();
        self.feedback.store().seal();
    }

    fn erase(&self, target: Target<'_>) -> Receipt {
        request(&self.data, target).unwrap()
    }

    fn carry_out(&self, receipt_id: Uuid) -> Receipt {
        Eraser::new(&self.data).pass().unwrap();
        receipt(&self.data, receipt_id).unwrap().unwrap()
    }

    /// Ids that a reader finds.
    fn shown(&self) -> Vec<Uuid> {
        let query = PageQuery {
            limit: 200,
            ..PageQuery::default()
        };
        let page = Archive::new(&self.data).page(&query).unwrap();
        let mut ids: Vec<Uuid> = page.interactions.iter().map(|i| i.id).collect();
        ids.sort();
        ids
    }

    /// Files below the data directory with `word` in them.
    fn files_with(&self, word: &str) -> Vec<PathBuf> {
        let mut found = vec![];
        walk(self.data.root(), &mut |path| {
            let bytes = fs::read(path).unwrap();
            if bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes())
            {
                found.push(path.to_owned());
            }
        });
        found
    }
}

fn walk(dir: &Path, each: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, each);
        } else {
            each(&path);
        }
    }
}

fn export(data: &DataDir, id: &str) -> Result<u64, Error> {
    let options = ExportOptions::default();
    export_dataset(data.root(), id, &options).map(|manifest| manifest.examples)
}

/// A model version that says it was trained on this data set.
fn model(data: &DataDir, version: &str, dataset: &str, base: Option<&str>) -> PathBuf {
    let dir = data.models().join(version);
    fs::create_dir_all(&dir).unwrap();
    let manifest = serde_json::json!({
        "version": version, "created": Utc::now(), "base": base, "dataset": {"id": dataset, "digest": "sha256:0"}
    });
    fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
    dir
}

#[test]
fn what_is_erased_is_shown_by_nobody_at_once_and_is_in_no_file_after() {
    let world = World::new();
    let data = &world.data;
    let gone = world.ask("ann", "secretword", 30_000);
    let stays = world.ask("bob", "publicword", 1);
    world.say("eve", gone, "secretword");
    world.say("eve", stays, "publicword");
    world.seal();
    assert_eq!(export(data, "before").unwrap(), 2);
    export_document(
        data.root(),
        &data.training_export(),
        &ExportOptions::default(),
    )
    .unwrap();
    let outside = world.dir.path().join("elsewhere.json");
    export_document(data.root(), &outside, &ExportOptions::default()).unwrap();
    let trained = model(data, "v1", "before", None);
    let tuned = model(data, "v2", "gone-before", Some("v1"));
    model(data, "v3", "gone-before", None);
    assert!(!world.files_with("secretword").is_empty());

    let accepted = world.erase(Target::Interaction(gone));
    assert_eq!(
        (accepted.state, accepted.interactions_found),
        (State::Accepted, 1)
    );
    // At once, in every reader.
    assert_eq!(world.shown(), [stays]);
    let archive = Archive::new(data);
    assert!(archive.find(gone).unwrap().is_none() && archive.find(stays).unwrap().is_some());
    assert_eq!(world.feedback.of(gone), None);
    assert_eq!(world.feedback.corrections().len(), 1);
    assert_eq!(read_feedback(data).unwrap().len(), 1);
    world.store.refresh();
    let sum = world.store.totals().sum;
    assert_eq!((sum.records, sum.logs, sum.blobs), (1, 1, 0));
    let listed = segments(data, Kind::Interactions).unwrap();
    let erased = Erased::load(data).unwrap();
    assert_eq!(sum_of(&listed, &erased).unwrap().records, 1);
    assert_eq!(export(data, "after").unwrap(), 1);
    let mut dumped = vec![];
    assert_eq!(dump(data, Kind::Interactions, &mut dumped).unwrap(), 1);

    let done = world.carry_out(accepted.receipt_id);
    assert_eq!(done.state, State::Complete, "{done:?}");
    assert!(done.segments[0].to.as_ref().unwrap().ends_with(".g1.jsonl"));
    assert!(done.segments[0].bytes_after.unwrap() < done.segments[0].bytes_before);
    assert_eq!(
        (done.segments.len(), done.feedback.len(), done.blobs.len()),
        (1, 1, 1)
    );
    let sets: Vec<_> = done.data_sets.iter().map(|set| &*set.id).collect();
    assert_eq!(sets, ["before"]);
    assert_eq!(done.exported_files.len(), 2);
    assert!(!outside.exists());
    let models: Vec<_> = done
        .models
        .iter()
        .map(|m| (&*m.version, m.certain))
        .collect();
    assert_eq!(models, [("v1", true), ("v2", true), ("v3", false)]);
    assert_eq!(marks_of(&trained)[0].receipt_id, accepted.receipt_id);
    assert_eq!(marks_of(&tuned).len(), 1);
    assert_eq!(world.files_with("secretword"), Vec::<PathBuf>::new());
    assert!(data.datasets().join("after").is_dir());
    assert_eq!(world.shown(), [stays]);
    world.store.refresh();
    assert_eq!(world.store.totals().sum.records, 1);
    // Once more is the same erasure.
    assert_eq!(world.erase(Target::Interaction(gone)), done);
}

#[test]
fn a_subject_goes_with_all_that_was_stored_before_and_later_is_new() {
    let world = World::new();
    let data = &world.data;
    let anns = [
        world.ask("ann\"1", "firstword", 1),
        world.ask("ann\"1", "firstword", 1),
    ];
    let bobs = world.ask("bob", "bobsword", 1);
    world.say("ann\"1", bobs, "firstword");
    world.say("bob", anns[0], "firstword");
    world.seal();
    // A clock that is ahead: it was stored before all the same.
    let ahead = Interaction {
        timestamp: Utc::now() + TimeDelta::minutes(10),
        id: Uuid::now_v7(),
        user_query: "firstword".to_owned(),
        subject: Some("ann\"1".to_owned()),
        ..Interaction::default()
    };
    world.store.append(&ahead).unwrap();
    let accepted = world.erase(Target::Subject("ann\"1"));
    assert_eq!(
        (accepted.interactions_found, accepted.statements_found),
        (3, 1)
    );
    assert!(matches!(accepted.target, Named::Subject(_)));
    let later = world.ask("ann\"1", "laterword", 1);
    assert_eq!(world.shown(), {
        let mut ids = vec![bobs, later];
        ids.sort();
        ids
    });
    assert!(read_feedback(data).unwrap().is_empty());
    let waits = world.carry_out(accepted.receipt_id);
    assert_eq!(waits.state, State::Accepted);
    assert!(
        waits.waiting_for[0].contains("chat_interactions.jsonl"),
        "{waits:?}"
    );
    // The writer is told to seal.
    let mut eraser = Eraser::new(data);
    assert!(
        eraser
            .is_held_in(Kind::Interactions, &world.store.active().0)
            .unwrap()
    );
    assert!(
        !eraser
            .is_held_in(Kind::Feedback, &world.feedback.store().active().0)
            .unwrap()
    );
    world.store.seal();
    let done = world.carry_out(accepted.receipt_id);
    assert_eq!(done.state, State::Complete, "{done:?}");
    assert_eq!(done.interactions.len(), 3);
    assert_eq!(world.files_with("firstword"), Vec::<PathBuf>::new());
    let later = world.files_with("ann\\\"1");
    let is_rewritten = |path: &PathBuf| path.to_string_lossy().contains(".g1.");
    assert!(
        !later.is_empty() && later.iter().all(is_rewritten),
        "the segment of the later one, and its sidecar: {later:?}"
    );
    // What was under way when it was asked for is stored late, and never shown.
    let late = Interaction {
        timestamp: accepted.requested - TimeDelta::milliseconds(1),
        id: Uuid::now_v7(),
        user_query: "lateword".to_owned(),
        subject: Some("ann\"1".to_owned()),
        ..Interaction::default()
    };
    world.store.append(&late).unwrap();
    assert_eq!(world.shown().len(), 2);
    world.seal();
    Eraser::new(data).pass().unwrap();
    assert_eq!(world.files_with("lateword"), Vec::<PathBuf>::new());
}

#[test]
fn what_is_erased_does_not_come_back() {
    let world = World::new();
    let data = &world.data;
    let gone = world.ask("ann", "secretword", 30_000);
    world.ask("bob", "publicword", 1);
    world.seal();
    let mut copy = vec![];
    dump(data, Kind::Interactions, &mut copy).unwrap();
    let old = fs::read(&segments(data, Kind::Interactions).unwrap()[0].path).unwrap();
    let accepted = world.erase(Target::Interaction(gone));
    // Statements that come after.
    world.say("eve", gone, "secretword");
    assert_eq!(world.feedback.of(gone), None);
    world.seal();
    assert_eq!(world.carry_out(accepted.receipt_id).state, State::Complete);
    // An import, with its log, of a copy.
    let name = format!("{gone}.log.zst");
    fs::write(data.blobs().join(&name), "secretword").unwrap();
    let report = import(data, Path::new("copy"), &copy[..], &Unredacted).unwrap();
    assert_eq!(
        (report.imported, report.already_there, report.erased),
        (0, 1, 1)
    );
    assert!(!data.blobs().join(&name).exists());
    // The file itself, put back: nobody shows it, and retention removes it again.
    let back = data
        .sealed(Kind::Interactions)
        .join("chat_interactions.back.g0.jsonl");
    fs::write(&back, old).unwrap();
    assert_eq!(world.shown().len(), 2, "bob's, twice");
    assert!(!world.shown().contains(&gone));
    prune(data, &PruneOptions::default()).unwrap();
    assert_eq!(world.files_with("secretword"), Vec::<PathBuf>::new());
}

#[test]
fn the_quarantine_and_what_kills_leave_are_reached() {
    let world = World::new();
    let data = &world.data;
    let gone = world.ask("ann", "secretword", 1);
    let stays = world.ask("bob", "publicword", 1);
    world.seal();
    let quarantine = data.quarantine(Kind::Interactions);
    fs::create_dir_all(&quarantine).unwrap();
    let write = |name: &str, text: &str| fs::write(quarantine.join(name), text).unwrap();
    write(
        "a.torn",
        r#"{"timestamp":"2026-01-01T00:00:00Z","user_query":"secretword"#,
    );
    write(
        "b.damaged",
        &format!(
            "{{\"user_query\":secretword,\"id\":\"{gone}\"}}\n{{,\"id\":\"{stays}\",\"publicword\"}}\n"
        ),
    );
    write(
        "c.rejected",
        "{\"user_query\":\"publicword, of an older tool\"}\n{\"secretword\":,\"subject\":\"ann\"}\n",
    );
    // A rewrite that was killed: before its rename, and before the old file was removed.
    let sealed = data.sealed(Kind::Interactions);
    fs::write(
        sealed.join(".chat_interactions.x.g1.jsonl.0.tmp"),
        "secretword",
    )
    .unwrap();
    fs::write(
        sealed.join("chat_interactions.gone.g0.meta.json"),
        "secretword",
    )
    .unwrap();
    let receipt = world.erase(Target::Subject("ann"));
    let done = world.carry_out(receipt.receipt_id);
    assert_eq!(done.state, State::Complete);
    let files: Vec<_> = done
        .quarantine
        .iter()
        .map(|reached| &*reached.file)
        .collect();
    let names = ["a.torn", "b.damaged", "c.rejected"];
    assert_eq!(
        files,
        names.map(|name| format!("chat_interactions/quarantine/{name}"))
    );
    assert_eq!(world.files_with("secretword"), Vec::<PathBuf>::new());
    let left = |name| fs::read_to_string(quarantine.join(name)).unwrap();
    assert!(left("b.damaged").contains("publicword") && left("c.rejected").contains("publicword"));
    assert!(!quarantine.join("a.torn").exists());
}

#[test]
fn nothing_is_published_past_an_erasure_of_it() {
    let world = World::new();
    let data = &world.data;
    let before = Source {
        erasures: Erased::load(data).unwrap().number(),
        taken: Utc::now(),
        since: None,
    };
    let untouched = world.ask("bob", "publicword", 0);
    world.erase(Target::Interaction(untouched));
    assert!(publish(data, before, || Ok(())).is_ok(), "it had no log");
    let gone = world.ask("ann", "secretword", 1);
    let snapshot = Source {
        taken: Utc::now(),
        erasures: Erased::load(data).unwrap().number(),
        ..before
    };
    let without = Source {
        since: Some(Utc::now() + TimeDelta::hours(1)),
        ..snapshot
    };
    let accepted = world.erase(Target::Interaction(gone));
    let refused = publish::<()>(data, snapshot, || panic!("not published")).unwrap_err();
    assert_eq!(refused.code(), "erased_meanwhile");
    assert!(publish(data, without, || Ok(())).is_ok());
    let later = Source {
        erasures: accepted.number,
        ..snapshot
    };
    assert!(publish(data, later, || Ok(())).is_ok());
    // Who publishes holds the erasures up, so that they find what was published.
    let data_again = data.clone();
    let waiting = publish(data, later, || {
        let thread = std::thread::spawn(move || {
            request(&data_again, Target::Subject("ann"))
                .unwrap()
                .requested
        });
        std::thread::sleep(std::time::Duration::from_millis(100));
        Ok((Utc::now(), thread))
    });
    let (published, thread) = waiting.unwrap();
    let requested: DateTime<Utc> = thread.join().unwrap();
    assert!(requested >= published);
}

#[test]
fn a_person_is_given_what_is_kept_about_them() {
    let world = World::new();
    let data = &world.data;
    let large = world.ask("ann", "annsword", 60_000);
    let bobs = world.ask("bob", "bobsword", 1);
    let erased = world.ask("ann", "erasedword", 1);
    world.say("ann", bobs, "statedword");
    world.say("bob", large, "otherword");
    world.seal();
    export(data, "d1").unwrap();
    model(data, "v1", "d1", None);
    let receipt = world.erase(Target::Interaction(erased));
    let mut out = vec![];
    let kept = kept_about(data, "ann", &mut out).unwrap();
    assert_eq!(
        (
            kept.interactions,
            kept.statements,
            kept.statements_of_others
        ),
        (1, 1, 1)
    );
    assert_eq!((kept.data_sets, kept.models), (1, 1));
    let text = String::from_utf8(out).unwrap();
    let mut log = String::new();
    let mut kinds = vec![];
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = line["kind"].as_str().unwrap().to_owned();
        if kind == "log" {
            log.push_str(line["text"].as_str().unwrap());
        }
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let expected = [
        "interaction",
        "log",
        "statement_of_other",
        "statement",
        "data_set",
        "model",
    ];
    kinds.sort();
    assert_eq!(kinds, {
        let mut kinds = expected.to_vec();
        kinds.sort();
        kinds
    });
    assert_eq!(log.lines().count(), 60_000);
    assert!(
        !text.contains("bobsword") && !text.contains("erasedword") && !text.contains("\"bob\"")
    );
    // After that, nothing is.
    world.erase(Target::Subject("ann"));
    assert_eq!(
        kept_about(data, "ann", std::io::sink())
            .unwrap()
            .interactions,
        0
    );
    assert_eq!(world.carry_out(receipt.receipt_id).state, State::Complete);
}

#[test]
fn who_is_erased_is_not_named_by_the_erasure() {
    let world = World::new();
    world.ask("ann@example.com", "secretword", 1);
    world.seal();
    let receipt = world.erase(Target::Subject("ann@example.com"));
    assert_eq!(world.carry_out(receipt.receipt_id).state, State::Complete);
    assert_eq!(world.files_with("ann@example.com"), Vec::<PathBuf>::new());
    for odd in ["", &"x".repeat(2000)] {
        assert!(request(&world.data, Target::Subject(odd)).is_err());
    }
    assert!(request(&world.data, Target::Interaction(Uuid::nil())).is_err());
    assert!(request(&DataDir::new("/nowhere"), Target::Subject("x")).is_err());
}

#[test]
fn a_log_of_erasures_with_a_torn_line_goes_on() {
    let world = World::new();
    let first = world.ask("ann", "secretword", 1);
    let second = world.ask("ann", "secretword", 1);
    world.erase(Target::Interaction(first));
    let path = world.data.erasures().join("erasures.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"\n{\"erasure\":{\"number\":2,\"rec");
    fs::write(&path, bytes).unwrap();
    assert!(Erased::load(&world.data).unwrap().has_id(first));
    let receipt = world.erase(Target::Interaction(second));
    assert_eq!(receipt.number, 2);
    let erased = Erased::load(&world.data).unwrap();
    assert!(erased.has_id(first) && erased.has_id(second));
    assert_eq!(erased.damaged(), 1);
    assert!(world.shown().is_empty());
}

/// Stops an export before it writes its rows; what a kill would leave is put back afterwards.
fn stopped() -> ExportOptions {
    ExportOptions {
        progress: Some(std::sync::Arc::new(|_| std::ops::ControlFlow::Break(()))),
        ..ExportOptions::default()
    }
}

#[test]
fn exports_that_were_killed_are_reached_and_keep_no_erasure_waiting() {
    let world = World::new();
    let data = &world.data;
    world.ask("ann", "secretword", 3);
    world.ask("bob", "publicword", 3);
    world.seal();
    // A data set on its way: its folder stays for who goes on.
    assert!(matches!(
        export_dataset(data.root(), "k", &stopped()),
        Err(Error::Stopped)
    ));
    let workplace = data.datasets().join(".k.tmp");
    fs::write(workplace.join("part-00000.parquet"), "secretword").unwrap();
    // A file on its way, elsewhere: noted before its first byte.
    let outside = world.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let output = outside.join("out.jsonl");
    assert!(export_document(data.root(), &output, &stopped()).is_err());
    let notes = fs::read_to_string(data.root().join("erasures/exports.jsonl")).unwrap();
    let aside = notes
        .lines()
        .find_map(|line| line.split('"').find(|part| part.ends_with(".tmp")));
    let aside = PathBuf::from(aside.expect("it is noted"));
    fs::write(&aside, "secretword").unwrap();
    // A note that was torn costs the next one nothing.
    fs::write(
        data.root().join("erasures/exports.jsonl"),
        format!("{notes}{{\"path\":\"/tor"),
    )
    .unwrap();
    export_document(data.root(), &output, &ExportOptions::default()).unwrap();

    let accepted = world.erase(Target::Subject("ann"));
    let done = world.carry_out(accepted.receipt_id);
    assert_eq!(done.state, State::Complete, "{done:?}");
    assert!(!workplace.exists() && !aside.exists() && !output.exists());
    assert_eq!(world.files_with("secretword"), Vec::<PathBuf>::new());
    // One that knows of it is left alone.
    assert!(matches!(
        export_dataset(data.root(), "k", &stopped()),
        Err(Error::Stopped)
    ));
    let again = world.erase(Target::Subject("ann"));
    assert_eq!(world.carry_out(again.receipt_id).state, State::Complete);
}

#[test]
fn a_file_that_could_not_be_found_again_is_not_exported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    world.ask("ann", "secretword", 3);
    let output = world.dir.path().join(OsStr::from_bytes(b"n\xff.json"));
    let said = export_document(world.data.root(), &output, &ExportOptions::default()).unwrap_err();
    assert!(said.to_string().contains("UTF-8"), "{said}");
    assert_eq!(
        fs::read_dir(world.dir.path()).unwrap().count(),
        1,
        "nothing is left"
    );
}

#[test]
fn a_model_whose_base_is_gone_may_hold_what_that_one_held() {
    let world = World::new();
    let id = world.ask("ann", "secret", 3);
    world.seal();
    world.erase(Target::Interaction(id));
    // The base was trained on the interaction, and pruned with its data set; this data set holds nothing of it.
    export(&world.data, "new").unwrap();
    let later = model(&world.data, "later", "new", Some("old"));
    let without = model(&world.data, "without", "new", None);
    Eraser::new(&world.data).pass().unwrap();
    assert_eq!(marks_of(&without), []);
    let marks = marks_of(&later);
    assert_eq!(marks.len(), 1);
    assert!(!marks[0].certain);
}
