//! Where the masked text goes: a buffer of fixed size.

use super::VARIABLE;
use super::bytes::{JOINT, is};
use crate::template::MAX_TEMPLATE_BYTES;

/// Bytes copied at once; short words are copied whole, what is too much is written over.
const CHUNK: usize = 16;

/// Room behind the longest text, so that a chunk always fits.
const CAPACITY: usize = MAX_TEMPLATE_BYTES + 2 * CHUNK;

/// Bytes of a word which are dropped rather than cut.
pub(crate) const MAX_CUT_BYTES: usize = 32;

/// A text under construction.
pub(super) struct Out {
    bytes: [u8; CAPACITY],
    length: usize,
    /// The variable at the end is a date: a time after it belongs to it.
    pub(super) date: bool,
}

impl Out {
    pub(super) fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
            date: false,
        }
    }

    /// Begins another text.
    pub(super) fn restart(&mut self) {
        self.length = 0;
        self.date = false;
    }

    /// Whether more would be cut off.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.length > MAX_TEMPLATE_BYTES
    }

    /// Appends `from[start..end]`, or as much as fits.
    #[inline]
    pub(super) fn literal(&mut self, from: &[u8], start: usize, end: usize) {
        let mut at = start;
        while at < end && self.length <= MAX_TEMPLATE_BYTES {
            let taken = (end - at).min(CHUNK);
            let to = &mut self.bytes[self.length..self.length + CHUNK];
            if let Some(chunk) = from.get(at..at + CHUNK) {
                to.copy_from_slice(chunk);
            } else {
                // Byte by byte: what is left is short, and a call would cost more.
                for (to, byte) in to.iter_mut().zip(&from[at..at + taken]) {
                    *to = *byte;
                }
            }
            self.length += taken;
            at += taken;
        }
    }

    /// Appends one byte.
    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        if self.length <= MAX_TEMPLATE_BYTES {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
    }

    /// Appends a space unless the text is empty or ends with one.
    #[inline]
    pub(super) fn space(&mut self) {
        if self.length > 0 && self.bytes[self.length - 1] != b' ' {
            self.byte(b' ');
        }
    }

    /// Appends a variable unless the text ends with one.
    pub(super) fn variable(&mut self) {
        if !self.ends_with(VARIABLE) {
            self.literal(VARIABLE.as_bytes(), 0, VARIABLE.len());
        }
        self.date = false;
    }

    /// Whether the text ends so.
    pub(super) fn ends_with(&self, end: &str) -> bool {
        self.bytes[..self.length].ends_with(end.as_bytes())
    }

    /// Removes the joints at the end: all that follow a variable (`<*>~~`), or else a sign
    /// behind another joint (`x:-`).
    pub(super) fn drop_joints(&mut self, after_variable: bool) {
        if after_variable {
            while self.length > 0 && self.bytes[self.length - 1] != b'>' {
                self.length -= 1;
            }
        } else if self.length > 1
            && matches!(self.bytes[self.length - 1], b'-' | b'+')
            && is(self.bytes[self.length - 2], JOINT)
            && self.bytes[self.length - 2] != b'.'
        {
            self.length -= 1;
        }
    }

    /// Takes the last byte back.
    pub(super) fn pop(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    /// Turns the `<<*>` at the end into `<*>`: the closing bracket follows.
    pub(super) fn unbracket(&mut self) {
        self.length -= VARIABLE.len() + 1;
        self.variable();
    }

    /// Removes white space at the end.
    pub(super) fn trim(&mut self) {
        while self.length > 0 && self.bytes[self.length - 1] == b' ' {
            self.length -= 1;
        }
    }

    /// The text without white space at its end; where it is cut, then between two words if the
    /// last is not longer than [`MAX_CUT_BYTES`], else at a character.
    pub(super) fn finish(&mut self) -> &[u8] {
        if self.length > MAX_TEMPLATE_BYTES {
            self.length = MAX_TEMPLATE_BYTES;
            while self.bytes[self.length] & 0xC0 == 0x80 {
                self.length -= 1;
            }
            let tail = &self.bytes[self.length - MAX_CUT_BYTES..self.length];
            if let Some(space) = tail.iter().rposition(|byte| *byte == b' ') {
                self.length -= MAX_CUT_BYTES - space;
            }
        }
        self.trim();
        &self.bytes[..self.length]
    }
}

/// Hash of a text, the same on every machine: eight bytes at a time, folded multiplication
/// (the mixing step of wyhash, Wang Yi, 2019).
pub(crate) fn hash(text: &[u8]) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    const FACTOR: u64 = 0xa076_1d64_78bd_642f;
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(FACTOR);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut state = words.iter().fold(SEED ^ text.len() as u64, |state, word| {
        fold(state, u64::from_le_bytes(*word)).wrapping_add(SEED)
    });
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    state = fold(state, u64::from_le_bytes(last)).wrapping_add(SEED);
    fold(state, FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_and_the_length_count() {
        let mut seen = std::collections::HashSet::new();
        for length in 0..40 {
            let text = vec![b'a'; length];
            assert!(seen.insert(hash(&text)), "{length}");
            for at in 0..length {
                let mut other = text.clone();
                other[at] = 0;
                assert!(seen.insert(hash(&other)), "{length} {at}");
            }
        }
    }

    #[test]
    fn long_text_is_cut() {
        let mut out = Out::new();
        let text = "ä".repeat(1000);
        out.literal(text.as_bytes(), 0, text.len());
        let text = std::str::from_utf8(out.finish()).unwrap();
        assert_eq!(text.len(), MAX_TEMPLATE_BYTES);
    }
}
