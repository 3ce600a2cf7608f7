//! Where a text can hold a secret at all: one pass for all literals that the rules need.
//!
//! Each literal has at least four bytes, so wherever one lies, a trigram of it (its first or its second) begins at an
//! even distance from where the pass began. The pass looks up every second trigram, case folded, in a table of hashes.
//! The look-ups do not wait for each other, as the steps of an automaton do, and nearly all of them find nothing.

use std::ops::Range;

/// The shortest literal, in bytes.
const MIN_LITERAL_BYTES: usize = 4;
/// Slots of the table, a power of two: some hundreds are taken, and as a bit each they stay in the first-level cache.
const SLOT_BITS: u32 = 16;
const SLOTS: usize = 1 << SLOT_BITS;
/// Sets the bit that tells small letters from capital ones, in eight bytes at once. It joins a few signs too, which the
/// comparison with the literal parts again.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// A literal and what it stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<R> {
    pub(crate) text: &'static str,
    /// Bytes of which one must follow `text`; empty: anything may. It makes literals of three bytes four bytes long.
    pub(crate) then: &'static [u8],
    pub(crate) rule: R,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    slot: u32,
    literal: usize,
    offset: usize,
}

/// The table over a set of literals.
pub(crate) struct Prefilter<R> {
    literals: Vec<Literal<R>>,
    /// A bit for each slot that is taken.
    taken: Box<[u64; SLOTS / 64]>,
    /// The first entry of each slot that is taken.
    first: Box<[u16; SLOTS]>,
    /// Sorted by slot.
    entries: Vec<Entry>,
}

impl<R: Copy> Prefilter<R> {
    pub(crate) fn new(literals: Vec<Literal<R>>) -> Self {
        let mut entries = Vec::new();
        for (number, literal) in literals.iter().enumerate() {
            let tails: &[u8] = if literal.then.is_empty() {
                b"\0"
            } else {
                literal.then
            };
            debug_assert!(
                literal.text.len() + usize::from(!literal.then.is_empty()) >= MIN_LITERAL_BYTES
            );
            for tail in tails {
                let bytes: Vec<u8> = literal.text.bytes().chain([*tail]).collect();
                for offset in 0..2 {
                    entries.push(Entry {
                        slot: slot(trigram(&bytes[offset..])),
                        literal: number,
                        offset,
                    });
                }
            }
        }
        entries.sort();
        entries.dedup();
        let mut taken = Box::new([0; SLOTS / 64]);
        let mut first = Box::new([0; SLOTS]);
        for (number, entry) in entries.iter().enumerate().rev() {
            taken[entry.slot as usize / 64] |= 1 << (entry.slot % 64);
            first[entry.slot as usize] = number as u16;
        }
        Prefilter {
            literals,
            taken,
            first,
            entries,
        }
    }

    /// One if a slot is taken, else zero.
    fn is_taken(&self, slot: u32) -> u64 {
        self.taken[slot as usize / 64] >> (slot % 64) & 1
    }

    /// Calls `hit` with the start of each literal within `range` and its rule, from left to right but for literals
    /// that begin within two bytes of each other.
    pub(crate) fn scan(
        &self,
        text: &[u8],
        range: Range<usize>,
        mut hit: impl FnMut(usize, &Literal<R>),
    ) {
        if self.entries.is_empty() {
            return;
        }
        let mut pos = range.start;
        while let Some(&eight) = text[..range.end]
            .get(pos..)
            .and_then(<[u8]>::first_chunk::<8>)
        {
            let word = u64::from_le_bytes(eight) | FOLD;
            let slots = [
                slot(word as u32),
                slot((word >> 16) as u32),
                slot((word >> 32) as u32),
            ];
            if self.is_taken(slots[0]) | self.is_taken(slots[1]) | self.is_taken(slots[2]) != 0 {
                for (step, slot) in slots.into_iter().enumerate() {
                    self.candidate(text, pos + 2 * step, slot, &mut hit);
                }
            }
            pos += 6;
        }
        while pos + 3 <= range.end {
            self.candidate(text, pos, slot(trigram(&text[pos..])), &mut hit);
            pos += 2;
        }
    }

    fn candidate(
        &self,
        text: &[u8],
        pos: usize,
        slot: u32,
        hit: &mut impl FnMut(usize, &Literal<R>),
    ) {
        if self.is_taken(slot) == 0 {
            return;
        }
        let first = usize::from(self.first[slot as usize]);
        for entry in self.entries[first..].iter().take_while(|e| e.slot == slot) {
            let literal = &self.literals[entry.literal];
            let Some(start) = pos.checked_sub(entry.offset) else {
                continue;
            };
            let end = start + literal.text.len();
            let same = text
                .get(start..end)
                .is_some_and(|found| found.eq_ignore_ascii_case(literal.text.as_bytes()));
            let followed = || {
                literal.then.is_empty() || text.get(end).is_some_and(|b| literal.then.contains(b))
            };
            if same && followed() {
                hit(start, literal);
            }
        }
    }
}

/// Three bytes, case folded, in the low bits.
fn trigram(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) | FOLD as u32
}

/// The slot of a trigram; what is in the highest byte does not count. Multiplicative hashing (Knuth, TAOCP 3, 6.4).
fn slot(trigram: u32) -> u32 {
    (trigram << 8).wrapping_mul(0x9E37_79B1) >> (32 - SLOT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_wherever_they_lie() {
        let literal = |text, then| Literal {
            text,
            then,
            rule: (),
        };
        let prefilter = Prefilter::new(vec![
            literal("akia", b"".as_slice()),
            literal("password", b""),
            literal("sk-", b"ab"),
        ]);
        for (needle, found) in [
            ("AKIA", true),
            ("PassWord", true),
            ("sk-a", true),
            ("sk-c", false),
            ("paswd", false),
        ] {
            for before in 0..20 {
                for after in 0..20 {
                    let text = format!("{}{needle}{}", ".".repeat(before), " ".repeat(after));
                    let mut hits = Vec::new();
                    prefilter.scan(text.as_bytes(), 0..text.len(), |at, _| hits.push(at));
                    let expected: Vec<usize> = found.then_some(before).into_iter().collect();
                    assert_eq!(hits, expected, "{text:?}");
                }
            }
        }
    }
}
