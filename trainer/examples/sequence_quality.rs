//! `sequence_quality FILE`: how well the model of sequences finds the abnormal ones of labelled sessions (JSON Lines of
//! `{label, events: [number]}`, in the order of time), learned from normal ones alone. Prints JSON: figures of every split, of
//! the rule "these counts were never seen", and of an oracle that knows the best decision for every vector of counts.

use std::collections::{BTreeMap, BTreeSet};

use logloop_scoring::sequence::Profile;
use logloop_trainer::rng::Rng;
use logloop_trainer::sequence::{Observed, fit};
use serde::Deserialize;
use serde_json::{Value, json};

/// Shares of the time that are learned from; the rest is judged.
const TIME_SPLITS: [f64; 6] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// Random splits beside them.
const RANDOM_SPLITS: u64 = 10;
/// Share of the normal sessions that a random split learns from.
const RANDOM_SHARE: f64 = 0.5;

#[derive(Deserialize)]
struct Session {
    label: u8,
    events: Vec<u32>,
}

/// How often each session was told, right or wrong.
#[derive(Default)]
struct Score {
    hits: usize,
    alarms: usize,
    misses: usize,
}

impl Score {
    fn of(judged: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut score = Self::default();
        for (told, abnormal) in judged {
            match (told, abnormal) {
                (true, true) => score.hits += 1,
                (true, false) => score.alarms += 1,
                (false, true) => score.misses += 1,
                (false, false) => {}
            }
        }
        score
    }

    fn f1(&self) -> f64 {
        2.0 * self.hits as f64 / (2 * self.hits + self.alarms + self.misses).max(1) as f64
    }

    fn json(&self) -> Value {
        json!({"f1": self.f1(), "hits": self.hits, "false_alarms": self.alarms, "misses": self.misses})
    }
}

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: sequence_quality FILE");
        std::process::exit(2);
    };
    match std::fs::read_to_string(&path)
        .map_err(|error| error.to_string())
        .and_then(|text| sessions(&text))
    {
        Ok(sessions) => println!("{}", measure(&sessions)),
        Err(error) => {
            eprintln!("error: {path}: {error}");
            std::process::exit(1);
        }
    }
}

fn sessions(text: &str) -> Result<Vec<Session>, String> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(|error| error.to_string()))
        .collect()
}

fn measure(sessions: &[Session]) -> Value {
    let all: Vec<(Profile, bool)> = sessions
        .iter()
        .map(|session| {
            (
                Profile::new(session.events.clone(), true),
                session.label != 0,
            )
        })
        .collect();
    let largest = sessions.iter().flat_map(|s| &s.events).max().copied();
    let templates: Vec<String> = (0..=largest.unwrap_or_default())
        .map(|event| format!("event {event}"))
        .collect();
    let mut splits = vec![];
    for share in TIME_SPLITS {
        let end = (all.len() as f64 * share) as usize;
        let learned: Vec<usize> = (0..end).collect();
        let judged: Vec<usize> = (end..all.len()).collect();
        splits.push(split("time", share, &all, &templates, &learned, &judged));
    }
    for seed in 0..RANDOM_SPLITS {
        let mut order: Vec<usize> = (0..all.len()).collect();
        Rng::new(seed, "split").shuffle(&mut order);
        let (learned, judged) = order.split_at((all.len() as f64 * RANDOM_SHARE) as usize);
        let (mut learned, judged) = (learned.to_vec(), judged.to_vec());
        learned.sort_unstable();
        splits.push(split(
            "random",
            RANDOM_SHARE,
            &all,
            &templates,
            &learned,
            &judged,
        ));
    }
    json!({
        "sessions": all.len(),
        "abnormal": all.iter().filter(|(_, abnormal)| *abnormal).count(),
        "count_vectors": all.iter().map(|(profile, _)| profile.vector()).collect::<BTreeSet<_>>().len(),
        "splits": splits,
    })
}

fn split(
    kind: &str,
    share: f64,
    all: &[(Profile, bool)],
    templates: &[String],
    learned: &[usize],
    judged: &[usize],
) -> Value {
    let normal: Vec<Observed> = learned
        .iter()
        .filter(|at| !all[**at].1)
        .map(|at| Observed::normal(all[*at].0.steps.clone(), 0))
        .collect();
    let model = fit(&normal.iter().collect::<Vec<_>>(), templates).model;
    let matcher = model.matcher();
    let unknown = model.templates.len() as u32;
    let number = |event: u32| {
        let known = matcher.find(&templates[event as usize]);
        known.map_or(unknown + event, |known| known as u32)
    };
    let judge = |profile: &Profile| {
        let steps = profile.steps.iter().map(|event| number(*event));
        let profile = Profile::new(steps.collect(), true);
        let kind = model.kind(None, &profile);
        kind.is_some_and(|kind| {
            !logloop_scoring::SequenceModel::findings(kind, &profile).is_empty()
        })
    };
    let seen: BTreeSet<u64> = normal.iter().map(|one| one.profile.vector()).collect();
    let mut by_vector: BTreeMap<u64, [usize; 2]> = BTreeMap::new();
    for at in judged {
        let (profile, abnormal) = &all[*at];
        by_vector.entry(profile.vector()).or_default()[usize::from(*abnormal)] += 1;
    }
    let judged = || judged.iter().map(|at| &all[*at]);
    let model_score = Score::of(judged().map(|(profile, abnormal)| (judge(profile), *abnormal)));
    let rule = Score::of(judged().map(|(p, abnormal)| (!seen.contains(&p.vector()), *abnormal)));
    let oracle = Score::of(judged().map(|(profile, abnormal)| {
        let [normal, odd] = by_vector[&profile.vector()];
        (odd > normal, *abnormal)
    }));
    json!({
        "split": kind, "share": share, "learned_from": normal.len(),
        "model": model_score.json(), "rule": rule.json(), "oracle": oracle.json(),
        "share_of_oracle": model_score.f1() / oracle.f1(), "rule_share_of_oracle": rule.f1() / oracle.f1(),
    })
}
