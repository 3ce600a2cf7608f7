//! What is on the disk, and the names of it.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, ErrorKind};

use super::node::Node;
use super::{Attributes, Faults, Inode, Name};
use crate::random::Random;

#[derive(Debug)]
pub(super) struct State {
    pub(super) inodes: BTreeMap<Inode, Node>,
    pub(super) next_inode: Inode,
    pub(super) names: BTreeMap<Name, Inode>,
    pub(super) durable_names: BTreeMap<Name, Inode>,
    /// Changes of names that were not synced, in order; those of one entry stand or fall together.
    pub(super) pending: Vec<Vec<(Name, Option<Inode>)>>,
    /// Goes up when the power or the process goes: handles from before are dead.
    pub(super) epoch: u64,
    pub(super) faults: Faults,
    pub(super) steps: u64,
    pub(super) failed: bool,
    pub(super) random: Random,
    pub(super) violations: Vec<String>,
    pub(super) sync_failures: u64,
}

fn io_error(text: &'static str) -> io::Error {
    io::Error::other(text)
}

impl State {
    pub(super) fn check(&self, epoch: u64) -> io::Result<()> {
        let lost = self.faults.power_after.is_some_and(|at| self.steps > at);
        if epoch != self.epoch || lost {
            return Err(io_error("the power is off"));
        }
        Ok(())
    }

    /// Counts a change and fails if it is the one to fail.
    pub(super) fn step(&mut self, epoch: u64) -> io::Result<()> {
        self.check(epoch)?;
        let at = self.steps;
        self.steps += 1;
        if self.faults.power_after == Some(at) {
            self.failed = true;
            return Err(io_error("the power is off"));
        }
        if self.faults.fail_after == Some(at) {
            self.failed = true;
            return Err(io_error("injected I/O error"));
        }
        Ok(())
    }

    pub(super) fn node(&self, inode: Inode) -> io::Result<&Node> {
        self.inodes.get(&inode).ok_or(ErrorKind::NotFound.into())
    }

    pub(super) fn node_mut(&mut self, inode: Inode) -> io::Result<&mut Node> {
        self.inodes
            .get_mut(&inode)
            .ok_or(ErrorKind::NotFound.into())
    }

    pub(super) fn attributes(&self, inode: Inode) -> io::Result<Attributes> {
        let node = self.node(inode)?;
        Ok(Attributes {
            inode,
            bytes: node.bytes.len() as u64,
            is_dir: node.is_dir,
        })
    }

    pub(super) fn rename_all(&mut self, changes: Vec<(Name, Option<Inode>)>) {
        apply_names(&mut self.names, &changes);
        self.pending.push(changes);
    }

    /// What the folder's entries depend on becomes durable with them.
    pub(super) fn sync_names(&mut self, dir: Inode) {
        let mut wanted: HashSet<Name> = HashSet::new();
        let mut durable = vec![false; self.pending.len()];
        for (at, changes) in self.pending.iter().enumerate().rev() {
            let touches =
                |(name, _): &(Name, Option<Inode>)| name.0 == dir || wanted.contains(name);
            if changes.iter().any(touches) {
                durable[at] = true;
                wanted.extend(changes.iter().map(|(name, _)| name.clone()));
            }
        }
        let mut at = 0;
        let names = &mut self.durable_names;
        self.pending.retain(|changes| {
            let now = durable[at];
            at += 1;
            if now {
                apply_names(names, changes);
            }
            !now
        });
    }

    pub(super) fn lose_names(&mut self) {
        let mut lost: HashSet<Name> = HashSet::new();
        // All, none, or by chance.
        let mode = self.random.below(4);
        for changes in std::mem::take(&mut self.pending) {
            let blocked = changes.iter().any(|(name, _)| lost.contains(name));
            let kept = match mode {
                0 => false,
                1 => true,
                _ => self.random.one_in(2),
            };
            if blocked || !kept {
                lost.extend(changes.into_iter().map(|(name, _)| name));
            } else {
                apply_names(&mut self.durable_names, &changes);
            }
        }
        self.names = self.durable_names.clone();
    }
}

fn apply_names(names: &mut BTreeMap<Name, Inode>, changes: &[(Name, Option<Inode>)]) {
    for (name, inode) in changes {
        match inode {
            Some(inode) => names.insert(name.clone(), *inode),
            None => names.remove(name),
        };
    }
}
