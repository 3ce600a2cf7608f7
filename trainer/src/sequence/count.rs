//! Sequences of one kind to its tables.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use logloop_scoring::sequence::{Histogram, Kind, MIN_FOLLOWED, TRUST};

use super::observed::Observed;

/// Rules "what follows" of one kind, those with the fewest exceptions.
const MAX_FOLLOWED: usize = 4096;
/// Share of exceptions from which on a rule is none.
const MAX_EXCEPTIONS: f64 = 0.01;
/// Steps of one kind; a kind with more says nothing of steps.
const MAX_KIND_STEPS: usize = 8192;
/// Vectors of counts of one kind, the most frequent.
const MAX_VECTORS: usize = 2048;

/// What sequences with the same steps come to together.
struct Same<'o> {
    first: &'o Observed,
    weight: u64,
    sequences: u64,
}

/// Counts sequences; the names and the core of the kind stay.
pub(super) fn count(kind: &Kind, sequences: &[&Observed]) -> Kind {
    let same = folded(sequences);
    let mut counted = Kind {
        windows: kind.windows,
        component: kind.component.clone(),
        core: kind.core.clone(),
        weight: sequences.iter().map(|sequence| sequence.weight).sum(),
        sequences: sequences.len() as u64,
        ..Kind::default()
    };
    let mut templates: BTreeMap<u32, (Histogram, u64)> = BTreeMap::new();
    let (mut begins, mut ends) = (BTreeMap::new(), BTreeMap::new());
    let mut steps: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let mut follows: HashMap<(u32, u32), u64> = HashMap::new();
    let mut vectors: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for Same {
        first,
        weight,
        sequences,
    } in &same
    {
        let profile = &first.profile;
        for (template, count) in &profile.counts {
            let (histogram, times) = templates.entry(*template).or_default();
            histogram.add(*count, *weight);
            *times += sequences;
        }
        for (list, step) in [
            (&mut begins, profile.steps.first()),
            (&mut ends, profile.steps.last()),
        ] {
            if let Some(step) = step {
                *list.entry(*step).or_default() += weight;
            }
        }
        let pairs: BTreeSet<(u32, u32)> = profile
            .steps
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .collect();
        for pair in pairs {
            *steps.entry(pair).or_default() += weight;
        }
        if !kind.windows {
            for (template, after) in profile.followers() {
                for other in after {
                    *follows.entry((template, other)).or_default() += weight;
                }
            }
        }
        counted.lengths.add(profile.steps.len() as u32, *weight);
        let vector = vectors.entry(profile.vector()).or_default();
        *vector = (vector.0 + weight, vector.1 + sequences);
    }
    counted.rare_templates = same
        .iter()
        .filter(|same| {
            let mut own = same.first.profile.counts.keys();
            same.sequences == 1 && own.any(|template| templates[template].1 == 1)
        })
        .map(|same| same.weight)
        .sum();
    counted.followed = followed(&follows, &templates);
    (counted.vectors, counted.rare_vectors) = frequent(vectors);
    counted.templates = templates
        .into_iter()
        .map(|(template, (histogram, _))| (template, histogram))
        .collect();
    counted.begins = begins.into_iter().collect();
    counted.ends = ends.into_iter().collect();
    if steps.len() <= MAX_KIND_STEPS {
        counted.steps = steps
            .into_iter()
            .map(|((a, b), weight)| (a, b, weight))
            .collect();
    }
    counted
}

/// Sequences with the same steps as one; in the order of their steps.
fn folded<'o>(sequences: &[&'o Observed]) -> Vec<Same<'o>> {
    let mut same: BTreeMap<&[u32], Same<'o>> = BTreeMap::new();
    for sequence in sequences {
        let one = same.entry(&sequence.profile.steps).or_insert(Same {
            first: sequence,
            weight: 0,
            sequences: 0,
        });
        one.weight += sequence.weight;
        one.sequences += 1;
    }
    same.into_values().collect()
}

fn followed(
    follows: &HashMap<(u32, u32), u64>,
    templates: &BTreeMap<u32, (Histogram, u64)>,
) -> Vec<(u32, u32, u64)> {
    let mut rules: Vec<(u32, u32, u64, u64)> = follows
        .iter()
        .map(|((template, other), follow)| {
            let of = templates[template].0.total();
            (*template, *other, of - follow, of)
        })
        .filter(|(.., lacking, of)| {
            *of >= MIN_FOLLOWED * TRUST && *lacking as f64 <= MAX_EXCEPTIONS * *of as f64
        })
        .collect();
    rules.sort_by(|a, b| {
        let share = |rule: &(u32, u32, u64, u64)| (rule.2 + TRUST) as f64 / (rule.3 + TRUST) as f64;
        share(a)
            .total_cmp(&share(b))
            .then((a.0, a.1).cmp(&(b.0, b.1)))
    });
    rules.truncate(MAX_FOLLOWED);
    let mut rules: Vec<_> = rules
        .into_iter()
        .map(|(a, b, lacking, _)| (a, b, lacking))
        .collect();
    rules.sort_unstable();
    rules
}

/// The vectors that were seen more than once, the most frequent, and the weight of the rest.
fn frequent(vectors: BTreeMap<u64, (u64, u64)>) -> (Vec<(u64, u64)>, u64) {
    let all: u64 = vectors.values().map(|(weight, _)| weight).sum();
    let mut kept: Vec<(u64, u64)> = vectors
        .into_iter()
        .filter(|(_, (_, sequences))| *sequences > 1)
        .map(|(key, (weight, _))| (key, weight))
        .collect();
    kept.sort_by_key(|(key, weight)| (std::cmp::Reverse(*weight), *key));
    kept.truncate(MAX_VECTORS);
    kept.sort_unstable();
    let rest = all - kept.iter().map(|(_, weight)| weight).sum::<u64>();
    (kept, rest)
}
