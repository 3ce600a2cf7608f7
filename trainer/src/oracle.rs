//! The plain way to items, with all examples in memory at once: what the passes have to come to. Tests compare.

use std::collections::{BTreeMap, HashMap, HashSet};

use logloop_records::{LabelSource, TrainingExample};
use logloop_scoring::features::{self, stable_hash};

use crate::contributors::{
    Capped, FREE_JUDGING, FREE_TEMPLATES, MAX_ITEMS_PER_UPLOAD, MAX_JUDGING_SHARE, MAX_WEIGHT_SHARE,
};
use crate::entries::Entries;
use crate::items::{Dropped, Folded, Items, Key, fold, key, of_count};
use crate::strength::id;
use crate::voices::{self, Claim, Outcome};

/// The items of these examples, at most `limit` of them to train on.
pub(crate) fn items(examples: &[TrainingExample], limit: usize) -> Items {
    let valid = |example: &&TrainingExample| {
        (0.0..=1.0).contains(&example.severity)
            && example.weight.is_finite()
            && example.weight > 0.0
    };
    let all = examples.len();
    let examples: Vec<&TrainingExample> = examples.iter().filter(valid).collect();
    let Admitted {
        counts,
        released,
        capped,
    } = admit(&examples);
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
            fold(&mut held_out, key(example), example, count);
        } else if held_out_templates.contains(example.template.as_str()) {
            dropped.held_out_template += 1;
        } else if judged.contains(example.template.as_str()) && !example.label_source.is_strong() {
            dropped.overruled += 1;
        } else {
            fold(&mut training, key(example), example, count);
        }
    }
    let training = cap(training, limit, &mut dropped);
    let entries = Entries {
        training,
        held_out,
        dropped,
    };
    entries.into_items()
}

/// How many entries each example counts for (0: it is not used), templates that nobody judges after all, and what is not used.
struct Admitted {
    counts: Vec<u64>,
    released: HashSet<u64>,
    capped: Capped,
}

/// Keeps the strongest labels, then the heaviest entries; the hash of the key decides a tie.
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
    let rank = |folded: &Folded| folded.strength().weighs();
    items.sort_by(|(of_a, a), (of_b, b)| {
        a.strength()
            .source
            .cmp(&b.strength().source)
            .then(rank(b).total_cmp(&rank(a)))
            .then(id(of_a).cmp(&id(of_b)))
    });
    items.truncate(limit);
    items.into_iter().collect()
}

/// One example, as far as this is about it.
struct Voice {
    /// Template, level and component, and whether it judges.
    key: u64,
    template: u64,
    /// Interned; none: trusted.
    who: Option<u64>,
    upload: Option<u64>,
    claim: Claim,
    held_out: bool,
    weight: f64,
    count: u64,
}

/// Decides about each example; their order makes no difference but for equal ones.
fn admit(examples: &[&TrainingExample]) -> Admitted {
    let mut voices = read(examples);
    let mut capped = Capped::default();
    one_voice_each(&mut voices);
    drop_echoes(&mut voices, &mut capped);
    bound_uploads(&mut voices, &mut capped);
    let mut released = HashSet::new();
    let contributors: HashSet<u64> = voices.iter().filter_map(|voice| voice.who).collect();
    let reviewers = examples
        .iter()
        .any(|example| example.label_source == LabelSource::Gold);
    // A sole contributor has nobody to be protected from: neither others nor a reviewer.
    if contributors.len() + usize::from(reviewers) > 1 {
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
    let mut names: HashMap<&str, u64> = HashMap::new();
    let mut id = |name| {
        let next = names.len() as u64;
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
                        .said_at
                        .or(example.interaction_timestamp)
                        .map(|time| time.timestamp_millis()),
                    times: 1,
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
    let corrected: HashSet<(u64, u64)> = voices
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
    let mut own: HashMap<u64, f64> = HashMap::new();
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
fn by(voices: &[Voice], of: impl Fn(&Voice) -> Option<u64>) -> Vec<Vec<usize>> {
    let mut named: Vec<(u64, LabelSource, u64, usize)> = voices
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
