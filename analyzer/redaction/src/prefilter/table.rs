//! Which buckets the bytes of a place may belong to.

use std::ops::Range;

use super::groups::{Member, groups};
use super::window::{WINDOW, Window};

/// Buckets: a bit each.
pub(super) const BUCKETS: usize = 16;

/// A literal in a bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) literal: usize,
    /// So many bytes of the literal lie before its window.
    pub(super) offset: usize,
    mask: u32,
    word: u32,
}

/// By position in the window and byte: the buckets in which the byte occurs there.
pub(super) struct Table {
    buckets: Box<[[u16; 256]; WINDOW]>,
    entries: [Vec<Entry>; BUCKETS],
    /// The same by the low and the high half of a byte.
    pub(super) low: [[u16; 16]; WINDOW],
    pub(super) high: [[u16; 16]; WINDOW],
}

impl Table {
    /// The table of all literals, in their order, each with the windows it may be known by.
    pub(super) fn new(literals: &[Vec<Window>]) -> Table {
        let mut table = Table {
            buckets: Box::new([[0; 256]; WINDOW]),
            entries: Default::default(),
            low: [[0; 16]; WINDOW],
            high: [[0; 16]; WINDOW],
        };
        for (bucket, group) in groups(literals, BUCKETS).into_iter().enumerate() {
            for Member { literal, window } in group {
                let window = &literals[literal][window];
                table.entries[bucket].push(Entry {
                    literal,
                    offset: window.offset,
                    mask: window.mask,
                    word: window.word,
                });
                table.add(1 << bucket, window);
            }
        }
        table
    }

    fn add(&mut self, bucket: u16, window: &Window) {
        for (at, set) in window.bytes.iter().enumerate() {
            for byte in (0..=u8::MAX).filter(|byte| set.has(*byte)) {
                self.buckets[at][usize::from(byte)] |= bucket;
                self.low[at][usize::from(byte & 15)] |= bucket;
                self.high[at][usize::from(byte >> 4)] |= bucket;
            }
        }
    }

    /// The literals of a bucket whose window may lie at `pos`.
    pub(super) fn entries(
        &self,
        bucket: usize,
        text: &[u8],
        pos: usize,
    ) -> impl Iterator<Item = &Entry> {
        let word = text[pos..].first_chunk().copied().map(u32::from_le_bytes);
        let lies = move |entry: &&Entry| word.is_none_or(|word| word & entry.mask == entry.word);
        self.entries[bucket].iter().filter(lies)
    }

    /// Calls `candidate` with each place of `range` that some buckets take, and these. What lies behind the text may be
    /// anything.
    pub(super) fn scan(
        &self,
        text: &[u8],
        range: Range<usize>,
        mut candidate: impl FnMut(usize, u16),
    ) {
        for pos in range {
            let window = &text[pos..text.len().min(pos + WINDOW)];
            let buckets = window
                .iter()
                .zip(self.buckets.iter())
                .fold(u16::MAX, |left, (byte, at)| left & at[usize::from(*byte)]);
            if buckets != 0 {
                candidate(pos, buckets);
            }
        }
    }
}
