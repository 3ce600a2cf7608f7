//! The simulated disk as a mounted filesystem, for real programs.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate,
    ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite, Request, TimeOrNow,
    WriteFlags,
};

use crate::disk::{Attributes, Disk, Name};

/// Nothing is remembered by the kernel: what is lost is lost at once.
const TTL: Duration = Duration::ZERO;

/// A mounted disk.
#[derive(Debug)]
pub struct Mounted {
    session: Option<BackgroundSession>,
}

impl Mounted {
    /// Mounts the disk as it is now. `None`, and says so, where this cannot be done.
    pub fn new(disk: &Arc<Disk>, at: &Path) -> Option<Self> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("logloop-faults".to_owned())];
        let filesystem = Fuse {
            epoch: disk.epoch(),
            disk: Arc::clone(disk),
        };
        match fuser::spawn_mount(filesystem, at, &config) {
            Ok(session) => Some(Self {
                session: Some(session),
            }),
            Err(error) => {
                eprintln!("SKIPPED: a FUSE filesystem needs Linux, root and /dev/fuse: {error}");
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            match session.umount_and_join() {
                // The kernel's other word for a connection that ended: it had requests left as it was unmounted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                ended => ended.expect("nobody uses it any more"),
            }
        }
    }
}

#[derive(Debug)]
struct Fuse {
    disk: Arc<Disk>,
    epoch: u64,
}

impl Fuse {
    fn attributes(&self, inode: INodeNo) -> Result<FileAttr, Errno> {
        let attributes = self.disk.attributes(self.epoch, inode.0);
        attributes.map(attr).map_err(|error| errno(&error))
    }

    fn make(&self, parent: INodeNo, name: &OsStr, is_dir: bool) -> Result<FileAttr, Errno> {
        let name = name.to_string_lossy();
        let made = self.disk.create(self.epoch, parent.0, &name, is_dir);
        self.attributes(INodeNo(made.map_err(|error| errno(&error))?))
    }
}

fn attr(attributes: Attributes) -> FileAttr {
    let (kind, perm) = if attributes.is_dir {
        (FileType::Directory, 0o755)
    } else {
        (FileType::RegularFile, 0o644)
    };
    let now = SystemTime::now();
    FileAttr {
        ino: INodeNo(attributes.inode),
        size: attributes.bytes,
        blocks: attributes.bytes.div_ceil(512),
        atime: now,
        mtime: now,
        ctime: now,
        crtime: now,
        kind,
        perm,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

fn errno(error: &io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::NotFound => Errno::ENOENT,
        io::ErrorKind::AlreadyExists => Errno::EEXIST,
        io::ErrorKind::StorageFull => Errno::ENOSPC,
        _ => Errno::EIO,
    }
}

fn name(parent: INodeNo, name: &OsStr) -> Name {
    (parent.0, name.to_string_lossy().into_owned())
}

fn empty(done: io::Result<()>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(errno(&error)),
    }
}

impl fuser::Filesystem for Fuse {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let name = name.to_string_lossy();
        match self.disk.lookup(self.epoch, parent.0, &name) {
            Ok(found) => reply.entry(&TTL, &attr(found), Generation(0)),
            Err(error) => reply.error(errno(&error)),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes(inode) {
            Ok(attr) => reply.attr(&TTL, &attr),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        inode: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let cut = size.map(|size| self.disk.set_len(self.epoch, inode.0, size));
        if let Some(Err(error)) = cut {
            return reply.error(errno(&error));
        }
        match self.attributes(inode) {
            Ok(attr) => reply.attr(&TTL, &attr),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        match self.make(parent, name, true) {
            Ok(attr) => reply.entry(&TTL, &attr, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        match self.make(parent, name, false) {
            Ok(attr) => reply.created(
                &TTL,
                &attr,
                Generation(0),
                FileHandle(0),
                FopenFlags::FOPEN_DIRECT_IO,
            ),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut buffer = vec![0; size as usize];
        match self.disk.read(self.epoch, inode.0, offset, &mut buffer) {
            Ok(read) => reply.data(&buffer[..read]),
            Err(error) => reply.error(errno(&error)),
        }
    }

    fn write(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.disk.write(self.epoch, inode.0, offset, data) {
            Ok(written) => reply.written(written as u32),
            Err(error) => reply.error(errno(&error)),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, inode: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        empty(self.disk.sync(self.epoch, inode.0), reply);
    }

    fn fsyncdir(&self, _: &Request, inode: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        empty(self.disk.sync_dir(self.epoch, inode.0), reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, of: &OsStr, reply: ReplyEmpty) {
        empty(self.disk.unlink(self.epoch, name(parent, of)), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        from: &OsStr,
        new_parent: INodeNo,
        to: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = (name(parent, from), name(new_parent, to));
        empty(self.disk.rename(self.epoch, from, to), reply);
    }

    fn readdir(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let entries = match self.disk.list(self.epoch, inode.0) {
            Ok(entries) => entries,
            Err(error) => return reply.error(errno(&error)),
        };
        for (at, (name, found)) in entries.iter().enumerate().skip(offset as usize) {
            let kind = attr(*found).kind;
            if reply.add(INodeNo(found.inode), at as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }
}
