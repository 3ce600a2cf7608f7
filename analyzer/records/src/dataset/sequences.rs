//! Parts of transactions and windows.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use parquet::data_type::{BoolType, ByteArrayType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use super::DatasetManifest;
use super::read::checked;
use super::write::{Columns, Out, PartWriter, text};
use crate::error::{Context, Error};
use crate::sequence::TrainingSequence;

/// Columns of a part of sequences, with fixed types.
pub const SEQUENCE_SCHEMA: &str = "
message training_sequence {
  required binary source (STRING);
  required binary log (STRING);
  optional binary interaction_id (STRING);
  optional int64 interaction_timestamp (TIMESTAMP(MILLIS,true));
  required boolean is_window;
  optional binary component (STRING);
  optional binary transaction_id (STRING);
  required int64 first_line;
  required int64 last_line;
  required int64 entries;
  required boolean is_whole;
  required group steps (LIST) {
    repeated group list {
      required binary element (STRING);
    }
  }
  required boolean is_failure;
  required binary label_source (STRING);
  required float weight;
  required boolean held_out;
  optional binary contributor (STRING);
}
";

/// Columns with hardly a value twice.
const DISTINCT_COLUMNS: [&str; 1] = ["transaction_id"];

impl PartWriter {
    /// Makes the file of a part of sequences.
    pub(crate) fn of_sequences(path: &Path) -> Result<Self, Error> {
        Self::of(path, SEQUENCE_SCHEMA, &DISTINCT_COLUMNS)
    }

    /// Writes sequences, as one or more row groups.
    pub(crate) fn sequences(&mut self, rows: &[TrainingSequence]) -> Result<(), Error> {
        self.groups(rows, write_group)
    }
}

fn write_group(mut group: Columns<'_, Out>, rows: &[TrainingSequence]) -> Result<(), ParquetError> {
    group.required_text(rows, |s| &s.source)?;
    group.required_text(rows, |s| &s.log)?;
    group.optional_text(rows, |s| s.interaction_id.as_deref())?;
    group.optional::<Int64Type, _>(rows, |s| {
        s.interaction_timestamp.map(|t| t.timestamp_millis())
    })?;
    group.required::<BoolType, _>(rows, |s| s.is_window)?;
    group.optional_text(rows, |s| s.component.as_deref())?;
    group.optional_text(rows, |s| s.transaction_id.as_deref())?;
    group.required::<Int64Type, _>(rows, |s| s.first_line.cast_signed())?;
    group.required::<Int64Type, _>(rows, |s| s.last_line.cast_signed())?;
    group.required::<Int64Type, _>(rows, |s| s.entries.cast_signed())?;
    group.required::<BoolType, _>(rows, |s| s.is_whole)?;
    group
        .repeated::<ByteArrayType, _>(rows, |s| s.steps.iter().map(|step| text(step)).collect())?;
    group.required::<BoolType, _>(rows, |s| s.is_failure)?;
    group.required_text(rows, |s| s.label_source.as_str())?;
    group.required::<FloatType, _>(rows, |s| s.weight)?;
    group.required::<BoolType, _>(rows, |s| s.held_out)?;
    group.optional_text(rows, |s| s.contributor.as_deref())?;
    group.group.close().map(drop)
}

/// Hands over the sequences of the data set in `dir`, in the order of its sources, until `take` says no; every part's digest
/// is checked first.
pub fn for_each_sequence(
    dir: &Path,
    manifest: &DatasetManifest,
    mut take: impl FnMut(TrainingSequence) -> bool,
) -> Result<(), Error> {
    for part in &manifest.sequence_parts {
        let mut goes_on = true;
        each(&checked(dir, part)?, |sequence| {
            goes_on = take(sequence);
            goes_on
        })?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Hands over the rows until `take` says no.
fn each(path: &Path, mut take: impl FnMut(TrainingSequence) -> bool) -> Result<(), Error> {
    let damaged = |problem: String| Error::Damaged {
        path: path.to_owned(),
        problem,
    };
    let file = File::open(path).context("open", path)?;
    let reader = SerializedFileReader::new(file).map_err(|error| damaged(error.to_string()))?;
    let rows = reader
        .get_row_iter(None)
        .map_err(|error| damaged(error.to_string()))?;
    for (index, row) in rows.enumerate() {
        let row = row.map_err(|error| damaged(error.to_string()))?;
        let sequence =
            sequence(&row).ok_or_else(|| damaged(format!("row {index} is no sequence")))?;
        if !take(sequence) {
            break;
        }
    }
    Ok(())
}

fn sequence(row: &Row) -> Option<TrainingSequence> {
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
    let number = |name: &str| match fields.get(name) {
        Some(Field::Long(value)) => Some(value.cast_unsigned()),
        _ => None,
    };
    let step = |field: &Field| match field {
        Field::Str(text) => Some(Arc::from(text.as_str())),
        _ => None,
    };
    Some(TrainingSequence {
        source: text("source")?,
        log: text("log")?,
        interaction_id: text("interaction_id"),
        interaction_timestamp: match fields.get("interaction_timestamp") {
            Some(Field::TimestampMillis(millis)) => DateTime::from_timestamp_millis(*millis),
            _ => None,
        },
        is_window: boolean("is_window")?,
        component: text("component"),
        transaction_id: text("transaction_id"),
        first_line: number("first_line")?,
        last_line: number("last_line")?,
        entries: number("entries")?,
        is_whole: boolean("is_whole")?,
        steps: match fields.get("steps")? {
            Field::ListInternal(list) => list.elements().iter().map(step).collect::<Option<_>>()?,
            _ => return None,
        },
        is_failure: boolean("is_failure")?,
        label_source: text("label_source")?.parse().ok()?,
        weight: match fields.get("weight")? {
            Field::Float(value) => *value,
            _ => return None,
        },
        held_out: boolean("held_out")?,
        contributor: text("contributor"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabelSource;
    use crate::dataset::read::names;

    fn of(number: u64) -> TrainingSequence {
        let odd = number % 2 == 1;
        TrainingSequence {
            source: "chat_interaction".to_owned(),
            log: format!("log {number}"),
            interaction_id: odd.then(|| format!("id {number}")),
            interaction_timestamp: odd
                .then(|| DateTime::from_timestamp_millis(1_800_000_000_123).unwrap()),
            is_window: odd,
            component: odd.then(|| "db".to_owned()),
            transaction_id: (!odd).then(|| "t".to_owned()),
            first_line: number,
            last_line: number + 5,
            entries: number,
            is_whole: odd,
            steps: (0..number % 3)
                .map(|n| Arc::from(format!("step {n}")))
                .collect(),
            is_failure: odd,
            label_source: LabelSource::Model,
            weight: 0.5,
            held_out: !odd,
            contributor: odd.then(|| "0123456789abcdef".to_owned()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let rows: Vec<_> = (0..7).map(of).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sequences-00000.parquet");
        let mut writer = PartWriter::of_sequences(&path).unwrap();
        for rows in rows.chunks(4) {
            writer.sequences(rows).unwrap();
        }
        writer.finish().unwrap();
        let mut read = vec![];
        each(&path, |sequence| {
            read.push(sequence);
            true
        })
        .unwrap();
        assert_eq!(read, rows);
        assert!(names(&path, "id 3").unwrap());
        assert!(!names(&path, "id 2").unwrap());
    }
}
