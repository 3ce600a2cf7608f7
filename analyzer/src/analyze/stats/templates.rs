//! The most frequent and the rarest templates of a log.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use logloop_records::TemplateCount;

/// Templates listed as the most frequent ones, and as the rarest ones.
pub(in crate::analyze) const MAX_LISTED_TEMPLATES: usize = 20;

/// The most frequent and the rarest of all templates, each with its count and first line.
///
/// Only those that are listed are described: `counts` yields `(entries, first line)`, and `describe` makes the n-th of
/// them what is answered. Equally frequent ones go by their first lines; none is in both lists.
pub(in crate::analyze) fn top_and_rare(
    counts: impl Iterator<Item = (u64, u64)>,
    mut describe: impl FnMut(usize) -> TemplateCount,
) -> (Vec<TemplateCount>, Vec<TemplateCount>) {
    let mut top = Best::new(MAX_LISTED_TEMPLATES);
    // One in both lists goes, so that as many are needed again.
    let mut rare = Best::new(2 * MAX_LISTED_TEMPLATES);
    for (at, (count, line)) in counts.enumerate() {
        top.add((Reverse(count), line, at));
        rare.add((count, line, at));
    }
    let top: Vec<usize> = top.sorted().map(|(_, _, at)| at).collect();
    let rare: Vec<usize> = rare
        .sorted()
        .map(|(_, _, at)| at)
        .filter(|at| !top.contains(at))
        .take(MAX_LISTED_TEMPLATES)
        .collect();
    let mut all = |list: Vec<usize>| list.into_iter().map(&mut describe).collect();
    (all(top), all(rare))
}

/// The least of what it is given, up to a bound.
struct Best<T> {
    heap: BinaryHeap<T>,
    bound: usize,
}

impl<T: Ord> Best<T> {
    fn new(bound: usize) -> Self {
        let heap = BinaryHeap::with_capacity(bound + 1);
        Self { heap, bound }
    }

    fn add(&mut self, one: T) {
        if self.heap.len() < self.bound || self.heap.peek().is_some_and(|worst| one < *worst) {
            self.heap.push(one);
        }
        if self.heap.len() > self.bound {
            self.heap.pop();
        }
    }

    fn sorted(self) -> impl Iterator<Item = T> {
        self.heap.into_sorted_vec().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(counts: &[(u64, u64)]) -> (Vec<u64>, Vec<u64>) {
        let describe = |at: usize| TemplateCount {
            count: counts[at].0,
            line: counts[at].1,
            ..TemplateCount::default()
        };
        let (top, rare) = top_and_rare(counts.iter().copied(), describe);
        let lines = |list: Vec<TemplateCount>| list.into_iter().map(|one| one.line).collect();
        (lines(top), lines(rare))
    }

    #[test]
    fn by_count_and_then_by_line_and_none_twice() {
        assert_eq!(listed(&[]), (vec![], vec![]));
        assert_eq!(
            listed(&[(1, 9), (7, 1), (1, 4), (7, 3)]),
            (vec![1, 3, 4, 9], vec![])
        );
        let many: Vec<_> = (0..50).map(|n| (n % 10 + 1, n)).collect();
        let (top, rare) = listed(&many);
        assert_eq!(top[..6], [9, 19, 29, 39, 49, 8]);
        assert_eq!(rare[..6], [0, 10, 20, 30, 40, 1]);
        assert_eq!((top.len(), rare.len()), (20, 20));
        let (_, rare) = listed(&many[..25]);
        assert_eq!(rare, [0, 10, 20, 11, 21]);
    }
}
