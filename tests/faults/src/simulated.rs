//! The simulated disk as the filesystem of a store.

use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use logloop_records::filesystem::{FileHandle, FileId, Filesystem, Open, Stat};

use crate::disk::{Attributes, Disk, Inode, Name, ROOT};

/// A process's view of the disk; dead once the process is killed or the power is lost.
#[derive(Clone, Debug)]
pub struct Simulated {
    disk: Arc<Disk>,
    epoch: u64,
}

impl Simulated {
    /// The view of a process that starts now.
    pub fn new(disk: &Arc<Disk>) -> Self {
        Self {
            epoch: disk.epoch(),
            disk: Arc::clone(disk),
        }
    }

    fn find(&self, path: &Path) -> io::Result<Inode> {
        let mut at = ROOT;
        for component in path.components() {
            if let Component::Normal(name) = component {
                let name = name.to_string_lossy();
                at = self.disk.lookup(self.epoch, at, &name)?.inode;
            }
        }
        Ok(at)
    }

    fn name(&self, path: &Path) -> io::Result<Name> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let dir = self.find(path.parent().unwrap_or(Path::new("/")))?;
        Ok((dir, name.to_string_lossy().into_owned()))
    }
}

fn stat(attributes: Attributes) -> Stat {
    Stat {
        id: FileId {
            device: 1,
            inode: attributes.inode,
        },
        bytes: attributes.bytes,
        modified: SystemTime::now(),
        is_dir: attributes.is_dir,
    }
}

impl Filesystem for Simulated {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let (dir, name) = self.name(path)?;
        self.disk.create(self.epoch, dir, &name, true).map(|_| ())
    }

    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn FileHandle>> {
        static OWNERS: AtomicU64 = AtomicU64::new(0);
        let inode = match (self.find(path), how) {
            (Ok(_), Open::New) => return Err(ErrorKind::AlreadyExists.into()),
            (Ok(inode), _) => inode,
            (Err(error), Open::Create | Open::New) if error.kind() == ErrorKind::NotFound => {
                let (dir, name) = self.name(path)?;
                self.disk.create(self.epoch, dir, &name, false)?
            }
            (Err(error), _) => return Err(error),
        };
        Ok(Arc::new(Handle {
            fs: self.clone(),
            inode,
            owner: OWNERS.fetch_add(1, Ordering::Relaxed),
        }))
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let inode = self.find(path)?;
        self.disk.attributes(self.epoch, inode).map(stat)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let entries = self.disk.list(self.epoch, self.find(dir)?)?;
        Ok(entries.iter().map(|(name, _)| dir.join(name)).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk
            .rename(self.epoch, self.name(from)?, self.name(to)?)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.disk.unlink(self.epoch, self.name(path)?)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(self.epoch, self.find(dir)?)
    }
}

#[derive(Debug)]
struct Handle {
    fs: Simulated,
    inode: Inode,
    owner: u64,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.fs.disk.unlock(self.inode, self.owner);
    }
}

impl FileHandle for Handle {
    fn stat(&self) -> io::Result<Stat> {
        self.fs.disk.attributes(self.fs.epoch, self.inode).map(stat)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.fs.disk.read(self.fs.epoch, self.inode, offset, buffer)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.fs.disk.write(self.fs.epoch, self.inode, offset, bytes)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.fs.disk.set_len(self.fs.epoch, self.inode, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.fs.disk.sync(self.fs.epoch, self.inode)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.fs.disk.sync(self.fs.epoch, self.inode)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.fs.disk.try_lock(self.fs.epoch, self.inode, self.owner)
    }
}
