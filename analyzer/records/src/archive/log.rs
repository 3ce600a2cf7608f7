//! A part of a log, by lines.

use std::io::{Cursor, Read};

use serde::Serialize;

use crate::blob;
use crate::error::{Context, Error};
use crate::interaction::Interaction;
use crate::layout::DataDir;

/// Lines of one part.
pub const MAX_RANGE_LINES: u64 = 10_000;

/// Bytes of one part; it ends with the line that reaches them.
pub const MAX_RANGE_BYTES: usize = 4 << 20;

/// Bytes read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Some lines of a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LogRange {
    /// Number of the first one, from 1.
    pub first_line: u64,
    /// The lines without their ends.
    pub lines: Vec<String>,
    /// The log goes on behind them.
    pub more: bool,
}

/// Lines `first` to `last` (from 1, both included, at most [`MAX_RANGE_LINES`] and about [`MAX_RANGE_BYTES`]) of an
/// interaction's log. Lines end at LF, CR LF or a lone CR, as the analysis counts them. A log in a blob is unpacked up to
/// the last of them only, and not kept in memory.
pub fn log_range(
    data: &DataDir,
    interaction: &Interaction,
    first: u64,
    last: u64,
) -> Result<LogRange, Error> {
    if first == 0 || last < first || last - first >= MAX_RANGE_LINES {
        return Err(Error::Invalid(format!(
            "give lines a-b with 1 <= a <= b, at most {MAX_RANGE_LINES} of them"
        )));
    }
    match &interaction.log_blob {
        None => range(Cursor::new(interaction.log_content.as_bytes()), first, last)
            .context("read", data.root()),
        Some(name) => {
            let path = blob::path(data, name)?;
            range(blob::open(data, &path)?, first, last).context("read", &path)
        }
    }
}

fn range(mut reader: impl Read, first: u64, last: u64) -> std::io::Result<LogRange> {
    let mut found = LogRange {
        first_line: first,
        ..LogRange::default()
    };
    let (mut number, mut bytes, mut after_return) = (1, 0, false);
    let mut line: Vec<u8> = vec![];
    let mut begun = false;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = reader.read(&mut chunk)?;
        if read == 0 {
            if begun && number >= first {
                found
                    .lines
                    .push(String::from_utf8_lossy(&line).into_owned());
            }
            return Ok(found);
        }
        for byte in &chunk[..read] {
            if std::mem::take(&mut after_return) && *byte == b'\n' {
                continue;
            }
            if number > last || bytes >= MAX_RANGE_BYTES {
                found.more = true;
                return Ok(found);
            }
            begun = true;
            if matches!(byte, b'\n' | b'\r') {
                if number >= first {
                    bytes += line.len() + 1;
                    found
                        .lines
                        .push(String::from_utf8_lossy(&line).into_owned());
                }
                line.clear();
                begun = false;
                number += 1;
                after_return = *byte == b'\r';
            } else if number >= first {
                line.push(*byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_the_analysis_counts_them() {
        let text = "a\r\nb\rc\n\nd";
        let get = |first, last| range(text.as_bytes(), first, last).unwrap();
        let lines = |first, last| get(first, last).lines.join("|");
        assert_eq!(lines(1, 9), "a|b|c||d");
        assert_eq!(lines(2, 3), "b|c");
        assert_eq!(lines(5, 5), "d");
        assert_eq!(lines(6, 7), "");
        assert!(get(1, 4).more && !get(1, 5).more && !get(5, 9).more);
        assert!(!range(&b"a\r\n"[..], 1, 1).unwrap().more);
    }
}
