//! Packed bytes to bytes: gzip and zstd are told by their content, and no bomb is read to its end.

use std::cell::Cell;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::rc::Rc;

/// Bytes at the beginning that tell what a file is; a tar's mark lies 257 bytes into it.
const HEAD_BYTES: usize = 512;

/// Unpacked bytes for each packed one; more is a bomb.
pub const MAX_UNPACKED_RATIO: u64 = 200;

/// Unpacked bytes that are fine at any ratio: a short, repetitive log packs well.
pub const MIN_RATIO_BYTES: u64 = 16 << 20;

/// Bytes read at once from what is packed.
const PACKED_BUFFER_BYTES: usize = 64 << 10;

/// What holds a log but is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archive {
    /// Files one after the other, also inside of gzip or zstd.
    Tar,
    /// zip, and what is made of it (jar, docx).
    Zip,
    /// Packed in a way that is not read here.
    Xz,
    /// Packed in a way that is not read here.
    Bzip2,
}

impl Archive {
    /// Name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }

    /// Tells an archive by its first bytes.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(Self::Zip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some(Self::Bzip2),
            _ if head.get(257..262) == Some(b"ustar") => Some(Self::Tar),
            _ => None,
        }
    }
}

/// Why packed bytes were not read on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// Unpacks to far more than it is.
    #[error(
        "it unpacks to more than {MAX_UNPACKED_RATIO} times its size and was not read on: send it unpacked"
    )]
    Bomb,
    /// Files, not a log.
    #[error("this is a {} archive: take the log out of it, or pack it with gzip or zstd", .0.as_str())]
    Archive(Archive),
    /// Cut or damaged.
    #[error("the {0} data is damaged: {1}; pack it again or send plain text")]
    Damaged(&'static str, String),
}

/// Bytes as they are, or unpacked. Errors of [`Read::read`] carry an [`UnpackError`] where it is one.
pub struct Unpack<'a> {
    kind: Kind<'a>,
    /// Unpacked already, to see what it is.
    head: Cursor<Vec<u8>>,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
}

type Whole<'a> = BufReader<Counted<Chain<Cursor<Vec<u8>>, Box<dyn Read + 'a>>>>;

enum Kind<'a> {
    Plain(Whole<'a>),
    Gzip(Box<flate2::bufread::MultiGzDecoder<Whole<'a>>>),
    Zstd(Box<zstd::Decoder<'static, Whole<'a>>>),
}

struct Counted<R> {
    inner: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

impl<'a> Unpack<'a> {
    /// Looks at the beginning of `reader` and says how to read it.
    pub fn new(mut reader: Box<dyn Read + 'a>) -> io::Result<Self> {
        let mut head = vec![];
        reader
            .by_ref()
            .take(HEAD_BYTES as u64)
            .read_to_end(&mut head)?;
        if let Some(archive) = Archive::of(&head) {
            return Err(io::Error::other(UnpackError::Archive(archive)));
        }
        let magic = [head.first(), head.get(1), head.get(2), head.get(3)].map(|b| b.copied());
        let packed = Rc::new(Cell::new(0));
        let counted = Counted {
            inner: Cursor::new(head).chain(reader),
            bytes: Rc::clone(&packed),
        };
        let whole = BufReader::with_capacity(PACKED_BUFFER_BYTES, counted);
        let kind = match magic {
            [Some(0x1f), Some(0x8b), ..] => {
                Kind::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(whole)))
            }
            [Some(0x28), Some(0xb5), Some(0x2f), Some(0xfd)] => Kind::Zstd(Box::new(
                zstd::Decoder::with_buffer(whole).map_err(|error| damaged("zstd", &error))?,
            )),
            _ => Kind::Plain(whole),
        };
        let mut unpack = Self {
            kind,
            head: Cursor::default(),
            packed,
            unpacked: 0,
        };
        if unpack.is_packed() {
            let mut head = vec![];
            let mut beginning = unpack.by_ref().take(HEAD_BYTES as u64);
            beginning.read_to_end(&mut head)?;
            if let Some(archive) = Archive::of(&head) {
                return Err(io::Error::other(UnpackError::Archive(archive)));
            }
            unpack.head = Cursor::new(head);
        }
        Ok(unpack)
    }

    /// Whether the bytes are unpacked, and not as they came.
    pub fn is_packed(&self) -> bool {
        !matches!(self.kind, Kind::Plain(_))
    }

    /// Bytes taken from the source so far, as they arrive.
    pub fn packed_bytes(&self) -> u64 {
        self.packed.get()
    }
}

impl Read for Unpack<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.head.read(buffer)?;
        if read > 0 {
            return Ok(read);
        }
        let (read, packed) = match &mut self.kind {
            Kind::Plain(reader) => return reader.read(buffer),
            Kind::Gzip(reader) => (reader.read(buffer), "gzip"),
            Kind::Zstd(reader) => (reader.read(buffer), "zstd"),
        };
        let read = read.map_err(|error| damaged(packed, &error))?;
        self.unpacked += read as u64;
        let bound = (self.packed.get() * MAX_UNPACKED_RATIO).max(MIN_RATIO_BYTES);
        if self.unpacked > bound {
            return Err(io::Error::other(UnpackError::Bomb));
        }
        Ok(read)
    }
}

fn damaged(kind: &'static str, error: &io::Error) -> io::Error {
    io::Error::other(UnpackError::Damaged(kind, error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    pub(crate) fn tar() -> Vec<u8> {
        let mut block = vec![0; 512];
        block[..7].copy_from_slice(b"app.log");
        block[257..262].copy_from_slice(b"ustar");
        block.extend(b"a line of a log\n".repeat(1000));
        block
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = vec![];
        Unpack::new(Box::new(bytes))
            .and_then(|mut unpack| unpack.read_to_end(&mut out))
            .map_err(|error| error.to_string())?;
        Ok(out)
    }

    #[test]
    fn packed_and_plain_are_the_same() {
        let text = b"2026-11-22 ERROR x\n".repeat(100);
        let twice = [gzip(&text), gzip(&text)].concat();
        assert_eq!(unpack(&text).unwrap(), text);
        assert_eq!(unpack(&gzip(&text)).unwrap(), text);
        assert_eq!(unpack(&twice).unwrap().len(), 2 * text.len());
        assert_eq!(
            unpack(&zstd::encode_all(&text[..], 3).unwrap()).unwrap(),
            text
        );
        assert_eq!(unpack(b"").unwrap(), b"");
        assert_eq!(unpack(b"\x1f").unwrap(), b"\x1f");
    }

    #[test]
    fn what_is_no_log_is_named() {
        let text = b"a line of a log\n".repeat(100);
        let whole = gzip(&text);
        for (bytes, word) in [
            (tar(), "tar archive"),
            (gzip(&tar()), "tar archive"),
            (zstd::encode_all(&tar()[..], 3).unwrap(), "tar archive"),
            (b"PK\x03\x04rest".to_vec(), "zip archive"),
            (b"\xfd7zXZ\0rest".to_vec(), "xz archive"),
            (b"BZh91AY&SYrest".to_vec(), "bzip2 archive"),
            (whole[..whole.len() - 9].to_vec(), "gzip data is damaged"),
            (
                gzip(&vec![b'a'; MIN_RATIO_BYTES as usize + 100_000]),
                "more than 200 times",
            ),
        ] {
            let error = unpack(&bytes).err().unwrap_or_else(|| panic!("{word}"));
            assert!(error.contains(word), "{error}");
        }
    }
}
