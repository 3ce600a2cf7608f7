use std::cell::Cell;

use super::*;
use crate::course::Course;
use crate::error::TrainerError;
use crate::fit::{Fitted, fit_on};
use crate::heads::Classes;
use crate::items::{Item, Items};
use crate::line;
use crate::mlp::Tensors;
use crate::progress::Progress;
use crate::split;
use crate::state::TrainerPosition;
use crate::testing::world;

const HYPER: Hyperparameters = Hyperparameters {
    epochs: 4,
    batch_size: 32,
    learning_rate: 0.01,
    seed: 42,
};

thread_local! {
    static TOLD: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

fn tell(text: &str) {
    TOLD.with_borrow_mut(|told| told.push(text.to_owned()));
}

fn told() -> Vec<String> {
    TOLD.with_borrow_mut(std::mem::take)
}

fn of(dataset: &str) -> Of<'_> {
    Of {
        version: "v1",
        dataset,
        base: None,
        items: 3,
        split: 5,
        hyper: HYPER,
        threads: 1,
        device: Kind::Cpu,
    }
}

fn keeper(models: &Path, dataset: &str) -> Keeper {
    Keeper::new(models, &of(dataset), Duration::ZERO, tell)
}

fn state() -> State {
    let position = Position {
        step: 7,
        epochs_run: 2,
        best_epoch: Some(1),
        ..Position::default()
    };
    let mut state = State {
        position,
        ..State::default()
    };
    let trainer = TrainerPosition {
        rng: u64::MAX - 1,
        step: 3,
        adam_step: 3,
    };
    state.position.trainers.insert("a".to_owned(), trainer);
    state.put("loss", vec![f32::INFINITY, 0.1, f32::MIN_POSITIVE]);
    state.put_indices("order", [2, 0, 1].into_iter());
    let weights = (vec![2, 1], vec![0.5, -0.5]);
    state.put_tensors("dense", Tensors::from([("w".to_owned(), weights)]));
    state
}

#[test]
fn what_is_written_is_read() {
    let models = tempfile::tempdir().expect("folder");
    let mut keeper = keeper(models.path(), "d1");
    assert_eq!(
        (keeper.read(), told().len()),
        (None, 0),
        "none is nothing odd"
    );
    keeper.write(&state());
    assert_eq!(keeper.read(), Some(state()));
    assert!(told().is_empty());
    remove(models.path(), "v1");
    assert_eq!(keeper.read(), None);
}

#[test]
fn one_of_something_else_is_not_used() {
    let models = tempfile::tempdir().expect("folder");
    keeper(models.path(), "d1").write(&state());
    assert_eq!(keeper(models.path(), "d2").read(), None);
    let told = told();
    assert!(
        told[0].contains("starts anew") && told[0].contains("other data"),
        "{told:?}"
    );
    let other = |change: fn(&mut Of<'_>)| {
        let mut of = of("d1");
        change(&mut of);
        Keeper::new(models.path(), &of, Duration::ZERO, tell).read()
    };
    assert_eq!(other(|of| of.base = Some("sha256:1")), None);
    assert_eq!(other(|of| of.threads = 2), None);
    assert_eq!(other(|of| of.items = 4), None);
    assert_eq!(other(|of| of.split = 6), None);
    assert_eq!(other(|of| of.hyper.learning_rate = 0.02), None);
    assert_eq!(other(|of| of.device = Kind::Cuda), None);
    assert_eq!(other(|_| ()), Some(state()));
}

#[test]
fn any_damage_is_seen() {
    let models = tempfile::tempdir().expect("folder");
    let mut keeper = keeper(models.path(), "d1");
    keeper.write(&state());
    let whole = fs::read(keeper.path()).expect("bytes");
    let check = |bytes: &[u8], words: &str| {
        fs::write(keeper.path(), bytes).expect("written");
        assert_eq!(keeper.read(), None);
        let told = told();
        assert!(told.len() == 1 && told[0].contains(words), "{told:?}");
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        check(&bytes, "damaged");
        check(&whole[..at], "damaged");
    }
    fs::remove_file(keeper.path()).expect("removed");
    fs::create_dir(keeper.path()).expect("folder");
    assert_eq!(keeper.read(), None);
    assert!(told()[0].contains("cannot be read"));
    fs::remove_dir(keeper.path()).expect("removed");
    let huge = File::create(keeper.path()).expect("file");
    huge.set_len(MAX_CHECKPOINT_BYTES + 1).expect("sparse");
    assert_eq!(keeper.read(), None);
    assert!(told()[0].contains("more than 256 MiB"));
}

#[test]
fn one_that_cannot_be_written_is_told_once() {
    let models = tempfile::tempdir().expect("folder");
    fs::write(models.path().join(PROGRESS_DIR), "in the way").expect("file");
    let mut keeper = keeper(models.path(), "d1");
    keeper.write(&state());
    keeper.write(&state());
    let told = told();
    assert!(
        told.len() == 1 && told[0].contains("goes on without"),
        "{told:?}"
    );
}

#[test]
fn it_is_written_now_and_then() {
    let models = tempfile::tempdir().expect("folder");
    let keeper = |every| Keeper::new(models.path(), &of("d1"), every, tell);
    assert!(keeper(Duration::ZERO).is_due() && !keeper(CHECKPOINT_EVERY).is_due());
}

/// Trains until the report of that number, where it ends as if killed, or to the end.
fn attempt(
    models: &Path,
    items: &[Item],
    base: Option<&logloop_scoring::Network>,
    until: usize,
) -> (Option<Result<Fitted, TrainerError>>, usize) {
    let reports = Cell::new(0);
    let work = std::panic::AssertUnwindSafe(|| {
        let mut report = |progress: &Progress| {
            reports.set(reports.get() + 1);
            if reports.get() == until {
                std::panic::resume_unwind(Box::new(progress.step));
            }
        };
        let mut course = Course::new(&mut report).kept_by(Some(keeper(models, "d1")));
        let split = split::by_group(items);
        fit_on(items, &split, &Classes::new(), base, HYPER, &mut course)
    });
    let result = std::panic::catch_unwind(work).ok();
    (result, reports.get())
}

/// Whatever the report after which it ends, the next attempt comes to the very same weights.
#[test]
fn it_goes_on_to_the_same_weights() {
    let items = Items::from_examples(&world(120)).training;
    let split = split::by_group(&items);
    let base = line::train(&items, &split, None, HYPER, &mut |_| {}).expect("trained");
    for base in [None, Some(&base.network)] {
        let models = tempfile::tempdir().expect("folder");
        let (whole, reports) = attempt(models.path(), &items, base, usize::MAX);
        let whole = whole.expect("to the end").expect("trained");
        assert!(reports > HYPER.epochs);
        // At the first report, in the middle, and at the last one.
        for until in [1, reports / 2, reports] {
            remove(models.path(), "v1");
            let (killed, _) = attempt(models.path(), &items, base, until);
            assert!(killed.is_none());
            let (again, after) = attempt(models.path(), &items, base, usize::MAX);
            let again = again.expect("to the end").expect("trained");
            assert_eq!(again.tensors, whole.tensors, "after {until}");
            assert_eq!(again.unseen, whole.unseen, "after {until}");
            assert_eq!(
                (again.best_epoch, again.epochs_run),
                (whole.best_epoch, whole.epochs_run)
            );
            let resumed = told()
                .iter()
                .any(|text| text.starts_with("resumed at epoch"));
            assert_eq!(
                resumed,
                until > 1,
                "nothing was kept before the first epoch's end"
            );
            assert_eq!(after < reports, until > 1, "no epoch is trained twice");
        }
    }
}

/// A state with the right names of another training is found out, and the training is as good as any.
#[test]
fn an_odd_state_starts_the_training_anew() {
    let models = tempfile::tempdir().expect("folder");
    let items = Items::from_examples(&world(120)).training;
    let fit = || attempt(models.path(), &items, None, usize::MAX).0;
    let whole = fit().expect("to the end").expect("trained");
    let mut left = keeper(models.path(), "d1").read().expect("the last state");
    told();
    for odd in [
        |state: &mut State| state.position.best_epoch = None,
        |state: &mut State| drop(state.floats.remove("last/rows")),
    ] {
        let mut state = left.clone();
        odd(&mut state);
        keeper(models.path(), "d1").write(&state);
        let again = fit().expect("to the end").expect("trained");
        assert_eq!(again.tensors, whole.tensors);
        let told = told();
        assert!(
            told.len() == 1 && told[0].contains("is not what this training has"),
            "{told:?}"
        );
    }
    left.position.last_done = 0;
    left.position.trainers.clear();
    keeper(models.path(), "d1").write(&left);
    let again = fit().expect("to the end").expect("trained");
    assert_eq!(
        again.tensors, whole.tensors,
        "before the first epoch of the last network"
    );
}
