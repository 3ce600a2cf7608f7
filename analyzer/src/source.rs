//! A log on the command line: a file or standard input, packed or not, read in blocks and, where it is asked for, twice.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use anyhow::Context;
use logloop_logs::{Entry, Format, LogStream, Summary};

use crate::report::Progress;
use crate::unpack::{Unpack, UnpackError};
use crate::upload::UploadError;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Where a log comes from.
pub struct Source {
    reader: Reader,
    name: String,
}

enum Reader {
    File(File),
    Stdin,
}

/// A log that was read to its end.
pub struct WasRead {
    /// What it is.
    pub summary: Summary,
    /// What was not read as it is.
    pub warnings: Vec<String>,
}

impl Source {
    /// Opens a file; `-` is standard input. What has no beginning to go back to (standard input, a pipe) is kept in a
    /// temporary file if it is to be read `twice`.
    pub fn open(path: &Path, twice: bool) -> anyhow::Result<Self> {
        if path.as_os_str() != "-" {
            let name = path.display().to_string();
            let mut file = File::open(path).with_context(|| format!("cannot open {name}"))?;
            if twice && file.stream_position().is_err() {
                file = keep(&mut file, &name)?;
            }
            return Ok(Self {
                reader: Reader::File(file),
                name,
            });
        }
        let name = "standard input".to_owned();
        let reader = if twice {
            Reader::File(keep(&mut io::stdin().lock(), &name)?)
        } else {
            Reader::Stdin
        };
        Ok(Self { reader, name })
    }

    /// Reads the log from its beginning and hands over its entries; shows how far it is.
    pub fn read(
        &mut self,
        format: Option<Format>,
        each: &mut impl FnMut(Entry<'_>),
    ) -> anyhow::Result<WasRead> {
        let about = |what: &str| format!("{what} {}", self.name);
        let (reader, bytes): (Box<dyn Read + '_>, _) = match &mut self.reader {
            Reader::File(file) => {
                // A pipe has no beginning to go back to, and is read once.
                let _ = file.rewind();
                let bytes = file.metadata().ok().filter(|meta| meta.is_file());
                (Box::new(file), bytes.map(|meta| meta.len()))
            }
            Reader::Stdin => (Box::new(io::stdin().lock()), None),
        };
        let mut progress = Progress::new(bytes);
        let failed = |error: io::Error| match error.downcast::<UnpackError>() {
            Ok(why) => anyhow::Error::from(UploadError::from(why)),
            Err(error) => error.into(),
        };
        let mut unpack = Unpack::new(reader)
            .map_err(failed)
            .with_context(|| about("cannot read"))?;
        let mut stream = LogStream::new(format);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut done = 0;
        loop {
            let read = unpack
                .read(&mut chunk)
                .map_err(failed)
                .with_context(|| about("cannot read"))?;
            if read == 0 {
                break;
            }
            stream
                .push(&chunk[..read], each)
                .map_err(UploadError::from)
                .with_context(|| about("cannot analyze"))?;
            progress.advance(unpack.packed_bytes() - done);
            done = unpack.packed_bytes();
        }
        progress.finish();
        let (summary, invalid) = stream
            .finish(each)
            .map_err(UploadError::from)
            .with_context(|| about("cannot analyze"))?;
        Ok(WasRead {
            summary,
            warnings: crate::upload::warnings(invalid),
        })
    }
}

/// A temporary file with all that `reader` has.
fn keep(reader: &mut impl Read, name: &str) -> anyhow::Result<File> {
    let mut file =
        tempfile::tempfile().with_context(|| format!("cannot make a temporary file for {name}"))?;
    io::copy(reader, &mut file)
        .with_context(|| format!("cannot keep {name} in a temporary file"))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_twice() {
        let (reader, mut writer) = io::pipe().unwrap();
        io::Write::write_all(&mut writer, b"one\ntwo\n").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let mut source = Source::open(Path::new(&path), true).unwrap();
        for _ in 0..2 {
            let mut lines = vec![];
            source
                .read(None, &mut |entry| lines.push(entry.line_start))
                .unwrap();
            assert_eq!(lines, [1, 2]);
        }
    }
}
