//! One file: its bytes as programs see them, and as the disk has them.

use crate::random::Random;

/// What the disk writes at once.
const SECTOR_BYTES: u64 = 512;

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) is_dir: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) changes: Vec<Change>,
    pub(super) sync_failed: bool,
    pub(super) locked: Option<u64>,
}

#[derive(Debug)]
pub(super) enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Length(u64),
}

impl Node {
    pub(super) fn change(&mut self, change: Change) {
        apply(&mut self.bytes, &change);
        self.changes.push(change);
    }

    pub(super) fn lose(&mut self, random: &mut Random) {
        let mode = random.below(4);
        for change in std::mem::take(&mut self.changes) {
            match change {
                Change::Length(_) => {
                    if mode == 1 || (mode > 1 && random.one_in(2)) {
                        apply(&mut self.durable, &change);
                    }
                }
                Change::Write { offset, bytes } => {
                    let mut at = 0;
                    while at < bytes.len() {
                        let in_sector = SECTOR_BYTES - (offset + at as u64) % SECTOR_BYTES;
                        let end = bytes.len().min(at + in_sector as usize);
                        if mode == 1 || (mode > 1 && random.one_in(2)) {
                            let part = Change::Write {
                                offset: offset + at as u64,
                                bytes: bytes[at..end].to_vec(),
                            };
                            apply(&mut self.durable, &part);
                        }
                        at = end;
                    }
                }
            }
        }
        self.bytes = self.durable.clone();
        self.locked = None;
        self.sync_failed = false;
    }
}

pub(super) fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(bytes) => file.resize(*bytes as usize, 0),
        Change::Write { offset, bytes } => {
            let from = *offset as usize;
            if file.len() < from + bytes.len() {
                file.resize(from + bytes.len(), 0);
            }
            file[from..from + bytes.len()].copy_from_slice(bytes);
        }
    }
}
