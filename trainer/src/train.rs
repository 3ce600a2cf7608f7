//! `train`: a data set into a published version.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use logloop_records::dataset::DatasetManifest;
use logloop_records::{DataDir, Error, erase};
use logloop_scoring::artifact::{
    self, CARD_FILE, DatasetRef, FileEntry, MANIFEST_SCHEMA, METRICS_FILE, MODEL_FILE,
    SEQUENCE_FILE,
};
use logloop_scoring::features::FEATURE_VERSION;
use logloop_scoring::suspects::SUSPECTS_FILE;
use logloop_scoring::{Manifest, Network};

use crate::bar::Bar;
use crate::base::Base;
use crate::checkpoint::Keeper;
use crate::course::Course;
use crate::device::Chosen;
use crate::error::TrainerError;
use crate::fit::{Fitted, Hyperparameters};
use crate::heads::{self, NUMBERS};
use crate::items::{Item, Items};
use crate::learned::LEARNED_FILE;
use crate::message::TrainResult;
use crate::progress::{Progress, ProgressFile};
use crate::publish::publish;
use crate::record::{Compared, HeldOut, TrainingRecord, published};
use crate::scorer::Scorer;
use crate::sequence::{self, Sequences};
use crate::split::{self, Split};
use crate::{card, checkpoint, dataset, line, measured, other_splits, report, suspects};

/// Distinct groups of failures, and of non-failures, that a training needs.
pub const MIN_GROUPS: usize = 5;

/// What to train, on what.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The data directory.
    pub data: PathBuf,
    /// The data set; none for what is collected by now.
    pub dataset: Option<String>,
    /// Name of the version; none for one of time and data set.
    pub version: Option<String>,
    /// The version to go on from.
    pub base: Option<String>,
    /// Train the network that scores entries; else the base's goes on.
    pub line: bool,
    /// Train the model of sequences; else the base's goes on.
    pub sequence: bool,
    /// What the user chose.
    pub hyper: Hyperparameters,
    /// Threads to run on.
    pub threads: usize,
    /// What to compute the dense part on.
    pub device: Chosen,
    /// Pause between two checkpoints, at least.
    pub checkpoint_every: Duration,
    /// Train on other splits too, also where that takes long: to show how much some of them flatter, and by time.
    pub compare_splits: bool,
}

/// Trains and publishes, or reports what was published under that name.
pub fn train(options: &TrainOptions) -> Result<TrainResult, TrainerError> {
    let models = DataDir::new(&options.data).models();
    if let Some(version) = &options.version
        && let Some(result) = published(&models, version)?
    {
        report::line(&format!("{version} is published already; nothing to train"));
        checkpoint::remove(&models, version);
        return Ok(result);
    }
    if !options.line {
        return sequence::train_alone(options);
    }
    let stored = dataset::open(&options.data, options.dataset.as_deref())?;
    let data_set = &stored.manifest;
    let version = options.version.clone().unwrap_or_else(|| name(data_set));
    let base = Base::read(&models, options.base.as_deref())?;
    let items = Items::read(&stored)?;
    check_enough(&items, &data_set.id)?;
    let mut file = ProgressFile::create(&models, &version)?;
    report::data_set(data_set, &items);

    let mut split = split::by_group(&items.training);
    let known_to_base = base.leave_out_known(&items.training, &mut split);
    if let Some(note) = &options.device.note {
        report::line(note);
    }
    let of = checkpoint::Of {
        version: &version,
        dataset: &data_set.digest,
        base: base
            .model
            .as_ref()
            .map(|base| base.manifest.digest.as_str()),
        items: items.training.len(),
        split: split.number(&items.training),
        hyper: options.hyper,
        threads: options.threads,
        device: options.device.kind,
    };
    // Without a name of its own nobody would find it again.
    let named = options.version.is_some();
    let keeper = named.then(|| Keeper::new(&models, &of, options.checkpoint_every, report::line));
    let mut bar = Bar::new();
    let mut report = |progress: &Progress| {
        file.report(progress);
        bar.report(progress);
    };
    let mut course = Course::new(&mut report)
        .on(options.device.device.clone())
        .kept_by(keeper);
    let trained = line::train_on(
        &items.training,
        &split,
        base.network(),
        options.hyper,
        &mut course,
    );
    bar.clear();
    // What failed would fail there again.
    let trained = trained.inspect_err(|_| checkpoint::remove(&models, &version))?;
    let line::Trained {
        bytes,
        network,
        fitted,
        left_out,
        doubted,
    } = trained;
    let mut record = record(options, &items, &split, &fitted, &network);
    record.known_to_base = known_to_base;
    record.held_out = HeldOut::of(&network, base.network(), &base.judges(&items));
    record.dropped.doubted = doubted.len();
    let sequences = if options.sequence {
        let datasets = DataDir::new(&options.data).datasets();
        sequence::of_version(&datasets, data_set, base.model.as_ref())?
    } else {
        Sequences::of_base(base.model.as_ref())
    };
    sequences.record(&mut record);
    record.left_out.extend(left_out);
    let asked = options.compare_splits;
    let others = other_splits::train(&items.training, options.hyper, &options.device, asked);
    record.text_split = others.text;
    record.random_split = others.random;
    record.time_split = others.time;
    report::figures(&record);

    let mut manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        version: version.clone(),
        digest: artifact::digest(&bytes),
        created: Utc::now(),
        feature_version: FEATURE_VERSION,
        base: options.base.clone(),
        dataset: DatasetRef {
            id: data_set.id.clone(),
            digest: data_set.digest.clone(),
        },
        seed: options.hyper.seed,
        heads: record.trained.clone(),
        files: Default::default(),
    };
    let metrics = serde_json::to_vec_pretty(&record).map_err(|error| {
        TrainerError::new(
            "training_failed",
            format!("the figures cannot be stored: {error}"),
        )
    })?;
    // Neither was trained on.
    let unlearned = [&split.test[..], &doubted].concat();
    let suspects = suspects::find(&items.training, &fitted.unseen, &unlearned, &network);
    let suspects = suspects::to_bytes(&suspects)?;
    let learned = base.learned_with(&items.training, &split)?;
    let card = card::write(&manifest, data_set, &record);
    let files: Vec<(&str, &[u8])> = [
        (MODEL_FILE, &bytes[..]),
        (METRICS_FILE, &metrics),
        (SUSPECTS_FILE, &suspects),
        (CARD_FILE, card.as_bytes()),
    ]
    .into_iter()
    .chain(
        sequences
            .bytes
            .as_deref()
            .map(|bytes| (SEQUENCE_FILE, bytes)),
    )
    .chain(learned.as_deref().map(|bytes| (LEARNED_FILE, bytes)))
    .collect();
    publish_version(options, data_set, &mut manifest, &files)
}

/// Publishes a version with these files, unless what it was trained on was erased meanwhile.
pub(crate) fn publish_version(
    options: &TrainOptions,
    data_set: &DatasetManifest,
    manifest: &mut Manifest,
    files: &[(&str, &[u8])],
) -> Result<TrainResult, TrainerError> {
    let data = DataDir::new(&options.data);
    let models = data.models();
    manifest.files = files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), FileEntry::of(bytes)))
        .collect();
    let source = erase::Source {
        erasures: data_set.erasures,
        taken: data_set.created,
        since: data_set.filter.since,
    };
    // What was erased while this trained is not published: it would have to be marked at once.
    let attempt = || {
        erase::publish(&data, source, || {
            if let Some(number) = erase::deleted_for(&data, &data_set.id) {
                return Err(Error::Erased { number });
            }
            // What the base was trained on is in this one, too.
            let marks = options.base.as_ref().map(|base| models.join(base));
            let marks = marks.and_then(|base| erase::marks_to_pass_on(&base));
            let marks = marks.as_deref().map(|marks| (erase::MARK_FILE, marks));
            let files: Vec<_> = files.iter().copied().chain(marks).collect();
            publish(&models, manifest, &files)
        })
    };
    let version = &manifest.version;
    let mut published_now = attempt();
    if !matches!(published_now, Ok(_) | Err(Error::Erased { .. })) {
        // On a full volume the checkpoint's room may be what is missing.
        checkpoint::remove(&models, version);
        published_now = attempt();
    }
    checkpoint::remove(&models, version);
    published_now?;
    // Read back: of two racing attempts both report the one that is there.
    published(&models, version)?.ok_or_else(|| {
        TrainerError::new(
            "version_not_found",
            format!("{version} was removed while it was published; train again"),
        )
    })
}

/// `v`, the time, and what it was trained on.
pub(crate) fn name(data_set: &DatasetManifest) -> String {
    let digest: String = data_set
        .digest
        .trim_start_matches("sha256:")
        .chars()
        .take(8)
        .collect();
    format!("v{}-{digest}", Utc::now().format("%Y%m%d-%H%M%S-%3f"))
}

fn check_enough(items: &Items, data_set: &str) -> Result<(), TrainerError> {
    let (failures, others) = (items.groups(true), items.groups(false));
    if failures >= MIN_GROUPS && others >= MIN_GROUPS {
        return Ok(());
    }
    let message = format!(
        "data set {data_set} has {failures} distinct failing entries and {others} others to train on, those that differ in a \
         value counted once; at least {MIN_GROUPS} of each are needed: analyse more logs, or correct some of their lines, then run it again"
    );
    Err(TrainerError::new("not_enough_data", message))
}

fn record(
    options: &TrainOptions,
    items: &Items,
    split: &Split,
    fitted: &Fitted,
    network: &Network,
) -> TrainingRecord {
    let training = &items.training;
    let of = |part: &[usize], keep: fn(&Item) -> bool| {
        part.iter().filter(|&&index| keep(&training[index])).count()
    };
    let test: Vec<&Item> = split.test.iter().map(|&index| &training[index]).collect();
    let strong: Vec<&Item> = test
        .iter()
        .copied()
        .filter(|item| item.source.is_strong())
        .collect();
    let (sheet, _) = measured::sheet(Scorer::Model(network), &test);
    let mut samples = BTreeMap::new();
    for (name, part) in [
        ("train", &split.train),
        ("validation", &split.validation),
        ("test", &split.test),
    ] {
        samples.insert(name.to_owned(), part.len() as u64);
        samples.insert(
            format!("{name}_failures"),
            of(part, |item| item.is_failure) as u64,
        );
    }
    samples.insert("held_out".to_owned(), items.held_out.len() as u64);
    let numbers = NUMBERS.iter().map(|head| (*head).to_owned());
    let trained = numbers
        .chain(network.config().classes.keys().cloned())
        .collect();
    TrainingRecord {
        trained,
        left_out: Vec::new(),
        metrics: sheet.all.figures.metrics,
        intervals: sheet.all.intervals,
        components: sheet.components,
        held_out: None,
        known_to_base: None,
        choices: choices(network, &test),
        samples,
        strong_labels: Compared {
            model: Scorer::Model(network).figures(strong.iter().copied()),
            rules: Scorer::Rules.figures(strong),
        },
        text_split: None,
        random_split: None,
        time_split: None,
        device: options.device.kind,
        step_time: fitted.shares,
        sequence: None,
        hyperparameters: options.hyper,
        threads: options.threads,
        best_epoch: fitted.best_epoch,
        epochs_run: fitted.epochs_run,
        best_loss: fitted.best_loss,
        dropped: items.dropped,
    }
}

/// Share of right classes by head, over the entries whose class the head knows.
fn choices(network: &Network, test: &[&Item]) -> BTreeMap<String, f64> {
    let share = |(head, classes): (&String, &Vec<String>)| {
        let known = test
            .iter()
            .filter(|item| heads::target(item, head, classes).is_some());
        let right = |item: &&&Item| {
            let chosen = network.classify(head, item.bare());
            chosen.map(|(class, _)| class) == heads::value(item, head)
        };
        let (all, right) = (known.clone().count(), known.filter(right).count());
        (all > 0).then(|| (head.clone(), right as f64 / all as f64))
    };
    network.config().classes.iter().filter_map(share).collect()
}
