//! Examples to a Parquet part.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::PARQUET_SCHEMA;
use crate::error::{Context, Error};
use crate::example::TrainingExample;

/// Rows of one row group.
const ROW_GROUP_ROWS: usize = 50_000;

/// Writes the examples and makes the file durable. The same examples give the same bytes.
pub(crate) fn write_part(path: &Path, examples: &[TrainingExample]) -> Result<(), Error> {
    let file = File::create(path).context("make", path)?;
    write(&file, examples).map_err(|error| Error::Damaged {
        path: path.to_owned(),
        problem: format!("the part could not be written: {error}; is there space on the volume?"),
    })?;
    file.sync_all().context("sync", path)
}

fn write(file: &File, examples: &[TrainingExample]) -> Result<(), ParquetError> {
    let schema = Arc::new(parse_message_type(PARQUET_SCHEMA)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("logloop".to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    for rows in examples.chunks(ROW_GROUP_ROWS) {
        let mut group = Columns {
            group: writer.next_row_group()?,
        };
        group.required::<ByteArrayType>(rows, |e| text(&e.log_entry))?;
        group.optional::<ByteArrayType>(rows, |e| e.component.as_deref().map(text))?;
        group.optional::<ByteArrayType>(rows, |e| e.operation.as_deref().map(text))?;
        group.optional::<ByteArrayType>(rows, |e| e.level.as_deref().map(text))?;
        group.required::<BoolType>(rows, |e| e.is_failure)?;
        group.required::<FloatType>(rows, |e| e.severity)?;
        group.repeated::<ByteArrayType>(rows, |e| {
            e.error_patterns.keys().map(|k| text(k)).collect()
        })?;
        group.repeated::<Int32Type>(rows, |e| {
            e.error_patterns.values().map(|v| v.cast_signed()).collect()
        })?;
        group.repeated::<ByteArrayType>(rows, |e| e.keywords.iter().map(|k| text(k)).collect())?;
        group.optional::<ByteArrayType>(rows, |e| e.timestamp.as_deref().map(text))?;
        group.optional::<ByteArrayType>(rows, |e| e.transaction_id.as_deref().map(text))?;
        group.required::<ByteArrayType>(rows, |e| text(&e.source))?;
        group.optional::<Int64Type>(rows, |e| {
            e.interaction_timestamp.map(|t| t.timestamp_millis())
        })?;
        group.required::<ByteArrayType>(rows, |e| text(e.label_source.as_str()))?;
        group.required::<FloatType>(rows, |e| e.weight)?;
        group.required::<ByteArrayType>(rows, |e| text(&e.template))?;
        group.optional::<ByteArrayType>(rows, |e| e.interaction_id.as_deref().map(text))?;
        group.required::<Int64Type>(rows, |e| e.count.cast_signed())?;
        group.required::<BoolType>(rows, |e| e.held_out)?;
        group.group.close()?;
    }
    writer.close().map(drop)
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text)
}

struct Columns<'a, W: std::io::Write + Send> {
    group: SerializedRowGroupWriter<'a, W>,
}

impl<W: std::io::Write + Send> Columns<'_, W> {
    fn required<T: DataType>(
        &mut self,
        rows: &[TrainingExample],
        value: impl Fn(&TrainingExample) -> T::T,
    ) -> Result<(), ParquetError> {
        let values: Vec<_> = rows.iter().map(value).collect();
        self.column::<T>(&values, None, None)
    }

    fn optional<T: DataType>(
        &mut self,
        rows: &[TrainingExample],
        value: impl Fn(&TrainingExample) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let all: Vec<_> = rows.iter().map(value).collect();
        let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<_> = all.into_iter().flatten().collect();
        self.column::<T>(&values, Some(&levels), None)
    }

    fn repeated<T: DataType>(
        &mut self,
        rows: &[TrainingExample],
        values_of: impl Fn(&TrainingExample) -> Vec<T::T>,
    ) -> Result<(), ParquetError> {
        let (mut values, mut definition, mut repetition) = (vec![], vec![], vec![]);
        for row in rows {
            let of_row = values_of(row);
            // An empty list is one entry of definition level 0.
            definition.extend(std::iter::repeat_n(
                i16::from(!of_row.is_empty()),
                of_row.len().max(1),
            ));
            repetition.push(0);
            repetition.extend(std::iter::repeat_n(1, of_row.len().saturating_sub(1)));
            values.extend(of_row);
        }
        self.column::<T>(&values, Some(&definition), Some(&repetition))
    }

    fn column<T: DataType>(
        &mut self,
        values: &[T::T],
        definition: Option<&[i16]>,
        repetition: Option<&[i16]>,
    ) -> Result<(), ParquetError> {
        let mut column = self
            .group
            .next_column()?
            .ok_or_else(|| ParquetError::General("the schema has fewer columns".to_owned()))?;
        column
            .typed::<T>()
            .write_batch(values, definition, repetition)?;
        column.close()
    }
}
