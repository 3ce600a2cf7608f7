//! The model of sequences of a version: learned with the network, carried over from the base, or learned by itself.

use std::path::Path;

use chrono::Utc;
use logloop_records::DataDir;
use logloop_records::dataset::DatasetManifest;
use logloop_scoring::Model;
use logloop_scoring::artifact::{
    self, CARD_FILE, METRICS_FILE, MODEL_FILE, Manifest, SEQUENCE_FILE,
};

use super::learn::{SequenceFigures, learn};
use super::load::load;
use crate::error::TrainerError;
use crate::learned::{LEARNED_FILE, Learned};
use crate::message::{LeftOut, TrainResult};
use crate::record::{TrainingRecord, record_of};
use crate::train::{TrainOptions, name, publish_version};
use crate::{card, dataset, report};

/// Name of the model in messages.
pub const NAME: &str = "sequence";

/// What a version knows of sequences.
#[derive(Debug, Default)]
pub struct Sequences {
    /// The file, if it has one.
    pub bytes: Option<Vec<u8>>,
    /// Figures, if it was trained.
    pub figures: Option<SequenceFigures>,
    /// Why it was not.
    pub left_out: Option<LeftOut>,
}

impl Sequences {
    /// What the base knows, as it is.
    pub fn of_base(base: Option<&Model>) -> Self {
        Self {
            bytes: base
                .and_then(|base| base.sequence.as_ref())
                .map(logloop_scoring::SequenceModel::to_json),
            ..Self::default()
        }
    }

    /// Puts what is known of them into a record.
    pub fn record(&self, record: &mut TrainingRecord) {
        record.sequence.clone_from(&self.figures);
        record.left_out.extend(self.left_out.clone());
        let Some(figures) = &self.figures else {
            return;
        };
        if self.left_out.is_none() {
            record.trained.push(NAME.to_owned());
        }
        if let Some((rate, _)) = figures.alarm_rate() {
            record
                .metrics
                .insert("sequence_alarm_rate".to_owned(), rate);
        }
        for (name, count) in [
            ("sequence_train", figures.learned_from),
            ("sequence_held_out", figures.held_out_normal),
        ] {
            record.samples.insert(name.to_owned(), count);
        }
    }
}

/// Learns from a data set. Where it does not suffice, what the base knows goes on.
pub fn of_version(
    datasets: &Path,
    data_set: &DatasetManifest,
    base: Option<&Model>,
) -> Result<Sequences, TrainerError> {
    let loaded = load(&datasets.join(&data_set.id), data_set)?;
    if loaded.over_bound > 0 {
        report::line(&format!(
            "left out: {} transactions and windows (more than are learned from at once)",
            loaded.over_bound
        ));
    }
    let learned = learn(&loaded.sequences, &loaded.templates);
    report::sequences(&learned.figures);
    let mut sequences = Sequences {
        figures: Some(learned.figures),
        ..Sequences::default()
    };
    match (learned.model, learned.left_out) {
        (Some(model), _) => sequences.bytes = Some(model.to_json()),
        (None, reason) => {
            sequences.bytes = Sequences::of_base(base).bytes;
            let goes_on = if sequences.bytes.is_some() {
                "; that of the base goes on"
            } else {
                ""
            };
            sequences.left_out = Some(LeftOut {
                model: NAME.to_owned(),
                reason: format!("{}{goes_on}", reason.unwrap_or_default()),
            });
        }
    }
    Ok(sequences)
}

/// Publishes a version with the network of its base and a new model of sequences.
pub fn train_alone(options: &TrainOptions) -> Result<TrainResult, TrainerError> {
    let models = DataDir::new(&options.data).models();
    let Some(base) = &options.base else {
        return Err(TrainerError::new(
            "usage",
            "a version has a network: name with --base the one that goes on, or train line as well (--models line,sequence)",
        ));
    };
    let model = artifact::load(&models, base, None)?;
    let network = std::fs::read(models.join(base).join(MODEL_FILE)).map_err(|error| {
        TrainerError::new(
            "model_unreadable",
            format!("cannot read the network of {base}: {error}"),
        )
    })?;
    let mut record = record_of(&models, &model.manifest)?;
    let data_set = dataset::open_manifest(&options.data, options.dataset.as_deref())?;
    let datasets = DataDir::new(&options.data).datasets();
    let sequences = of_version(&datasets, &data_set, None)?;
    let Some(bytes) = sequences.bytes.as_deref() else {
        let reason = sequences.left_out.map(|left_out| left_out.reason);
        return Err(TrainerError::new(
            "not_enough_data",
            reason.unwrap_or_default(),
        ));
    };
    record.trained.retain(|name| name != NAME);
    record.left_out.clear();
    sequences.record(&mut record);
    let learned = Learned::read(&models, &model.manifest)?.map(|learned| learned.to_bytes());
    let learned = learned.transpose()?.flatten();
    let learned = learned.as_deref().map(|bytes| (LEARNED_FILE, bytes));
    let mut manifest = Manifest {
        version: options.version.clone().unwrap_or_else(|| name(&data_set)),
        digest: artifact::digest(&network),
        created: Utc::now(),
        base: Some(base.clone()),
        dataset: artifact::DatasetRef {
            id: data_set.id.clone(),
            digest: data_set.digest.clone(),
        },
        heads: record.trained.clone(),
        ..model.manifest
    };
    let metrics = serde_json::to_vec_pretty(&record).unwrap_or_default();
    let card = card::write(&manifest, &data_set, &record);
    let files = [
        (MODEL_FILE, &network[..]),
        (SEQUENCE_FILE, bytes),
        (METRICS_FILE, &metrics),
        (CARD_FILE, card.as_bytes()),
    ];
    let files: Vec<_> = files.into_iter().chain(learned).collect();
    publish_version(options, &data_set, &mut manifest, &files)
}
