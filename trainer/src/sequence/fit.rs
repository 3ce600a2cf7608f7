//! Normal sequences to a model.

use std::collections::{BTreeMap, BTreeSet};

use logloop_logs::TEMPLATE_VERSION;
use logloop_scoring::SequenceModel;
use logloop_scoring::sequence::{
    Kind, MAX_SEQUENCE_BYTES, MAX_SEQUENCE_KINDS, MAX_SEQUENCE_TEMPLATES, Profile, SEQUENCE_SCHEMA,
};
use rayon::prelude::*;

use super::count::count;
use super::kinds::{assign, kinds};
use super::observed::Observed;
use super::own::admitted;
use super::threshold::{Shares, set_thresholds};

/// Normal sequences of a kind that something is said of.
pub const MIN_SEQUENCES: usize = 100;

/// A model, and what it did not learn from.
pub struct Fitted {
    /// The model.
    pub model: SequenceModel,
    /// Sequences over what one contributor alone may show (`own.rs`).
    pub over_own: u64,
}

/// Learns from the sequences that teach; `templates` are the texts of their numbers. Without enough of any kind the model has
/// none.
pub fn fit(sequences: &[&Observed], templates: &[String]) -> Fitted {
    let normal: Vec<&Observed> = sequences.iter().copied().filter(|s| s.teaches()).collect();
    let mut found = kinds(&normal);
    found.retain(|kind| kind.sequences >= MIN_SEQUENCES as u64);
    found.truncate(MAX_SEQUENCE_KINDS);
    let mut members: Vec<Vec<&Observed>> = vec![vec![]; found.len()];
    for (sequence, kind) in normal.iter().zip(assign(&found, &normal)) {
        if let Some(kind) = kind {
            members[kind].push(sequence);
        }
    }
    let of_a_kind: usize = members.iter().map(Vec::len).sum();
    let members: Vec<Vec<&Observed>> = found
        .par_iter()
        .zip(members)
        .map(|(kind, members)| admitted(kind, members))
        .collect();
    let over_own = of_a_kind - members.iter().map(Vec::len).sum::<usize>();
    let mut all: Vec<(Kind, Vec<&Observed>)> = found
        .into_iter()
        .zip(members)
        .filter(|(_, members)| members.len() >= MIN_SEQUENCES)
        .collect();
    let mut numbers = used(&all);
    while numbers.len() > MAX_SEQUENCE_TEMPLATES {
        // The rarest kind goes.
        all.pop();
        numbers = used(&all);
    }
    let counted: Vec<(Kind, Shares)> = all
        .par_iter()
        .map(|(kind, members)| learned(kind, members, &numbers))
        .collect();
    let (mut kinds, mut shares): (Vec<Kind>, Vec<Shares>) = counted.into_iter().unzip();
    let mut model = SequenceModel {
        schema: SEQUENCE_SCHEMA,
        template_version: TEMPLATE_VERSION,
        templates: numbers
            .keys()
            .map(|at| templates[*at as usize].clone())
            .collect(),
        kinds: vec![],
    };
    loop {
        model.kinds = kinds.clone();
        set_thresholds(&mut model.kinds, &shares);
        if model.to_json().len() as u64 <= MAX_SEQUENCE_BYTES {
            return Fitted {
                model,
                over_own: over_own as u64,
            };
        }
        kinds.pop();
        shares.pop();
    }
}

/// The templates of these sequences, with their places in the model.
fn used(all: &[(Kind, Vec<&Observed>)]) -> BTreeMap<u32, u32> {
    let templates: BTreeSet<u32> = all
        .iter()
        .flat_map(|(_, members)| members)
        .flat_map(|sequence| sequence.profile.counts.keys().copied())
        .collect();
    templates.into_iter().zip(0..).collect()
}

/// A kind with its tables, and what its own sequences say against themselves; templates by their places in the model.
fn learned(kind: &Kind, members: &[&Observed], numbers: &BTreeMap<u32, u32>) -> (Kind, Shares) {
    let placed: Vec<Observed> = members
        .iter()
        .map(|sequence| {
            let steps = sequence.profile.steps.iter().map(|step| numbers[step]);
            Observed {
                profile: Profile::new(steps.collect(), sequence.profile.whole),
                ..(*sequence).clone()
            }
        })
        .collect();
    let members: Vec<&Observed> = placed.iter().collect();
    let kind = Kind {
        core: kind
            .core
            .iter()
            .filter_map(|template| numbers.get(template).copied())
            .collect(),
        ..kind.clone()
    };
    (count(&kind, &members), Shares::of(&kind, &members))
}
