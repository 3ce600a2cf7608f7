//! Stopped anywhere, an export goes on to the same digest.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use logloop_records::erase::{self, Target};
use logloop_records::export::{ExportOptions, export_dataset, export_document};
use logloop_records::{Error, Feedback};

use uuid::Uuid;

use super::world::{World, at, interaction};

/// Options that stop an export at its so many-th report.
fn stops_at(step: u64, threads: usize) -> ExportOptions {
    let left = AtomicU64::new(step);
    ExportOptions {
        threads,
        progress: Some(Arc::new(move |_| {
            if left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_err()
            {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })),
        ..ExportOptions::default()
    }
}

/// Inodes of the finished parts.
fn finished(world: &World, id: &str) -> BTreeMap<String, u64> {
    let dir = world.data.datasets().join(format!(".{id}.tmp"));
    let name = |index: usize, end: &str| format!("part-{index:05}.{end}");
    (0..10)
        .filter(|index| dir.join(name(*index, "json")).exists())
        .filter_map(|index| {
            let part = dir.join(name(index, "parquet"));
            Some((name(index, "parquet"), fs::metadata(part).ok()?.ino()))
        })
        .collect()
}

#[test]
fn stopped_at_any_step_it_goes_on_to_the_same_digest() {
    let world = World::of_several();
    let whole = export_dataset(world.root(), "whole", &ExportOptions::default()).unwrap();
    let mut stops = 0;
    for threads in [1, 3] {
        for step in 0.. {
            let id = format!("d{threads}-{step}");
            match export_dataset(world.root(), &id, &stops_at(step, threads)) {
                Ok(manifest) => {
                    assert_eq!(manifest.digest, whole.digest);
                    break;
                }
                Err(error) => assert!(matches!(error, Error::Stopped), "{error}"),
            }
            stops += 1;
            assert!(!world.data.datasets().join(&id).exists());
            let before = finished(&world, &id);
            assert!(
                threads > 1 || before.len() as u64 >= step.min(6),
                "{step}: {before:?}"
            );
            // What a kill leaves of the part that was on its way.
            let torn = world
                .data
                .datasets()
                .join(format!(".{id}.tmp/part-00005.parquet.tmp"));
            fs::write(torn, "torn").unwrap();
            let manifest = export_dataset(world.root(), &id, &ExportOptions::default()).unwrap();
            assert_eq!(manifest.digest, whole.digest, "{id}");
            for (name, inode) in before {
                let part = world.data.datasets().join(&id).join(&name);
                assert_eq!(
                    fs::metadata(part).unwrap().ino(),
                    inode,
                    "{name} was made again"
                );
            }
        }
    }
    assert!(stops >= 6, "{stops}");
}

#[test]
fn what_happens_between_a_kill_and_the_next_run_is_not_in_it() {
    let world = World::of_several();
    let whole = export_dataset(world.root(), "whole", &ExportOptions::default()).unwrap();
    export_dataset(world.root(), "d", &stops_at(2, 1)).unwrap_err();
    // The active segment is sealed, others are begun, a log grows, and somebody says something.
    let active = world
        .root()
        .join("chat_interactions/chat_interactions.jsonl");
    fs::rename(
        &active,
        world.root().join("chat_interactions/sealed/t.g0.jsonl"),
    )
    .unwrap();
    world.active(&[interaction(950, 10)]);
    world.sealed("r.g0", &[interaction(951, 10)]);
    world.file(
        "logs/a.log",
        "2026-11-22 10:00:00 ERROR mail: cannot send\n2026-11-22 10:00:00 ERROR mail: lost\n",
    );
    world.say(&[Feedback {
        timestamp: at(999),
        interaction_id: interaction(900, 30).id,
        is_useful: Some(true),
        ..Feedback::default()
    }]);
    let resumed = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(resumed.digest, whole.digest);
    let after = export_dataset(world.root(), "after", &ExportOptions::default()).unwrap();
    assert_ne!(after.digest, whole.digest);
}

#[test]
fn a_part_that_was_damaged_meanwhile_is_made_again() {
    let world = World::of_several();
    let whole = export_dataset(world.root(), "whole", &ExportOptions::default()).unwrap();
    export_dataset(world.root(), "d", &stops_at(3, 1)).unwrap_err();
    let part = world.data.datasets().join(".d.tmp/part-00001.parquet");
    fs::write(part, "damage").unwrap();
    let resumed = export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
    assert_eq!(resumed.digest, whole.digest);
}

#[test]
fn another_filter_begins_again() {
    let world = World::of_several();
    export_dataset(world.root(), "d", &stops_at(3, 1)).unwrap_err();
    let mut options = ExportOptions::default();
    options.filter.since = Some(at(100));
    let other = export_dataset(world.root(), "d", &options).unwrap();
    assert_eq!(other.left_out["before_since"], 20);
}

#[test]
fn two_at_once_make_it_once() {
    let world = World::of_several();
    let made: Vec<_> = std::thread::scope(|scope| {
        let run = || export_dataset(world.root(), "d", &ExportOptions::default()).unwrap();
        let running: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(made.iter().all(|manifest| *manifest == made[0]));
    let left = fs::read_dir(world.data.datasets()).unwrap().count();
    assert_eq!(left, 1);
}

/// Erases an interaction once an export has said something for the so many-th time, and stops it later, if ever.
fn erases(world: &World, id: Uuid, at_step: u64, stops_at: u64) -> ExportOptions {
    let (data, seen) = (world.data.clone(), AtomicU64::new(0));
    ExportOptions {
        progress: Some(Arc::new(move |_| {
            let step = seen.fetch_add(1, Ordering::Relaxed);
            if step == at_step {
                erase::request(&data, Target::Interaction(id)).unwrap();
            }
            if step == stops_at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })),
        ..ExportOptions::default()
    }
}

#[test]
fn what_is_erased_while_it_works_is_not_in_it() {
    let gone = interaction(3, 30).id;
    for (id, stop) in [("in-one-run", u64::MAX), ("after-a-kill", 3)] {
        let world = World::of_several();
        let options = erases(&world, gone, 2, stop);
        let manifest = match export_dataset(world.root(), id, &options) {
            Err(Error::Stopped) => export_dataset(world.root(), id, &options),
            other => other,
        };
        let manifest = manifest.unwrap();
        assert_eq!(
            (manifest.left_out["erased"], manifest.erasures),
            (1, 1),
            "{id}"
        );
        let id_of = Some(gone.to_string());
        assert!(
            world.rows(id).iter().all(|row| row.interaction_id != id_of),
            "{id}"
        );
    }
    let world = World::of_several();
    let output = world.outside("out.json");
    let options = erases(&world, gone, 0, u64::MAX);
    let said = export_document(world.root(), &output, &options).unwrap_err();
    assert!(said.to_string().contains("make it again"), "{said}");
    let left = fs::read_dir(output.parent().unwrap()).unwrap().count();
    assert_eq!(left, 1, "nothing but the data directory");
}
