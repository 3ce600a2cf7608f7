//! The four bytes by which a literal is known.

use std::sync::LazyLock;

use super::Literal;
use crate::bytes::Bytes;

/// Bytes of a literal that are looked at before it is compared.
pub(super) const WINDOW: usize = 4;
/// The bit that parts small from capital letters.
const CASE: u8 = 0x20;
/// Bytes of logs, the most frequent first; the others are rarer still.
const FREQUENT: &[u8] = b" etsaori.n01lcm:2pd/\"u-g354[h,86\nb79fkN_\x1bTyxvOFI=()S;jw]MERACPDBL{}\rUKzWGH$J#+Vq'>*XZ<@%&\\\t!|QY?";

/// Some bytes of a literal in a row, as what may stand there.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) bytes: [Bytes; WINDOW],
    /// So many bytes of the literal lie before.
    pub(super) offset: usize,
    /// The same for a comparison at once: the bits that are given, and what they are.
    pub(super) mask: u32,
    pub(super) word: u32,
}

/// The windows of a literal: those that its bytes fill, or the one that they begin.
pub(super) fn all<R>(literal: &Literal<R>) -> Vec<Window> {
    let last = literal.text.len().saturating_sub(WINDOW);
    (0..=last)
        .map(|offset| Window::at(literal, offset))
        .collect()
}

impl Window {
    fn at<R>(literal: &Literal<R>, offset: usize) -> Window {
        let text = literal.text.as_bytes();
        let bytes = std::array::from_fn(|at| match text.get(offset + at) {
            Some(byte) if literal.any_case => {
                Bytes::of(&[byte.to_ascii_lowercase(), byte.to_ascii_uppercase()])
            }
            Some(byte) => Bytes::of(&[*byte]),
            None if offset + at == text.len() && !literal.then.is_empty() => {
                Bytes::of(literal.then)
            }
            None => Bytes::ALL,
        });
        let given = |at: usize| match text.get(offset + at) {
            Some(byte) if literal.any_case && byte.is_ascii_alphabetic() => (!CASE, byte & !CASE),
            Some(byte) => (u8::MAX, *byte),
            None => (0, 0),
        };
        Window {
            bytes,
            offset,
            mask: u32::from_le_bytes(std::array::from_fn(|at| given(at).0)),
            word: u32::from_le_bytes(std::array::from_fn(|at| given(at).1)),
        }
    }
}

/// The shares of bytes in logs, summed up by the high half, and by eight of the low halves at once as bits.
static SHARES: LazyLock<[[[f32; 256]; 2]; 16]> = LazyLock::new(|| {
    let mut shares = [0.0; 256];
    // The share of a byte is taken to fall evenly with its rank.
    let all = FREQUENT.len() * (FREQUENT.len() + 1) / 2;
    for (rank, byte) in FREQUENT.iter().rev().enumerate() {
        shares[usize::from(*byte)] = (rank + 1) as f32 / all as f32;
    }
    let sum = |high: usize, side: usize, bits: usize| {
        let halves = (0..8).filter(|half| bits >> half & 1 == 1);
        halves
            .map(|half| shares[high << 4 | side << 3 | half])
            .sum()
    };
    std::array::from_fn(|high| {
        std::array::from_fn(|side| std::array::from_fn(|bits| sum(high, side, bits)))
    })
});
/// Added to each frequency: what is not listed occurs too.
const RARE: f64 = 1e-4;

/// How often a byte of logs has one of these low halves and one of these high halves, a bit each; about 1 for all.
pub(super) fn frequency(low: u16, high: u16) -> f64 {
    let [first, second] = low.to_le_bytes().map(usize::from);
    let rows = (0..16)
        .filter(|half| high >> half & 1 == 1)
        .map(|half| &SHARES[half]);
    let sum: f32 = rows
        .map(|[small, large]| small[first] + large[second])
        .sum();
    f64::from(sum) + RARE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_full_or_the_only_one() {
        let literal = |text, any_case, then| Literal {
            text,
            any_case,
            then,
            rule: (),
        };
        let offsets = |literal| -> Vec<usize> { all(&literal).iter().map(|w| w.offset).collect() };
        assert_eq!(offsets(literal("bearer", true, b"".as_slice())), [0, 1, 2]);
        assert_eq!(offsets(literal("AKIA", false, b"")), [0]);
        let short = &all(&literal("k=", true, b"ab"))[0].bytes;
        assert!(short[0].has(b'K') && short[0].has(b'k') && !short[0].has(b'a'));
        assert!(short[2].has(b'b') && !short[2].has(b'k'));
        assert!(short[3].has(0) && short[3].has(255));
    }

    #[test]
    fn frequencies_are_shares() {
        assert!((frequency(u16::MAX, u16::MAX) - 1.0).abs() < 0.01);
        assert_eq!(frequency(0, u16::MAX), RARE);
        let of = |byte: u8| frequency(1 << (byte & 15), 1 << (byte >> 4));
        assert!(of(b'e') > 4.0 * of(b'Q') && of(b'Q') > of(0));
    }
}
