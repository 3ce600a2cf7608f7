//! A data set of examples that were not collected here: for measuring and for tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::Utc;

use super::write::PartWriter;
use super::{DATASET_SCHEMA, DatasetManifest, MANIFEST_FILE, Part, digest_of_parts};
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::export::Filter;

/// Rows of one part, at most.
const PART_ROWS: u64 = 1_000_000;

/// Rows held while they are written.
const HELD_ROWS: usize = 10_000;

/// Makes the data set `id` below `datasets`, in a folder that is not there yet. A few thousand examples are in memory at a
/// time. Its manifest is written last; what dies before that leaves a folder that nothing reads.
pub fn make(
    datasets: &Path,
    id: &str,
    examples: impl IntoIterator<Item = TrainingExample>,
) -> Result<DatasetManifest, Error> {
    let dir = datasets.join(id);
    fs::create_dir_all(datasets).context("make", datasets)?;
    fs::create_dir(&dir).context("make", &dir)?;
    let mut examples = examples.into_iter().peekable();
    let mut parts = vec![];
    let (mut failures, mut held_out) = (0, 0);
    let mut by_label_source: BTreeMap<String, u64> = BTreeMap::new();
    while examples.peek().is_some() {
        let file = format!("part-{:05}.parquet", parts.len());
        let mut writer = PartWriter::new(&dir.join(&file))?;
        let mut rows = 0;
        while rows < PART_ROWS && examples.peek().is_some() {
            let held: Vec<TrainingExample> = examples.by_ref().take(HELD_ROWS).collect();
            for example in &held {
                failures += u64::from(example.is_failure);
                held_out += u64::from(example.held_out);
                let source = example.label_source.as_str().to_owned();
                *by_label_source.entry(source).or_default() += 1;
            }
            writer.rows(&held)?;
            rows += held.len() as u64;
        }
        let written = writer.finish()?;
        parts.push(Part {
            file,
            sha256: written.sha256,
            bytes: written.bytes,
            examples: rows,
            source: "made".to_owned(),
        });
    }
    let of = |source: &str| by_label_source.get(source).copied().unwrap_or_default();
    let manifest = DatasetManifest {
        schema: DATASET_SCHEMA,
        id: id.to_owned(),
        digest: digest_of_parts(&parts),
        created: Utc::now(),
        program: concat!("logloop ", env!("CARGO_PKG_VERSION")).to_owned(),
        filter: Filter::default(),
        logs_only: false,
        template_version: logloop_logs::TEMPLATE_VERSION,
        erasures: 0,
        examples: parts.iter().map(|part| part.examples).sum(),
        failures,
        interactions: 0,
        corrections: of("correction") + of("gold"),
        held_out,
        by_label_source,
        by_component: BTreeMap::new(),
        left_out: BTreeMap::new(),
        problems: vec![],
        parts,
        sequences: 0,
        sequence_parts: vec![],
        segments: vec![],
        logs: vec![],
    };
    let path = dir.join(MANIFEST_FILE);
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Damaged {
        path: path.clone(),
        problem: format!("the manifest cannot be written: {error}"),
    })?;
    fs::write(&path, json).context("write", &path)?;
    Ok(manifest)
}
