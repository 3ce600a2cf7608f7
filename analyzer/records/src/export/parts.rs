//! Sources to parts, on several threads; what is finished is not done again.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::counts::Counts;
use super::logs;
use super::maker::{Maker, Sink};
use super::meter::Meter;
use super::options::ExportOptions;
use super::snapshot::{Snapshot, Source, SourceKind};
use super::threads;
use crate::dataset::{Part, PartWriter, SourceFile, hex, sha256_of_file};
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::files;
use crate::layout::DataDir;
use crate::sequence::TrainingSequence;
use crate::store::{Segment, read_sidecar};

/// What a source came to: its part, if it has rows, and figures. Written beside the part when that is durable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Done {
    /// `None`: retention removed it since the snapshot.
    pub(super) source: Option<SourceFile>,
    pub(super) part: Option<Part>,
    /// The part with its transactions and windows, if it has any.
    pub(super) sequences: Option<Part>,
    pub(super) counts: Counts,
}

/// Makes the parts of a snapshot in `dir`, but those that are there already; one for each source, in their order.
pub(super) fn make(
    data: &DataDir,
    snapshot: &Snapshot,
    options: &ExportOptions,
    dir: &Path,
) -> Result<Vec<Done>, Error> {
    let meter = Meter::new(snapshot.total_bytes(), options.progress.clone());
    let threads = threads::used(snapshot.sources.len(), options.threads);
    threads::each(snapshot.sources.len(), threads, &meter, || {
        let mut maker = Maker::new(data, snapshot, &meter, threads);
        let meter = &meter;
        move |index: usize| {
            let source = &snapshot.sources[index];
            if let Some(done) = finished(dir, index) {
                meter.read(source.bytes)?;
                return Ok(done);
            }
            let done = part(&mut maker, source, index, dir)?;
            meter.tell()?;
            Ok(done)
        }
    })
}

/// Name of the file that says that a part is finished.
fn done_file(index: usize) -> String {
    format!("part-{index:05}.json")
}

/// What an earlier run has finished, if its part is as it was written.
fn finished(dir: &Path, index: usize) -> Option<Done> {
    let bytes = fs::read(dir.join(done_file(index))).ok()?;
    let done: Done = serde_json::from_slice(&bytes).ok()?;
    let whole = done.part.iter().chain(&done.sequences).all(|part| {
        sha256_of_file(&dir.join(&part.file)).is_ok_and(|sha256| sha256 == part.sha256)
    });
    whole.then_some(done)
}

fn part(maker: &mut Maker<'_>, source: &Source, index: usize, dir: &Path) -> Result<Done, Error> {
    let of = |name: &str| Writing {
        path: dir.join(format!("{name}-{index:05}.parquet.tmp")),
        writer: None,
    };
    let mut rows = Rows {
        examples: of("part"),
        sequences: of("sequences"),
    };
    let read = read_source(maker, source, &mut rows);
    let made = read.and_then(|(source, counts)| {
        let file = source
            .as_ref()
            .map_or(String::new(), |source| source.file.clone());
        let part = rows.examples.finish(counts.examples, &file)?;
        let sequences = rows.sequences.finish(counts.sequences, &file)?;
        Ok(Done {
            source,
            part,
            sequences,
            counts,
        })
    });
    if made.is_err() {
        // What it takes is needed where the disk is full.
        let _ = fs::remove_file(&rows.examples.path);
        let _ = fs::remove_file(&rows.sequences.path);
    }
    let done = made?;
    let text = serde_json::to_vec(&done).expect("figures are JSON");
    files::write_atomic(&dir.join(done_file(index)), &text)?;
    Ok(done)
}

/// Reads a source to its end; what was read, and figures.
pub(super) fn read_source(
    maker: &mut Maker<'_>,
    source: &Source,
    sink: &mut dyn Sink,
) -> Result<(Option<SourceFile>, Counts), Error> {
    let (data, mut bytes, mut hash) = (maker.data, 0, Sha256::new());
    let mut known = None;
    maker.sequences.begin_part(sink.wants_sequences());
    match source.kind {
        SourceKind::Segment => {
            let Some(segment) = maker.snapshot.segment(source)? else {
                return removed(maker, sink, "segment_removed");
            };
            let Some(opened) = segment.open()? else {
                return removed(maker, sink, "segment_removed");
            };
            known = sealed_digest(&segment);
            if let Some((_, length)) = &known {
                maker.segment(opened, &segment.path, sink)?;
                bytes = *length;
            } else {
                maker.segment(
                    Hashed::new(opened, &mut hash, &mut bytes),
                    &segment.path,
                    sink,
                )?;
            }
            let damaged = ["damaged", "wrong_checksum"]
                .iter()
                .any(|reason| maker.counts.left_out.contains_key(*reason));
            if damaged && known.take().is_some() {
                // It is not as it was sealed.
                bytes = 0;
                if let Some(opened) = segment.open()? {
                    let mut hashed = Hashed::new(opened, &mut hash, &mut bytes);
                    io::copy(&mut hashed, &mut io::sink()).context("read", &segment.path)?;
                }
            }
        }
        SourceKind::Log => {
            let path = data.root().join(&source.name);
            match logs::open(data, &path, source.bytes) {
                Ok(stored) => {
                    let mut hashed = Hashed::new(stored, &mut hash, &mut bytes);
                    logs::read(maker, &mut hashed, &path, sink)?;
                    // What was not read on is part of the digest all the same.
                    io::copy(&mut hashed, &mut io::sink()).context("read", &path)?;
                }
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    return removed(maker, sink, "log_removed");
                }
                Err(error) => return Err(error),
            }
        }
    }
    let counts = maker.finish(sink)?;
    let read = SourceFile {
        file: source.name.clone(),
        bytes,
        sha256: known.map_or_else(|| hex(&hash.finalize()), |(sha256, _)| sha256),
    };
    Ok((Some(read), counts))
}

/// Digest and length of a sealed segment, as its sidecar has them: to hash it again would take as long as to read it.
fn sealed_digest(segment: &Segment) -> Option<(String, u64)> {
    let meta = read_sidecar(segment).filter(|meta| segment.sealed && !meta.sha256.is_empty())?;
    (meta.bytes == segment.bytes).then_some((meta.sha256, meta.bytes))
}

fn removed(
    maker: &mut Maker<'_>,
    sink: &mut dyn Sink,
    reason: &str,
) -> Result<(Option<SourceFile>, Counts), Error> {
    maker.counts.leave_out(reason, 1);
    Ok((None, maker.finish(sink)?))
}

/// Hashes and counts what is read.
struct Hashed<'h, R> {
    inner: R,
    hash: &'h mut Sha256,
    bytes: &'h mut u64,
}

impl<'h, R: Read> Hashed<'h, R> {
    fn new(inner: R, hash: &'h mut Sha256, bytes: &'h mut u64) -> Self {
        Self { inner, hash, bytes }
    }
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        *self.bytes += read as u64;
        Ok(read)
    }
}

/// What one source gives.
struct Rows {
    examples: Writing,
    sequences: Writing,
}

/// The rows of one part, written aside; a part without rows has no file.
struct Writing {
    path: PathBuf,
    writer: Option<PartWriter>,
}

impl Sink for Rows {
    fn rows(&mut self, rows: Vec<TrainingExample>) -> Result<(), Error> {
        self.examples.writer(PartWriter::new)?.rows(&rows)
    }

    fn wants_sequences(&self) -> bool {
        true
    }

    fn sequences(&mut self, rows: Vec<TrainingSequence>) -> Result<(), Error> {
        let writer = self.sequences.writer(PartWriter::of_sequences)?;
        writer.sequences(&rows)
    }
}

impl Writing {
    fn writer(
        &mut self,
        new: impl FnOnce(&Path) -> Result<PartWriter, Error>,
    ) -> Result<&mut PartWriter, Error> {
        match &mut self.writer {
            Some(writer) => Ok(writer),
            none => Ok(none.insert(new(&self.path)?)),
        }
    }

    /// Ends the part with so many rows of the source with this name.
    fn finish(&mut self, rows: u64, source: &str) -> Result<Option<Part>, Error> {
        let Some(writer) = self.writer.take() else {
            return Ok(None);
        };
        let written = writer.finish()?;
        let path = self.path.with_extension("");
        fs::rename(&self.path, &path).context("rename", &path)?;
        let name = path.file_name().unwrap_or_default();
        Ok(Some(Part {
            file: name.to_string_lossy().into_owned(),
            sha256: written.sha256,
            bytes: written.bytes,
            examples: rows,
            source: source.to_owned(),
        }))
    }
}
