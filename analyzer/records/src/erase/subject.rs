//! How a tombstone names a subject without telling who it is.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes of the salt.
const SALT_BYTES: usize = 16;

/// A subject's name, salted and hashed: it can be compared with a name, and not be read. Whoever has the tombstones can
/// still try names that they guess.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SubjectHash {
    /// Random, hexadecimal; the tombstones of a data directory share it.
    pub salt: String,
    /// SHA-256 of salt and name, hexadecimal.
    pub hash: String,
}

impl SubjectHash {
    /// Of a subject under a salt.
    pub fn of(subject: &str, salt: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(salt.as_bytes());
        hasher.update(b"\0");
        hasher.update(subject.as_bytes());
        Self {
            salt: salt.to_owned(),
            hash: hex(&hasher.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new salt, of the random bits of two UUIDv7 (74 each, fewer within one millisecond).
pub(super) fn new_salt() -> String {
    let random = [uuid::Uuid::now_v7(), uuid::Uuid::now_v7()];
    let digest = Sha256::digest([*random[0].as_bytes(), *random[1].as_bytes()].concat());
    hex(&digest[..SALT_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_under_the_same_salt_only() {
        let salt = new_salt();
        let ann = SubjectHash::of("ann", &salt);
        assert_eq!(ann, SubjectHash::of("ann", &salt));
        assert_ne!(ann.hash, SubjectHash::of("ann", &new_salt()).hash);
        assert_ne!(ann.hash, SubjectHash::of("anna", &salt).hash);
        assert!(!serde_json::to_string(&ann).unwrap().contains("ann\""));
    }
}
