//! Bytes to entries, a chunk at a time.

use super::Parser;
use crate::entry::{Entry, Summary};
use crate::format::Format;
use crate::text::{Decoder, NotText};

/// Bytes of text gathered before they are parsed.
const BLOCK_BYTES: usize = 256 << 10;

/// Decodes and parses bytes that come in chunks, in memory bounded by the chunk,
/// [`super::MAX_LEFT_BYTES`] and [`super::DETECT_BYTES`].
#[derive(Debug)]
pub struct LogStream {
    decoder: Decoder,
    parser: Parser,
    text: String,
    /// Bytes at the beginning of `text` that the parser has seen and left.
    left: usize,
}

impl LogStream {
    /// The format is detected unless `forced`.
    pub fn new(forced: Option<Format>) -> Self {
        Self {
            decoder: Decoder::new(),
            parser: Parser::new(forced),
            text: String::new(),
            left: 0,
        }
    }

    /// Takes the next bytes and hands over the entries that are complete now.
    pub fn push(&mut self, bytes: &[u8], each: &mut impl FnMut(Entry<'_>)) -> Result<(), NotText> {
        self.decoder.push(bytes, &mut self.text)?;
        if self.text.len() - self.left >= BLOCK_BYTES {
            let consumed = self.parser.feed(&self.text, false, each);
            self.text.drain(..consumed);
            self.left = self.text.len();
        }
        Ok(())
    }

    /// Hands over the last entries; what the log is, and how many bytes (of UTF-16: characters) were
    /// replaced by U+FFFD.
    pub fn finish(mut self, each: &mut impl FnMut(Entry<'_>)) -> Result<(Summary, usize), NotText> {
        let invalid = self.decoder.finish(&mut self.text)?;
        self.parser.feed(&self.text, true, each);
        Ok((self.parser.finish(), invalid))
    }
}
