//! The key of the placeholders, and the hashes made with it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Error;
use crate::kind::Kind;

/// A key has at least this many bytes.
pub const MIN_KEY_BYTES: usize = 16;
/// Hexadecimal digits of a hash in a placeholder: 48 bits, so that among a million values two share one with a
/// probability below 0.2 %.
pub(crate) const HASH_DIGITS: usize = 12;

/// The secret that makes placeholders: without it nobody can try out which value a placeholder stands for. It must not
/// lie on the volume that holds the redacted texts.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// A key of any length from [`MIN_KEY_BYTES`]. A file's line end at its end does not belong to it.
    ///
    /// # Errors
    /// It is too short.
    pub fn new(bytes: &[u8]) -> Result<Key, Error> {
        let bytes = bytes.trim_ascii_end();
        match Hmac::new_from_slice(bytes) {
            Ok(mac) if bytes.len() >= MIN_KEY_BYTES => Ok(Key(mac)),
            _ => Err(Error::ShortKey(bytes.len())),
        }
    }

    /// The hash of a value, of a kind of its own: HMAC-SHA-256 (RFC 2104), cut to [`HASH_DIGITS`].
    pub(crate) fn hash(&self, kind: Kind, value: &[u8]) -> [u8; HASH_DIGITS] {
        let mut mac = self.0.clone();
        mac.update(kind.name().as_bytes());
        mac.update(b"\0");
        mac.update(value);
        hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A digest of a list of patterns: each with its length before it, so that no two lists read the same.
pub(crate) fn digest(patterns: &[String]) -> String {
    let mut sha = Sha256::new();
    for pattern in patterns {
        sha.update((pattern.len() as u64).to_le_bytes());
        sha.update(pattern);
    }
    hex(&sha.finalize()).map(char::from).iter().collect()
}

fn hex(bytes: &[u8]) -> [u8; HASH_DIGITS] {
    let mut digits = [b'0'; HASH_DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_are_refused_and_line_ends_do_not_count() {
        assert!(Key::new(&[1; 15]).is_err());
        assert!(Key::new(b"0123456789abcde\n").is_err());
        let plain = Key::new(b"0123456789abcdef").map(|k| k.hash(Kind::Email, b"x"));
        let ended = Key::new(b"0123456789abcdef\r\n").map(|k| k.hash(Kind::Email, b"x"));
        assert_eq!(plain.ok(), ended.ok());
    }

    #[test]
    fn a_hash_depends_on_key_kind_and_value() {
        let key = Key::new(&[1; 32]).unwrap();
        let other = Key::new(&[2; 32]).unwrap();
        let hash = key.hash(Kind::Email, b"a@example.com");
        assert_eq!(hash, key.hash(Kind::Email, b"a@example.com"));
        assert_ne!(hash, key.hash(Kind::Email, b"b@example.com"));
        assert_ne!(hash, key.hash(Kind::Card, b"a@example.com"));
        assert_ne!(hash, other.hash(Kind::Email, b"a@example.com"));
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
