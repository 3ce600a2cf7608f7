//! Examples to a Parquet part.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use sha2::{Digest, Sha256};

use super::PARQUET_SCHEMA;
use super::manifest::hex;
use crate::error::{Context, Error};
use crate::example::TrainingExample;

/// Rows of one row group.
const ROW_GROUP_ROWS: usize = 50_000;

/// Bytes gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 256 << 10;

/// Columns with hardly a value twice: a dictionary of them is built in vain, and nobody looks for their least one.
const DISTINCT_COLUMNS: [&str; 2] = ["log_entry", "template"];

/// A part on its way. The same rows in the same calls give the same bytes.
pub(crate) struct PartWriter {
    path: PathBuf,
    writer: SerializedFileWriter<Out>,
}

/// Where the bytes of a part go.
pub(super) type Out = Hashed<BufWriter<File>>;

/// A part that is written and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// SHA-256 of the file, hexadecimal.
    pub(crate) sha256: String,
    /// Its size.
    pub(crate) bytes: u64,
}

impl PartWriter {
    /// Makes the file of a part of examples.
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        Self::of(path, PARQUET_SCHEMA, &DISTINCT_COLUMNS)
    }

    /// Makes a file with these columns; those in `distinct` hardly hold a value twice.
    pub(super) fn of(path: &Path, schema: &str, distinct: &[&str]) -> Result<Self, Error> {
        let file = File::create(path).context("make", path)?;
        let out = Hashed {
            inner: BufWriter::with_capacity(WRITE_BUFFER_BYTES, file),
            hash: Sha256::new(),
            bytes: 0,
        };
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by("logloop".to_owned());
        for column in distinct {
            properties = properties
                .set_column_dictionary_enabled((*column).into(), false)
                .set_column_statistics_enabled((*column).into(), EnabledStatistics::None);
        }
        let properties = properties.build();
        let writer = parse_message_type(schema)
            .and_then(|schema| {
                SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
            })
            .map_err(|error| failed(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            writer,
        })
    }

    /// Writes rows, as one or more row groups.
    pub(crate) fn rows(&mut self, examples: &[TrainingExample]) -> Result<(), Error> {
        self.groups(examples, write_group)
    }

    /// Writes rows, as one or more row groups, each with `write`.
    pub(super) fn groups<R>(
        &mut self,
        rows: &[R],
        write: impl Fn(Columns<'_, Out>, &[R]) -> Result<(), ParquetError>,
    ) -> Result<(), Error> {
        for rows in rows.chunks(ROW_GROUP_ROWS) {
            let group = self.writer.next_row_group();
            group
                .and_then(|group| write(Columns { group }, rows))
                .map_err(|error| failed(&self.path, error))?;
        }
        Ok(())
    }

    /// Ends the file and makes it durable.
    pub(crate) fn finish(self) -> Result<Written, Error> {
        let out = self
            .writer
            .into_inner()
            .map_err(|error| failed(&self.path, error))?;
        let file = out
            .inner
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .context("write", &self.path)?;
        file.sync_all().context("sync", &self.path)?;
        Ok(Written {
            sha256: hex(&out.hash.finalize()),
            bytes: out.bytes,
        })
    }
}

/// What went wrong below the Parquet writer.
fn failed(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(source) => Error::Io {
                action: "write",
                path: path.to_owned(),
                source: *source,
            },
            Err(other) => Error::Damaged {
                path: path.to_owned(),
                problem: format!("the part could not be written: {other}"),
            },
        },
        other => Error::Damaged {
            path: path.to_owned(),
            problem: format!("the part could not be written: {other}"),
        },
    }
}

/// Hashes what passes.
pub(super) struct Hashed<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn write_group<W: Write + Send>(
    mut group: Columns<'_, W>,
    rows: &[TrainingExample],
) -> Result<(), ParquetError> {
    group.required_text(rows, |e| &e.log_entry)?;
    group.optional_text(rows, |e| e.component.as_deref())?;
    group.optional_text(rows, |e| e.operation.as_deref())?;
    group.optional_text(rows, |e| e.level.as_deref())?;
    group.required::<BoolType, _>(rows, |e| e.is_failure)?;
    group.required::<FloatType, _>(rows, |e| e.severity)?;
    group.repeated::<ByteArrayType, _>(rows, |e| {
        e.error_patterns.keys().map(|k| text(k)).collect()
    })?;
    group.repeated::<Int32Type, _>(rows, |e| {
        e.error_patterns.values().map(|v| v.cast_signed()).collect()
    })?;
    group.repeated::<ByteArrayType, _>(rows, |e| e.keywords.iter().map(|k| text(k)).collect())?;
    group.optional_text(rows, |e| e.timestamp.as_deref())?;
    group.optional_text(rows, |e| e.transaction_id.as_deref())?;
    group.required_text(rows, |e| &e.source)?;
    group.optional::<Int64Type, _>(rows, |e| {
        e.interaction_timestamp.map(|t| t.timestamp_millis())
    })?;
    group.required_text(rows, |e| e.label_source.as_str())?;
    group.required::<FloatType, _>(rows, |e| e.weight)?;
    group.required_text(rows, |e| &e.template)?;
    group.optional_text(rows, |e| e.interaction_id.as_deref())?;
    group.required::<Int64Type, _>(rows, |e| e.count.cast_signed())?;
    group.required::<BoolType, _>(rows, |e| e.held_out)?;
    group.optional::<BoolType, _>(rows, |e| e.is_useful)?;
    group.optional_text(rows, |e| e.user_feedback.as_deref())?;
    group.optional_text(rows, |e| e.contributor.as_deref())?;
    group.optional_text(rows, |e| e.before_template.as_deref())?;
    group.optional_text(rows, |e| e.before_level.as_deref())?;
    group.optional::<Int64Type, _>(rows, |e| e.said_at.map(|t| t.timestamp_millis()))?;
    group.group.close().map(drop)
}

pub(super) fn text(text: &str) -> ByteArray {
    ByteArray::from(text)
}

/// Texts as parts of one buffer: an allocation for each would cost more than to write it.
fn texts<'e>(values: impl Iterator<Item = &'e str>) -> Vec<ByteArray> {
    let (mut all, mut ends) = (Vec::new(), vec![]);
    for value in values {
        all.extend_from_slice(value.as_bytes());
        ends.push(all.len());
    }
    let all = ByteArray::from(all);
    let mut start = 0;
    ends.into_iter()
        .map(|end| {
            let part = all.slice(start, end - start);
            start = end;
            part
        })
        .collect()
}

/// The columns of one row group, to be written in the order of the schema.
pub(super) struct Columns<'a, W: Write + Send> {
    pub(super) group: SerializedRowGroupWriter<'a, W>,
}

impl<W: Write + Send> Columns<'_, W> {
    pub(super) fn required_text<'e, R>(
        &mut self,
        rows: &'e [R],
        value: impl Fn(&'e R) -> &'e str,
    ) -> Result<(), ParquetError> {
        let values = texts(rows.iter().map(value));
        self.column::<ByteArrayType>(&values, None, None)
    }

    pub(super) fn optional_text<'e, R>(
        &mut self,
        rows: &'e [R],
        value: impl Fn(&'e R) -> Option<&'e str>,
    ) -> Result<(), ParquetError> {
        let all: Vec<_> = rows.iter().map(value).collect();
        let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
        let values = texts(all.into_iter().flatten());
        self.column::<ByteArrayType>(&values, Some(&levels), None)
    }

    pub(super) fn required<T: DataType, R>(
        &mut self,
        rows: &[R],
        value: impl Fn(&R) -> T::T,
    ) -> Result<(), ParquetError> {
        let values: Vec<_> = rows.iter().map(value).collect();
        self.column::<T>(&values, None, None)
    }

    pub(super) fn optional<T: DataType, R>(
        &mut self,
        rows: &[R],
        value: impl Fn(&R) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let all: Vec<_> = rows.iter().map(value).collect();
        let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<_> = all.into_iter().flatten().collect();
        self.column::<T>(&values, Some(&levels), None)
    }

    pub(super) fn repeated<T: DataType, R>(
        &mut self,
        rows: &[R],
        values_of: impl Fn(&R) -> Vec<T::T>,
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
