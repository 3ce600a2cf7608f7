//! A fast hash of short names that strangers choose.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Odd constant with well-spread bits (the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes [`Seeded`] hashers: a folded multiplication for each eight bytes (as wyhash and foldhash do), with a secret of
/// this process, so that nobody can send names that all meet in one place.
#[derive(Clone)]
pub(in crate::analyze) struct Seed(u64, u64);

/// A hash under way.
pub(in crate::analyze) struct Seeded {
    state: u64,
    secret: u64,
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::new();
        Self(random.hash_one(0_u8), random.hash_one(1_u8) | 1)
    }
}

impl BuildHasher for Seed {
    type Hasher = Seeded;

    fn build_hasher(&self) -> Seeded {
        Seeded {
            state: self.0,
            secret: self.1,
        }
    }
}

impl Seeded {
    fn word(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.secret ^ SPREAD);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Seeded {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.state = self.state.rotate_left(23) ^ u64::from(byte);
    }

    fn finish(&self) -> u64 {
        self.state ^ (self.state >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_that_look_alike_are_told_apart() {
        let seed = Seed::default();
        let names = (0..10_000).map(|n| format!("worker-{n}"));
        let short = ["", "a", "aa", "a\0", "\0a", "aaaaaaaa", "aaaaaaaaa"].map(str::to_owned);
        let hashes: HashSet<_> = names.chain(short).map(|name| seed.hash_one(name)).collect();
        assert_eq!(hashes.len(), 10_007);
    }
}
