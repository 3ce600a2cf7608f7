//! `metrics.json`: how a version was trained and what it scored, as published beside the weights.

use std::collections::BTreeMap;
use std::path::Path;

use logloop_scoring::{Manifest, Network, artifact};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Intervals;
use crate::by_time::TimeFigures;
use crate::device::Kind;
use crate::error::TrainerError;
use crate::fit::Hyperparameters;
use crate::items::{Dropped, Item};
use crate::measured::{self, Beside, Measured, Sheet};
use crate::message::{LeftOut, TrainResult};
use crate::metrics::Figures;
use crate::scorer::Scorer;
use crate::sequence::SequenceFigures;
use crate::times::Shares;

/// What was trained, and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// What the version predicts.
    pub trained: Vec<String>,
    /// Models that were not trained.
    pub left_out: Vec<LeftOut>,
    /// On the test part: statements that were not trained on. Its labels are mostly weak.
    pub metrics: BTreeMap<String, f64>,
    /// Of these figures, by resampling the test's groups: lower and upper end of 95 %.
    #[serde(default)]
    pub intervals: Intervals,
    /// The test by component, those with most entries.
    #[serde(default)]
    pub components: BTreeMap<String, Measured>,
    /// The model, the rules and the base on held-out entries, which people labelled and nothing was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// Share of the test's entries whose class a head that chooses names right, their own level and component hidden.
    #[serde(default)]
    pub choices: BTreeMap<String, f64>,
    /// Items of each part: `train`, `validation`, `test`, and how many of them are failures.
    pub samples: BTreeMap<String, u64>,
    /// Test items that a person labelled: the model and the rules on the same ones.
    pub strong_labels: Compared,
    /// Entries of the test that are not judged, since the base learned of their statements. None: the base does not say what it
    /// learned, and may know some of the test.
    #[serde(default)]
    pub known_to_base: Option<u64>,
    /// The same training split by masked text: texts of one statement on both sides, so too good to be true. None: not
    /// compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_split: Option<Figures>,
    /// The same on a random split: even the same texts are on both sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random_split: Option<Figures>,
    /// The same split by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_split: Option<TimeFigures>,
    /// Figures of the model of sequences, if it was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<SequenceFigures>,
    /// What the user chose.
    pub hyperparameters: Hyperparameters,
    /// Threads it ran on.
    pub threads: usize,
    /// What the dense part was computed on.
    #[serde(default)]
    pub device: Kind,
    /// Where the time of the kept network's steps went.
    #[serde(default)]
    pub step_time: Shares,
    /// The epoch that was kept, of how many.
    pub best_epoch: usize,
    /// Epochs that were run.
    pub epochs_run: usize,
    /// Loss of the epoch that was kept.
    pub best_loss: f32,
    /// Examples that were not used.
    pub dropped: Dropped,
}

/// Who judges what nobody taught, all on the same entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// The model.
    pub model: Sheet,
    /// The built-in rules.
    pub rules: Beside,
    /// The version that it goes on from, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Beside>,
}

impl HeldOut {
    /// On these entries; none without any.
    pub fn of(model: &Network, base: Option<&Network>, items: &[&Item]) -> Option<Self> {
        if items.is_empty() {
            return None;
        }
        let (sheet, draws) = measured::sheet(Scorer::Model(model), items);
        let beside = |other| measured::beside(other, items, &draws);
        Some(Self {
            model: sheet,
            rules: beside(Scorer::Rules),
            base: base.map(|base| beside(Scorer::Model(base))),
        })
    }
}

/// Two scorers on the same entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The model.
    pub model: Figures,
    /// The built-in rules.
    pub rules: Figures,
}

/// The result of a version that is published, from its files alone; none if there is no such version.
pub fn published(models: &Path, version: &str) -> Result<Option<TrainResult>, TrainerError> {
    let manifest = match artifact::manifest(models, version) {
        Err(artifact::ArtifactError::NotFound { .. }) => return Ok(None),
        manifest => manifest?,
    };
    let record = record_of(models, &manifest)?;
    Ok(Some(result(&manifest, record)))
}

/// How a version was trained.
pub(crate) fn record_of(
    models: &Path,
    manifest: &Manifest,
) -> Result<TrainingRecord, TrainerError> {
    let version = &manifest.version;
    serde_json::from_value(artifact::metrics(models, manifest)?).map_err(|error| {
        let message = format!(
            "the metrics.json of {version} is not one of this release ({error}); remove {} or choose another --version",
            models.join(version).display()
        );
        TrainerError::new("model_unusable", message)
    })
}

fn result(manifest: &Manifest, record: TrainingRecord) -> TrainResult {
    let figures = Figures {
        metrics: record.metrics,
        samples: BTreeMap::new(),
    };
    let of = |name: &str| record.samples.get(name).copied().unwrap_or_default();
    let message = format!(
        "trained on {} entries ({} failures); on {} entries whose templates it never saw: failure F1 {}, \
         precision {}, recall {}",
        of("train"),
        of("train_failures"),
        of("test"),
        figures.text("failure_f1"),
        figures.text("failure_precision"),
        figures.text("failure_recall"),
    );
    TrainResult {
        step: "train",
        version: manifest.version.clone(),
        digest: manifest.digest.clone(),
        dataset: manifest.dataset.id.clone(),
        dataset_digest: manifest.dataset.digest.clone(),
        trained: record.trained,
        left_out: record.left_out,
        metrics: figures.metrics,
        samples: record.samples,
        message,
    }
}
