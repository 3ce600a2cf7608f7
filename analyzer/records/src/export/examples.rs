//! One interaction to examples.

use std::collections::{BTreeMap, HashMap, HashSet};

use logloop_logs::{Entry, Template, TemplateMatcher};

use super::found::Found;
use super::held_out::HeldOut;
use crate::example::{LabelSource, TrainingExample};
use crate::feedback::{Correction, Merged};
use crate::interaction::Interaction;
use crate::results::Failure;

/// Bytes of an entry that an example keeps.
const MAX_EXAMPLE_ENTRY_BYTES: usize = 2048;

/// Distinct templates that one interaction may teach.
const MAX_EXAMPLES_PER_INTERACTION: usize = 20_000;

/// Severity of a failure that a correction adds without saying how bad it is.
const DEFAULT_CORRECTED_SEVERITY: f32 = 0.7;

/// What is left of the weight of weak labels in an answer that its reader found useless.
const USELESS_WEIGHT_SHARE: f32 = 0.1;

/// What one interaction gave.
#[derive(Default)]
pub(super) struct Given {
    /// Examples passed on.
    pub(super) examples: u64,
    /// Entries without a label: the answer had more groups of failures than it lists, so that an entry that is in none
    /// of those listed may be a failure or not.
    pub(super) unlisted: u64,
    /// Entries with more templates than one interaction may teach.
    pub(super) over_bound: u64,
}

/// Examples of one interaction, to `give` one by one: a label for each entry, from the strongest source that has one.
pub(super) fn of_interaction(
    interaction: &Interaction,
    log: &str,
    said: Option<&Merged>,
    held_out: &HeldOut,
    mut give: impl FnMut(TrainingExample),
) -> Given {
    let results = &interaction.analysis_results;
    let found = Found::of(&results.failures);
    let mut corrections: HashMap<u64, &Correction> = HashMap::new();
    let mut corrected: HashMap<&str, &Correction> = HashMap::new();
    let mut held_for: BTreeMap<&str, &Correction> = BTreeMap::new();
    for correction in said.into_iter().flat_map(|said| &said.corrections) {
        corrections.insert(correction.line, correction);
        corrected.insert(correction.template_id.as_str(), correction);
        if !correction.holds_for.is_empty() {
            held_for.insert(correction.holds_for.as_str(), correction);
        }
    }
    let templates = TemplateMatcher::new(held_for.keys().copied());
    let held_for: Vec<&Correction> = held_for.into_values().collect();
    let useful = said
        .and_then(|said| said.is_useful)
        .or(interaction.is_useful);
    let mut seen = HashSet::new();
    let mut given = Given::default();
    logloop_logs::parse_each(log, results.stats.forced_format(), |entry| {
        let template = logloop_logs::template(&entry.message);
        // Of two within one entry the later counts, as where corrections are in force.
        let correction = (entry.line_start..=entry.line_end)
            .rev()
            .find_map(|line| corrections.get(&line).copied())
            // The correction of a line speaks for the other lines of its template here.
            .or_else(|| corrected.get(template.id.as_str()).copied())
            .or_else(|| templates.find(&template.text).map(|index| held_for[index]));
        let failure = found.group(&entry, &template);
        if correction.is_none() && failure.is_none() && results.stats.failure_groups_left_out > 0 {
            given.unlisted += 1;
            return;
        }
        let mut example = example(interaction, &entry, &template, failure);
        label(&mut example, failure, correction, useful);
        example.held_out = held_out.has(&template);
        if seen.len() >= MAX_EXAMPLES_PER_INTERACTION && !seen.contains(&template.id) {
            given.over_bound += 1;
            return;
        }
        seen.insert(template.id);
        given.examples += 1;
        give(example);
    });
    given
}

fn label(
    example: &mut TrainingExample,
    failure: Option<&Failure>,
    correction: Option<&Correction>,
    useful: Option<bool>,
) {
    if let Some(correction) = correction {
        let severity = correction
            .severity
            .or(failure.map(|f| f.severity))
            .unwrap_or(DEFAULT_CORRECTED_SEVERITY);
        example.is_failure = correction.is_failure;
        example.severity = if correction.is_failure { severity } else { 0.0 };
        example.component = correction.component.clone().or(example.component.take());
        example.operation = correction.operation.clone().or(example.operation.take());
        let source = if correction.gold {
            LabelSource::Gold
        } else {
            LabelSource::Correction
        };
        example.label_source = source;
        example.weight = source.weight();
        return;
    }
    match useful {
        Some(true) => {
            example.label_source = LabelSource::Thumb;
            example.weight = LabelSource::Thumb.weight();
        }
        Some(false) => example.weight *= USELESS_WEIGHT_SHARE,
        None => {}
    }
}

/// The example with the label that the answer gave it: weak.
fn example(
    interaction: &Interaction,
    entry: &Entry<'_>,
    template: &Template,
    failure: Option<&Failure>,
) -> TrainingExample {
    let source = if interaction.model_version == "rules" {
        LabelSource::Rule
    } else {
        LabelSource::Model
    };
    let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    TrainingExample {
        log_entry: entry.raw[..entry.raw.floor_char_boundary(MAX_EXAMPLE_ENTRY_BYTES)].to_owned(),
        component: own(&entry.component),
        operation: own(&entry.operation),
        level: entry.level.map(|level| level.as_str().to_owned()),
        is_failure: failure.is_some(),
        severity: failure.map_or(0.0, |failure| failure.severity),
        error_patterns: failure
            .map(|failure| {
                failure
                    .error_patterns
                    .iter()
                    .map(|name| (name.clone(), 1))
                    .collect()
            })
            .unwrap_or_default(),
        keywords: failure
            .map(|failure| failure.keywords.clone())
            .unwrap_or_default(),
        timestamp: own(&entry.timestamp),
        transaction_id: own(&entry.transaction_id),
        source: "chat_interaction".to_owned(),
        interaction_timestamp: Some(interaction.timestamp),
        label_source: source,
        weight: source.weight(),
        template: template.text.clone(),
        interaction_id: Some(interaction.id.to_string()),
        count: 1,
        held_out: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::AnalysisResults;

    const LOG: &str = "2026-11-22 10:00:00 ERROR db: pool 7 exhausted\n\
        2026-11-22 10:00:01 INFO job: nothing to do for 3\n\
        2026-11-22 10:00:02 ERROR db: pool 9 exhausted\n";

    fn interaction() -> Interaction {
        let template = logloop_logs::template("pool 7 exhausted");
        let failure = Failure {
            template_id: template.id,
            level: Some("ERROR".to_owned()),
            severity: 0.8,
            ..Failure::default()
        };
        Interaction {
            log_content: LOG.to_owned(),
            model_version: "rules".to_owned(),
            analysis_results: AnalysisResults {
                failures: vec![failure],
                ..AnalysisResults::default()
            },
            ..Interaction::default()
        }
    }

    fn examples(
        interaction: &Interaction,
        said: Option<&Merged>,
        held_out: &HeldOut,
    ) -> Vec<TrainingExample> {
        let mut examples = vec![];
        of_interaction(interaction, LOG, said, held_out, |example| {
            examples.push(example)
        });
        examples
    }

    fn labels(said: Option<&Merged>, held_out: &HeldOut) -> Vec<(bool, LabelSource, bool)> {
        examples(&interaction(), said, held_out)
            .iter()
            .map(|e| (e.is_failure, e.label_source, e.held_out))
            .collect()
    }

    #[test]
    fn a_correction_outweighs_the_answer_and_speaks_for_its_template() {
        let none = HeldOut::default();
        let rule = |failure| (failure, LabelSource::Rule, false);
        assert_eq!(labels(None, &none), [rule(true), rule(false), rule(true)]);

        let id = logloop_logs::template("pool 7 exhausted").id;
        let correction = Correction {
            line: 1,
            is_failure: false,
            template_id: id.clone(),
            ..Correction::default()
        };
        let said = Merged {
            corrections: vec![correction],
            ..Merged::default()
        };
        let corrected = (false, LabelSource::Correction, false);
        assert_eq!(
            labels(Some(&said), &none),
            [corrected, rule(false), corrected]
        );

        let judge = Correction {
            held_out: true,
            template_id: id,
            ..Correction::default()
        };
        let out = labels(Some(&said), &HeldOut::of([&judge].into_iter()));
        assert!(
            out[0].2 && !out[1].2 && out[2].2,
            "held out by template: {out:?}"
        );
    }

    #[test]
    fn of_two_corrections_of_one_entry_the_later_counts() {
        let log =
            "2026-11-22 10:00:00 ERROR db: lost\njava.io.IOException: x\n\tat a.B.c(B.java:3)\n";
        let correction = |line, is_failure| Correction {
            line,
            is_failure,
            ..Correction::default()
        };
        let said = Merged {
            corrections: vec![correction(2, true), correction(3, false)],
            ..Merged::default()
        };
        let mut labels = vec![];
        let none = HeldOut::default();
        of_interaction(&interaction(), log, Some(&said), &none, |example| {
            labels.push(example.is_failure)
        });
        assert_eq!(labels, [false]);
    }

    #[test]
    fn thumbs() {
        let none = HeldOut::default();
        let up = Merged {
            is_useful: Some(true),
            ..Merged::default()
        };
        assert!(
            labels(Some(&up), &none)
                .iter()
                .all(|label| label.1 == LabelSource::Thumb)
        );
        let down = Merged {
            is_useful: Some(false),
            ..Merged::default()
        };
        let examples = examples(&interaction(), Some(&down), &none);
        assert!(
            examples
                .iter()
                .all(|e| e.weight < LabelSource::Rule.weight())
        );
    }

    #[test]
    fn what_the_answer_did_not_list_has_no_label() {
        let mut cut = interaction();
        cut.analysis_results.stats.failure_groups_left_out = 3;
        let mut kept = vec![];
        let given = of_interaction(&cut, LOG, None, &HeldOut::default(), |example| {
            kept.push(example.is_failure)
        });
        assert_eq!((kept, given.unlisted), (vec![true, true], 1));
    }

    #[test]
    fn the_same_words_at_another_level_are_no_failure() {
        let mut other = interaction();
        other.analysis_results.failures[0].level = Some("WARN".to_owned());
        assert!(
            examples(&other, None, &HeldOut::default())
                .iter()
                .all(|example| !example.is_failure)
        );
    }
}
