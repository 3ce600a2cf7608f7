//! Payment card numbers: digits alone or in the groups that are printed on cards, the issuer's first digits and length,
//! and the check digit by Luhn's formula (ISO/IEC 7812-1). Time stamps begin with none of these digits.

use std::ops::Range;

use memchr::memchr_iter;
use pulp::{Arch, NullaryFnOnce};

use crate::bytes::{alnum, at, before, run_end};

/// Card numbers have this many digits.
const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;
/// So many bytes are looked at in one step, while there are as many, and then.
const LANES: usize = 1024;
const FEW_LANES: usize = 64;
/// One byte before those, and so many behind them, are looked at too.
const AROUND: usize = 10;

/// Calls `found` with each card number that begins in `range`, of which `text` shows the surroundings.
pub(crate) fn scan(text: &[u8], range: Range<usize>, mut found: impl FnMut(usize, usize)) {
    let text = &text[..range.end];
    let mut done = range.start;
    let mut begins = |start: usize| {
        if start >= done
            && let Some(end) = number_at(text, start)
        {
            found(start, end);
            done = end;
        }
    };
    let few = range.start + range.len() / LANES * LANES;
    if few > range.start {
        look::<LANES, { LANES + AROUND }>(text, range.start..few, &mut begins);
    }
    look::<FEW_LANES, { FEW_LANES + AROUND }>(text, few..range.end, &mut begins);
}

/// Calls `begins` with each place of `range` where a number can begin, `N` of them in a step.
fn look<const N: usize, const W: usize>(
    text: &[u8],
    range: Range<usize>,
    mut begins: impl FnMut(usize),
) {
    let arch = Arch::new();
    let mut digits = Digits::<N, W>::default();
    for pos in range.step_by(N) {
        let from = pos.saturating_sub(1);
        let near = &text[from..text.len().min(pos + W - 1)];
        match near.first_chunk() {
            Some(window) if pos > 0 => digits.window = *window,
            _ => {
                digits.window = [0; W];
                digits.window[usize::from(pos == 0)..][..near.len()].copy_from_slice(near);
            }
        }
        arch.dispatch(Step(&mut digits));
        let start: &[u8] = if digits.any { &digits.start } else { &[] };
        memchr_iter(1, start).for_each(|at| begins(pos + at));
    }
}

/// Where numbers can begin among `N` bytes: `W` with those [`AROUND`] them.
struct Digits<const N: usize, const W: usize> {
    window: [u8; W],
    /// 1 for a digit.
    one: [u8; W],
    /// 1 for a digit with another behind it.
    two: [u8; W],
    /// 1 where a number can begin.
    start: [u8; N],
    any: bool,
}

impl<const N: usize, const W: usize> Default for Digits<N, W> {
    fn default() -> Self {
        Digits {
            window: [0; W],
            one: [0; W],
            two: [0; W],
            start: [0; N],
            any: false,
        }
    }
}

/// A number begins behind something else with four digits, and from the fifth byte behind its first on lie four more: in
/// every layout, whatever the fifth is. Each loop is one over all bytes and does not depend on what they are: the compiler
/// makes vector instructions of it, those that this processor has.
struct Step<'a, const N: usize, const W: usize>(&'a mut Digits<N, W>);

impl<const N: usize, const W: usize> NullaryFnOnce for Step<'_, N, W> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Digits {
            window,
            one,
            two,
            start,
            any,
        } = self.0;
        for (one, byte) in one.iter_mut().zip(window.iter()) {
            *one = u8::from(byte.wrapping_sub(b'0') < 10);
        }
        for at in 0..W - 1 {
            two[at] = one[at] & one[at + 1];
        }
        let mut found = 0;
        for at in 0..N {
            let four = two[at + 1] & two[at + 3];
            let more = two[at + 6] & two[at + 8];
            let first = u8::from(window[at + 1].wrapping_sub(b'2') < 5);
            start[at] = four & more & first & (one[at] ^ 1);
            found |= start[at];
        }
        *any = found != 0;
    }
}

/// The end of the card number whose first group of digits begins at `start`.
fn number_at(text: &[u8], start: usize) -> Option<usize> {
    if !free(before(text, start), text, start) {
        return None;
    }
    let group = run_end(text, start, |b| b.is_ascii_digit());
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tries a number at every place.
    fn one_by_one(text: &[u8], range: Range<usize>) -> Vec<(usize, usize)> {
        let (mut found, mut done) = (vec![], range.start);
        for start in range.clone() {
            let begins = text[start].is_ascii_digit() && !before(text, start).is_ascii_digit();
            if begins
                && start >= done
                && let Some(end) = number_at(&text[..range.end], start)
            {
                found.push((start, end));
                done = end;
            }
        }
        found
    }

    proptest! {
        #[test]
        fn every_number_is_found_and_nothing_else(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("4111111111111111".to_owned()),
                    Just("4111-1111-1111-1111".to_owned()),
                    Just("3782 822463 10005".to_owned()),
                    Just("4222222222222".to_owned()),
                    "[ 0-9-]{1,20}",
                    "[a-z.:/_\n -]{1,9}",
                    "x{50,80}",
                ],
                0..60,
            ),
            cut in 0..100usize,
        ) {
            let text = pieces.concat();
            let range = cut.min(text.len())..text.len();
            let mut found = vec![];
            scan(text.as_bytes(), range.clone(), |start, end| found.push((start, end)));
            prop_assert_eq!(found, one_by_one(text.as_bytes(), range));
        }
    }

    #[test]
    fn numbers_are_found_across_steps() {
        for before in (LANES - 30..LANES + 2).chain(0..FEW_LANES) {
            let text = format!(
                "{}4111 1111 1111 1111 {}",
                "x ".repeat(before).split_at(before).0,
                "y".repeat(before % 7 * 300)
            );
            let mut found = vec![];
            scan(text.as_bytes(), 0..text.len(), |start, end| {
                found.push((start, end))
            });
            let free = before % 2 == 0;
            assert_eq!(
                found,
                if free {
                    vec![(before, before + 19)]
                } else {
                    vec![]
                },
                "{before}"
            );
        }
    }
}
