//! A checksum at the end of each line, inside of its JSON object.
//!
//! The line is `{…,"crc":"xxxxxxxx"}`: CRC32C, in hexadecimal, of the bytes before `,"crc"`.

const FIELD: &str = ",\"crc\":\"";
const DIGITS: usize = 8;
const TAIL: &str = "\"}";

/// What the checksum of a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It has none: imported, or written by an older tool.
    Absent,
    /// The bytes are those that were written.
    Right,
    /// The bytes have changed since.
    Wrong,
}

/// `object` (a JSON object with at least one field, no line end) with its checksum, and the line end.
pub fn seal(object: &str) -> String {
    let body = object.strip_suffix('}').unwrap_or(object);
    format!(
        "{body}{FIELD}{:08x}{TAIL}\n",
        crc32c::crc32c(body.as_bytes())
    )
}

/// Checks a line without its line end.
pub fn check(line: &[u8]) -> Check {
    let tail = FIELD.len() + DIGITS + TAIL.len();
    let Some(at) = line.len().checked_sub(tail) else {
        return Check::Absent;
    };
    let (body, rest) = line.split_at(at);
    let Some(digits) = rest.strip_prefix(FIELD.as_bytes()) else {
        return Check::Absent;
    };
    let stored = std::str::from_utf8(&digits[..DIGITS])
        .ok()
        .and_then(|d| u32::from_str_radix(d, 16).ok());
    if stored == Some(crc32c::crc32c(body)) && digits.ends_with(TAIL.as_bytes()) {
        Check::Right
    } else {
        Check::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_seen() {
        let line = seal(r#"{"a":1,"b":"x"}"#);
        let bytes = line.trim_end().as_bytes();
        assert_eq!(check(bytes), Check::Right);
        serde_json::from_str::<serde_json::Value>(&line).expect("still JSON");
        for index in 0..bytes.len() - TAIL.len() {
            let mut damaged = bytes.to_vec();
            damaged[index] ^= 1;
            assert_ne!(check(&damaged), Check::Right, "byte {index}");
        }
        assert_eq!(check(br#"{"a":1}"#), Check::Absent);
        assert_eq!(check(b""), Check::Absent);
    }
}
