//! The distinct masked texts of one log: each stored once, counted, found by its key.

use crate::mask::{self, hash};

/// Distinct masked texts of one log that are kept apart; entries with others are counted alone.
pub const MAX_TEXTS: usize = 400_000;

/// Bytes of a block of text. No text spans two blocks.
const BLOCK_BYTES: usize = 1 << 20;

/// Most bytes of text; a longer log's further texts are counted alone.
pub const MAX_TEXTS_BYTES: usize = 48 << 20;

const _: () = assert!(MAX_TEXTS_BYTES < u32::MAX as usize);

/// A slot of the table which is free.
const FREE: u32 = u32::MAX;

/// Distinct masked texts in the order of first sight, with how often each was seen and where
/// first. At most [`MAX_TEXTS`] and [`MAX_TEXTS_BYTES`]; about 30 bytes a text besides the text.
#[derive(Debug)]
pub struct Texts {
    blocks: Vec<Vec<u8>>,
    entries: Vec<Stored>,
    /// Index of an entry by the low bits of its key; the length is a power of two.
    table: Vec<u32>,
    left_out: u64,
}

#[derive(Debug)]
struct Stored {
    key: u64,
    /// Block and place in it, as one number.
    start: u32,
    length: u16,
    count: u32,
    first_line: u32,
}

impl Default for Texts {
    fn default() -> Self {
        Self::new()
    }
}

impl Texts {
    /// None yet.
    pub fn new() -> Self {
        const INITIAL_SLOTS: usize = 1024;
        Self {
            blocks: Vec::new(),
            entries: Vec::new(),
            table: vec![FREE; INITIAL_SLOTS],
            left_out: 0,
        }
    }

    /// Masks a message and counts its masked text; its index, or `None` where a bound is
    /// reached and the text is not among those stored. Allocates only for a new text.
    pub fn add(&mut self, message: &str, line: u64) -> Option<u32> {
        mask::masked(message, |text| self.count_text(hash(text), text, line))
    }

    /// Counts a text that is masked already.
    pub fn add_masked(&mut self, text: &str, line: u64) -> Option<u32> {
        self.count_text(hash(text.as_bytes()), text.as_bytes(), line)
    }

    fn count_text(&mut self, key: u64, text: &[u8], line: u64) -> Option<u32> {
        let slot = self.slot(key);
        let index = self.table[slot];
        if let Some(stored) = self.entries.get_mut(index as usize) {
            stored.count = stored.count.saturating_add(1);
            return Some(index);
        }
        let Some(start) = self.room(text.len()) else {
            self.left_out += 1;
            return None;
        };
        let index = self.entries.len() as u32;
        self.blocks[start as usize / BLOCK_BYTES].extend_from_slice(text);
        self.entries.push(Stored {
            key,
            start,
            length: text.len() as u16,
            count: 1,
            first_line: line.min(u64::from(u32::MAX)) as u32,
        });
        self.table[slot] = index;
        self.grow();
        Some(index)
    }

    /// The slot of a key: where it is, or the free one where it would be.
    fn slot(&self, key: u64) -> usize {
        let last = self.table.len() - 1;
        let mut slot = key as usize & last;
        while let Some(stored) = self.entries.get(self.table[slot] as usize)
            && stored.key != key
        {
            slot = (slot + 1) & last;
        }
        slot
    }

    /// Where `length` more bytes go, if the bounds permit.
    fn room(&mut self, length: usize) -> Option<u32> {
        if self.entries.len() >= MAX_TEXTS {
            return None;
        }
        let fits = self
            .blocks
            .last()
            .is_some_and(|block| block.len() + length <= BLOCK_BYTES);
        if !fits {
            if (self.blocks.len() + 1) * BLOCK_BYTES > MAX_TEXTS_BYTES || length > BLOCK_BYTES {
                return None;
            }
            self.blocks.push(Vec::new());
        }
        let block = self.blocks.len() - 1;
        Some((block * BLOCK_BYTES + self.blocks[block].len()) as u32)
    }

    /// Keeps the table at most half full.
    fn grow(&mut self) {
        if self.entries.len() * 2 <= self.table.len() {
            return;
        }
        let last = self.table.len() * 2 - 1;
        self.table = vec![FREE; last + 1];
        for (index, stored) in self.entries.iter().enumerate() {
            let mut slot = stored.key as usize & last;
            while self.table[slot] != FREE {
                slot = (slot + 1) & last;
            }
            self.table[slot] = index as u32;
        }
    }

    /// Index of the masked text with this key, if it is stored.
    pub fn find_key(&self, key: u64) -> Option<u32> {
        let index = self.table[self.slot(key)];
        (index != FREE).then_some(index)
    }

    /// How many distinct texts there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries whose text a bound kept out.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The masked text with this index. Panics if there is none.
    pub fn text(&self, index: u32) -> &str {
        let stored = &self.entries[index as usize];
        let block = &self.blocks[stored.start as usize / BLOCK_BYTES];
        let start = stored.start as usize % BLOCK_BYTES;
        std::str::from_utf8(&block[start..start + usize::from(stored.length)]).unwrap_or_default()
    }

    /// Its key, see [`key`](crate::key).
    pub fn key(&self, index: u32) -> u64 {
        self.entries[index as usize].key
    }

    /// How often it was seen.
    pub fn count(&self, index: u32) -> u64 {
        u64::from(self.entries[index as usize].count)
    }

    /// The line where it was seen first.
    pub fn first_line(&self, index: u32) -> u64 {
        u64::from(self.entries[index as usize].first_line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_once() {
        let mut texts = Texts::new();
        assert!(texts.is_empty());
        for line in 1..=5000_u64 {
            let index = texts.add(&format!("job {line} done"), line);
            assert_eq!(index, Some(0));
        }
        for word in 0..5000_u32 {
            let name: String = (0..4)
                .map(|place| char::from(b'a' + (word >> (4 * place) & 15) as u8))
                .collect();
            assert_eq!(texts.add(&name, 9), Some(word + 1), "{name}");
            assert_eq!(texts.text(word + 1), name);
        }
        assert_eq!(texts.len(), 5001);
        assert_eq!((texts.count(0), texts.first_line(0)), (5000, 1));
        assert_eq!(texts.text(0), "job <*> done");
        assert_eq!(texts.key(0), crate::key("job 1 done"));
        assert_eq!(texts.add_masked("job <*> done", 1), Some(0));
    }

    #[test]
    fn bounded() {
        let mut texts = Texts::new();
        let long = "x".repeat(500);
        let mut added = 0_usize;
        for n in 0..300_000_u32 {
            added += usize::from(texts.add_masked(&format!("{n} {long}"), 1).is_some());
        }
        assert!(added * 500 <= MAX_TEXTS_BYTES && added * 510 > MAX_TEXTS_BYTES / 2);
        assert_eq!(texts.left_out(), 300_000 - added as u64);
        assert_eq!(texts.add_masked(&format!("0 {long}"), 1), Some(0));
    }
}
