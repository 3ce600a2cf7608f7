//! The model of a version: its templates and kinds, and what a file of it must be to be served.

use logloop_logs::{TEMPLATE_VERSION, TemplateMatcher};
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, evidence};
use super::kind::Kind;
use super::profile::Profile;

/// Layout of the file.
pub const SEQUENCE_SCHEMA: u32 = 1;
/// Bytes of the file, at most.
pub const MAX_SEQUENCE_BYTES: u64 = 16 * 1024 * 1024;
/// Kinds of sequences, at most.
pub const MAX_SEQUENCE_KINDS: usize = 64;
/// Templates over all kinds, at most.
pub const MAX_SEQUENCE_TEMPLATES: usize = 8192;

/// Share of the distinct templates of a sequence that a kind must know: what has less in common with it is of another
/// program, of which nothing is known.
const KNOWN_SHARE: f64 = 0.5;

/// What is normal, by kind of sequence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SequenceModel {
    /// See [`SEQUENCE_SCHEMA`].
    pub schema: u32,
    /// See [`logloop_logs::TEMPLATE_VERSION`]: other masks give other templates.
    pub template_version: u32,
    /// The templates that the kinds speak of by their places.
    pub templates: Vec<String>,
    /// The kinds, the most frequent first.
    pub kinds: Vec<Kind>,
}

/// Why a file is no model to serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SequenceError {
    /// It is damaged, or of something else.
    #[error("is no model of sequences: {0}")]
    Damaged(String),
    /// It is of another release.
    #[error("has {what} {found}, this program reads {read}")]
    Other {
        /// Of what it is another version.
        what: &'static str,
        /// The version in the file.
        found: u32,
        /// The version that is read.
        read: u32,
    },
}

/// What a file must say first, whatever its layout.
#[derive(Deserialize)]
struct Versions {
    schema: u32,
    template_version: u32,
}

impl SequenceModel {
    /// Reads a model; anything odd in it is refused.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SequenceError> {
        let damaged = |error: serde_json::Error| SequenceError::Damaged(error.to_string());
        let versions: Versions = serde_json::from_slice(bytes).map_err(damaged)?;
        for (what, found, read) in [
            ("layout", versions.schema, SEQUENCE_SCHEMA),
            (
                "template version",
                versions.template_version,
                TEMPLATE_VERSION,
            ),
        ] {
            if found != read {
                return Err(SequenceError::Other { what, found, read });
            }
        }
        let model: Self = serde_json::from_slice(bytes).map_err(damaged)?;
        match model.problem() {
            Some(problem) => Err(SequenceError::Damaged(problem)),
            None => Ok(model),
        }
    }

    /// As it is published. The same model gives the same bytes.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a model is plain data")
    }

    fn problem(&self) -> Option<String> {
        if self.templates.len() > MAX_SEQUENCE_TEMPLATES {
            return Some(format!("more than {MAX_SEQUENCE_TEMPLATES} templates"));
        }
        if self.kinds.len() > MAX_SEQUENCE_KINDS {
            return Some(format!("more than {MAX_SEQUENCE_KINDS} kinds"));
        }
        self.kinds
            .iter()
            .enumerate()
            .find_map(|(at, kind)| kind_problem(kind, self.templates.len() as u32).map(|p| (at, p)))
            .map(|(at, problem)| format!("kind {at}: {problem}"))
    }

    /// Finds the place of a template, by the masked texts that are instances of it.
    pub fn matcher(&self) -> TemplateMatcher {
        TemplateMatcher::new(self.templates.iter().map(String::as_str))
    }

    /// The kind that a transaction is most like; for a window, the windows of its component. `None`: nothing is known of
    /// such ones.
    pub fn kind(&self, window: Option<Option<&str>>, profile: &Profile) -> Option<&Kind> {
        let mut best: Option<(&Kind, f64)> = None;
        for kind in &self.kinds {
            let fits = match window {
                Some(component) => kind.windows && kind.component.as_deref() == component,
                None => !kind.windows,
            };
            let likeness = kind.likeness(&profile.counts);
            if fits && likeness > 0.0 && best.is_none_or(|(_, other)| likeness > other) {
                best = Some((kind, likeness));
            }
        }
        let (kind, _) = best?;
        let known = profile
            .counts
            .keys()
            .filter(|template| kind.template(**template).is_some())
            .count();
        (known as f64 >= KNOWN_SHARE * profile.counts.len() as f64).then_some(kind)
    }

    /// What is odd about a sequence of a kind, the rarest first; nothing about a normal one.
    pub fn findings(kind: &Kind, profile: &Profile) -> Vec<Evidence> {
        let mut list = evidence(kind, profile);
        list.retain(|evidence| {
            let threshold = kind.thresholds.get(&evidence.check);
            threshold.is_some_and(|threshold| evidence.p <= *threshold)
        });
        list
    }
}

fn kind_problem(kind: &Kind, templates: u32) -> Option<String> {
    let places = [
        kind.core.clone(),
        kind.templates.iter().map(|(t, _)| *t).collect(),
        kind.begins.iter().map(|(t, _)| *t).collect(),
        kind.ends.iter().map(|(t, _)| *t).collect(),
        kind.followed
            .iter()
            .flat_map(|(a, b, _)| [*a, *b])
            .collect(),
        kind.steps.iter().flat_map(|(a, b, _)| [*a, *b]).collect(),
    ];
    let sorted = is_sorted(&kind.core)
        && is_sorted_by(&kind.templates, |(t, _)| *t)
        && is_sorted_by(&kind.begins, |(t, _)| *t)
        && is_sorted_by(&kind.ends, |(t, _)| *t)
        && is_sorted_by(&kind.followed, |(a, b, _)| (*a, *b))
        && is_sorted_by(&kind.steps, |(a, b, _)| (*a, *b))
        && is_sorted_by(&kind.vectors, |(key, _)| *key);
    let histograms = || kind.templates.iter().map(|(_, h)| h).chain([&kind.lengths]);
    let weights = histograms()
        .map(|histogram| {
            histogram
                .0
                .iter()
                .try_fold(0_u64, |sum, (_, w)| sum.checked_add(*w))
        })
        .chain(kind.begins.iter().chain(&kind.ends).map(|(_, w)| Some(*w)))
        .chain(
            kind.followed
                .iter()
                .chain(&kind.steps)
                .map(|(.., w)| Some(*w)),
        )
        .chain([kind
            .vectors
            .iter()
            .map(|(_, w)| *w)
            .chain([kind.rare_vectors])
            .try_fold(0_u64, u64::checked_add)])
        .chain([Some(kind.rare_templates)]);
    if kind.weight == 0 || kind.sequences == 0 {
        Some("it was learned from nothing".to_owned())
    } else if kind.weight > u64::MAX / 16 {
        Some("its weight is too large".to_owned())
    } else if places.iter().flatten().any(|place| *place >= templates) {
        Some("it names a template that is not listed".to_owned())
    } else if !sorted || !histograms().all(|h| is_sorted_by(&h.0, |(number, _)| *number)) {
        Some("its lists are not sorted".to_owned())
    } else if weights
        .into_iter()
        .any(|weight| weight.is_none_or(|w| w > kind.weight))
    {
        Some("a part of it weighs more than the whole".to_owned())
    } else if kind.thresholds.values().any(|p| !(0.0..=1.0).contains(p)) {
        Some("a threshold is no probability".to_owned())
    } else {
        None
    }
}

fn is_sorted<K: Ord>(list: &[K]) -> bool {
    list.windows(2).all(|pair| pair[0] < pair[1])
}

fn is_sorted_by<T, K: Ord>(list: &[T], key: impl Fn(&T) -> K) -> bool {
    list.windows(2).all(|pair| key(&pair[0]) < key(&pair[1]))
}
