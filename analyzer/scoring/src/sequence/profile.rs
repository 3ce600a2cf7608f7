//! A sequence as the checks see it.

use std::collections::BTreeMap;

use crate::features::stable_hash;

/// Distinct templates of one sequence whose order is looked at, the first seen.
const MAX_ORDERED: usize = 64;

/// Counts and order of one sequence. Templates are numbers: those of a model, or larger ones that no model has.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The templates in their order.
    pub steps: Vec<u32>,
    /// How often each occurs.
    pub counts: BTreeMap<u32, u32>,
    /// The log holds all of it.
    pub whole: bool,
}

impl Profile {
    /// Of these templates in this order.
    pub fn new(steps: Vec<u32>, whole: bool) -> Self {
        let mut counts = BTreeMap::new();
        for step in &steps {
            *counts.entry(*step).or_default() += 1;
        }
        Self {
            steps,
            counts,
            whole,
        }
    }

    /// The key of its counts: equal ones have the same.
    pub fn vector(&self) -> u64 {
        let text: Vec<String> = self
            .counts
            .iter()
            .map(|(template, count)| format!("{template}:{count}"))
            .collect();
        stable_hash(&text.join(";"))
    }

    /// Each template with those that occur after its last occurrence, both among the first [`MAX_ORDERED`] seen.
    pub fn followers(&self) -> Vec<(u32, Vec<u32>)> {
        let mut last: Vec<(u32, usize)> = vec![];
        for (at, step) in self.steps.iter().enumerate() {
            match last.iter().position(|(known, _)| known == step) {
                Some(known) => last[known].1 = at,
                None if last.len() < MAX_ORDERED => last.push((*step, at)),
                None => {}
            }
        }
        last.iter()
            .map(|(template, at)| {
                let mut after: Vec<u32> = last
                    .iter()
                    .filter(|(_, other)| other > at)
                    .map(|(other, _)| *other)
                    .collect();
                after.sort_unstable();
                (*template, after)
            })
            .collect()
    }
}
