//! What a word is made of.

use super::bytes::{CLASS, JOINT};

/// How often what occurs in a word.
pub(super) struct Counts {
    pub(super) digits: usize,
    pub(super) hex: usize,
    pub(super) colons: usize,
    pub(super) dots: usize,
    pub(super) slashes: usize,
    pub(super) at: usize,
    /// Letters that are not hexadecimal, and anything else but joints.
    pub(super) other: usize,
    pub(super) joints: usize,
}

impl Counts {
    /// Counts of the word's first 255 bytes: eight counters of one byte are added at once.
    pub(super) fn of(core: &[u8]) -> Self {
        let packed = core[..core.len().min(255)]
            .iter()
            .fold(0_u64, |sum, byte| sum + COUNTED[usize::from(*byte)]);
        let [digits, hex, colons, dots, slashes, at, other, joints] =
            packed.to_le_bytes().map(usize::from);
        Self {
            digits,
            hex,
            colons,
            dots,
            slashes,
            at,
            other,
            joints,
        }
    }
}

/// What a byte adds to [`Counts`].
static COUNTED: [u64; 256] = counted();

const fn counted() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let counter = match byte as u8 {
            b'0'..=b'9' => 0,
            b'a'..=b'f' | b'A'..=b'F' => 1,
            b':' => 2,
            b'.' => 3,
            b'/' => 4,
            b'@' => 5,
            _ if CLASS[byte] & JOINT != 0 => 7,
            _ => 6,
        };
        table[byte] = 1 << (8 * counter);
        byte += 1;
    }
    table
}
