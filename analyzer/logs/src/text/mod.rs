//! Bytes to text: what is not a log at all is refused, what is merely dirty is read.

mod stream;

use std::borrow::Cow;

pub use stream::Decoder;

/// Bytes looked at to tell a binary file from text.
const SNIFF_BYTES: usize = 8192;

/// Share of control bytes above which the input is taken for a binary file.
const MAX_CONTROL_SHARE: f64 = 0.10;

/// Why bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotText {
    /// No byte but white space.
    Empty,
    /// Control bytes all over: an image, an archive, a program.
    Binary,
}

/// Text of `bytes` and how many bytes were not UTF-8 (each run became U+FFFD).
///
/// UTF-16 with a byte order mark is converted; of it the replaced characters are counted. A few
/// NUL bytes are kept as they are.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, usize), NotText> {
    let (text, invalid, binary) = match utf16(bytes) {
        Some((text, invalid)) => {
            let binary = is_binary(text.as_bytes());
            (Cow::Owned(text), invalid, binary)
        }
        None => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let (text, invalid) = utf8(bytes);
            (text, invalid, is_binary(bytes))
        }
    };
    if text.trim().is_empty() {
        return Err(NotText::Empty);
    }
    if binary {
        return Err(NotText::Binary);
    }
    Ok((text, invalid))
}

fn utf8(bytes: &[u8]) -> (Cow<'_, str>, usize) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), 0),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len() + bytes.len() / 64);
            let (invalid, cut) = stream::replace_invalid(bytes, &mut text);
            if !cut.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
            (Cow::Owned(text), invalid + cut.len())
        }
    }
}

fn utf16(bytes: &[u8]) -> Option<(String, usize)> {
    let read: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, half) = bytes[2..].as_chunks::<2>();
    let mut invalid = 0;
    let mut replaced = || {
        invalid += 1;
        char::REPLACEMENT_CHARACTER
    };
    let units = pairs.iter().map(|pair| read(*pair));
    let mut text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or_else(|_| replaced()))
        .collect();
    if !half.is_empty() {
        text.push(replaced());
    }
    Some((text, invalid))
}

fn is_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SNIFF_BYTES)];
    let control = |byte: &&u8| matches!(byte, 0..=6 | 14..=26 | 28..=31 | 127);
    sample.iter().filter(control).count() as f64 > sample.len() as f64 * MAX_CONTROL_SHARE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dirty_text_is_read_and_binary_is_refused() {
        assert_eq!(decode(b""), Err(NotText::Empty));
        assert_eq!(decode(b" \r\n\t"), Err(NotText::Empty));
        assert_eq!(decode(&[0u8; 64]), Err(NotText::Binary));
        assert_eq!(
            decode(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0"),
            Err(NotText::Binary)
        );
        assert_eq!(
            decode(b"caf\xe9 closed\n").unwrap(),
            ("caf\u{fffd} closed\n".into(), 1)
        );
        assert_eq!(decode(b"\xff\xfea\0b\0").unwrap(), ("ab".into(), 0));
        assert_eq!(decode(b"\xef\xbb\xbfok").unwrap(), ("ok".into(), 0));
        for mark in [
            b"\xff\xfe".as_slice(),
            b"\xfe\xff",
            b"\xff\xfe\n\0 \0",
            b"\xef\xbb\xbf",
            b"\xef\xbb\xbf\n",
        ] {
            assert_eq!(decode(mark), Err(NotText::Empty), "{mark:?}");
        }
        assert_eq!(
            decode(b"\xff\xfea\0\0\xd8b\0c").unwrap(),
            ("a\u{fffd}b\u{fffd}".into(), 2),
            "half a pair and half a unit"
        );
        let binary: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain((0..64u8).map(|n| (n + 1) % 2))
            .collect();
        assert_eq!(decode(&binary), Err(NotText::Binary));
        assert_eq!(
            decode(b"one \0 in a long enough line of text").unwrap().1,
            0
        );
    }
}
