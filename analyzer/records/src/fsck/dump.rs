//! All records of a store as one stream.

use std::io::Write;

use serde::de::IgnoredAny;

use crate::erase::{Erased, is_line_erased};
use crate::error::{Context, Error};
use crate::layout::{DataDir, Kind};
use crate::store::{read_segment, segments};

/// Writes every record as it is stored, a line each, the sealed segments first; damaged lines are left out, and what is
/// erased. Returns how many.
pub fn dump(data: &DataDir, kind: Kind, out: &mut impl Write) -> Result<u64, Error> {
    let mut written = 0;
    let erased = Erased::load(data)?;
    for segment in segments(data, kind)? {
        read_segment::<IgnoredAny>(&segment, |line| {
            if !erased.is_empty() && is_line_erased(line.raw, kind, &erased) {
                return Ok(());
            }
            written += 1;
            out.write_all(line.raw)
                .and_then(|()| out.write_all(b"\n"))
                .context("write", &segment.path)
        })?;
    }
    Ok(written)
}
