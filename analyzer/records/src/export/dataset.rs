//! Export to an immutable data set of Parquet parts.

use std::collections::HashSet;
use std::path::Path;

use super::card;
use super::how::How;
use super::options::ExportOptions;
use super::parts::{self, Done};
use super::snapshot::{Snapshot, SourceKind};
use super::workplace::Workplace;
use crate::dataset::{
    CARD_FILE, DATASET_SCHEMA, DatasetManifest, MANIFEST_FILE, digest_of_parts, is_dataset_id,
    read_manifest,
};
use crate::erase::{Erased, Source, deleted_for, publish};
use crate::error::Error;
use crate::files;
use crate::layout::DataDir;

/// Times an export begins again because something was erased while it worked.
const MAX_BEGINNINGS: usize = 5;

/// Exports to `datasets/<id>`: everything aside, fsync, one rename. Killed, it goes on where it was: finished parts are
/// not made again, and the digest is that of the first snapshot. A data set that is there already is immutable: it is
/// reported as it is, or refused if it was made with other filters or by another version.
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
    super::require(&data)?;
    if let Some(erasure) = deleted_for(&data, id) {
        return Err(Error::DatasetErased {
            id: id.to_owned(),
            number: erasure,
        });
    }
    let target = data.datasets().join(id);
    let is_published = || target.join(MANIFEST_FILE).exists();
    let Some(workplace) = Workplace::enter(&data, id, is_published)? else {
        return there_already(&target, options);
    };
    let mut beginnings = 1;
    loop {
        let manifest = make(&data, &workplace, id, options)?;
        let source = Source {
            erasures: manifest.erasures,
            taken: manifest.created,
            since: manifest.filter.since,
        };
        match publish(&data, source, || workplace.publish(&target)) {
            Ok(()) => return Ok(manifest),
            // Who was erased since must not be in it; a snapshot of before is taken anew.
            Err(Error::Erased { .. }) if beginnings < MAX_BEGINNINGS => beginnings += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The data set that was made before, if it was made as it is asked for now.
fn there_already(target: &Path, options: &ExportOptions) -> Result<DatasetManifest, Error> {
    let manifest = read_manifest(target)?;
    let differences = How::asked(options).differences(&How::made(&manifest));
    if differences.is_empty() {
        return Ok(manifest);
    }
    Err(Error::DatasetTaken {
        id: manifest.id,
        difference: differences.join(", "),
    })
}

fn make(
    data: &DataDir,
    workplace: &Workplace,
    id: &str,
    options: &ExportOptions,
) -> Result<DatasetManifest, Error> {
    if let Some(made) = made(data, workplace, options)? {
        return Ok(made);
    }
    let snapshot = workplace.snapshot(data, options)?;
    let done = parts::make(data, &snapshot, options, &workplace.dir)?;
    let manifest = manifest(id, &snapshot, &done);
    let card = workplace.dir.join(CARD_FILE);
    files::write_atomic(&card, card::of(&manifest).as_bytes())?;
    // From here on nothing but the folder's name is missing.
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is JSON");
    files::write_atomic(&workplace.dir.join(MANIFEST_FILE), &text)?;
    clear_but(workplace, &manifest)?;
    Ok(manifest)
}

/// The data set, where who was killed only did not get to publish it.
fn made(
    data: &DataDir,
    workplace: &Workplace,
    options: &ExportOptions,
) -> Result<Option<DatasetManifest>, Error> {
    let Ok(manifest) = read_manifest(&workplace.dir) else {
        return Ok(None);
    };
    let fits = manifest.erasures == Erased::load(data)?.number()
        && How::asked(options).goes_on(&How::made(&manifest))
        && manifest
            .all_parts()
            .all(|part| workplace.dir.join(&part.file).is_file());
    if !fits {
        return Ok(None);
    }
    clear_but(workplace, &manifest)?;
    Ok(Some(manifest))
}

fn clear_but(workplace: &Workplace, manifest: &DatasetManifest) -> Result<(), Error> {
    let parts: HashSet<&str> = manifest
        .all_parts()
        .map(|part| part.file.as_str())
        .collect();
    workplace.clear(|name| ![CARD_FILE, MANIFEST_FILE].contains(&name) && !parts.contains(name))
}

fn manifest(id: &str, snapshot: &Snapshot, done: &[Done]) -> DatasetManifest {
    let mut all = snapshot.refused.clone();
    let (mut parts, mut sequence_parts) = (vec![], vec![]);
    let (mut segments, mut logs) = (vec![], vec![]);
    for (done, source) in done.iter().zip(&snapshot.sources) {
        all.merge(&done.counts);
        parts.extend(done.part.clone());
        sequence_parts.extend(done.sequences.clone());
        if source.kind == SourceKind::Log {
            logs.extend(done.source.clone());
        } else {
            segments.extend(done.source.clone());
        }
    }
    all.name_most_frequent();
    DatasetManifest {
        schema: DATASET_SCHEMA,
        id: id.to_owned(),
        digest: digest_of_parts(parts.iter().chain(&sequence_parts)),
        created: snapshot.taken,
        program: concat!("logloop ", env!("CARGO_PKG_VERSION")).to_owned(),
        filter: snapshot.filter.clone(),
        logs_only: snapshot.logs_only,
        template_version: logloop_logs::TEMPLATE_VERSION,
        erasures: snapshot.erasures,
        examples: all.examples,
        failures: all.failures,
        interactions: all.interactions,
        corrections: all.corrections,
        held_out: all.held_out,
        by_label_source: all.by_label_source,
        by_component: all.by_component,
        left_out: all.left_out,
        problems: all.problems,
        parts,
        sequences: all.sequences,
        sequence_parts,
        segments,
        logs,
    }
}
