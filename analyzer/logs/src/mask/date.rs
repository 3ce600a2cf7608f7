//! Dates written with the names of days and months.

use super::bytes::{DIGIT, is};

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// End of the date that starts at `start` with a name: `Fri Jun 17 07:07:00 2005`,
/// `Thu, 24 Nov 2026 10:00:00 GMT`, `Nov 24 10:00:00`. It has a month and at least a day
/// and a time or year.
pub(super) fn calendar(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut end) = (start, start);
    let (mut month, mut numbers) = (false, 0);
    loop {
        let stop = at
            + bytes[at..]
                .iter()
                .position(|byte| {
                    matches!(
                        byte,
                        b' ' | b',' | b'\n' | b')' | b']' | b'"' | b'\'' | b';'
                    )
                })
                .unwrap_or(bytes.len() - at);
        let word = &bytes[at..stop];
        let word = word.strip_suffix(b".").unwrap_or(word);
        if word.first().is_some_and(|byte| is(*byte, DIGIT)) && word.len() <= MAX_TIME_BYTES {
            numbers += 1;
        } else if word.len() == 3 && MONTHS.contains(&word) && !month {
            month = true;
        } else {
            let day = at == start && DAYS.contains(&word);
            if !day && !is_zone(word, numbers) {
                break;
            }
        }
        end = at + word.len();
        at = stop;
        if bytes.get(at) == Some(&b',') && at - start <= 3 {
            at += 1;
        }
        if bytes.get(at) != Some(&b' ') {
            break;
        }
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        if numbers > MAX_NUMBERS {
            break;
        }
    }
    (month && (2..=MAX_NUMBERS).contains(&numbers)).then_some(end)
}

/// Whether the word is the short name of a month.
pub(super) fn is_month(word: &[u8]) -> bool {
    MONTHS.contains(&word)
}

/// Longest time of day, with fraction and zone, in bytes.
const MAX_TIME_BYTES: usize = 20;
/// Day, time and year.
const MAX_NUMBERS: usize = 3;

/// `GMT`, `CEST`, `+0100` after the time.
fn is_zone(word: &[u8], numbers: usize) -> bool {
    let name = (3..=4).contains(&word.len()) && word.iter().all(u8::is_ascii_uppercase);
    let offset = word.len() == 5 && matches!(word[0], b'+' | b'-');
    numbers >= 2 && (name || offset && word[1..].iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, end) in [
            ("Fri Jun 17 07:07:00 2005", Some(24)),
            ("Fri Jun 17 07:07:00 2005 for", Some(24)),
            ("Tue, 24 Nov 2026 10:00:00 GMT)", Some(29)),
            ("Sat May  8 09:04:50 EDT 2004", Some(28)),
            ("Nov 24 10:00:00 x", Some(15)),
            ("Mon is closed", None),
            ("May 5 files be read", None),
            ("Jan", None),
            ("", None),
        ] {
            assert_eq!(calendar(text.as_bytes(), 0), end, "{text}");
        }
    }
}
