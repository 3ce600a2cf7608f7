//! Reading a segment line by line, up to the length that a snapshot saw.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::de::DeserializeOwned;

use super::segment::{Opened, Segment};
use super::writer::MAX_RECORD_BYTES;
use crate::crc::{self, Check};
use crate::error::{Context, Error};

/// Bytes read at once.
const READ_BUFFER_BYTES: usize = 1 << 16;

/// One line that holds a record.
#[derive(Clone, Debug)]
pub struct Line<T> {
    /// From 1.
    pub number: u64,
    /// Bytes as stored, without the line end.
    pub raw: Vec<u8>,
    /// The record.
    pub record: T,
    /// What its checksum says; a wrong one is served, but not trained on.
    pub check: Check,
}

/// What a scan met besides records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Lines that hold a record.
    pub records: u64,
    /// Lines that hold none: damaged.
    pub damaged: u64,
    /// Lines with a record and a wrong checksum.
    pub mismatched: u64,
    /// Bytes of an unfinished last line.
    pub torn_bytes: u64,
}

/// Calls `each` for every record of the segment. A damaged line is counted, and the rest is read. A segment that
/// retention removed since it was listed has no records.
pub fn read_segment<T: DeserializeOwned>(
    segment: &Segment,
    each: impl FnMut(Line<T>) -> Result<(), Error>,
) -> Result<Scan, Error> {
    match segment.open()? {
        Some(opened) => read_opened(&segment.path, opened, each),
        None => Ok(Scan::default()),
    }
}

/// The same for a segment that is open already; `path` is for messages.
pub fn read_opened<T: DeserializeOwned>(
    path: &Path,
    opened: Opened,
    mut each: impl FnMut(Line<T>) -> Result<(), Error>,
) -> Result<Scan, Error> {
    let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, opened);
    let mut scan = Scan::default();
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line over the bound is read on in pieces; its pieces are no records.
        let bound = MAX_RECORD_BYTES as u64 + 1;
        let read = (&mut reader)
            .take(bound)
            .read_until(b'\n', &mut line)
            .context("read", path)?;
        if read == 0 {
            return Ok(scan);
        }
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            if (read as u64) < bound {
                scan.torn_bytes += read as u64;
                return Ok(scan);
            }
            scan.damaged += 1;
            continue;
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(record) => {
                let check = crc::check(&line);
                scan.records += 1;
                scan.mismatched += u64::from(check == Check::Wrong);
                each(Line {
                    number,
                    raw: line.clone(),
                    record,
                    check,
                })?;
            }
            Err(_) => scan.damaged += 1,
        }
    }
}
