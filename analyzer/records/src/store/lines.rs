//! The lines of a stream, each bounded.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::writer::MAX_RECORD_BYTES;
use crate::error::{Context, Error};

/// Bytes read at once.
const READ_BUFFER_BYTES: usize = 256 << 10;

/// One line as it lies in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawLine<'a> {
    /// From 1.
    pub(crate) number: u64,
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Bytes that it takes in the file, its end included.
    pub(crate) length: u64,
    /// The line without its end; no more than [`MAX_RECORD_BYTES`] of it.
    pub(crate) bytes: &'a [u8],
    /// Whether it ends at a line end; the last one may not.
    pub(crate) ended: bool,
}

impl RawLine<'_> {
    /// Longer than any record.
    pub(crate) fn is_too_long(&self) -> bool {
        self.length > MAX_RECORD_BYTES as u64
    }

    /// Nothing but white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

/// Calls `each` for every line; `path` is for messages.
pub(crate) fn for_each_line(
    stream: impl Read,
    path: &Path,
    mut each: impl FnMut(RawLine<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, stream);
    let mut line = Vec::new();
    let mut offset = 0;
    for number in 1.. {
        line.clear();
        let bound = MAX_RECORD_BYTES as u64 + 1;
        let mut length = (&mut reader)
            .take(bound)
            .read_until(b'\n', &mut line)
            .context("read", path)? as u64;
        if length == 0 {
            break;
        }
        let mut ended = line.pop_if(|byte| *byte == b'\n').is_some();
        if !ended && length == bound {
            // Read past, not kept.
            line.truncate(MAX_RECORD_BYTES);
            let (skipped, end) = skip_line(&mut reader).context("read", path)?;
            length += skipped;
            ended = end;
        }
        each(RawLine {
            number,
            offset,
            length,
            bytes: &line,
            ended,
        })?;
        offset += length;
    }
    Ok(())
}

/// Bytes up to and with the next line end, and whether there is one.
fn skip_line(reader: &mut impl BufRead) -> std::io::Result<(u64, bool)> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok((skipped, false));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        reader.consume(used);
        skipped += used as u64;
        if end.is_some() {
            return Ok((skipped, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_bounds_is_one_line() {
        let mut text = b"a\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_RECORD_BYTES + 5));
        text.extend_from_slice(b"\nb\n\nc");
        let mut found = vec![];
        for_each_line(&text[..], Path::new("x"), |line| {
            found.push((
                line.number,
                line.offset,
                line.length,
                line.ended,
                line.is_too_long(),
            ));
            Ok(())
        })
        .unwrap();
        let long = MAX_RECORD_BYTES as u64 + 6;
        let expected = [
            (1, 0, 2, true, false),
            (2, 2, long, true, true),
            (3, long + 2, 2, true, false),
            (4, long + 4, 1, true, false),
            (5, long + 5, 1, false, false),
        ];
        assert_eq!(found, expected);
    }
}
