//! Payment card numbers: digits alone or in the groups that are printed on cards, the issuer's first digits and length,
//! and the check digit by Luhn's formula (ISO/IEC 7812-1). Time stamps begin with none of these digits.

use std::ops::Range;

use crate::bytes::{alnum, at, before, run_end, run_start};

/// Card numbers have this many digits.
const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;
/// The pass looks at eight bytes, then at those six further on: any 13 bytes in a row hold such eight.
const STRIDE: usize = 6;
/// Eight bytes of a number in groups hold at most two separators.
const MAX_SEPARATORS: u32 = 2;

/// Calls `found` with each card number that begins in `range`, of which `text` shows the surroundings.
pub(crate) fn scan(text: &[u8], range: Range<usize>, mut found: impl FnMut(usize, usize)) {
    let mut pos = range.start;
    while let Some(eight) = text[..range.end]
        .get(pos..)
        .and_then(<[u8]>::first_chunk::<8>)
    {
        if !numeric(u64::from_le_bytes(*eight)) {
            pos += STRIDE;
            continue;
        }
        let start = run_start(text, pos, class).max(range.start);
        let end = run_end(text, pos, class).min(range.end);
        let digits = text[start..end].iter().filter(|b| b.is_ascii_digit());
        if digits.count() >= MIN_DIGITS {
            in_run(text, start, end, &mut found);
        }
        pos = (pos + STRIDE).max(end + 1);
    }
}

/// Whether eight bytes may be of a number in groups: signs and digits, and few but digits. Each byte is judged by its
/// high bits, all at once.
fn numeric(word: u64) -> bool {
    const HIGH: u64 = 0xC0C0_C0C0_C0C0_C0C0;
    if word & HIGH != 0 {
        return false;
    }
    // Digits, `:` and the signs behind it have the high half 3; the others get their highest bit set.
    let not_three = (word ^ 0x3030_3030_3030_3030) & 0x3030_3030_3030_3030;
    let others = (not_three + 0x7070_7070_7070_7070) & 0x8080_8080_8080_8080;
    others.count_ones() <= MAX_SEPARATORS
}

/// A byte of a run that may hold a card number.
fn class(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b' ' | b'-')
}

fn in_run(text: &[u8], start: usize, end: usize, found: &mut impl FnMut(usize, usize)) {
    let mut pos = start;
    while pos < end {
        if !text[pos].is_ascii_digit() {
            pos += 1;
            continue;
        }
        let group = run_end(text, pos, |b| b.is_ascii_digit());
        match number_at(text, pos, group) {
            Some(stop) => {
                found(pos, stop);
                pos = stop;
            }
            None => pos = group,
        }
    }
}

/// The end of the card number whose first group of digits is `start..group`.
fn number_at(text: &[u8], start: usize, group: usize) -> Option<usize> {
    if !free(before(text, start), text, start) {
        return None;
    }
    let (digits, end) = match group - start {
        MIN_DIGITS..=MAX_DIGITS => (collect(&text[start..group]), group),
        4 => {
            let separator = at(text, group);
            if !matches!(separator, b' ' | b'-') {
                return None;
            }
            let end = LAYOUTS
                .iter()
                .find_map(|layout| grouped(text, group, separator, layout))?;
            (collect(&text[start..end]), end)
        }
        _ => return None,
    };
    let next = at(text, end);
    let goes_on = alnum(next)
        || next == b'_'
        || matches!(next, b'-' | b'.') && at(text, end + 1).is_ascii_alphanumeric();
    let (digits, count) = digits;
    (!goes_on && issued(&digits[..count]) && luhn(&digits[..count])).then_some(end)
}

/// What follows the first four digits, in groups; the longest first.
const LAYOUTS: &[&[usize]] = &[&[4, 4, 4, 3], &[4, 4, 4], &[6, 5], &[6, 4]];

fn grouped(text: &[u8], mut pos: usize, separator: u8, layout: &[usize]) -> Option<usize> {
    for size in layout {
        if at(text, pos) != separator {
            return None;
        }
        let end = run_end(text, pos + 1, |b| b.is_ascii_digit());
        if end - pos - 1 != *size {
            return None;
        }
        pos = end;
    }
    Some(pos)
}

/// Whether a number may begin behind `previous`: not within a word, a longer number, an id with signs or a path.
fn free(previous: u8, text: &[u8], start: usize) -> bool {
    match previous {
        b'_' | b'.' | b'/' | b'+' | b'%' => false,
        b'-' => start >= 2 && !alnum(text[start - 2]) && !matches!(text[start - 2], b'_' | b'-'),
        byte => !alnum(byte),
    }
}

fn collect(text: &[u8]) -> ([u8; MAX_DIGITS], usize) {
    let mut digits = [0; MAX_DIGITS];
    let mut count = 0;
    for (slot, byte) in digits
        .iter_mut()
        .zip(text.iter().filter(|b| b.is_ascii_digit()))
    {
        *slot = byte - b'0';
        count += 1;
    }
    (digits, count)
}

/// Whether an issuer has numbers that begin so and have that many digits.
fn issued(digits: &[u8]) -> bool {
    let first = |count: usize| {
        digits[..count]
            .iter()
            .fold(0u32, |n, d| n * 10 + u32::from(*d))
    };
    match (first(1), first(2), first(3), first(4), digits.len()) {
        (4, .., 13 | 16 | 19) => true,                                // Visa
        (_, 51..=55, .., 16) | (.., 2221..=2720, 16) => true,         // Mastercard
        (_, 34 | 37, .., 15) => true,                                 // American Express
        (_, 36 | 38 | 39, .., 14) | (_, _, 300..=305, _, 14) => true, // Diners Club
        (_, 65, .., 16) | (_, _, 644..=649, _, 16) | (.., 6011, 16) => true, // Discover
        (.., 3528..=3589, 16) => true,                                // JCB
        (_, 62, .., 16..=19) => true,                                 // UnionPay
        (.., 5018 | 5020 | 5038 | 6304 | 6759 | 6761..=6763, 16..=19) => true, // Maestro
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit < 5 => 2 * digit,
            (_, digit) => 2 * digit - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}
