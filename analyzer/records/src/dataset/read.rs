//! Parts to examples, after their digests were checked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use sha2::{Digest, Sha256};

use super::manifest::hex;
use super::{
    DATASET_SCHEMA, DatasetManifest, MANIFEST_FILE, OLDEST_READ_SCHEMA, Part, digest_of_parts,
};
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::files;
use crate::filesystem::RealFilesystem;

/// Bytes hashed at once.
const HASH_BUFFER_BYTES: usize = 1 << 16;

/// Reads the data set in `dir`; every part's digest is checked first.
pub fn read(dir: &Path) -> Result<(DatasetManifest, Vec<TrainingExample>), Error> {
    let manifest = read_manifest(dir)?;
    if !manifest.is_readable() {
        return Err(Error::Damaged {
            path: dir.join(MANIFEST_FILE),
            problem: format!(
                "the data set has layout {}, this program reads {OLDEST_READ_SCHEMA} to {DATASET_SCHEMA}: export it again",
                manifest.schema
            ),
        });
    }
    let damaged = |path: &Path, problem: String| Error::Damaged {
        path: path.to_owned(),
        problem: format!("{problem}; export the data set again"),
    };
    if digest_of_parts(manifest.all_parts()) != manifest.digest {
        return Err(damaged(
            &dir.join(MANIFEST_FILE),
            "the digest is not that of the parts".into(),
        ));
    }
    let mut examples = vec![];
    for part in &manifest.parts {
        let path = checked(dir, part)?;
        examples.extend(read_part(&path)?);
    }
    Ok((manifest, examples))
}

/// The path of a part, if its digest is the one in the manifest.
pub(super) fn checked(dir: &Path, part: &Part) -> Result<PathBuf, Error> {
    let path = dir.join(&part.file);
    let sha256 = sha256_of_file(&path)?;
    if sha256 == part.sha256 {
        return Ok(path);
    }
    Err(Error::Damaged {
        path,
        problem: format!(
            "its SHA-256 is {sha256}, the manifest says {}; export the data set again",
            part.sha256
        ),
    })
}

/// Reads the manifest alone, also of another layout.
pub fn read_manifest(dir: &Path) -> Result<DatasetManifest, Error> {
    let path = dir.join(MANIFEST_FILE);
    let bytes = std::fs::read(&path).context("read", &path)?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
        path,
        problem: format!("this is no manifest of a data set ({error}); export it again"),
    })
}

/// The newest data set below `datasets` that can be read, if there is one.
pub fn newest(datasets: &Path) -> Result<Option<PathBuf>, Error> {
    // A name that begins with a dot is what an export that died has left.
    let visible = |dir: &PathBuf| {
        !dir.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .starts_with('.')
    };
    let readable = files::list(&RealFilesystem, datasets)?
        .into_iter()
        .filter(visible)
        .filter_map(|dir| {
            let manifest = read_manifest(&dir).ok()?;
            manifest.is_readable().then_some((manifest.created, dir))
        });
    Ok(readable.max().map(|(_, dir)| dir))
}

/// Whether a row of the data set in `dir` names this interaction. Of rows that were folded only one is named.
pub(crate) fn has_rows_of(dir: &Path, interaction: uuid::Uuid) -> Result<bool, Error> {
    for part in read_manifest(dir)?.all_parts() {
        if names(&dir.join(&part.file), &interaction.to_string())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a row of a part names it; no other column is read.
pub(super) fn names(path: &Path, interaction: &str) -> Result<bool, Error> {
    const COLUMN: &str = "interaction_id";
    let damaged = |error: parquet::errors::ParquetError| Error::Damaged {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let reader = SerializedFileReader::new(File::open(path).context("open", path)?);
    let reader = reader.map_err(damaged)?;
    let schema = reader.metadata().file_metadata().schema();
    let is_it = |field: &&Arc<Type>| field.name() == COLUMN;
    let fields = schema.get_fields().iter().filter(is_it).cloned().collect();
    let only = Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build();
    let rows = reader
        .get_row_iter(Some(only.map_err(damaged)?))
        .map_err(damaged)?;
    for row in rows {
        let row = row.map_err(damaged)?;
        let mut fields = row.get_column_iter().map(|(_, field)| field);
        if fields.any(|field| matches!(field, Field::Str(id) if id == interaction)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// SHA-256 of a file, hexadecimal.
pub(crate) fn sha256_of_file(path: &Path) -> Result<String, Error> {
    sha256_of(File::open(path).context("open", path)?, path)
}

/// SHA-256 of what is read of a file, hexadecimal.
pub(crate) fn sha256_of(bytes: impl Read, path: &Path) -> Result<String, Error> {
    let mut reader = BufReader::with_capacity(HASH_BUFFER_BYTES, bytes);
    let mut hash = Sha256::new();
    loop {
        let chunk = reader.fill_buf().context("read", path)?;
        if chunk.is_empty() {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(chunk);
        let used = chunk.len();
        reader.consume(used);
    }
}

pub(super) fn read_part(path: &Path) -> Result<Vec<TrainingExample>, Error> {
    let damaged = |problem: String| Error::Damaged {
        path: path.to_owned(),
        problem,
    };
    let file = File::open(path).context("open", path)?;
    let reader = SerializedFileReader::new(file).map_err(|error| damaged(error.to_string()))?;
    let rows = reader
        .get_row_iter(None)
        .map_err(|error| damaged(error.to_string()))?;
    rows.enumerate()
        .map(|(index, row)| {
            let row = row.map_err(|error| damaged(error.to_string()))?;
            example(&row).ok_or_else(|| damaged(format!("row {index} is no training example")))
        })
        .collect()
}

/// An error pattern and its count.
fn pattern(field: &Field) -> Option<(String, u32)> {
    let Field::Group(row) = field else {
        return None;
    };
    match row
        .get_column_iter()
        .map(|(_, field)| field)
        .collect::<Vec<_>>()[..]
    {
        [Field::Str(name), Field::Int(count)] => Some((name.clone(), count.cast_unsigned())),
        _ => None,
    }
}

pub(super) fn example(row: &Row) -> Option<TrainingExample> {
    let fields: BTreeMap<&str, &Field> = row
        .get_column_iter()
        .map(|(name, field)| (name.as_str(), field))
        .collect();
    let text = |name: &str| match fields.get(name) {
        Some(Field::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let boolean = |name: &str| match fields.get(name) {
        Some(Field::Bool(value)) => Some(*value),
        _ => None,
    };
    let float = |name: &str| match fields.get(name) {
        Some(Field::Float(value)) => Some(*value),
        _ => None,
    };
    let strings = |field: &Field| match field {
        Field::Str(text) => Some(text.clone()),
        _ => None,
    };
    Some(TrainingExample {
        log_entry: text("log_entry")?,
        component: text("component"),
        operation: text("operation"),
        level: text("level"),
        is_failure: boolean("is_failure")?,
        severity: float("severity")?,
        error_patterns: match fields.get("error_patterns")? {
            Field::ListInternal(list) => {
                list.elements().iter().map(pattern).collect::<Option<_>>()?
            }
            _ => return None,
        },
        keywords: match fields.get("keywords")? {
            Field::ListInternal(list) => {
                list.elements().iter().map(strings).collect::<Option<_>>()?
            }
            _ => return None,
        },
        timestamp: text("timestamp"),
        transaction_id: text("transaction_id"),
        source: text("source")?,
        interaction_timestamp: match fields.get("interaction_timestamp") {
            Some(Field::TimestampMillis(millis)) => DateTime::from_timestamp_millis(*millis),
            _ => None,
        },
        label_source: text("label_source")?.parse().ok()?,
        weight: float("weight")?,
        template: text("template")?,
        interaction_id: text("interaction_id"),
        count: match fields.get("count")? {
            Field::Long(count) => count.cast_unsigned(),
            _ => return None,
        },
        held_out: boolean("held_out")?,
        is_useful: boolean("is_useful"),
        user_feedback: text("user_feedback"),
        contributor: text("contributor"),
        before_template: text("before_template"),
        before_level: text("before_level"),
    })
}
