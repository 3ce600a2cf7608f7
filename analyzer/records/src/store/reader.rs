//! Reading a segment line by line, up to the length that a snapshot saw.

use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::lines::for_each_line;
use super::segment::Segment;
use crate::crc::{self, Check};
use crate::error::Error;

/// One line that holds a record.
#[derive(Clone, Debug)]
pub struct Line<'a, T> {
    /// From 1.
    pub number: u64,
    /// Where it begins, in bytes from the segment's beginning.
    pub offset: u64,
    /// Bytes as stored, without the line end.
    pub raw: &'a [u8],
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
    each: impl FnMut(Line<'_, T>) -> Result<(), Error>,
) -> Result<Scan, Error> {
    match segment.open()? {
        Some(opened) => read_opened(&segment.path, opened, each),
        None => Ok(Scan::default()),
    }
}

/// The same for a segment that is open already; `path` is for messages.
pub fn read_opened<T: DeserializeOwned>(
    path: &Path,
    opened: impl Read,
    mut each: impl FnMut(Line<'_, T>) -> Result<(), Error>,
) -> Result<Scan, Error> {
    let mut scan = Scan::default();
    for_each_line(opened, path, |line| {
        if !line.ended {
            scan.torn_bytes += line.length;
            return Ok(());
        }
        if line.is_blank() {
            return Ok(());
        }
        let record = match serde_json::from_slice(line.bytes) {
            Ok(record) if !line.is_too_long() => record,
            _ => {
                scan.damaged += 1;
                return Ok(());
            }
        };
        let check = crc::check(line.bytes);
        scan.records += 1;
        scan.mismatched += u64::from(check == Check::Wrong);
        each(Line {
            number: line.number,
            offset: line.offset,
            raw: line.bytes,
            record,
            check,
        })
    })?;
    Ok(scan)
}
