//! What people send, to text: decompressed within bounds, decoded, named.

use std::io::{self, Read};

use logloop_logs::{NotText, decode};
use logloop_records::blob::MAX_LOG_BYTES;

use crate::unpack::{Unpack, UnpackError};

/// Bytes of one upload as it arrives.
pub const MAX_UPLOAD_BYTES: usize = 64 << 20;

/// Text of an upload.
#[derive(Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The log.
    pub text: String,
    /// What was not read as it is.
    pub warnings: Vec<String>,
}

/// Why an upload was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// Nothing in it.
    #[error("the log is empty: send at least one line of text")]
    Empty,
    /// No text.
    #[error(
        "this is no text: send a log as plain text, or packed with gzip or zstd (no tar, no zip)"
    )]
    Binary,
    /// More than is read.
    #[error(
        "the log has more than {MAX_LOG_BYTES} bytes when unpacked: split it, or send the part that matters"
    )]
    TooLarge,
    /// Cannot be unpacked.
    #[error(transparent)]
    Packed(#[from] UnpackError),
}

impl From<NotText> for UploadError {
    fn from(refused: NotText) -> Self {
        match refused {
            NotText::Empty => Self::Empty,
            NotText::Binary => Self::Binary,
        }
    }
}

impl UploadError {
    /// Stable name for the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_log",
            Self::Binary => "not_text",
            Self::TooLarge => "log_too_large",
            Self::Packed(UnpackError::Bomb) => "compression_bomb",
            Self::Packed(UnpackError::Archive(_)) => "archive",
            Self::Packed(UnpackError::Damaged(..)) => "damaged_archive",
        }
    }
}

/// Reads an upload, whatever its headers call it: gzip and zstd are told by their content.
pub fn read(bytes: &[u8]) -> Result<Uploaded, UploadError> {
    let unpacked = unpack(bytes)?;
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    if bytes.len() > MAX_LOG_BYTES {
        return Err(UploadError::TooLarge);
    }
    let (text, invalid) = decode(bytes)?;
    Ok(Uploaded {
        text: text.into_owned(),
        warnings: warnings(invalid),
    })
}

/// A word on what is not valid: bytes, of UTF-16 characters.
pub(crate) fn warnings(invalid: usize) -> Vec<String> {
    let told = format!(
        "{invalid} bytes (of UTF-16: characters) are not valid UTF-8 or UTF-16 and were replaced by U+FFFD"
    );
    Some(told).filter(|_| invalid > 0).into_iter().collect()
}

/// The unpacked bytes, or none where they are not packed.
fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, UploadError> {
    let failed = |error: io::Error| match error.downcast::<UnpackError>() {
        Ok(why) => UploadError::Packed(why),
        Err(other) => UploadError::Packed(UnpackError::Damaged("packed", other.to_string())),
    };
    let unpack = Unpack::new(Box::new(bytes)).map_err(failed)?;
    if !unpack.is_packed() {
        return Ok(None);
    }
    let mut out = vec![];
    unpack
        .take(MAX_LOG_BYTES as u64 + 1)
        .read_to_end(&mut out)
        .map_err(failed)?;
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::MIN_RATIO_BYTES;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packed_and_plain_are_the_same() {
        let text = "2026-11-22 ERROR x\n";
        for bytes in [
            text.as_bytes().to_vec(),
            gzip(text.as_bytes()),
            zstd::encode_all(text.as_bytes(), 3).unwrap(),
        ] {
            assert_eq!(read(&bytes).unwrap().text, text);
        }
    }

    #[test]
    fn bad_uploads_are_told_apart() {
        assert_eq!(read(b"").unwrap_err(), UploadError::Empty);
        assert_eq!(read(&gzip(b" \n")).unwrap_err(), UploadError::Empty);
        assert_eq!(
            read(&[0, 1, 2, 3, 0, 0, 0, 9]).unwrap_err(),
            UploadError::Binary
        );
        let whole = gzip(b"a line of log\n");
        assert!(matches!(
            read(&whole[..whole.len() - 9]),
            Err(UploadError::Packed(UnpackError::Damaged("gzip", _)))
        ));
        let bomb = gzip(&vec![b'a'; MIN_RATIO_BYTES as usize + 100_000]);
        assert_eq!(read(&bomb).unwrap_err().code(), "compression_bomb");
        let dirty = read(b"caf\xe9 failed\n").unwrap();
        assert_eq!(dirty.warnings.len(), 1);
        let half = read(b"\xff\xfea\0\0\xd8b\0").unwrap();
        assert_eq!(half.text, "a\u{fffd}b");
        assert!(half.warnings[0].starts_with("1 "), "{:?}", half.warnings);
        for mark in [b"\xff\xfe".as_slice(), b"\xef\xbb\xbf\n"] {
            assert_eq!(read(mark).unwrap_err(), UploadError::Empty);
        }
    }
}
