//! Uploads are strangers' text, and thumbs and corrections are strangers' words: what one of them may add is bounded.
//!
//! A contributor is a subject (as the data set names it), and where nobody is told apart an upload. Labels of a log on
//! the volume have none: whoever may put it there is trusted. Gold is a reviewer's, and not bounded here.
//!
//! 1. Of what is said about one entry each contributor counts once, with what they said last.
//! 2. What a contributor's own corrections made of later answers is no label: it says the same again.
//! 3. An upload brings a bounded number of distinct entries.
//! 4. Corrections of one contributor are at most a share of what judges models.
//! 5. Thumbs and corrections of one contributor weigh at most a share of all that others bring.
//! 6. Of what is left about one entry the label stands that more contributors give.

use std::collections::{HashMap, HashSet};

use logloop_records::LabelSource;

use crate::facts::loss_weight;
use crate::statements::{Statement, Statements};
use crate::voices::{self, Claim, Outcome};
use crate::who::Denials;

/// What one contributor's thumbs and corrections weigh in the loss, at most, as a share of everything that others bring.
pub const MAX_WEIGHT_SHARE: f64 = 0.05;
/// Corrected templates of one contributor that count however little others bring.
pub const FREE_TEMPLATES: usize = 50;
/// Held-out corrections of one contributor, at most, as a share of those of others and of gold.
pub const MAX_JUDGING_SHARE: f64 = 0.05;
/// Held-out corrections of one contributor that judge however few others there are.
pub const FREE_JUDGING: usize = 20;
/// Distinct entries that one upload brings, at most.
pub const MAX_ITEMS_PER_UPLOAD: usize = 5_000;

/// Examples that are not used, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Capped {
    /// As many contributors say the opposite.
    pub contested: usize,
    /// More contributors, or a reviewer, say the opposite.
    pub outvoted: usize,
    /// What the contributor's own corrections made of an answer.
    pub echoes: usize,
    /// Over [`MAX_WEIGHT_SHARE`].
    pub over_share: usize,
    /// Over [`MAX_JUDGING_SHARE`].
    pub over_judging_share: usize,
    /// Over [`MAX_ITEMS_PER_UPLOAD`].
    pub over_upload: usize,
    /// Over what is kept of people's words at a time (`statements.rs`).
    pub over_statements: usize,
}

/// Labels of one contributor that judge, beside so many of others.
pub(crate) fn most_judging(others: usize) -> usize {
    FREE_JUDGING.max((MAX_JUDGING_SHARE * others as f64) as usize)
}

/// Whether one contributor's share bounds it in training.
pub(crate) fn is_bounded(said: &Statement) -> bool {
    said.who.is_some() && said.source != LabelSource::Gold && !said.held_out
}

/// The label that stands, where people do not agree; `denials` are what answers say of entries with a thumb.
pub(crate) fn settle(all: &mut Statements, capped: &mut Capped, denials: &HashMap<u64, Denials>) {
    all.for_each_entry(|all, entry| {
        let mut claims: Vec<Claim> = entry.iter().map(|at| all[*at].claim()).collect();
        let denied = denials.get(&all[entry[0]].key);
        claims.extend(denied.copied().into_iter().flat_map(Denials::claims));
        for (at, outcome) in entry.iter().zip(voices::settle(&claims)) {
            let left_out = match outcome {
                Outcome::Stands => continue,
                Outcome::Contested => &mut capped.contested,
                Outcome::Outvoted => &mut capped.outvoted,
            };
            let said = &mut all[*at];
            said.stands = false;
            *left_out += labels(said) as usize;
        }
    });
}

/// Bounds what one contributor judges. The templates that are left without a judge: they are trained on as others label
/// them. Else one contributor could keep whatever they like from being learned.
pub(crate) fn bound_judges(all: &mut Statements, capped: &mut Capped) -> HashSet<u64> {
    let mut released = HashSet::new();
    let judging = |all: &Statements| {
        let judges = all.all.iter().filter(|s| s.stands && s.judges());
        judges.map(|s| (s.template, labels(s))).collect::<Vec<_>>()
    };
    let number: u64 = judging(all).iter().map(|(_, labels)| labels).sum();
    for part in all.by(|said| said.who.filter(|_| said.judges())) {
        let others = number - part.len() as u64;
        let most = most_judging(others as usize);
        for &at in part.iter().skip(most) {
            all.all[at].stands = false;
            released.insert(all.all[at].template);
            capped.over_judging_share += 1;
        }
    }
    for (template, _) in judging(all) {
        released.remove(&template);
    }
    released
}

/// Labels that a statement stands for: of a contributor one, else one a row.
fn labels(said: &Statement) -> u64 {
    if said.who.is_some() { 1 } else { said.rows }
}

/// Bounds what one contributor's words weigh; `total` is what all that is trained on weighs, `own` what each brings to it.
pub(crate) fn bound_weights(
    all: &mut Statements,
    capped: &mut Capped,
    total: f64,
    own: &HashMap<u64, f64>,
) {
    let free = FREE_TEMPLATES as f64 * loss_weight(LabelSource::Correction.weight(), 1);
    for part in all.by(|said| said.who.filter(|_| is_bounded(said))) {
        let Some(who) = all.all[part[0]].who else {
            continue;
        };
        let others = total - own.get(&who).copied().unwrap_or_default();
        let mut left = free.max(MAX_WEIGHT_SHARE * others);
        for at in part {
            let said = &mut all.all[at];
            left -= loss_weight(said.weight, 1);
            if left < 0.0 {
                said.stands = false;
                capped.over_share += 1;
            }
        }
    }
}

#[cfg(test)]
#[path = "contributors_tests.rs"]
mod tests;
