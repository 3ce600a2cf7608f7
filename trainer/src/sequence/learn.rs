//! All sequences of a data set to a model and its figures.

use logloop_scoring::SequenceModel;
use serde::{Deserialize, Serialize};

use super::fit::{Fitted, MIN_SEQUENCES, fit};
use super::folds::folds;
use super::observed::Observed;

/// A model, or why there is none.
pub struct Learned {
    /// None: there was too little to learn from.
    pub model: Option<SequenceModel>,
    /// What was learned from, and how well.
    pub figures: SequenceFigures,
    /// Why there is no model.
    pub left_out: Option<String>,
}

/// Figures of a model of sequences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SequenceFigures {
    /// Normal sequences that were learned from.
    pub learned_from: u64,
    /// Kinds of them with enough.
    pub kinds: u64,
    /// Templates over all kinds.
    pub templates: u64,
    /// Normal sequences that a model of the others judged: of other logs, or the last of the time.
    pub held_out_normal: u64,
    /// Of these, those that it took for anomalous.
    pub held_out_alarms: u64,
    /// Sequences in which people found failures; nothing is learned from them.
    pub abnormal: u64,
    /// Of these, those that the same model found.
    pub abnormal_found: u64,
    /// Normal ones that show what their contributor alone shows, beyond what is learned of that.
    #[serde(default)]
    pub over_own: u64,
}

impl SequenceFigures {
    /// Share of normal sequences that were told, and how high it could really be: the upper end of the 95 % interval
    /// (Wilson's). None without any.
    pub fn alarm_rate(&self) -> Option<(f64, f64)> {
        if self.held_out_normal == 0 {
            return None;
        }
        const Z: f64 = 1.96;
        let (n, p) = (
            self.held_out_normal as f64,
            self.held_out_alarms as f64 / self.held_out_normal as f64,
        );
        let middle = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some((p, (middle + spread) / (1.0 + Z * Z / n)))
    }
}

/// Whether a model finds a sequence odd; none: it knows nothing of its kind.
pub(super) fn is_odd(model: &SequenceModel, sequence: &Observed, numbers: &[u32]) -> Option<bool> {
    let steps = sequence
        .profile
        .steps
        .iter()
        .map(|step| numbers[*step as usize]);
    let profile = logloop_scoring::sequence::Profile::new(steps.collect(), sequence.profile.whole);
    let window = sequence.window.as_ref().map(Option::as_deref);
    let kind = model.kind(window, &profile)?;
    Some(!SequenceModel::findings(kind, &profile).is_empty())
}

/// The numbers that a model has for these templates; larger ones for those that it has not.
pub(super) fn numbers(model: &SequenceModel, templates: &[String]) -> Vec<u32> {
    let matcher = model.matcher();
    let unknown = model.templates.len() as u32;
    templates
        .iter()
        .zip(unknown..)
        .map(|(template, own)| matcher.find(template).map_or(own, |known| known as u32))
        .collect()
}

/// Learns from four fifths to judge the fifth, then from all: the figures are those of the first model, the tables those of
/// the second, which knows more and tells less.
pub fn learn(sequences: &[Observed], templates: &[String]) -> Learned {
    let normal: Vec<&Observed> = sequences.iter().filter(|s| s.teaches()).collect();
    let folds = folds(&normal);
    let last = folds.iter().max().copied().unwrap_or_default();
    let part = |inside: bool| -> Vec<&Observed> {
        let of = normal.iter().zip(&folds);
        of.filter(|(_, fold)| (**fold == last) == inside)
            .map(|(sequence, _)| *sequence)
            .collect()
    };
    let first = fit(&part(false), templates).model;
    let known = numbers(&first, templates);
    let odd = |list: &mut dyn Iterator<Item = &Observed>| -> (u64, u64) {
        let judged: Vec<bool> = list.filter_map(|s| is_odd(&first, s, &known)).collect();
        let odd = judged.iter().filter(|odd| **odd).count();
        (judged.len() as u64, odd as u64)
    };
    let (held_out_normal, held_out_alarms) = odd(&mut part(true).into_iter());
    let (abnormal, abnormal_found) = odd(&mut sequences.iter().filter(|s| s.is_abnormal()));
    let Fitted { model, over_own } = fit(&normal, templates);
    let figures = SequenceFigures {
        learned_from: model.kinds.iter().map(|kind| kind.sequences).sum(),
        kinds: model.kinds.len() as u64,
        templates: model.templates.len() as u64,
        held_out_normal,
        held_out_alarms,
        abnormal,
        abnormal_found,
        over_own,
    };
    let left_out = model.kinds.is_empty().then(|| {
        format!(
            "the data set has {} normal transactions and windows, and no kind of them {MIN_SEQUENCES} times, which is \
             needed: analyze more logs that name transactions",
            normal.len()
        )
    });
    Learned {
        model: left_out.is_none().then_some(model),
        figures,
        left_out,
    }
}
