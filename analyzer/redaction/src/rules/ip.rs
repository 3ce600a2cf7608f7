//! IP addresses, version 4 and 6, when asked for. Loopback and unspecified addresses say nothing of a person and stay.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use memchr::memchr2_iter;

use crate::bytes::{alnum, before, run_end, short_run_end, short_run_start};

/// The longest textual address in bytes (RFC 4291, with an IPv4 tail).
const MAX_ADDRESS_BYTES: usize = 45;
/// The longest address of version 4.
const MAX_V4_BYTES: usize = 15;
/// Products of user agents: what follows is a version of four numbers.
const PRODUCTS: &[&[u8]] = &[
    b"Chrome/",
    b"Chromium/",
    b"Edg/",
    b"EdgA/",
    b"OPR/",
    b"Safari/",
    b"Version/",
    b"Brave/",
];

/// Calls `found` with each address in `range`, of which `text` shows the surroundings.
pub(crate) fn scan(text: &[u8], range: Range<usize>, mut found: impl FnMut(usize, usize)) {
    let mut done = range.start;
    for sign in memchr2_iter(b'.', b':', &text[range.clone()]).map(|n| range.start + n) {
        if sign < done {
            continue;
        }
        let address = match text[sign] {
            b'.' => v4(text, sign),
            _ => v6(text, sign),
        };
        if let Some((start, end)) = address.filter(|(start, _)| *start >= done) {
            found(start, end);
            done = end;
        }
    }
}

/// The address whose first dot is at `dot`.
fn v4(text: &[u8], dot: usize) -> Option<(usize, usize)> {
    let start = short_run_start(text, dot, MAX_V4_BYTES, |b| b.is_ascii_digit());
    let end = short_run_end(text, dot, MAX_V4_BYTES, |b| b.is_ascii_digit() || b == b'.');
    let end = end - usize::from(text[end - 1] == b'.');
    if start == dot || end.checked_sub(start)? > MAX_V4_BYTES {
        return None;
    }
    let previous = before(text, start);
    let bounded = !alnum(previous)
        && !matches!(previous, b'_' | b'.')
        && !text.get(end).is_some_and(|b| alnum(*b) || *b == b'_');
    let version = previous == b'-' && start >= 2 && alnum(text[start - 2])
        || PRODUCTS.iter().any(|p| text[..start].ends_with(p));
    let address: Ipv4Addr = std::str::from_utf8(&text[start..end]).ok()?.parse().ok()?;
    let personal = !address.is_loopback() && !address.is_unspecified() && !address.is_broadcast();
    (bounded && !version && personal).then_some((start, end))
}

/// The address that holds the colon at `colon`, the first of its run.
fn v6(text: &[u8], colon: usize) -> Option<(usize, usize)> {
    let class = |b: u8| b.is_ascii_hexdigit() || b == b':';
    let start = short_run_start(text, colon, 4, class);
    let mut end = run_end(
        &text[..text.len().min(start + MAX_ADDRESS_BYTES)],
        colon,
        class,
    );
    // `…:db8::1: down`, but not the `::` of `2001:db8::`
    if text[..end].ends_with(b":") && !text[start..end].ends_with(b"::") {
        end -= 1;
    }
    let previous = before(text, start);
    let bounded = !alnum(previous)
        && !matches!(previous, b'_' | b':')
        && !text
            .get(end)
            .is_some_and(|b| alnum(*b) || *b == b'_' || *b == b'.');
    if !bounded {
        return None;
    }
    let written = std::str::from_utf8(&text[start..end]).ok()?;
    let address: Ipv6Addr = written.parse().ok()?;
    let first = address.segments()[0];
    // Where groups are left out, the rest must begin as addresses in use do: `a::b` is a name in many languages.
    // Eight pairs of digits are an identifier of hardware.
    let plausible = match written.contains("::") {
        true => matches!(first >> 12, 2 | 3) || matches!(first >> 8, 0xfc..=0xfe),
        false => written.split(':').any(|group| group.len() > 2),
    };
    plausible.then_some((start, end))
}
