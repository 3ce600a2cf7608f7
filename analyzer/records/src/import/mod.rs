//! Import of JSON Lines in the documented format, of this tool or an older one.
//!
//! 1. Nothing of a line reaches the disk before it is redacted: records with their logs, also those in blobs, and lines
//!    that are no records, which are kept in the quarantine.
//! 2. Importing the same lines again stores nothing twice: a record is known by its id, or by a digest of its line if it
//!    has none. No digest of a value that was replaced is stored.
//! 3. Memory is bounded: one record with its log, a batch, and the ids of what is stored.

mod ids;
mod quarantine;
mod record;
mod redact;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::erase::Watch;
use crate::error::Error;
use crate::layout::{DataDir, Kind};
use crate::store::{Options, Store, for_each_line};
use ids::Ids;
use quarantine::Quarantine;
use record::{Imported, Problem, Read, Reader};
pub use redact::{Redact, Unredacted};

/// Name of the importing process among the writers.
const WRITER: &str = "import";

/// Records that are committed together.
const BATCH_RECORDS: usize = 500;

/// Bytes of logs that are committed together.
const BATCH_BYTES: usize = 16 << 20;

/// Lines that a report names; the others are counted.
const MAX_REJECTED_NAMED: usize = 1000;

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// Records stored.
    pub imported: u64,
    /// Records that were there already.
    pub already_there: u64,
    /// Records that were erased: they do not come back.
    pub erased: u64,
    /// Lines that are no record.
    pub rejected: u64,
    /// Which, and why; at most 1,000.
    pub rejected_lines: Vec<Rejected>,
    /// Where the rejected lines are kept.
    pub kept_in: Vec<PathBuf>,
}

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejected {
    /// From 1.
    pub line: u64,
    /// Why; redacted.
    pub problem: String,
}

/// Why an import ended before its source did.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {source}; {imported} records are stored, import again to go on")]
pub struct ImportError {
    /// The last line that was looked at, from 1.
    pub line: u64,
    /// Records that were stored before.
    pub imported: u64,
    /// What happened.
    pub source: Error,
}

/// Imports what `lines` gives; `source` is its file, for messages and for blobs beside it. Nothing is stored that
/// `redact` has not seen.
///
/// # Errors
/// The source cannot be read, or the store or the quarantine not be written. Lines that are no records are no error.
pub fn import<R: Redact>(
    data: &DataDir,
    source: &Path,
    lines: impl io::Read,
    redact: &R,
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    let mut line = 0;
    let done = import_lines(data, source, lines, redact, &mut report, &mut line);
    match done {
        Ok(()) => Ok(report),
        Err(source) => Err(ImportError {
            line,
            imported: report.imported,
            source,
        }),
    }
}

fn import_lines<R: Redact>(
    data: &DataDir,
    source: &Path,
    lines: impl io::Read,
    redact: &R,
    report: &mut ImportReport,
    at: &mut u64,
) -> Result<(), Error> {
    let mut ids = Ids::of(data)?;
    let erased = Watch::new(data);
    let options = Options {
        background: false,
        ..Options::default()
    };
    let mut batch = Batch::new(Store::open(data, Kind::Interactions, WRITER, options)?);
    let mut quarantine = Quarantine::new(data, redact);
    let reader = Reader {
        data,
        source,
        redact,
        erased: &erased,
    };
    for_each_line(lines, source, |line| {
        *at = line.number;
        if line.is_blank() {
            return Ok(());
        }
        let record = match line.is_too_long() {
            true => Err("it is longer than any record".into()),
            false => reader.read(line.bytes, &mut ids),
        };
        match record {
            Ok(Read::New(record)) => report.imported += batch.add(record, line.bytes.len())?,
            Ok(Read::There) => report.already_there += 1,
            Ok(Read::Erased) => report.erased += 1,
            Err(Problem::Store(error)) => return Err(error),
            Err(Problem::Line(mut problem)) => {
                quarantine.add(line.bytes)?;
                report.rejected += 1;
                if report.rejected_lines.len() < MAX_REJECTED_NAMED {
                    redact.text(&mut problem);
                    let line = line.number;
                    report.rejected_lines.push(Rejected { line, problem });
                }
            }
        }
        Ok(())
    })?;
    report.imported += batch.commit()?;
    batch.store.seal();
    batch.store.housekeep();
    report.kept_in = quarantine.finish()?;
    Ok(())
}

/// Records that wait to be committed together.
struct Batch {
    store: Store,
    records: Vec<Imported>,
    bytes: usize,
}

impl Batch {
    fn new(store: Store) -> Self {
        Self {
            store,
            records: vec![],
            bytes: 0,
        }
    }

    /// Adds a record; says how many were committed.
    fn add(&mut self, record: Imported, bytes: usize) -> Result<u64, Error> {
        self.records.push(record);
        self.bytes += bytes;
        match self.records.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES {
            true => self.commit(),
            false => Ok(0),
        }
    }

    fn commit(&mut self) -> Result<u64, Error> {
        self.store.append_all(&self.records)?;
        let count = self.records.len() as u64;
        self.records.clear();
        self.bytes = 0;
        Ok(count)
    }
}
