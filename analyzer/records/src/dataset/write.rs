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
use parquet::file::properties::WriterProperties;
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

/// A part on its way. The same rows in the same calls give the same bytes.
pub(crate) struct PartWriter {
    path: PathBuf,
    writer: SerializedFileWriter<Hashed<BufWriter<File>>>,
}

/// A part that is written and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// SHA-256 of the file, hexadecimal.
    pub(crate) sha256: String,
    /// Its size.
    pub(crate) bytes: u64,
}

impl PartWriter {
    /// Makes the file.
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).context("make", path)?;
        let out = Hashed {
            inner: BufWriter::with_capacity(WRITE_BUFFER_BYTES, file),
            hash: Sha256::new(),
            bytes: 0,
        };
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("logloop".to_owned())
            .build();
        let writer = parse_message_type(PARQUET_SCHEMA)
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
        for rows in examples.chunks(ROW_GROUP_ROWS) {
            let group = self.writer.next_row_group();
            group
                .and_then(|group| write_group(Columns { group }, rows))
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
struct Hashed<W> {
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
    group.required::<ByteArrayType>(rows, |e| text(&e.log_entry))?;
    group.optional::<ByteArrayType>(rows, |e| e.component.as_deref().map(text))?;
    group.optional::<ByteArrayType>(rows, |e| e.operation.as_deref().map(text))?;
    group.optional::<ByteArrayType>(rows, |e| e.level.as_deref().map(text))?;
    group.required::<BoolType>(rows, |e| e.is_failure)?;
    group.required::<FloatType>(rows, |e| e.severity)?;
    group
        .repeated::<ByteArrayType>(rows, |e| e.error_patterns.keys().map(|k| text(k)).collect())?;
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
    group.optional::<BoolType>(rows, |e| e.is_useful)?;
    group.optional::<ByteArrayType>(rows, |e| e.user_feedback.as_deref().map(text))?;
    group.group.close().map(drop)
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text)
}

struct Columns<'a, W: Write + Send> {
    group: SerializedRowGroupWriter<'a, W>,
}

impl<W: Write + Send> Columns<'_, W> {
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
