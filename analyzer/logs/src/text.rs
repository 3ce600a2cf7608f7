//! Bytes to text: what is not a log at all is refused, what is merely dirty is read.

use std::borrow::Cow;

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
/// UTF-16 with a byte order mark is converted. A few NUL bytes are kept as they are.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, usize), NotText> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotText::Empty);
    }
    if let Some(text) = utf16(bytes) {
        return Ok((Cow::Owned(text), 0));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if is_binary(&bytes[..bytes.len().min(SNIFF_BYTES)]) {
        return Err(NotText::Binary);
    }
    let text = String::from_utf8_lossy(bytes);
    let invalid = match &text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(_) => bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum(),
    };
    Ok((text, invalid))
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes[2..]
        .chunks_exact(2)
        .map(|pair| read([pair[0], pair[1]]));
    Some(
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

fn is_binary(sample: &[u8]) -> bool {
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
        assert_eq!(
            decode(b"one \0 in a long enough line of text").unwrap().1,
            0
        );
    }
}
