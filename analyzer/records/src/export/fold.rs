//! Examples that say the same become one with a count.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};

use crate::example::{LabelSource, TrainingExample};

/// Bytes of distinct examples that are held before they are passed on: what comes after is folded anew.
const MAX_BYTES: usize = 12 << 20;

/// What an example takes besides its texts, in bytes: the structure, the index, the allocator.
const EXAMPLE_BYTES: usize = 512;

/// What makes two examples near-duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Hash of the masked text.
    text: u64,
    /// Hash of the rest.
    rest: u64,
}

impl Key {
    /// By the key of the masked text, see [`logloop_logs::key`], and what else tells two examples apart; `who` says it,
    /// where that makes a difference.
    pub(super) fn new(
        text: u64,
        level: Option<&str>,
        component: Option<&str>,
        is_failure: bool,
        (source, weight): (LabelSource, f32),
        who: Option<&str>,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        who.hash(&mut hasher);
        // The weight too: what one reader found useless is not what another did not judge.
        (level, component, is_failure, source, weight.to_bits()).hash(&mut hasher);
        Self {
            text,
            rest: hasher.finish(),
        }
    }
}

/// Of what is a hash already.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(32) ^ number;
    }
}

/// Distinct examples, in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Fold {
    index: HashMap<Key, usize, BuildHasherDefault<Hashed>>,
    examples: Vec<TrainingExample>,
    bytes: usize,
}

impl Fold {
    /// Counts `count` entries of this key with these patterns, and when somebody said so; the first of them `makes` the example.
    pub(super) fn add<'p>(
        &mut self,
        key: Key,
        (count, said_at): (u64, Option<DateTime<Utc>>),
        patterns: impl Iterator<Item = &'p str>,
        makes: impl FnOnce() -> TrainingExample,
    ) {
        let at = *self.index.entry(key).or_insert_with(|| {
            let example = makes();
            self.bytes += size(&example);
            self.examples.push(TrainingExample {
                count: 0,
                ..example
            });
            self.examples.len() - 1
        });
        let example = &mut self.examples[at];
        example.count = example.count.saturating_add(count);
        example.said_at = example.said_at.max(said_at);
        let times = u32::try_from(count).unwrap_or(u32::MAX);
        for pattern in patterns {
            match example.error_patterns.get_mut(pattern) {
                Some(sum) => *sum = sum.saturating_add(times),
                None => {
                    example.error_patterns.insert(pattern.to_owned(), times);
                }
            }
        }
    }

    /// Whether it is time to pass them on.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES
    }

    /// What is held; nothing is, afterwards.
    pub(super) fn take(&mut self) -> Vec<TrainingExample> {
        self.index.clear();
        self.bytes = 0;
        std::mem::take(&mut self.examples)
    }
}

fn size(example: &TrainingExample) -> usize {
    let texts = [
        &example.component,
        &example.operation,
        &example.timestamp,
        &example.transaction_id,
        &example.user_feedback,
        &example.before_template,
    ];
    let optional: usize = texts.into_iter().flatten().map(String::len).sum();
    let keywords: usize = example.keywords.iter().map(|word| word.len() + 24).sum();
    EXAMPLE_BYTES + example.log_entry.len() + example.template.len() + optional + keywords
}
