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
use crate::contributors::MAX_JUDGING_SHARE;
use crate::error::TrainerError;
use crate::facts::who_of;

/// Sequences that are learned from, the first of the data set (a few hundred bytes each, beside their entries).
const MAX_SEQUENCES: usize = 400_000;

/// Entries of all sequences together, 4 bytes each.
const MAX_STEPS: usize = 16 << 20;

/// Sequences that models are judged by, the first of the data set.
const MAX_JUDGES: usize = 20_000;

/// Of these, those of one contributor who is no reviewer: more would not judge however many others there are (`judge.rs`), and
/// nobody takes the others' place.
const MAX_JUDGES_OF_ONE: usize = (MAX_JUDGING_SHARE * MAX_JUDGES as f64) as usize;

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
        .map(|(steps, log, sequence)| {
            let steps = steps.iter().map(|text| numbers[*text as usize]).collect();
            observed(&sequence, log, steps)
        })
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
    let mut judges = Judges::default();
    for_each_sequence(dir, manifest, |sequence| {
        judges.add(sequence);
        true
    })?;
    Ok(judges.loaded())
}

/// The judges so far.
#[derive(Default)]
struct Judges {
    texts: Texts,
    of_one: HashMap<u64, usize>,
    steps: usize,
    sequences: Vec<Observed>,
    over_bound: u64,
}

impl Judges {
    /// Adds a sequence, if it judges and there is room.
    fn add(&mut self, sequence: TrainingSequence) {
        if !sequence.held_out || !sequence.label_source.is_strong() {
            return;
        }
        let by = who(&sequence).filter(|_| sequence.label_source != LabelSource::Gold);
        let of_one = by.map_or(0, |by| self.of_one.get(&by).copied().unwrap_or_default());
        let steps = self.steps + sequence.steps.len();
        let has_room = self.sequences.len() < MAX_JUDGES && steps <= MAX_STEPS;
        let number = |step: &Arc<str>| self.texts.add_masked(step, 0);
        let numbers: Option<Option<Vec<u32>>> = (has_room && of_one < MAX_JUDGES_OF_ONE)
            .then(|| sequence.steps.iter().map(number).collect());
        let Some(numbers) = numbers.flatten() else {
            self.over_bound += 1;
            return;
        };
        self.steps = steps;
        if let Some(by) = by {
            self.of_one.insert(by, of_one + 1);
        }
        let judge = observed(&sequence_without_steps(sequence), 0, numbers);
        self.sequences.push(judge);
    }

    fn loaded(self) -> Loaded {
        let texts = 0..self.texts.len() as u32;
        Loaded {
            templates: texts.map(|at| self.texts.text(at).to_owned()).collect(),
            sequences: self.sequences,
            over_bound: self.over_bound,
        }
    }
}

/// Who sent the log, as of an example; where nobody is told apart its upload.
fn who(sequence: &TrainingSequence) -> Option<u64> {
    who_of(&sequence.contributor, &sequence.interaction_id)
}

/// What is held of a sequence until the templates are known, beside the numbers of its steps: nothing that is as long as
/// whoever wrote the log likes, but for the component and who sent it.
fn sequence_without_steps(sequence: TrainingSequence) -> TrainingSequence {
    TrainingSequence {
        steps: Vec::<Arc<str>>::new(),
        log: String::new(),
        source: String::new(),
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

fn observed(sequence: &TrainingSequence, log: u32, steps: Vec<u32>) -> Observed {
    let by_person = sequence.label_source.is_strong();
    let trusted = !sequence.is_failure && sequence.weight >= MIN_TRUSTED_WEIGHT;
    Observed {
        window: sequence.is_window.then(|| sequence.component.clone()),
        profile: Profile::new(steps, sequence.is_whole),
        log,
        who: who(sequence),
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
            let seen = observed(&sequence, 0, vec![]);
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

    /// What one contributor brings first leaves room for others, and each judge costs its own steps only.
    #[test]
    fn nobody_takes_the_place_of_other_judges() {
        let judge = |who: &str, label_source, step: String| TrainingSequence {
            is_failure: true,
            held_out: true,
            is_whole: true,
            label_source,
            contributor: Some(who.to_owned()),
            steps: vec![Arc::from(step), Arc::from("closed")],
            ..TrainingSequence::default()
        };
        let mut judges = Judges::default();
        let flood = 0..2 * MAX_JUDGES;
        flood.for_each(|at| judges.add(judge("mallory", LabelSource::Correction, at.to_string())));
        judges.add(judge("ann", LabelSource::Correction, "opened".to_owned()));
        (0..MAX_JUDGES_OF_ONE + 1)
            .for_each(|_| judges.add(judge("rae", LabelSource::Gold, "opened".to_owned())));
        judges.add(judge("ann", LabelSource::Rule, "weak".to_owned()));
        let loaded = judges.loaded();
        assert_eq!(loaded.sequences.len(), 2 * MAX_JUDGES_OF_ONE + 2);
        assert_eq!(
            loaded.over_bound as usize,
            2 * MAX_JUDGES - MAX_JUDGES_OF_ONE
        );
        let step = |at: usize| &loaded.sequences[MAX_JUDGES_OF_ONE].profile.steps[at];
        let text = |at| loaded.templates[*step(at) as usize].as_str();
        assert_eq!((text(0), text(1)), ("opened", "closed"));
    }
}
