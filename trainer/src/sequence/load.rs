//! The sequences of a data set, with the templates of all of them together.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use logloop_logs::{Templates, Texts, mine};
use logloop_records::dataset::{DatasetManifest, for_each_sequence};
use logloop_records::{LabelSource, TrainingSequence};
use logloop_scoring::features::stable_hash;
use logloop_scoring::sequence::{Profile, TRUST};

use super::observed::Observed;
use crate::error::TrainerError;

/// Sequences that are learned from, the first of the data set (a few hundred bytes each, beside their entries).
const MAX_SEQUENCES: usize = 400_000;

/// Entries of all sequences together, 4 bytes each.
const MAX_STEPS: usize = 16 << 20;

/// Sequences that models are judged by, the first of the data set.
const MAX_JUDGES: usize = 20_000;

/// Weight of a weak label from which on its answer is not mistrusted: below are those that their readers found useless.
const MIN_TRUSTED_WEIGHT: f32 = 0.25;

/// Sequences, and the texts of the templates that they speak of by number.
#[derive(Debug, Default)]
pub struct Loaded {
    /// In the order of the data set.
    pub sequences: Vec<Observed>,
    /// The text of each template.
    pub templates: Vec<String>,
    /// Sequences over a bound.
    pub over_bound: u64,
}

/// Reads the sequences of a data set. Masked texts of all logs are mined together: what differs in a word that varies is one
/// template.
pub fn load(dir: &Path, manifest: &DatasetManifest) -> Result<Loaded, TrainerError> {
    let mut texts = Texts::new();
    let mut logs: HashMap<u64, u32> = HashMap::new();
    let (mut read, mut steps, mut over_bound) = (vec![], 0, 0);
    for_each_sequence(dir, manifest, |sequence| {
        steps += sequence.steps.len();
        let numbers: Option<Vec<u32>> = sequence
            .steps
            .iter()
            .map(|step| texts.add_masked(step, 0))
            .collect();
        match numbers.filter(|_| read.len() < MAX_SEQUENCES && steps <= MAX_STEPS) {
            Some(numbers) => {
                let new = logs.len() as u32;
                let log = *logs.entry(stable_hash(&sequence.log)).or_insert(new);
                read.push((numbers, log, sequence_without_steps(sequence)));
            }
            None => over_bound += 1,
        }
        true
    })?;
    let mined = mine(&texts);
    let (templates, numbers) = templates(&texts, &mined);
    let sequences = read
        .into_iter()
        .map(|(steps, log, sequence)| observed(&sequence, log, &steps, &numbers))
        .collect();
    Ok(Loaded {
        sequences,
        templates,
        over_bound,
    })
}

/// Reads the sequences that models are judged by: those that people corrected something of, and held out. Each masked text is a
/// template of its own here, as an analysis has it.
pub fn load_judges(dir: &Path, manifest: &DatasetManifest) -> Result<Loaded, TrainerError> {
    let mut loaded = Loaded::default();
    let mut known: HashMap<Arc<str>, u32> = HashMap::new();
    for_each_sequence(dir, manifest, |sequence| {
        if !sequence.held_out || !sequence.label_source.is_strong() {
            return true;
        }
        if loaded.sequences.len() >= MAX_JUDGES {
            loaded.over_bound += 1;
            return true;
        }
        let mut number = |text: &Arc<str>| {
            *known.entry(Arc::clone(text)).or_insert_with(|| {
                loaded.templates.push(text.to_string());
                loaded.templates.len() as u32 - 1
            })
        };
        let steps: Vec<u32> = sequence.steps.iter().map(&mut number).collect();
        let numbers: Vec<u32> = (0..known.len() as u32).collect();
        let sequence = sequence_without_steps(sequence);
        loaded
            .sequences
            .push(observed(&sequence, 0, &steps, &numbers));
        true
    })?;
    Ok(loaded)
}

/// What is held of a sequence until the templates are known, beside the numbers of its steps: nothing that is as long as
/// whoever wrote the log likes, but for the component.
fn sequence_without_steps(sequence: TrainingSequence) -> TrainingSequence {
    TrainingSequence {
        steps: Vec::<Arc<str>>::new(),
        log: String::new(),
        source: String::new(),
        // Where nobody is told apart an upload is a contributor.
        contributor: sequence.contributor.or(sequence.interaction_id),
        interaction_id: None,
        transaction_id: None,
        ..sequence
    }
}

/// The distinct templates, and the number of that of each masked text.
fn templates(texts: &Texts, mined: &Templates) -> (Vec<String>, Vec<u32>) {
    let mut known: HashMap<&str, u32> = HashMap::new();
    let (mut templates, mut numbers) = (vec![], vec![]);
    for text in 0..texts.len() as u32 {
        let template = mined.text(texts, text);
        let number = *known.entry(template).or_insert_with(|| {
            templates.push(template.to_owned());
            templates.len() as u32 - 1
        });
        numbers.push(number);
    }
    (templates, numbers)
}

fn observed(sequence: &TrainingSequence, log: u32, steps: &[u32], numbers: &[u32]) -> Observed {
    let steps = steps.iter().map(|text| numbers[*text as usize]).collect();
    let by_person = sequence.label_source.is_strong();
    let trusted = !sequence.is_failure && sequence.weight >= MIN_TRUSTED_WEIGHT;
    Observed {
        window: sequence.is_window.then(|| sequence.component.clone()),
        profile: Profile::new(steps, sequence.is_whole),
        log,
        who: sequence.contributor.as_deref().map(stable_hash),
        weight: if trusted { TRUST } else { 1 },
        said: by_person.then_some(sequence.is_failure),
        by_reviewer: sequence.label_source == LabelSource::Gold,
        held_out: sequence.held_out,
    }
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource;

    use super::*;

    #[test]
    fn labels_say_how_far_a_sequence_is_trusted() {
        use LabelSource::{Correction, Gold, Model, Rule, Thumb};
        for (is_failure, label_source, weight, expect) in [
            (false, Rule, 1.0, (TRUST, false)),
            (false, Model, 0.5, (TRUST, false)),
            (false, Model, 0.05, (1, false)),
            (true, Rule, 1.0, (1, false)),
            (true, Thumb, 2.0, (1, false)),
            (true, Correction, 8.0, (1, true)),
            (true, Gold, 10.0, (1, true)),
            (false, Correction, 8.0, (TRUST, false)),
        ] {
            let sequence = TrainingSequence {
                is_failure,
                label_source,
                weight,
                ..TrainingSequence::default()
            };
            let seen = observed(&sequence, 0, &[], &[]);
            let said = (seen.weight, seen.is_abnormal());
            assert_eq!(said, expect, "{is_failure} {label_source:?} {weight}");
        }
    }

    #[test]
    fn a_word_that_varies_is_one_template() {
        let mut texts = Texts::new();
        for name in ["alice", "bob", "carol", "dave", "erin"] {
            texts.add_masked(&format!("user {name} logged in"), 0);
        }
        texts.add_masked("closed", 0);
        let (templates, numbers) = templates(&texts, &mine(&texts));
        assert_eq!(templates, ["user <*> logged in", "closed"]);
        assert_eq!(numbers, [0, 0, 0, 0, 0, 1]);
    }
}
