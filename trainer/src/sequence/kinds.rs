//! Which sequences are of the same kind.

use std::collections::{BTreeMap, BTreeSet};

use logloop_scoring::sequence::{Kind, MAX_SEQUENCE_KINDS};

use super::observed::Observed;

/// Share of the templates of either that two sets must have in common to be of one kind.
const SAME_KIND: f64 = 0.5;

/// Distinct sets of templates that kinds are made of, the most frequent; rarer ones join the kind that they are most like.
const MAX_SETS: usize = 10_000;

/// Kinds that are looked for, before those of too few sequences are left out.
const MAX_LEADERS: usize = 4 * MAX_SEQUENCE_KINDS;

/// Kinds with nothing but their names and cores, the most frequent first: the windows of each component, and transactions
/// whose sets of templates are alike (leaders in the order of their frequency, as Hartigan's leader algorithm).
pub(super) fn kinds(sequences: &[&Observed]) -> Vec<Kind> {
    let mut windows: BTreeMap<&Option<String>, Vec<&Observed>> = BTreeMap::new();
    let mut sets: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    for sequence in sequences {
        match &sequence.window {
            Some(component) => windows.entry(component).or_default().push(sequence),
            None => *sets.entry(set(sequence)).or_default() += 1,
        }
    }
    let mut sets: Vec<(Vec<u32>, usize)> = sets.into_iter().collect();
    sets.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sets.truncate(MAX_SETS);
    let mut leaders: Vec<(Vec<u32>, BTreeMap<u32, usize>, usize)> = vec![];
    for (templates, count) in sets {
        let alike = leaders
            .iter()
            .position(|(leader, ..)| likeness(leader, &templates) >= SAME_KIND);
        let at = match alike {
            Some(at) => at,
            None if leaders.len() < MAX_LEADERS => {
                leaders.push((templates.clone(), BTreeMap::new(), 0));
                leaders.len() - 1
            }
            None => continue,
        };
        for template in &templates {
            *leaders[at].1.entry(*template).or_default() += count;
        }
        leaders[at].2 += count;
    }
    let transactions = leaders.into_iter().map(|(_, present, all)| Kind {
        core: core(&present, all),
        sequences: all as u64,
        ..Kind::default()
    });
    let windows = windows.into_iter().map(|(component, of)| {
        let mut present: BTreeMap<u32, usize> = BTreeMap::new();
        for template in of.iter().flat_map(|sequence| set(sequence)) {
            *present.entry(template).or_default() += 1;
        }
        // A window has a few of many templates: all are its core.
        Kind {
            windows: true,
            component: component.clone(),
            core: present.keys().copied().collect(),
            sequences: of.len() as u64,
            ..Kind::default()
        }
    });
    let mut all: Vec<Kind> = transactions.chain(windows).collect();
    all.sort_by(|a, b| {
        b.sequences
            .cmp(&a.sequences)
            .then_with(|| a.core.cmp(&b.core))
    });
    all
}

fn set(sequence: &Observed) -> Vec<u32> {
    sequence.profile.counts.keys().copied().collect()
}

fn core(present: &BTreeMap<u32, usize>, all: usize) -> Vec<u32> {
    let half = |count: &usize| count * 2 >= all;
    present
        .iter()
        .filter(|(_, count)| half(count))
        .map(|(template, _)| *template)
        .collect()
}

fn likeness(a: &[u32], b: &[u32]) -> f64 {
    let (a, b): (BTreeSet<_>, BTreeSet<_>) = (a.iter().collect(), b.iter().collect());
    let shared = a.intersection(&b).count();
    shared as f64 / (a.len() + b.len() - shared).max(1) as f64
}

/// The kind of each sequence, as a model with these kinds tells it by their cores; none: it is like none of them.
pub(super) fn assign(kinds: &[Kind], sequences: &[&Observed]) -> Vec<Option<usize>> {
    let mut known: BTreeMap<Vec<u32>, Option<usize>> = BTreeMap::new();
    sequences
        .iter()
        .map(|sequence| match &sequence.window {
            Some(component) => kinds
                .iter()
                .position(|kind| kind.windows && kind.component == *component),
            None => *known.entry(set(sequence)).or_insert_with(|| {
                let mut best: Option<(usize, f64)> = None;
                for (at, kind) in kinds.iter().enumerate().filter(|(_, kind)| !kind.windows) {
                    let likeness = kind.likeness(&sequence.profile.counts);
                    if likeness > 0.0 && best.is_none_or(|(_, other)| likeness > other) {
                        best = Some((at, likeness));
                    }
                }
                best.map(|(at, _)| at)
            }),
        })
        .collect()
}
