//! Bytes to text, a chunk at a time: the same text as [`super::decode`] of all of them at once.

use super::{NotText, SNIFF_BYTES, is_binary};

/// Decodes bytes that come in chunks, in memory bounded by the chunk.
///
/// [`Decoder::push`] each chunk, then [`Decoder::finish`].
#[derive(Debug, Default)]
pub struct Decoder {
    encoding: Option<Encoding>,
    /// Bytes before the encoding is known, then the beginning of a character.
    held: Vec<u8>,
    /// A high surrogate that waits for its half.
    high: Option<u16>,
    /// Bytes at the beginning of the text, until the sniff is done.
    sniffed: Option<Vec<u8>>,
    sniff_done: bool,
    any_text: bool,
    invalid: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Decoder {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the text of `bytes` to `out`; what is no text is refused from its beginning.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) -> Result<(), NotText> {
        let from = out.len();
        match self.encoding {
            Some(encoding) => self.decode(encoding, bytes, out),
            None => {
                self.held.extend_from_slice(bytes);
                let Some((encoding, mark)) = encoding(&self.held) else {
                    return Ok(());
                };
                self.begin(encoding, mark, out);
            }
        }
        self.look(&out[from..], false)
    }

    /// Appends what is left; the bytes (of UTF-16: characters) that were replaced by U+FFFD.
    pub fn finish(mut self, out: &mut String) -> Result<usize, NotText> {
        let from = out.len();
        if self.encoding.is_none() {
            // Shorter than a byte order mark.
            self.begin(Encoding::Utf8, 0, out);
        }
        if self.high.take().is_some() {
            self.replace(1, out);
        }
        match self.held.len() {
            0 => {}
            _ if self.encoding != Some(Encoding::Utf8) => self.replace(1, out),
            held => self.replace(held, out),
        }
        self.look(&out[from..], true)?;
        Ok(self.invalid)
    }

    fn begin(&mut self, encoding: Encoding, mark: usize, out: &mut String) {
        self.encoding = Some(encoding);
        let held = std::mem::take(&mut self.held);
        self.decode(encoding, &held[mark..], out);
    }

    fn replace(&mut self, invalid: usize, out: &mut String) {
        self.invalid += invalid;
        out.push(char::REPLACEMENT_CHARACTER);
    }

    fn decode(&mut self, encoding: Encoding, bytes: &[u8], out: &mut String) {
        if encoding == Encoding::Utf8 && self.held.is_empty() {
            self.sniff_bytes(bytes);
            return self.utf8(bytes, out);
        }
        if encoding == Encoding::Utf8 {
            self.sniff_bytes(bytes);
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        match encoding {
            Encoding::Utf8 => self.utf8(&all, out),
            Encoding::Utf16Le => self.utf16(&all, u16::from_le_bytes, out),
            Encoding::Utf16Be => self.utf16(&all, u16::from_be_bytes, out),
        }
    }

    fn utf8(&mut self, bytes: &[u8], out: &mut String) {
        let (invalid, cut) = replace_invalid(bytes, out);
        self.invalid += invalid;
        self.held = cut.to_vec();
    }

    fn utf16(&mut self, bytes: &[u8], read: fn([u8; 2]) -> u16, out: &mut String) {
        let (pairs, half) = bytes.as_chunks::<2>();
        let units = self
            .high
            .take()
            .into_iter()
            .chain(pairs.iter().map(|pair| read(*pair)));
        let mut units = units.peekable();
        while let Some(unit) = units.next() {
            if is_high_surrogate(unit) && units.peek().is_none() {
                self.high = Some(unit);
                break;
            }
            let low =
                units.next_if(|low| is_high_surrogate(unit) && (0xdc00..0xe000).contains(low));
            match char::decode_utf16([unit].into_iter().chain(low)).next() {
                Some(Ok(c)) => out.push(c),
                _ => {
                    self.invalid += 1;
                    out.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
        self.held = half.to_vec();
    }

    /// Keeps the first bytes as they came: of UTF-8 they are what tells a binary file.
    fn sniff_bytes(&mut self, bytes: &[u8]) {
        if !self.sniff_done {
            let sniffed = self.sniffed.get_or_insert_default();
            let more = bytes.len().min(SNIFF_BYTES - sniffed.len());
            sniffed.extend_from_slice(&bytes[..more]);
        }
    }

    /// Judges the beginning once there is enough of it.
    fn look(&mut self, text: &str, last: bool) -> Result<(), NotText> {
        self.any_text = self.any_text || !text.trim_start().is_empty();
        if last && !self.any_text {
            return Err(NotText::Empty);
        }
        if self.sniff_done {
            return Ok(());
        }
        if self.encoding != Some(Encoding::Utf8) {
            self.sniff_bytes(text.as_bytes());
        }
        let sniffed = self.sniffed.as_deref().unwrap_or_default();
        if sniffed.len() < SNIFF_BYTES && !last {
            return Ok(());
        }
        self.sniff_done = true;
        let binary = is_binary(sniffed);
        self.sniffed = None;
        if binary { Err(NotText::Binary) } else { Ok(()) }
    }
}

/// Appends `bytes` with each run of invalid ones as U+FFFD (validating a stretch at a time, not a
/// character at a time); how many those were, and the beginning of a character at the end.
pub(super) fn replace_invalid<'a>(mut bytes: &'a [u8], out: &mut String) -> (usize, &'a [u8]) {
    let mut invalid = 0;
    loop {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => {
                out.push_str(text);
                return (invalid, &[]);
            }
            Err(error) => error,
        };
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        out.push_str(std::str::from_utf8(valid).unwrap_or_default());
        let Some(length) = error.error_len() else {
            return (invalid, rest);
        };
        invalid += length;
        out.push(char::REPLACEMENT_CHARACTER);
        bytes = &rest[length..];
    }
}

/// Encoding and length of the byte order mark, once there are enough bytes to tell.
fn encoding(bytes: &[u8]) -> Option<(Encoding, usize)> {
    match bytes {
        [0xff, 0xfe, ..] => Some((Encoding::Utf16Le, 2)),
        [0xfe, 0xff, ..] => Some((Encoding::Utf16Be, 2)),
        [0xef, 0xbb, 0xbf, ..] => Some((Encoding::Utf8, 3)),
        [0xef, 0xbb] | [0xef] | [0xff] | [0xfe] | [] => None,
        _ => Some((Encoding::Utf8, 0)),
    }
}

fn is_high_surrogate(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    fn in_chunks(bytes: &[u8], size: usize) -> Result<(String, usize), NotText> {
        let mut decoder = Decoder::new();
        let mut text = String::new();
        for chunk in bytes.chunks(size) {
            decoder.push(chunk, &mut text)?;
        }
        let invalid = decoder.finish(&mut text)?;
        Ok((text, invalid))
    }

    #[test]
    fn chunks_decode_as_the_whole_does() {
        let long = "line of text ä\n".repeat(2 * SNIFF_BYTES / 8);
        let mut cases: Vec<Vec<u8>> = [
            b"".as_slice(),
            b" \r\n\t",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\xef\xbb",
            b"\xff",
            b"a\0b",
            &[0u8; 64],
            b"caf\xe9 closed \xf0\x9f\x98\n",
            "smile \u{1f600} end".as_bytes(),
            b"\xf0\x9f\x98",
            b"\xef\xbb\xbfok",
            b"\xff\xfea\0\0\xd8b\0c",
            b"\xff\xfe\x3d\xd8\x00\xde!\0",
            b"\xff\xfe\x3d\xd8\x3d\xd8\x00\xde",
            b"\xfe\xff\0a\xd8",
            b"\xff\xfea\0\0\xd8",
        ]
        .into_iter()
        .map(<[u8]>::to_vec)
        .collect();
        cases.push(long.clone().into_bytes());
        cases.push(
            [0xff, 0xfe]
                .into_iter()
                .chain(long.encode_utf16().flat_map(u16::to_le_bytes))
                .collect(),
        );
        for bytes in &cases {
            let whole = decode(bytes).map(|(text, invalid)| (text.into_owned(), invalid));
            for size in [1, 2, 3, 5, 7, 1000, 1 << 20] {
                assert_eq!(
                    in_chunks(bytes, size),
                    whole,
                    "{size} of {:?}",
                    &bytes[..bytes.len().min(20)]
                );
            }
        }
    }

    #[test]
    fn a_binary_file_is_refused_from_its_beginning() {
        let mut decoder = Decoder::new();
        let refused = decoder.push(&[1; SNIFF_BYTES], &mut String::new());
        assert_eq!(refused, Err(NotText::Binary));
    }
}
