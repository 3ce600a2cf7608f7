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

use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::stable_hash;

use crate::items::of_count;
use crate::voices::{self, Claim, Outcome};

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
}

/// How many entries each example counts for; 0: it is not used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admitted {
    /// By the index of the example.
    pub counts: Vec<u64>,
    /// Hashes of templates that nobody judges after all, since [`MAX_JUDGING_SHARE`] was reached: they are trained on
    /// as others label them. Else one contributor could keep whatever they like from being learned.
    pub released: HashSet<u64>,
    /// What is not used, and why.
    pub capped: Capped,
}

/// One example, as far as this is about it.
struct Voice {
    /// Template, level and component, and whether it judges.
    key: u64,
    template: u64,
    /// Interned; none: trusted.
    who: Option<u32>,
    upload: Option<u32>,
    claim: Claim,
    held_out: bool,
    weight: f64,
    count: u64,
}

/// Decides about each example; their order makes no difference but for equal ones.
pub fn admit(examples: &[&TrainingExample]) -> Admitted {
    let mut voices = read(examples);
    let mut capped = Capped::default();
    one_voice_each(&mut voices);
    drop_echoes(&mut voices, &mut capped);
    bound_uploads(&mut voices, &mut capped);
    let mut released = HashSet::new();
    let contributors: HashSet<u32> = voices.iter().filter_map(|voice| voice.who).collect();
    // A sole contributor has nobody to be protected from.
    if contributors.len() > 1 {
        released = bound_judges(&mut voices, &mut capped);
        bound_weights(&mut voices, &mut capped);
    }
    // Only now: what is too much from one contributor outvotes nobody either.
    settle(&mut voices, &mut capped);
    Admitted {
        counts: voices.iter().map(|voice| voice.count).collect(),
        released,
        capped,
    }
}

fn read(examples: &[&TrainingExample]) -> Vec<Voice> {
    let mut names: HashMap<&str, u32> = HashMap::new();
    let mut id = |name| {
        let next = names.len() as u32;
        *names.entry(name).or_insert(next)
    };
    examples
        .iter()
        .map(|example| {
            let upload = example.interaction_id.as_deref().map(&mut id);
            let who = example.contributor.as_deref().map(&mut id).or(upload);
            let template = stable_hash(&example.template);
            let rest = format!(
                "{:?} {:?} {}",
                example.level, example.component, example.held_out
            );
            let gold = example.label_source == LabelSource::Gold;
            Voice {
                key: template ^ stable_hash(&rest).rotate_left(1),
                template,
                who: who.filter(|_| !gold),
                upload: upload.filter(|_| !gold),
                claim: Claim {
                    who,
                    source: example.label_source,
                    is_failure: example.is_failure,
                    at: example
                        .interaction_timestamp
                        .map(|time| time.timestamp_millis()),
                },
                held_out: example.held_out,
                weight: f64::from(example.weight),
                count: example.count.max(1),
            }
        })
        .collect()
}

impl Voice {
    /// What it weighs in the loss.
    fn loss_weight(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        self.weight * f64::from(of_count(self.count))
    }

    fn is_of_people(&self) -> bool {
        matches!(
            self.claim.source,
            LabelSource::Correction | LabelSource::Thumb
        )
    }

    fn judges(&self) -> bool {
        self.held_out && self.claim.source.is_strong()
    }
}

/// Calls `each` with the indices of the examples that count, entry by entry.
fn for_each_entry(voices: &mut [Voice], mut each: impl FnMut(&mut [Voice], &[usize])) {
    let counting = voices.iter().enumerate().filter(|(_, v)| v.count > 0);
    let mut order: Vec<(u64, usize)> = counting.map(|(at, voice)| (voice.key, at)).collect();
    order.sort_unstable();
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        let indices: Vec<usize> = same.iter().map(|(_, at)| *at).collect();
        each(voices, &indices);
    }
}

fn claims(voices: &[Voice], indices: &[usize]) -> Vec<Claim> {
    indices.iter().map(|at| voices[*at].claim).collect()
}

/// However often a contributor says something of an entry, it is said once.
fn one_voice_each(voices: &mut [Voice]) {
    for_each_entry(voices, |voices, indices| {
        let heard = voices::voices(&claims(voices, indices));
        for (at, is_voice) in indices.iter().zip(heard) {
            if let Some(is_voice) = is_voice {
                voices[*at].count = u64::from(is_voice);
            }
        }
    });
}

/// The label that stands, where people do not agree.
fn settle(voices: &mut [Voice], capped: &mut Capped) {
    for_each_entry(voices, |voices, indices| {
        let outcomes = voices::settle(&claims(voices, indices));
        for (at, outcome) in indices.iter().zip(outcomes) {
            let left_out = match outcome {
                Outcome::Stands => continue,
                Outcome::Contested => &mut capped.contested,
                Outcome::Outvoted => &mut capped.outvoted,
            };
            *left_out += 1;
            voices[*at].count = 0;
        }
    });
}

/// Answers follow one's own corrections, and are no second opinion.
fn drop_echoes(voices: &mut [Voice], capped: &mut Capped) {
    let corrected: HashSet<(u32, u64)> = voices
        .iter()
        .filter(|voice| voice.claim.source == LabelSource::Correction)
        .filter_map(|voice| Some((voice.who?, voice.template)))
        .collect();
    for voice in voices.iter_mut().filter(|voice| voice.count > 0) {
        let weak = !voice.claim.source.is_strong();
        if weak
            && voice
                .who
                .is_some_and(|who| corrected.contains(&(who, voice.template)))
        {
            voice.count = 0;
            capped.echoes += 1;
        }
    }
}

fn bound_uploads(voices: &mut [Voice], capped: &mut Capped) {
    for part in by(voices, |voice| voice.upload) {
        let mut keys = HashSet::new();
        for index in part {
            let voice = &mut voices[index];
            if keys.len() >= MAX_ITEMS_PER_UPLOAD && !keys.contains(&voice.key) {
                voice.count = 0;
                capped.over_upload += 1;
            } else {
                keys.insert(voice.key);
            }
        }
    }
}

/// The templates that are left without a judge.
fn bound_judges(voices: &mut [Voice], capped: &mut Capped) -> HashSet<u64> {
    let mut released = HashSet::new();
    let all = voices.iter().filter(|v| v.count > 0 && v.judges()).count();
    for part in by(voices, |voice| voice.who.filter(|_| voice.judges())) {
        let others = all - part.len();
        let most = FREE_JUDGING.max((MAX_JUDGING_SHARE * others as f64) as usize);
        for &index in part.iter().skip(most) {
            voices[index].count = 0;
            released.insert(voices[index].template);
            capped.over_judging_share += 1;
        }
    }
    for voice in voices.iter().filter(|v| v.count > 0 && v.judges()) {
        released.remove(&voice.template);
    }
    released
}

fn bound_weights(voices: &mut [Voice], capped: &mut Capped) {
    let trains = |voice: &Voice| voice.count > 0 && !voice.held_out;
    let all: f64 = voices
        .iter()
        .filter(|v| trains(v))
        .map(Voice::loss_weight)
        .sum();
    let mut own: HashMap<u32, f64> = HashMap::new();
    for voice in voices.iter().filter(|voice| trains(voice)) {
        if let Some(who) = voice.who {
            *own.entry(who).or_default() += voice.loss_weight();
        }
    }
    let free = FREE_TEMPLATES as f64
        * f64::from(LabelSource::Correction.weight())
        * f64::from(of_count(1));
    let said = |voice: &Voice| {
        voice
            .who
            .filter(|_| voice.is_of_people() && !voice.held_out)
    };
    for part in by(voices, said) {
        let Some(who) = voices[part[0]].who else {
            continue;
        };
        let others = all - own.get(&who).copied().unwrap_or_default();
        let mut left = free.max(MAX_WEIGHT_SHARE * others);
        for index in part {
            let voice = &mut voices[index];
            left -= voice.loss_weight();
            if left < 0.0 {
                voice.count = 0;
                capped.over_share += 1;
            }
        }
    }
}

/// Indices of the examples that count, by whom `of` names. Of each the strongest labels come first, then by the
/// hash of the entry: nobody chooses which of too many count.
fn by(voices: &[Voice], of: impl Fn(&Voice) -> Option<u32>) -> Vec<Vec<usize>> {
    let mut named: Vec<(u32, LabelSource, u64, usize)> = voices
        .iter()
        .enumerate()
        .filter(|(_, voice)| voice.count > 0)
        .filter_map(|(index, voice)| Some((of(voice)?, voice.claim.source, voice.key, index)))
        .collect();
    named.sort_unstable();
    let parts = named.chunk_by(|a, b| a.0 == b.0);
    parts
        .map(|part| part.iter().map(|(.., index)| *index).collect())
        .collect()
}

#[cfg(test)]
#[path = "contributors_tests.rs"]
mod tests;
