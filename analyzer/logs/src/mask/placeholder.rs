//! What redaction puts in place of a value: `[REDACTED:<kind>:<12 hexadecimal digits>]`.

const OPEN: &[u8] = b"[REDACTED:";

/// Longest name of a kind, in bytes.
const MAX_KIND_BYTES: usize = 16;

/// Digits of the hash.
const HASH_DIGITS: usize = 12;

/// The index after the placeholder that begins at `at`, if one does.
#[inline]
pub(super) fn end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at..].strip_prefix(OPEN)?;
    let colon = rest
        .iter()
        .take(MAX_KIND_BYTES + 1)
        .position(|byte| *byte == b':')?;
    let (kind, hash) = (&rest[..colon], &rest[colon + 1..]);
    let named = colon > 0
        && kind
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'-');
    let hashed = hash.get(..HASH_DIGITS)?.iter().all(u8::is_ascii_hexdigit);
    let closed = hash.get(HASH_DIGITS) == Some(&b']');
    (named && hashed && closed).then_some(at + OPEN.len() + colon + 1 + HASH_DIGITS + 1)
}
