//! `evaluate`: a candidate and what serves today, on held-out entries that people labelled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use logloop_records::DataDir;
use logloop_scoring::Model;
use logloop_scoring::artifact::{self, RULES_VERSION};

use crate::bootstrap::Draws;
use crate::dataset;
use crate::entries::{Bounds, Entries};
use crate::error::TrainerError;
use crate::items::{Item, Items};
use crate::learned::Learned;
use crate::measured;
use crate::message::{EvaluateResult, Side};
use crate::metrics::Figures;
use crate::report;
use crate::scorer::Scorer;
use crate::sequence;

/// What to compare, on what.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// The data directory.
    pub data: PathBuf,
    /// The data set; none for what is collected by now.
    pub dataset: Option<String>,
    /// The version on trial.
    pub version: String,
    /// The version that serves, or `rules`.
    pub against: String,
}

/// Scores both sides on the same entries, today.
pub fn evaluate(options: &EvaluateOptions) -> Result<EvaluateResult, TrainerError> {
    let models = DataDir::new(&options.data).models();
    let stored = dataset::open(&options.data, options.dataset.as_deref())?;
    let load = |version: &str| artifact::load(&models, version, None);
    let candidate = load(&options.version)?;
    let serving = if options.against == RULES_VERSION {
        None
    } else {
        Some(load(&options.against)?)
    };
    // What is trained on needs no features here.
    let Items {
        held_out: mut items,
        judging,
        dropped,
        ..
    } = Entries::read(&stored, Bounds::default())?.into_judges();
    let told = told(&models, [Some(&candidate), serving.as_ref()], &judging)?;
    let before = items.len();
    items.retain(|item| !told.contains(&item.group));
    let told = before - items.len();
    let items: Vec<&Item> = items.iter().collect();
    let datasets = DataDir::new(&options.data).datasets();
    let judges = sequence::load_judges(&datasets.join(&stored.manifest.id), &stored.manifest)?;
    let of_candidate = of_sequences(Some(&candidate), &judges);
    let of_serving = of_sequences(serving.as_ref(), &judges);
    let (mut candidate, mut figures, draws) = side(Some(&candidate), &items);
    let (mut serving, serving_figures, serving_draws) = side(serving.as_ref(), &items);
    candidate.metrics.extend(of_candidate.metrics);
    serving.metrics.extend(of_serving.metrics);
    figures.samples.extend(of_candidate.samples);
    let rules = (serving.version != RULES_VERSION).then(|| {
        let mut rules = side(None, &items).0;
        rules.metrics.extend(of_sequences(None, &judges).metrics);
        rules
    });
    let gain = draws.differences(&serving_draws);
    let gained = gain
        .get("failure_f1")
        .map_or_else(String::new, |[low, high]| {
            format!(", higher by {low:.3} to {high:.3} (95 %)")
        });
    let mut message = if items.is_empty() {
        "no held-out corrections or gold in this data set: nothing to judge by".to_owned()
    } else if items
        .iter()
        .all(|item| item.is_failure == items[0].is_failure)
    {
        format!(
            "all {} held-out entries have the same label: F1 and precision need corrections of both kinds",
            items.len()
        )
    } else {
        format!(
            "on {} held-out entries labelled by people: failure F1 {} ({}) against {} ({}){gained}",
            items.len(),
            figures.text("failure_f1"),
            candidate.version,
            serving_figures.text("failure_f1"),
            serving.version
        )
    };
    if told > 0 {
        message.push_str(&format!(
            "; {told} more do not judge, since one of the two was trained on what people said of their statements"
        ));
    }
    let taught = dropped.of_taught_group;
    if taught > 0 {
        message.push_str(&format!(
            "; {taught} more do not judge, since other texts of their statements are trained on"
        ));
    }
    let capped = dropped.capped.over_judging_share;
    if capped > 0 {
        message.push_str(&format!(
            "; {capped} more are of contributors who bring too many to judge"
        ));
    }
    Ok(EvaluateResult {
        step: "evaluate",
        dataset: stored.manifest.id,
        candidate,
        serving,
        rules,
        gain,
        samples: figures.samples,
        message,
    })
}

/// The groups of which one of these versions, or one that it goes on from, was trained on what people said.
fn told(
    models: &Path,
    versions: [Option<&Model>; 2],
    judging: &[(u64, u64)],
) -> Result<BTreeSet<u64>, TrainerError> {
    let mut told = BTreeSet::new();
    for model in versions.into_iter().flatten() {
        match Learned::read(models, &model.manifest)? {
            Some(learned) => told.extend(learned.groups_by_person(judging.iter().copied())),
            None => report::line(&format!(
                "{} does not say what it learned: it may know some of the held-out entries' statements",
                model.manifest.version
            )),
        }
    }
    Ok(told)
}

/// One side's figures of transactions and windows; none where there are none to judge by.
fn of_sequences(model: Option<&Model>, judges: &sequence::Loaded) -> Figures {
    if judges.sequences.is_empty() {
        return Figures::default();
    }
    sequence::judge(model.and_then(|model| model.sequence.as_ref()), judges)
}

/// One side; without a model, the rules.
fn side(model: Option<&Model>, items: &[&Item]) -> (Side, Figures, Draws) {
    let scorer = model.map_or(Scorer::Rules, |model| Scorer::Model(&model.network));
    let (sheet, draws) = measured::sheet(scorer, items);
    let side = Side {
        version: model
            .map_or(RULES_VERSION, |model| &model.manifest.version)
            .to_owned(),
        digest: model.map(|model| model.manifest.digest.clone()),
        metrics: sheet.all.figures.metrics.clone(),
        intervals: sheet.all.intervals,
        components: sheet.components,
    };
    (side, sheet.all.figures, draws)
}
