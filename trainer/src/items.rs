//! From training examples to what is trained on: folded over parts, cleared of what people contradict, capped.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::{self, Blocks, Features, Input};
use logloop_scoring::rules;
use rayon::prelude::*;

use crate::contributors::{self, Capped};

/// Distinct entries that are trained on, at most (about 1 KiB of features each).
pub const MAX_ITEMS: usize = 400_000;

/// One distinct labelled entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The masked message.
    pub template: String,
    /// Level as logged.
    pub level: Option<String>,
    /// Part of the system that logged it.
    pub component: Option<String>,
    /// What it was doing.
    pub operation: Option<String>,
    /// One of the entries behind it, as logged.
    pub log_entry: String,
    /// The label.
    pub is_failure: bool,
    /// 0 to 1.
    pub severity: f32,
    /// The strongest source of the label.
    pub source: LabelSource,
    /// Weight in the loss: the source's × ln(1 + entries).
    pub weight: f32,
    /// Entries behind it.
    pub count: u64,
    /// Features of the entry.
    pub features: Features,
    /// Its first block without level and component.
    pub bare_fields: Vec<u32>,
    /// What was logged before one of the entries; empty where that is not known.
    pub before: Vec<u32>,
}

impl Item {
    /// The features, as they are served.
    pub fn blocks(&self) -> Blocks<'_> {
        Blocks {
            before: &self.before,
            ..self.features.blocks()
        }
    }

    /// The features of the same entry without level and component: what is left is its text.
    pub fn bare(&self) -> Blocks<'_> {
        Blocks {
            fields: &self.bare_fields,
            ..self.features.blocks()
        }
    }
}

/// What a data set comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Items {
    /// To train on: sorted, no two alike.
    pub training: Vec<Item>,
    /// Held out, with a label that a person gave: they judge, and nothing is trained on their templates.
    pub held_out: Vec<Item>,
    /// What was left out of both.
    pub dropped: Dropped,
}

/// Examples that are not used, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Dropped {
    /// Weak labels on a template that a person labelled.
    pub overruled: usize,
    /// Examples whose template is held out.
    pub held_out_template: usize,
    /// Severity or weight out of range.
    pub invalid: usize,
    /// Over [`MAX_ITEMS`].
    pub over_cap: usize,
    /// Weak labels of entries like those that people labelled otherwise.
    #[serde(default)]
    pub doubted: usize,
    /// For the sake of who said them.
    #[serde(default, flatten)]
    pub capped: Capped,
}

/// What makes two examples the same: template, level, component, label.
type Key = (String, Option<String>, Option<String>, bool);

/// A key's examples, added up.
struct Folded {
    log_entry: String,
    operation: Option<String>,
    source: LabelSource,
    weight: f32,
    count: u64,
    severity_sum: f64,
    severity_weight: f64,
    /// Masked text and level of the entry before.
    before: Option<(String, Option<String>)>,
}

impl Items {
    /// Folds, clears and caps; the same examples in the same order give the same items.
    pub fn from_examples(examples: &[TrainingExample]) -> Self {
        let valid = |example: &&TrainingExample| {
            (0.0..=1.0).contains(&example.severity)
                && example.weight.is_finite()
                && example.weight > 0.0
        };
        let all = examples.len();
        let examples: Vec<&TrainingExample> = examples.iter().filter(valid).collect();
        let contributors::Admitted {
            counts,
            released,
            capped,
        } = contributors::admit(&examples);
        let mut dropped = Dropped {
            invalid: all - examples.len(),
            capped,
            ..Dropped::default()
        };
        let held_out_templates: HashSet<&str> = examples
            .iter()
            .filter(|example| example.held_out)
            .map(|example| example.template.as_str())
            .filter(|template| !released.contains(&features::stable_hash(template)))
            .collect();
        let used = || {
            let counted = examples.iter().copied().zip(counts.iter().copied());
            counted.filter(|(_, count)| *count > 0)
        };
        let judged: HashSet<&str> = used()
            .filter(|(example, _)| !example.held_out && example.label_source.is_strong())
            .map(|(example, _)| example.template.as_str())
            .collect();
        let (mut training, mut held_out) = (BTreeMap::new(), BTreeMap::new());
        for (example, count) in used() {
            if example.held_out && example.label_source.is_strong() {
                fold(&mut held_out, example, count);
            } else if held_out_templates.contains(example.template.as_str()) {
                dropped.held_out_template += 1;
            } else if judged.contains(example.template.as_str())
                && !example.label_source.is_strong()
            {
                dropped.overruled += 1;
            } else {
                fold(&mut training, example, count);
            }
        }
        let training = cap(training, MAX_ITEMS, &mut dropped);
        Self {
            training: finish(training),
            held_out: finish(held_out),
            dropped,
        }
    }

    /// Distinct templates among the training items with this label.
    pub fn templates(&self, is_failure: bool) -> usize {
        let with_label = self
            .training
            .iter()
            .filter(|item| item.is_failure == is_failure);
        with_label
            .map(|item| item.template.as_str())
            .collect::<BTreeSet<_>>()
            .len()
    }
}

fn fold(folded: &mut BTreeMap<Key, Folded>, example: &TrainingExample, count: u64) {
    let key = (
        example.template.clone(),
        example.level.clone(),
        example.component.clone(),
        example.is_failure,
    );
    let entry = folded.entry(key).or_insert_with(|| Folded {
        log_entry: example.log_entry.clone(),
        operation: example.operation.clone(),
        source: example.label_source,
        weight: 0.0,
        count: 0,
        severity_sum: 0.0,
        severity_weight: 0.0,
        before: None,
    });
    if entry.before.is_none() {
        let template = example.before_template.clone();
        entry.before = template.map(|template| (template, example.before_level.clone()));
    }
    let weight = f64::from(example.weight) * f64::from(of_count(count));
    entry.source = entry.source.min(example.label_source);
    entry.weight = entry.weight.max(example.weight);
    entry.count = entry.count.saturating_add(count);
    entry.severity_sum += weight * f64::from(example.severity);
    entry.severity_weight += weight;
}

/// A template seen a thousand times counts more than one seen once, but not a thousand times more.
pub(crate) fn of_count(count: u64) -> f32 {
    (count.max(1) as f32).ln_1p()
}

/// Keeps the strongest labels, then the heaviest entries; the key decides a tie.
fn cap(
    folded: BTreeMap<Key, Folded>,
    limit: usize,
    dropped: &mut Dropped,
) -> BTreeMap<Key, Folded> {
    if folded.len() <= limit {
        return folded;
    }
    dropped.over_cap = folded.len() - limit;
    let mut items: Vec<(Key, Folded)> = folded.into_iter().collect();
    let rank = |folded: &Folded| folded.weight * of_count(folded.count);
    items.sort_by(|(_, a), (_, b)| a.source.cmp(&b.source).then(rank(b).total_cmp(&rank(a))));
    items.truncate(limit);
    items.into_iter().collect()
}

fn finish(folded: BTreeMap<Key, Folded>) -> Vec<Item> {
    let folded: Vec<(Key, Folded)> = folded.into_iter().collect();
    folded.into_par_iter().map(item).collect()
}

fn item(((template, level, component, is_failure), folded): (Key, Folded)) -> Item {
    let at_level = rules::score(&template, level.as_deref());
    let bare = rules::score(&template, None);
    Item {
        features: Features::of(Input {
            template: &template,
            level: level.as_deref(),
            component: component.as_deref(),
            rule: &at_level,
        }),
        bare_fields: features::field_buckets(None, None, &bare),
        before: folded.before.map_or_else(Vec::new, |(template, level)| {
            let rule = rules::score(&template, level.as_deref());
            features::before_buckets(&template, level.as_deref(), &rule)
        }),
        template,
        level,
        component,
        operation: folded.operation,
        log_entry: folded.log_entry,
        is_failure,
        severity: (folded.severity_sum / folded.severity_weight) as f32,
        source: folded.source,
        weight: folded.weight * of_count(folded.count),
        count: folded.count,
    }
}

#[cfg(test)]
#[path = "items_tests.rs"]
mod tests;
