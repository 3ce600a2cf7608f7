//! What was counted of one kind of sequence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::Check;
use super::table::Histogram;

/// Weight of the sequences that a rule "what follows" must have been seen in, in fully trusted ones.
pub const MIN_FOLLOWED: u64 = 50;

/// The p-value below which each check tells; one that is not named tells nothing.
pub type Thresholds = BTreeMap<Check, f64>;

/// Counts over the normal sequences of one kind. Weights are multiples of a trusted sequence's
/// [`TRUST`](super::TRUST); lists are sorted, so that they can be searched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// Windows, not transactions.
    pub windows: bool,
    /// The component of its windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Weight of all its sequences.
    pub weight: u64,
    /// Normal sequences that it was learned from.
    pub sequences: u64,
    /// Templates that at least half of them have.
    pub core: Vec<u32>,
    /// Each template with the counts of the sequences that have it.
    pub templates: Vec<(u32, Histogram)>,
    /// Weight of the sequences that begin with each template.
    pub begins: Vec<(u32, u64)>,
    /// Weight of the sequences that end with each template.
    pub ends: Vec<(u32, u64)>,
    /// Template, what nearly always occurs after its last occurrence, and the weight of the sequences in which it does not.
    pub followed: Vec<(u32, u32, u64)>,
    /// Template, the next one, and the weight of the sequences that have this step.
    pub steps: Vec<(u32, u32, u64)>,
    /// Entries of a sequence.
    pub lengths: Histogram,
    /// Key of the counts of a sequence, and the weight of those that have them: the most frequent ones.
    pub vectors: Vec<(u64, u64)>,
    /// Weight of the vectors that are not kept, or were seen in one sequence alone.
    pub rare_vectors: u64,
    /// Weight of the sequences with a template that no other has.
    pub rare_templates: u64,
    /// Below which p-value each check tells.
    pub thresholds: Thresholds,
}

/// The value of a key in a sorted list.
pub(super) fn find<K: Ord + Copy, V: Copy>(list: &[(K, V)], key: K) -> Option<V> {
    let at = list.binary_search_by_key(&key, |(known, _)| *known).ok()?;
    Some(list[at].1)
}

impl Kind {
    /// The counts of the sequences that have a template.
    pub fn template(&self, template: u32) -> Option<&Histogram> {
        let at = self
            .templates
            .binary_search_by_key(&template, |(known, _)| *known)
            .ok()?;
        Some(&self.templates[at].1)
    }

    /// Weight of the sequences that have this step.
    pub fn step(&self, from: u32, to: u32) -> u64 {
        self.steps
            .binary_search_by_key(&(from, to), |(from, to, _)| (*from, *to))
            .map_or(0, |at| self.steps[at].2)
    }

    /// Share of the templates of either that both have: of its core and of a sequence.
    pub fn likeness(&self, templates: &BTreeMap<u32, u32>) -> f64 {
        let shared = self
            .core
            .iter()
            .filter(|template| templates.contains_key(template))
            .count();
        let all = self.core.len() + templates.len() - shared;
        if all == 0 {
            return 0.0;
        }
        shared as f64 / all as f64
    }
}
