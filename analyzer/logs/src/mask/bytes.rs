//! Classes of bytes.

/// A decimal digit.
pub(super) const DIGIT: u8 = 1;
/// A letter that can be a hexadecimal digit.
pub(super) const HEX: u8 = 2;
/// Neither hexadecimal nor a colon: other letters, joints, anything beyond ASCII.
pub(super) const OTHER: u8 = 4;
/// `:`
pub(super) const COLON: u8 = 8;
/// What may make a word a variable: digits, slashes, dots, `@`.
pub(super) const SUSPECT: u8 = 16;
/// Ends a word.
pub(super) const BOUNDARY: u8 = 32;
/// White space and control characters; they are boundaries too.
pub(super) const SPACE: u8 = 64;
/// Joins the segments of a name.
pub(super) const JOINT: u8 = 128;

/// Class of each byte.
pub(super) static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT | SUSPECT,
            b'a'..=b'f' | b'A'..=b'F' => HEX,
            0..=b' ' | 0x7f => BOUNDARY | SPACE,
            b'=' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'"'
            | b'\'' | b'|' | b'`' => BOUNDARY,
            b':' => COLON | JOINT,
            b'/' | b'\\' | b'.' | b'@' => OTHER | SUSPECT | JOINT,
            b'-' | b'#' | b'+' | b'%' | b'&' | b'~' | b'*' | b'$' | b'!' | b'?' => OTHER | JOINT,
            _ => OTHER,
        };
        byte += 1;
    }
    table
}

/// Whether `byte` has one of the classes in `class`.
#[inline]
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}
