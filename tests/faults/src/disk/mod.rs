//! A disk in memory that keeps apart what was written and what would survive a power loss.
//!
//! - A write survives when its file is synced after it; else each of its sectors may or may not.
//! - A name (of a new file, a renamed or an unlinked one) survives when its folder is synced after it; else it may or may
//!   not, but never against the order of changes of the same name. A rename survives in both folders or in none.
//! - A sync that fails forgets what was dirty, as Linux does: another one says that all is well, and nothing is.
//! - It can be full, fail at any step, take a write in part, and lie about syncs.

mod node;
mod state;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard};

use crate::random::Random;
use node::{Change, Node, apply};
use state::State;

/// A file or folder.
pub type Inode = u64;

/// The root folder.
pub const ROOT: Inode = 1;

/// A name in a folder.
pub type Name = (Inode, String);

/// What a file is, without its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Attributes {
    /// Its number.
    pub inode: Inode,
    /// Its length.
    pub bytes: u64,
    /// A folder.
    pub is_dir: bool,
}

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The so many-th change from now on fails with an I/O error; 0 is the next.
    pub fail_after: Option<u64>,
    /// From that step on everything fails, until the power comes back.
    pub power_after: Option<u64>,
    /// Bytes that all files together may have.
    pub space: Option<u64>,
    /// Writes may be taken in part.
    pub short_writes: bool,
    /// Syncs of files say that all is well, and do nothing.
    pub lying_file_syncs: bool,
    /// Syncs of folders do.
    pub lying_dir_syncs: bool,
}

/// The disk.
#[derive(Debug)]
pub struct Disk {
    state: Mutex<State>,
}

impl Disk {
    /// An empty disk.
    pub fn new(seed: u64) -> Self {
        let root = Node {
            is_dir: true,
            ..Node::default()
        };
        Self {
            state: Mutex::new(State {
                inodes: BTreeMap::from([(ROOT, root)]),
                next_inode: ROOT + 1,
                names: BTreeMap::new(),
                durable_names: BTreeMap::new(),
                pending: vec![],
                epoch: 0,
                faults: Faults::default(),
                steps: 0,
                failed: false,
                random: Random::new(seed),
                violations: vec![],
                sync_failures: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic holds it")
    }

    /// Lets things go wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        let mut state = self.lock();
        state.faults = faults;
        state.steps = 0;
        state.failed = false;
    }

    /// Whether the failure that was asked for has happened.
    pub fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// Changes since faults were set.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// Syncs that have failed: what is read before the next power loss may not be on the disk.
    pub fn sync_failures(&self) -> u64 {
        self.lock().sync_failures
    }

    /// Rules of durability that the program broke.
    pub fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    /// The process is killed: its locks go, what it wrote stays.
    pub fn kill(&self) {
        let mut state = self.lock();
        state.epoch += 1;
        for node in state.inodes.values_mut() {
            node.locked = None;
            node.sync_failed = false;
        }
    }

    /// The power goes and comes back: what was not synced survives by chance. The faults are over.
    pub fn lose_power(&self) {
        let mut state = self.lock();
        state.epoch += 1;
        state.lose_names();
        let mut random = state.random.clone();
        for node in state.inodes.values_mut() {
            node.lose(&mut random);
        }
        state.random = random;
        state.faults = Faults::default();
    }

    /// Handles are good while this stays the same.
    pub fn epoch(&self) -> u64 {
        self.lock().epoch
    }

    /// What lies at a name.
    pub fn lookup(&self, epoch: u64, dir: Inode, name: &str) -> io::Result<Attributes> {
        let state = self.lock();
        state.check(epoch)?;
        let inode = state.names.get(&(dir, name.to_owned()));
        state.attributes(*inode.ok_or(ErrorKind::NotFound)?)
    }

    /// What a file is.
    pub fn attributes(&self, epoch: u64, inode: Inode) -> io::Result<Attributes> {
        let state = self.lock();
        state.check(epoch)?;
        state.attributes(inode)
    }

    /// Entries of a folder.
    pub fn list(&self, epoch: u64, dir: Inode) -> io::Result<Vec<(String, Attributes)>> {
        let state = self.lock();
        state.check(epoch)?;
        let first = (dir, String::new());
        let of_dir = state.names.range(first..).take_while(|(n, _)| n.0 == dir);
        of_dir
            .map(|((_, name), inode)| Ok((name.clone(), state.attributes(*inode)?)))
            .collect()
    }

    /// Makes a file or a folder.
    pub fn create(&self, epoch: u64, dir: Inode, name: &str, is_dir: bool) -> io::Result<Inode> {
        let mut state = self.lock();
        state.step(epoch)?;
        let name = (dir, name.to_owned());
        if state.names.contains_key(&name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let inode = state.next_inode;
        state.next_inode += 1;
        let node = Node {
            is_dir,
            ..Node::default()
        };
        state.inodes.insert(inode, node);
        state.rename_all(vec![(name, Some(inode))]);
        Ok(inode)
    }

    /// Renames, replacing what is there.
    pub fn rename(&self, epoch: u64, from: Name, to: Name) -> io::Result<()> {
        let mut state = self.lock();
        state.step(epoch)?;
        let inode = *state.names.get(&from).ok_or(ErrorKind::NotFound)?;
        state.rename_all(vec![(from, None), (to, Some(inode))]);
        Ok(())
    }

    /// Unlinks a file.
    pub fn unlink(&self, epoch: u64, name: Name) -> io::Result<()> {
        let mut state = self.lock();
        state.step(epoch)?;
        if !state.names.contains_key(&name) {
            return Err(ErrorKind::NotFound.into());
        }
        state.rename_all(vec![(name, None)]);
        Ok(())
    }

    /// Makes the names in a folder durable.
    pub fn sync_dir(&self, epoch: u64, dir: Inode) -> io::Result<()> {
        let mut state = self.lock();
        state.step(epoch)?;
        if !state.faults.lying_dir_syncs {
            state.sync_names(dir);
        }
        Ok(())
    }

    /// Reads from a file.
    pub fn read(
        &self,
        epoch: u64,
        inode: Inode,
        offset: u64,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let state = self.lock();
        state.check(epoch)?;
        let bytes = &state.node(inode)?.bytes;
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let read = buffer.len().min(bytes.len() - from);
        buffer[..read].copy_from_slice(&bytes[from..from + read]);
        Ok(read)
    }

    /// Writes to a file; fewer bytes than given may be taken.
    pub fn write(&self, epoch: u64, inode: Inode, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.lock();
        state.step(epoch)?;
        let mut taken = bytes.len();
        if state.faults.short_writes && taken > 1 && state.random.one_in(3) {
            taken = 1 + state.random.below(taken as u64 - 1) as usize;
        }
        if let Some(space) = state.faults.space {
            let used: u64 = state.inodes.values().map(|n| n.bytes.len() as u64).sum();
            let held = state.node(inode)?.bytes.len() as u64;
            let most = (held + space.saturating_sub(used)).saturating_sub(offset);
            taken = taken.min(usize::try_from(most).unwrap_or(usize::MAX));
            if taken == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
        }
        state.node_mut(inode)?.change(Change::Write {
            offset,
            bytes: bytes[..taken].to_vec(),
        });
        Ok(taken)
    }

    /// Cuts or extends a file.
    pub fn set_len(&self, epoch: u64, inode: Inode, bytes: u64) -> io::Result<()> {
        let mut state = self.lock();
        state.step(epoch)?;
        state.node_mut(inode)?.change(Change::Length(bytes));
        Ok(())
    }

    /// Makes a file's bytes durable.
    pub fn sync(&self, epoch: u64, inode: Inode) -> io::Result<()> {
        let mut state = self.lock();
        state.check(epoch)?;
        let stepped = state.step(epoch);
        let is_on = state.check(epoch).is_ok();
        let lying = state.faults.lying_file_syncs;
        let node = state.node_mut(inode)?;
        if let Err(error) = stepped {
            if !is_on {
                return Err(error);
            }
            // The dirty pages are dropped or clean now, and the next sync would not write them.
            node.changes.clear();
            node.sync_failed = true;
            state.sync_failures += 1;
            return Err(error);
        }
        if node.sync_failed {
            let text = format!("inode {inode} was synced again after a sync had failed");
            state.violations.push(text);
        } else if !lying {
            for change in std::mem::take(&mut node.changes) {
                apply(&mut node.durable, &change);
            }
        }
        Ok(())
    }

    /// Takes a file's lock for `owner`, if nobody else has it.
    pub fn try_lock(&self, epoch: u64, inode: Inode, owner: u64) -> io::Result<bool> {
        let mut state = self.lock();
        state.check(epoch)?;
        let node = state.node_mut(inode)?;
        if node.locked.is_some_and(|other| other != owner) {
            return Ok(false);
        }
        node.locked = Some(owner);
        Ok(true)
    }

    /// Gives up what `owner` has locked.
    pub fn unlock(&self, inode: Inode, owner: u64) {
        if let Some(node) = self.lock().inodes.get_mut(&inode)
            && node.locked == Some(owner)
        {
            node.locked = None;
        }
    }

    /// Damages a file: flips one bit of what is stored, durable as if it had been so for long.
    pub fn flip_bit(&self, inode: Inode, offset: u64, bit: u8) {
        let mut state = self.lock();
        let node = state.inodes.get_mut(&inode).expect("it is there");
        for bytes in [&mut node.bytes, &mut node.durable] {
            if let Some(byte) = bytes.get_mut(offset as usize) {
                *byte ^= 1 << bit;
            }
        }
    }
}
