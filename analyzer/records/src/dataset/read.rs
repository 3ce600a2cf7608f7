//! Parts to examples, after their digests were checked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use parquet::errors::ParquetError;
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

/// Reads all of the data set in `dir` into memory; every part's digest is checked first. What may be large is read with
/// [`for_each_example`].
pub fn read(dir: &Path) -> Result<(DatasetManifest, Vec<TrainingExample>), Error> {
    let manifest = read_usable_manifest(dir)?;
    let mut examples = vec![];
    for_each_example(dir, &manifest, &[], |example| examples.push(example))?;
    Ok((manifest, examples))
}

/// Reads the manifest, if this program reads such data sets and it is the one of its parts.
pub fn read_usable_manifest(dir: &Path) -> Result<DatasetManifest, Error> {
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
    if digest_of_parts(manifest.all_parts()) != manifest.digest {
        return Err(Error::Damaged {
            path: dir.join(MANIFEST_FILE),
            problem: "the digest is not that of the parts; export the data set again".to_owned(),
        });
    }
    Ok(manifest)
}

/// Hands over the examples of the data set in `dir`, in the order of its parts; every part's digest is checked before its
/// rows are read. One row, and a page of each column, are in memory at a time. The columns `without` are not read, which takes less
/// time: what they would say is empty.
pub fn for_each_example(
    dir: &Path,
    manifest: &DatasetManifest,
    without: &[&str],
    mut take: impl FnMut(TrainingExample),
) -> Result<(), Error> {
    for part in &manifest.parts {
        each(&checked(dir, part)?, without, &mut take)?;
    }
    Ok(())
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
    let damaged = |error: ParquetError| Error::Damaged {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let reader = SerializedFileReader::new(File::open(path).context("open", path)?);
    let reader = reader.map_err(damaged)?;
    let only = columns(&reader, |name| name == COLUMN).map_err(damaged)?;
    let rows = reader.get_row_iter(Some(only)).map_err(damaged)?;
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

/// The schema of a part with the columns that `keep` names.
fn columns(
    reader: &SerializedFileReader<File>,
    keep: impl Fn(&str) -> bool,
) -> Result<Type, ParquetError> {
    let schema = reader.metadata().file_metadata().schema();
    let kept = |field: &&Arc<Type>| keep(field.name());
    let fields = schema.get_fields().iter().filter(kept).cloned().collect();
    Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build()
}

/// Hands over the rows of a part.
pub(super) fn each(
    path: &Path,
    without: &[&str],
    mut take: impl FnMut(TrainingExample),
) -> Result<(), Error> {
    let damaged = |problem: String| Error::Damaged {
        path: path.to_owned(),
        problem,
    };
    let unread = |error: ParquetError| damaged(error.to_string());
    let file = File::open(path).context("open", path)?;
    let reader = SerializedFileReader::new(file).map_err(unread)?;
    let schema = columns(&reader, |name| !without.contains(&name)).map_err(unread)?;
    let rows = reader.get_row_iter(Some(schema)).map_err(unread)?;
    for (index, row) in rows.enumerate() {
        let example = example(&row.map_err(unread)?, without);
        take(example.ok_or_else(|| damaged(format!("row {index} is no training example")))?);
    }
    Ok(())
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

/// The example of a row; a column that is not there has to be one of those `without` which it is read, or an optional one.
pub(super) fn example(row: &Row, without: &[&str]) -> Option<TrainingExample> {
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
    let time = |name: &str| match fields.get(name) {
        Some(Field::TimestampMillis(millis)) => DateTime::from_timestamp_millis(*millis),
        _ => None,
    };
    let strings = |field: &Field| match field {
        Field::Str(text) => Some(text.clone()),
        _ => None,
    };
    let required = |name: &str| {
        let unread = without.contains(&name);
        text(name).or_else(|| unread.then(String::new))
    };
    Some(TrainingExample {
        log_entry: required("log_entry")?,
        component: text("component"),
        operation: text("operation"),
        level: text("level"),
        is_failure: boolean("is_failure")?,
        severity: float("severity")?,
        error_patterns: match fields.get("error_patterns") {
            Some(Field::ListInternal(list)) => {
                list.elements().iter().map(pattern).collect::<Option<_>>()?
            }
            None if without.contains(&"error_patterns") => Default::default(),
            _ => return None,
        },
        keywords: match fields.get("keywords") {
            Some(Field::ListInternal(list)) => {
                list.elements().iter().map(strings).collect::<Option<_>>()?
            }
            None if without.contains(&"keywords") => Default::default(),
            _ => return None,
        },
        timestamp: text("timestamp"),
        transaction_id: text("transaction_id"),
        source: required("source")?,
        interaction_timestamp: time("interaction_timestamp"),
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
        said_at: time("said_at"),
    })
}
