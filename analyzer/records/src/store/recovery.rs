//! What the end of an unsealed segment may need before it is appended to or sealed.

use std::sync::Arc;

use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, read_exact_at, write_all_at};
use crate::layout::{DataDir, Kind};

use super::segment::Segment;
use super::writer::MAX_RECORD_BYTES;

/// Bytes read at once when looking back for the last line end.
const TAIL_CHUNK_BYTES: u64 = 64 << 10;

/// Makes the segment end at a line end, durably. A last line that lacks nothing but its end gets it; an unfinished one is
/// cut, and its bytes are kept in the quarantine. If this fails, nothing was cut.
pub(super) fn recover(
    data: &DataDir,
    kind: Kind,
    segment: &Segment,
    file: &Arc<dyn FileHandle>,
) -> Result<(), Error> {
    let path = &segment.path;
    let length = file.stat().context("read", path)?.bytes;
    let whole = last_line_end(&**file, length).context("read", path)?;
    if whole == length {
        return if length == 0 {
            Ok(())
        } else {
            separate(&**file, length).context("write to", path)
        };
    }
    let tail = length - whole;
    if tail <= MAX_RECORD_BYTES as u64 {
        let mut torn = vec![0; tail as usize];
        read_exact_at(&**file, &mut torn, whole).context("read", path)?;
        if is_object(&torn) {
            write_all_at(&**file, b"\n", length).context("end the last line of", path)?;
            return file.sync_all().context("sync", path);
        }
        keep(data, kind, segment, &torn)?;
    } else {
        return Err(Error::Damaged {
            path: path.clone(),
            problem: "its last line is longer than any record".to_owned(),
        });
    }
    file.set_len(whole).context("truncate", path)?;
    if whole > 0 {
        separate(&**file, whole).context("write to", path)?;
    }
    file.sync_all().context("sync", path)
}

/// Writes the last line end once more. If the writer before died of a failed sync, what it wrote last may be in memory
/// and never reach the disk: the next record must not end up behind a hole on the same line.
fn separate(file: &dyn FileHandle, length: u64) -> std::io::Result<()> {
    write_all_at(file, b"\n", length - 1)
}

fn is_object(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

fn keep(data: &DataDir, kind: Kind, segment: &Segment, torn: &[u8]) -> Result<(), Error> {
    let name = format!("{}.{}.torn", segment.name(), uuid::Uuid::now_v7());
    let kept = data.quarantine(kind).join(name);
    files::write_atomic_on(data.fs(), &kept, torn)?;
    tracing::warn!(bytes = torn.len(), kept = %kept.display(), "an unfinished last line was cut");
    Ok(())
}

fn last_line_end(file: &dyn FileHandle, length: u64) -> std::io::Result<u64> {
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(TAIL_CHUNK_BYTES);
        let mut chunk = vec![0; (end - start) as usize];
        read_exact_at(file, &mut chunk, start)?;
        if let Some(at) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
