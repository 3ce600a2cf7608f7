//! Entries that are worth a look, each masked text once, and of each template one.

use std::collections::HashMap;

use logloop_logs::{Texts, mine};

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

    /// The most urgent ones, of each template one: texts in which only a word varies are asked about once.
    pub(super) fn ranked(self, limit: usize) -> Vec<Suggestion> {
        let mut all = self.all;
        all.sort_by(order);
        let mut texts = Texts::new();
        let added: Vec<Option<u32>> = (0..)
            .zip(&all)
            .map(|(line, one)| texts.add_masked(&one.template, line))
            .collect();
        let templates = mine(&texts);
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut ranked: Vec<Suggestion> = vec![];
        for (one, text) in all.into_iter().zip(added) {
            let template = match text {
                Some(text) => templates.template(&texts, text).text,
                None => one.template.clone(),
            };
            match places.get(&template) {
                Some(at) => ranked[*at].count += one.count,
                None => {
                    places.insert(template, ranked.len());
                    ranked.push(one);
                }
            }
        }
        ranked.sort_by(order);
        ranked.truncate(limit);
        ranked
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
    fn of_texts_in_which_a_word_varies_one_is_asked_about() {
        let mut candidates = Candidates::default();
        let users = [
            "alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi",
        ];
        for (key, user) in (0..).zip(users) {
            let text = format!("session of user {user} was lost after <*> s");
            let strength = if *user == *"dan" { 0.9 } else { 0.5 };
            candidates.add(key, found(&text, Reason::Unsure, strength));
        }
        candidates.add(100, found("something else entirely", Reason::Unsure, 0.1));
        let ranked = candidates.ranked(10);
        assert_eq!(ranked.len(), 2, "{ranked:?}");
        assert!(ranked[0].template.contains("dan") && ranked[0].count == 8);
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
        let urgent = &candidates.all[candidates.index[&7]];
        assert_eq!((urgent.template.as_str(), urgent.count), ("t7", 2));
        assert_eq!(candidates.ranked(1)[0].template, "t7");
    }
}
