//! Export to an immutable data set of Parquet parts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{Counts, Snapshot};
use crate::dataset::{
    DatasetManifest, MANIFEST_FILE, Part, SourceSegment, digest_of_parts, is_dataset_id,
    read_manifest, sha256_of, sha256_of_file, write_part,
};
use crate::erase::{deleted_for, publish};
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;
use crate::store::{Opened, Segment};

/// Layout of the parts and the manifest.
const DATASET_SCHEMA: u32 = 1;

/// Components named in the manifest; the rest is summed up under `…`.
const MAX_COMPONENTS: usize = 50;

/// What to export.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Leave out interactions before this time.
    pub since: Option<DateTime<Utc>>,
}

/// Exports to `datasets/<id>`: everything aside, fsync, one rename. A data set that is there
/// already is immutable: it is reported as it is.
pub fn export_dataset(
    data: &Path,
    id: &str,
    options: &ExportOptions,
) -> Result<DatasetManifest, Error> {
    let data = DataDir::new(data);
    if !is_dataset_id(id) {
        return Err(Error::Invalid(format!(
            "{id:?} cannot name a data set: use at most 63 of a-z, 0-9, '-' and '.'"
        )));
    }
    let target = data.datasets().join(id);
    if target.join(MANIFEST_FILE).exists() {
        return read_manifest(&target);
    }
    if !data.root().is_dir() {
        return Err(Error::Invalid(format!(
            "there is no data directory at {}: check --data and the volume's mount",
            data.root().display()
        )));
    }
    if let Some(erasure) = deleted_for(&data, id) {
        return Err(Error::Invalid(format!(
            "data set {id:?} was deleted for erasure {erasure}, and models may name it: take another id"
        )));
    }
    let snapshot = Snapshot::take(&data, options.since)?;
    let aside = data
        .datasets()
        .join(format!(".{id}.{}.tmp", uuid::Uuid::now_v7().simple()));
    files::create_dir(&RealFilesystem, &aside)?;
    let made = write_all(&data, &snapshot, &aside, id).and_then(|manifest| {
        files::sync_dir(&aside)?;
        publish(&data, snapshot.source(), || {
            match fs::rename(&aside, &target) {
                Ok(()) => files::sync_dir(&data.datasets()).map(|()| manifest),
                // Another pod of the same Job was first; its data set counts.
                Err(_) if target.join(MANIFEST_FILE).exists() => read_manifest(&target),
                Err(error) => Err(error).context("publish", &target),
            }
        })
    });
    let _ = fs::remove_dir_all(&aside);
    made
}

fn write_all(
    data: &DataDir,
    snapshot: &Snapshot,
    dir: &Path,
    id: &str,
) -> Result<DatasetManifest, Error> {
    let mut manifest = DatasetManifest {
        schema: DATASET_SCHEMA,
        id: id.to_owned(),
        digest: String::new(),
        created: Utc::now(),
        since: snapshot.since,
        erasures: snapshot.erased.number(),
        template_version: logloop_logs::TEMPLATE_VERSION,
        examples: 0,
        failures: 0,
        interactions: 0,
        corrections: 0,
        held_out: 0,
        by_label_source: BTreeMap::new(),
        by_component: BTreeMap::new(),
        left_out: BTreeMap::new(),
        parts: vec![],
        segments: vec![],
    };
    for segment in &snapshot.segments {
        let Some(opened) = segment.open()? else {
            continue;
        };
        manifest.segments.push(source(segment, opened.clone())?);
        let (examples, counts) = snapshot.examples(data, segment, opened)?;
        count(&mut manifest, &examples, &counts);
        if !examples.is_empty() {
            let file = format!("part-{:05}.parquet", manifest.parts.len());
            manifest.parts.push(part(dir, file, &examples)?);
        }
    }
    keep_most_frequent(&mut manifest.by_component);
    manifest.digest = digest_of_parts(&manifest.parts);
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is JSON");
    files::write_atomic(&dir.join(MANIFEST_FILE), &text)?;
    Ok(manifest)
}

fn part(dir: &Path, file: String, examples: &[TrainingExample]) -> Result<Part, Error> {
    let path = dir.join(&file);
    write_part(&path, examples)?;
    let bytes = fs::metadata(&path).context("read", &path)?.len();
    Ok(Part {
        sha256: sha256_of_file(&path)?,
        bytes,
        examples: examples.len() as u64,
        file,
    })
}

fn source(segment: &Segment, opened: Opened) -> Result<SourceSegment, Error> {
    Ok(SourceSegment {
        file: segment
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes: opened.snapshot_bytes(),
        sha256: sha256_of(opened, &segment.path)?,
    })
}

fn count(manifest: &mut DatasetManifest, examples: &[TrainingExample], counts: &Counts) {
    manifest.interactions += counts.interactions;
    for (reason, number) in &counts.left_out {
        *manifest.left_out.entry((*reason).to_owned()).or_default() += number;
    }
    for example in examples {
        manifest.examples += 1;
        manifest.failures += u64::from(example.is_failure);
        manifest.corrections += u64::from(example.label_source.is_strong());
        manifest.held_out += u64::from(example.held_out && example.label_source.is_strong());
        *manifest
            .by_label_source
            .entry(example.label_source.as_str().to_owned())
            .or_default() += 1;
        if let Some(component) = &example.component {
            *manifest.by_component.entry(component.clone()).or_default() += 1;
        }
    }
}

fn keep_most_frequent(by_component: &mut BTreeMap<String, u64>) {
    let mut all: Vec<_> = std::mem::take(by_component).into_iter().collect();
    all.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let rest: u64 = all.iter().skip(MAX_COMPONENTS).map(|(_, rows)| rows).sum();
    by_component.extend(all.into_iter().take(MAX_COMPONENTS));
    if rest > 0 {
        by_component.insert("…".to_owned(), rest);
    }
}
