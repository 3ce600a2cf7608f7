//! Who a label comes from, without saying who: so that a training can tell one voice from many.

use std::io::ErrorKind;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::dataset::hex;
use crate::error::{Context, Error};
use crate::files;
use crate::layout::DataDir;

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// Hexadecimal digits of a contributor: 64 bits, so that among a million subjects two share one with a probability
/// below 1 in 10 million.
const CONTRIBUTOR_DIGITS: usize = 16;

/// Random numbers that a key is made of, of 74 random bits each (fewer within one millisecond).
const RANDOM_IDS: usize = 6;

/// Names subjects by a hash under a key that stays in the data directory: whoever is given a data set can compare
/// contributors, and neither read nor guess them.
#[derive(Clone, Debug, Default)]
pub(super) struct Contributors {
    key: Vec<u8>,
}

impl Contributors {
    /// With the key of the data directory; the first export makes it.
    pub(super) fn open(data: &DataDir) -> Result<Self, Error> {
        let path = data.contributor_key();
        match std::fs::read(&path) {
            Ok(key) if key.len() == KEY_BYTES => return Ok(Self { key }),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("read", &path),
        }
        let random: Vec<u8> = (0..RANDOM_IDS)
            .flat_map(|_| Uuid::now_v7().into_bytes())
            .collect();
        files::write_atomic(&path, &Sha256::digest(random))?;
        // Of two exports that made one at once, the last one's counts.
        let key = std::fs::read(&path).context("read", &path)?;
        Ok(Self { key })
    }

    /// The contributor that a subject is.
    pub(super) fn of(&self, subject: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.key);
        hash.update(subject.as_bytes());
        let mut name = hex(&hash.finalize());
        name.truncate(CONTRIBUTOR_DIGITS);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_and_names_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let first = Contributors::open(&data).unwrap();
        let again = Contributors::open(&data).unwrap();
        assert_eq!(first.of("ann"), again.of("ann"));
        assert_ne!(first.of("ann"), first.of("bob"));
        assert_eq!(first.of("ann").len(), CONTRIBUTOR_DIGITS);
        let other = tempfile::tempdir().unwrap();
        let other = Contributors::open(&DataDir::new(other.path())).unwrap();
        assert_ne!(first.of("ann"), other.of("ann"));
        // A key that was cut is made anew.
        std::fs::write(data.contributor_key(), b"short").unwrap();
        assert_ne!(
            Contributors::open(&data).unwrap().of("ann"),
            first.of("ann")
        );
    }
}
