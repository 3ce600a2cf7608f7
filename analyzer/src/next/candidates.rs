//! Entries that are worth a look, each masked text once.

use std::collections::HashMap;

use super::Suggestion;
use super::judge::urgency;

/// Candidates that are held at most; then the less urgent half goes. About 1 KiB each.
const MAX_CANDIDATES: usize = 4_000;

#[derive(Default)]
pub(super) struct Candidates {
    all: Vec<Suggestion>,
    /// By the key of the masked text.
    index: HashMap<u64, usize>,
}

impl Candidates {
    /// Adds an entry; of two with the same masked text the stronger reason stays, with the entries of both.
    pub(super) fn add(&mut self, key: u64, mut found: Suggestion) {
        if let Some(at) = self.index.get(&key) {
            let known = &mut self.all[*at];
            let count = known.count + found.count;
            let stronger = (found.reason, -found.strength) < (known.reason, -known.strength);
            if stronger {
                std::mem::swap(known, &mut found);
            }
            known.count = count;
            return;
        }
        self.index.insert(key, self.all.len());
        self.all.push(found);
        if self.all.len() > MAX_CANDIDATES {
            self.halve();
        }
    }

    /// An entry that was seen before occurs again.
    pub(super) fn again(&mut self, key: u64) {
        if let Some(at) = self.index.get(&key) {
            self.all[*at].count += 1;
        }
    }

    fn halve(&mut self) {
        let keys: HashMap<usize, u64> = self.index.drain().map(|(key, at)| (at, key)).collect();
        let mut all: Vec<(u64, Suggestion)> = std::mem::take(&mut self.all)
            .into_iter()
            .enumerate()
            .map(|(at, found)| (keys[&at], found))
            .collect();
        all.sort_by(|(_, a), (_, b)| order(a, b));
        all.truncate(MAX_CANDIDATES / 2);
        for (at, (key, found)) in all.into_iter().enumerate() {
            self.index.insert(key, at);
            self.all.push(found);
        }
    }

    /// The most urgent ones.
    pub(super) fn ranked(self, limit: usize) -> Vec<Suggestion> {
        let mut all = self.all;
        all.sort_by(order);
        all.truncate(limit);
        all
    }
}

fn order(a: &Suggestion, b: &Suggestion) -> std::cmp::Ordering {
    let of = |one: &Suggestion| urgency(one.reason, one.strength, one.count);
    of(b)
        .total_cmp(&of(a))
        .then_with(|| a.template.cmp(&b.template))
}

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    fn found(template: &str, reason: Reason, strength: f32) -> Suggestion {
        Suggestion {
            count: 1,
            ..Suggestion::of(template, reason, strength)
        }
    }

    #[test]
    fn each_text_once_with_its_strongest_reason() {
        let mut candidates = Candidates::default();
        candidates.add(1, found("a", Reason::Unsure, 0.9));
        candidates.add(1, found("a", Reason::Disagree, 0.5));
        candidates.add(1, found("a", Reason::Disagree, 0.4));
        candidates.add(2, found("b", Reason::LabelLooksWrong, 0.9));
        candidates.again(1);
        candidates.again(3);
        let ranked = candidates.ranked(10);
        let told: Vec<_> = ranked
            .iter()
            .map(|one| (one.template.as_str(), one.reason, one.strength, one.count))
            .collect();
        assert_eq!(
            told,
            [
                ("b", Reason::LabelLooksWrong, 0.9, 1),
                ("a", Reason::Disagree, 0.5, 4)
            ]
        );
    }

    #[test]
    fn what_is_held_is_bounded_and_the_urgent_stay() {
        let mut candidates = Candidates::default();
        for at in 0..3 * MAX_CANDIDATES as u64 {
            let strength = if at == 7 { 1.0 } else { 0.1 };
            candidates.add(at, found(&format!("t{at}"), Reason::Unsure, strength));
            assert!(candidates.all.len() <= MAX_CANDIDATES);
        }
        candidates.again(7);
        let ranked = candidates.ranked(1);
        assert_eq!((ranked[0].template.as_str(), ranked[0].count), ("t7", 2));
    }
}
