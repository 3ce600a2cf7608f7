//! From training examples to what is trained on: folded over parts, cleared of what people contradict, capped.

use std::collections::{BTreeMap, BTreeSet};

use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::{self, Blocks, Features, Input};
use logloop_scoring::rules;
use rayon::prelude::*;

use crate::contributors::Capped;
use crate::entries::{Bounds, Entries};
use crate::examples::Examples;
use crate::facts::loss_weight;
use crate::groups::Groups;
use crate::strength::Strength;
use crate::who::Contributors;

/// Distinct entries that are trained on, at most (about 1 KiB of features each, and up to [`MAX_TEXT_BYTES`] of each text).
pub const MAX_ITEMS: usize = 400_000;
/// Held-out entries that judge, at most; of the same size.
pub const MAX_JUDGES: usize = 100_000;
/// What is kept of a template and of an entry as logged, at most, in bytes: an export has no longer ones.
pub const MAX_TEXT_BYTES: usize = 2 << 10;
/// What is kept of a level, component or operation, at most, in bytes.
pub const MAX_FIELD_BYTES: usize = 256;

/// One distinct labelled entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The masked message.
    pub template: String,
    /// Its statement, see [`Groups`]: no two sides of a split have one.
    pub group: u64,
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
    /// When the first of them was logged, else sent, in milliseconds since 1970-01-01 UTC, where that is known.
    pub at: Option<i64>,
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
    /// Of what judges the groups and all of their texts, also those that are left out of both; hashes.
    pub judging: Vec<(u64, u64)>,
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
    /// Distinct entries that are of one statement with held-out ones.
    #[serde(default)]
    pub of_judging_group: usize,
    /// Distinct held-out entries that do not judge: somebody's label of another text of their statement is trained on.
    #[serde(default)]
    pub of_taught_group: usize,
    /// Severity or weight out of range.
    pub invalid: usize,
    /// Over [`MAX_ITEMS`].
    pub over_cap: usize,
    /// Held-out entries over [`MAX_JUDGES`].
    #[serde(default)]
    pub over_judges_cap: usize,
    /// Weak labels of entries like those that people labelled otherwise.
    #[serde(default)]
    pub doubted: usize,
    /// For the sake of who said them.
    #[serde(default, flatten)]
    pub capped: Capped,
}

/// What makes two examples the same: template, level, component, label.
pub(crate) type Key = (String, Option<String>, Option<String>, bool);

/// A key's examples, added up.
pub(crate) struct Folded {
    log_entry: String,
    operation: Option<String>,
    strength: Strength,
    severity_sum: f64,
    severity_weight: f64,
    /// See [`Item::at`].
    at: Option<i64>,
    /// Masked text and level of the entry before.
    before: Option<(String, Option<String>)>,
    /// People who labelled it.
    by: Contributors,
}

impl Items {
    /// Folds, clears and caps; the same examples in the same order give the same items. They are read several times, and
    /// none is kept.
    pub fn read<E: Examples + ?Sized>(examples: &E) -> Result<Self, E::Error> {
        Ok(Entries::read(examples, Bounds::default())?.into_items())
    }

    /// The same of examples in memory.
    pub fn from_examples(examples: &[TrainingExample]) -> Self {
        let Ok(items) = Self::read(examples);
        items
    }

    /// Distinct groups among the training items with this label.
    pub fn groups(&self, is_failure: bool) -> usize {
        let with_label = self
            .training
            .iter()
            .filter(|item| item.is_failure == is_failure);
        with_label
            .map(|item| item.group)
            .collect::<BTreeSet<_>>()
            .len()
    }
}

/// Up to so many bytes of a text, cut at a character.
fn head(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

fn field(text: &Option<String>) -> Option<String> {
    text.as_deref().map(|text| head(text, MAX_FIELD_BYTES))
}

/// The key of an example.
pub(crate) fn key(example: &TrainingExample) -> Key {
    (
        head(&example.template, MAX_TEXT_BYTES),
        field(&example.level),
        field(&example.component),
        example.is_failure,
    )
}

/// Adds an example that counts for so many entries.
pub(crate) fn fold<K: Ord>(
    folded: &mut BTreeMap<K, Folded>,
    place: K,
    example: &TrainingExample,
    count: u64,
) {
    let entry = folded.entry(place).or_insert_with(|| Folded {
        log_entry: head(&example.log_entry, MAX_TEXT_BYTES),
        operation: field(&example.operation),
        strength: Strength::default(),
        severity_sum: 0.0,
        severity_weight: 0.0,
        at: None,
        before: None,
        by: Contributors::None,
    });
    entry.by = entry.by.and(Contributors::of(example));
    entry.at = entry.at.into_iter().chain(at(example)).min();
    if entry.before.is_none() {
        let template = example.before_template.as_deref();
        let template = template.map(|template| head(template, MAX_TEXT_BYTES));
        entry.before = template.map(|template| (template, field(&example.before_level)));
    }
    let weight = loss_weight(example.weight, count);
    entry.strength.add(Strength::of(example, count));
    entry.severity_sum += weight * f64::from(example.severity);
    entry.severity_weight += weight;
}

/// When an example was logged, by a time stamp that names the year, else when it was sent.
fn at(example: &TrainingExample) -> Option<i64> {
    let logged = example.timestamp.as_deref().and_then(logloop_logs::dated);
    logged.or_else(|| Some(example.interaction_timestamp?.timestamp_millis()))
}

impl Folded {
    /// The people who labelled it.
    pub(crate) fn by(&self) -> Contributors {
        self.by
    }

    /// How strong its label is, and how heavy it weighs.
    pub(crate) fn strength(&self) -> Strength {
        self.strength
    }
}

/// A template seen a thousand times counts more than one seen once, but not a thousand times more.
pub(crate) fn of_count(count: u64) -> f32 {
    (count.max(1) as f32).ln_1p()
}

/// Entries with the features that they are trained on.
pub(crate) fn finish(folded: BTreeMap<Key, Folded>, groups: &Groups) -> Vec<Item> {
    let folded: Vec<(Key, Folded)> = folded.into_iter().collect();
    folded
        .into_par_iter()
        .map(|entry| item(entry, groups))
        .collect()
}

fn item(
    ((template, level, component, is_failure), folded): (Key, Folded),
    groups: &Groups,
) -> Item {
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
        group: groups.of(&template),
        template,
        level,
        component,
        operation: folded.operation,
        log_entry: folded.log_entry,
        is_failure,
        severity: (folded.severity_sum / folded.severity_weight) as f32,
        source: folded.strength.source,
        weight: folded.strength.weighs(),
        count: folded.strength.count,
        at: folded.at,
    }
}

#[cfg(test)]
#[path = "items_tests.rs"]
mod tests;
