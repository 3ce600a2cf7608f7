//! What the store needs of a filesystem, so that tests can put a failing one under it.

mod real;

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

pub use real::RealFilesystem;

/// The calls of the store. Each does one thing and may fail; none retries.
pub trait Filesystem: Debug + Send + Sync {
    /// Makes one folder; its parent is there.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Opens a file.
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn FileHandle>>;
    /// What a path names.
    fn stat(&self, path: &Path) -> io::Result<Stat>;
    /// Paths of a folder's entries, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>>;
    /// Renames a file, replacing what has that name; at once, for every reader.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Unlinks a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the entries of a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file.
pub trait FileHandle: Debug + Send + Sync {
    /// What is open, whatever its path names by now.
    fn stat(&self) -> io::Result<Stat>;
    /// Reads at an offset; fewer bytes than asked for may come, none at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at an offset; fewer bytes than given may be taken.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Cuts or extends the file.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
    /// Makes the bytes and the length durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes everything of the file durable.
    fn sync_all(&self) -> io::Result<()>;
    /// Takes the exclusive lock without waiting. `false`: somebody else has it. It is held until the handle is dropped.
    fn try_lock(&self) -> io::Result<bool>;
}

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// For reading.
    Read,
    /// For reading and writing; it is there.
    Existing,
    /// For reading and writing; made if it is not there.
    Create,
    /// For reading and writing; it must not be there.
    New,
}

/// A file among all: two paths with the same one name the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Which file.
    pub id: FileId,
    /// Its length.
    pub bytes: u64,
    /// When its bytes changed last.
    pub modified: SystemTime,
    /// Whether it is a folder.
    pub is_dir: bool,
}

/// Writes all of `bytes` at `offset`.
pub(crate) fn write_all_at(
    file: &dyn FileHandle,
    mut bytes: &[u8],
    mut offset: u64,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills `buffer` from `offset`, or fails at the end of the file.
pub(crate) fn read_exact_at(
    file: &dyn FileHandle,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> io::Result<()> {
    while !buffer.is_empty() {
        match file.read_at(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A part of an open file as a stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    file: Arc<dyn FileHandle>,
    offset: u64,
    end: u64,
}

impl Stream {
    /// From `offset` up to `end`, or the file's end if that comes first.
    pub(crate) fn new(file: Arc<dyn FileHandle>, offset: u64, end: u64) -> Self {
        Self { file, offset, end }
    }
}

impl io::Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// A new file as a stream to write.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    file: &'a dyn FileHandle,
    offset: u64,
}

impl<'a> Sink<'a> {
    /// From the file's beginning.
    pub(crate) fn new(file: &'a dyn FileHandle) -> Self {
        Self { file, offset: 0 }
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.offset)?;
        self.offset += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
