//! Weak labels that people's words speak against.
//!
//! Somebody corrects a dozen lines of a kind, and the store holds as many more of them that nobody looked at: what the
//! rules said of these is as wrong. A network that is free enough learns both, each by the words that it alone has, and
//! says of an unseen line what the rules say. So labels are looked at first with little freedom for weak ones: they must
//! be said by what they share. Those that the outcome contradicts are not trained on, and it is asked again without them
//! (iterative trimmed loss minimization: Shen and Sanghavi, Learning with bad training data, 2019).

use logloop_scoring::features::stable_hash;
use rayon::prelude::*;

use crate::items::Item;
use crate::wide::{Labelled, PULL, Wide};

/// What a weak label weighs beside what a person says, in this look; however often it was given, since rules and models
/// repeat themselves.
const WEAK_WEIGHT: f32 = 0.02;
/// Looks, at most.
const MAX_ROUNDS: usize = 8;
/// Share of the weak labels of a side that may be left out: where it would be more, people's words do not tell kinds of
/// lines apart, and all labels stay.
const MAX_SHARE: f64 = 0.5;

/// Parts of what people say, each of which the others must bear out.
const FOLDS: u64 = 5;
/// Share of each of people's labels that must be borne out.
const MIN_AGREEMENT: f64 = 0.5;

/// Those of `part` whose labels are trained on: what people say, and weak labels that it does not speak against.
pub fn trusted(items: &[Item], part: &[usize], seed: u64) -> Vec<usize> {
    let is_strong = |index: usize| items[index].source.is_strong();
    let all_weak = !part.iter().any(|&index| is_strong(index));
    if all_weak || part.iter().all(|&index| is_strong(index)) || !agree(items, part, seed) {
        return part.to_vec();
    }
    let mut kept = part.to_vec();
    for _ in 0..MAX_ROUNDS {
        let look = look(items, &kept, seed);
        let before = kept.len();
        kept.retain(|&index| {
            is_strong(index) || (look.logit(items[index].blocks()) > 0.0) == items[index].is_failure
        });
        if kept.len() == before {
            break;
        }
    }
    let weak = |part: &[usize], label: bool| {
        let of = |index: &&usize| !is_strong(**index) && items[**index].is_failure == label;
        part.iter().filter(of).count() as f64
    };
    let few = |label| weak(&kept, label) >= (1.0 - MAX_SHARE) * weak(part, label);
    if few(true) && few(false) {
        kept
    } else {
        part.to_vec()
    }
}

/// Whether what people say is borne out by what other people's words, and theirs of other templates, say of it: a look
/// without each fifth of it. Labels that nothing bears out, such as somebody's lies among many true ones, speak against
/// nothing else. Fifths go by text and not by group: no figure rests on this, and what somebody said of five instances of a
/// statement is to speak of the sixth.
fn agree(items: &[Item], part: &[usize], seed: u64) -> bool {
    let in_fold = |index: usize, fold: u64| {
        let item = &items[index];
        item.source.is_strong() && stable_hash(&item.template) % FOLDS == fold
    };
    let of_fold = |fold: u64| -> Vec<(bool, bool)> {
        let (asked, others): (Vec<usize>, Vec<usize>) =
            part.iter().partition(|&&index| in_fold(index, fold));
        let look = look(items, &others, seed);
        let said = |index: usize| look.logit(items[index].blocks()) > 0.0;
        let answers = asked.into_iter();
        answers
            .map(|index| (items[index].is_failure, said(index)))
            .collect()
    };
    let answers: Vec<(bool, bool)> = (0..FOLDS).into_par_iter().flat_map_iter(of_fold).collect();
    [true, false].into_iter().all(|label| {
        let of_label = answers.iter().filter(|(told, _)| *told == label);
        let right = of_label.clone().filter(|(told, said)| told == said).count();
        right as f64 >= MIN_AGREEMENT * of_label.count() as f64
    })
}

fn look(items: &[Item], part: &[usize], seed: u64) -> Wide {
    let entry = |&index: &usize| Labelled {
        blocks: items[index].blocks(),
        is_failure: items[index].is_failure,
        weight: if items[index].source.is_strong() {
            1.0
        } else {
            WEAK_WEIGHT
        },
        offset: 0.0,
    };
    let entries: Vec<Labelled<'_>> = part.iter().map(entry).collect();
    Wide::solve(&entries, &Wide::default(), PULL, seed)
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
