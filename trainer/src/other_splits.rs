//! The same training on other splits than the one that counts: two that flatter, so that one sees how much, and the one by time.

use crate::by_time::{ByTime, TimeFigures};
use crate::course::Course;
use crate::device::Chosen;
use crate::fit::Hyperparameters;
use crate::items::Item;
use crate::line;
use crate::metrics::Figures;
use crate::progress::Progress;
use crate::report;
use crate::scorer::Scorer;
use crate::split::{self, Split};

/// Entries up to which the other splits are trained on without being asked for: three more trainings of so few take seconds.
pub(crate) const MAX_ENTRIES: usize = 5_000;

/// What came of the other splits; none: not trained.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OtherSplits {
    /// By masked text: texts that differ in a value may be on two sides.
    pub(crate) text: Option<Figures>,
    /// At random: the same text may be.
    pub(crate) random: Option<Figures>,
    /// By time.
    pub(crate) time: Option<TimeFigures>,
}

/// Trains on the other splits, where `asked` or where it costs little.
pub(crate) fn train(
    items: &[Item],
    hyper: Hyperparameters,
    device: &Chosen,
    asked: bool,
) -> OtherSplits {
    let by_time = ByTime::of(items);
    let affordable = asked || items.len() <= MAX_ENTRIES;
    let network = |what: &str, split: &Split| {
        let mut quiet = |_: &Progress| {};
        let mut course = Course::new(&mut quiet).on(device.device.clone());
        let trained = line::train_on(items, split, None, hyper, &mut course);
        // What is only for comparison does not end a training.
        let told = trained.inspect_err(|error| {
            report::line(&format!("not compared with the split {what}: {error}"));
        });
        told.ok().map(|trained| trained.network)
    };
    let figures = |scorer: Scorer<'_>, part: &[usize]| {
        scorer.figures(part.iter().map(|&index| &items[index]))
    };
    let on = |what: &str, split: &Split| {
        let network = network(what, split).filter(|_| !split.test.is_empty())?;
        Some(figures(Scorer::Model(&network), &split.test))
    };
    let time = match by_time {
        Err(reason) => Some(TimeFigures::Insufficient { reason }),
        Ok(_) if !affordable => None,
        Ok(by_time) => network("by time", &by_time.split)
            .map(|network| by_time.judged(|part| figures(Scorer::Model(&network), part))),
    };
    if !affordable {
        return OtherSplits {
            time,
            ..OtherSplits::default()
        };
    }
    OtherSplits {
        text: on("by masked text", &split::by_text(items)),
        random: on("at random", &split::random(items.len(), hyper.seed)),
        time,
    }
}
