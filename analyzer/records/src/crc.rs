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

/// Appends a record to `line` as one sealed line; nothing is appended on an error.
pub(crate) fn seal_record(
    record: &impl serde::Serialize,
    line: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let start = line.len();
    if let Err(error) = serde_json::to_writer(&mut *line, record) {
        line.truncate(start);
        return Err(error);
    }
    line.pop_if(|byte| *byte == b'}');
    let sum = crc32c::crc32c(&line[start..]);
    line.extend_from_slice(FIELD.as_bytes());
    let mut digits = [0; DIGITS];
    write_digits(sum, &mut digits);
    line.extend_from_slice(&digits);
    line.extend_from_slice(TAIL.as_bytes());
    line.push(b'\n');
    Ok(())
}

fn write_digits(sum: u32, digits: &mut [u8; DIGITS]) {
    for (at, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(sum >> (28 - 4 * at)) as usize & 0xf];
    }
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
    let mut right = [0; DIGITS];
    write_digits(crc32c::crc32c(body), &mut right);
    if digits[..DIGITS] == right && digits.ends_with(TAIL.as_bytes()) {
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
        let value = serde_json::from_str::<serde_json::Value>(&line).expect("still JSON");
        let mut again = b"before".to_vec();
        let object = serde_json::json!({"a": 1, "b": value["b"]});
        seal_record(&object, &mut again).unwrap();
        assert_eq!(again, [b"before", line.as_bytes()].concat());
        for index in 0..bytes.len() - TAIL.len() {
            let mut damaged = bytes.to_vec();
            damaged[index] ^= 1;
            assert_ne!(check(&damaged), Check::Right, "byte {index}");
        }
        assert_eq!(check(br#"{"a":1}"#), Check::Absent);
        assert_eq!(check(b""), Check::Absent);
    }
}
