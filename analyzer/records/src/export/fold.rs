//! Examples that say the same become one with a count.

use std::collections::HashMap;

use crate::example::{LabelSource, TrainingExample};

#[derive(Default)]
pub(super) struct Fold {
    index: HashMap<Key, usize>,
    examples: Vec<TrainingExample>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    template: String,
    level: Option<String>,
    component: Option<String>,
    is_failure: bool,
    label_source: LabelSource,
    /// Bits of the weight: what one reader found useless is not what another did not judge.
    weight: u32,
}

impl Fold {
    pub(super) fn add(&mut self, example: TrainingExample) {
        let key = Key {
            template: example.template.clone(),
            level: example.level.clone(),
            component: example.component.clone(),
            is_failure: example.is_failure,
            label_source: example.label_source,
            weight: example.weight.to_bits(),
        };
        match self.index.get(&key) {
            Some(index) => {
                let first = &mut self.examples[*index];
                first.count += example.count;
                for (name, times) in example.error_patterns {
                    let sum = first.error_patterns.entry(name).or_default();
                    *sum = sum.saturating_add(times);
                }
            }
            None => {
                self.index.insert(key, self.examples.len());
                self.examples.push(example);
            }
        }
    }

    /// In the order in which they were first seen.
    pub(super) fn into_examples(self) -> Vec<TrainingExample> {
        self.examples
    }
}
