//! `metrics.json`: how a version was trained and what it scored, as published beside the weights.

use std::collections::BTreeMap;
use std::path::Path;

use logloop_scoring::{Manifest, artifact};
use serde::{Deserialize, Serialize};

use crate::device::Kind;
use crate::error::TrainerError;
use crate::fit::Hyperparameters;
use crate::items::Dropped;
use crate::message::{LeftOut, TrainResult};
use crate::metrics::Figures;
use crate::sequence::SequenceFigures;
use crate::times::Shares;

/// What was trained, and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// What the version predicts.
    pub trained: Vec<String>,
    /// Models that were not trained.
    pub left_out: Vec<LeftOut>,
    /// On the test part: templates that were not trained on. Its labels are mostly weak.
    pub metrics: BTreeMap<String, f64>,
    /// Of these figures, by resampling the test's templates: lower and upper end of 95 %.
    #[serde(default)]
    pub intervals: BTreeMap<String, [f64; 2]>,
    /// The test by component, those with most entries.
    #[serde(default)]
    pub components: BTreeMap<String, Figures>,
    /// Share of the test's entries whose class a head that chooses names right, their own level and component hidden.
    #[serde(default)]
    pub choices: BTreeMap<String, f64>,
    /// Items of each part: `train`, `validation`, `test`, and how many of them are failures.
    pub samples: BTreeMap<String, u64>,
    /// Test items that a person labelled: the model and the rules on the same ones.
    pub strong_labels: Compared,
    /// The same network trained on a random split, if asked for: templates on both sides, so too good to be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random_split: Option<Figures>,
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
