//! Names of which a part varies.

use super::bytes::{DIGIT, HEX, JOINT, is};
use super::date;
use super::out::Out;

/// Longest of [`NAMES`], in bytes.
const MAX_NAME: usize = 7;

/// Names whose digits belong to them.
const NAMES: [&[u8]; 29] = [
    b"x86", b"x64", b"i386", b"i486", b"i586", b"i686", b"amd64", b"arm64", b"aarch64", b"x86_64",
    b"win32", b"win64", b"int8", b"int16", b"int32", b"int64", b"uint8", b"uint16", b"uint32",
    b"uint64", b"float32", b"float64", b"sha256", b"sha512", b"base64", b"utf16", b"utf32",
    b"crc32", b"ed25519",
];

/// What a segment of a name is.
#[derive(Clone, Copy, PartialEq)]
enum Segment {
    /// No digit.
    Plain,
    /// Letters with a single digit: `ssh2`, `eth0`.
    Name,
    /// Hardly the same in two runs.
    Varies,
}

/// Whether nothing but signs stands around the variables of a name: `#<*>#`, `\\<*>`.
pub(super) fn is_all_variable(core: &[u8]) -> bool {
    let mut at = 0;
    let mut varies = false;
    while at < core.len() {
        let end = segment_end(core, at);
        let sign = end >= core.len()
            || matches!(
                core[end],
                b'#' | b'\\' | b'@' | b'~' | b'*' | b'$' | b'&' | b'%'
            );
        if !sign || (end > at && kind(&core[at..end]) != Segment::Varies) {
            return false;
        }
        varies |= end > at;
        at = end + 1;
    }
    varies
}

/// Masks the segments that vary; neighbouring masked segments become one.
pub(super) fn mask(core: &[u8], out: &mut Out) {
    let (mut at, mut varies) = (0, false);
    while at < core.len() && !varies {
        let end = segment_end(core, at);
        varies = kind(&core[at..end]) == Segment::Varies;
        at = end + 1;
    }
    let (mut at, mut masked) = (0, false);
    loop {
        let end = segment_end(core, at);
        let kind = kind(&core[at..end]);
        let joints = end == at && masked && end < core.len();
        let variable = kind == Segment::Varies
            || (varies && kind == Segment::Name)
            || (masked && is_between(core, at, end));
        if variable {
            // What joins it to another variable, or its sign, belongs to the variable.
            out.drop_joints(masked);
            out.variable();
        } else {
            out.literal(core, at, end);
        }
        masked = variable || joints;
        if end >= core.len() {
            return;
        }
        out.byte(core[end]);
        at = end + 1;
    }
}

/// Whether a segment without digits goes on with what varies around it: hexadecimal letters
/// of a UUID, the month in `24-Nov-2026`.
fn is_between(core: &[u8], at: usize, end: usize) -> bool {
    let segment = &core[at..end];
    let hex = segment.len() >= 4 && segment.iter().all(|byte| is(*byte, HEX));
    (hex || date::is_month(segment))
        && end < core.len()
        && kind(&core[end + 1..segment_end(core, end + 1)]) == Segment::Varies
}

/// Where the segment at `start` ends; the sign in `part_-77` is no joint.
fn segment_end(core: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < core.len()
        && !(is(core[end], JOINT) && !(core[end] == b'-' && end > start && core[end - 1] == b'_'))
    {
        end += 1;
    }
    end
}

fn kind(segment: &[u8]) -> Segment {
    let digits = segment.iter().filter(|byte| is(**byte, DIGIT)).count();
    if digits == 0 {
        return Segment::Plain;
    }
    if is(segment[0], DIGIT) {
        return Segment::Varies;
    }
    let alone = || {
        segment
            .split(|byte| *byte == b'_')
            .any(|part| part.len() == 1 && is(part[0], DIGIT))
    };
    if digits == 1 {
        return if alone() {
            Segment::Varies
        } else {
            Segment::Name
        };
    }
    if segment.len() <= MAX_NAME && NAMES.iter().any(|name| name.eq_ignore_ascii_case(segment)) {
        Segment::Name
    } else {
        Segment::Varies
    }
}
