//! Whether an entry is worth a person's look, and why: a pure function of what is said of it.

use serde::Serialize;

/// Distance from the threshold, as a share of what there is on that side, within which a model is unsure.
const UNSURE_MARGIN: f32 = 0.25;

/// How much a reason counts: a label that looks wrong teaches the wrong thing each time, a disagreement shows where
/// one of two is wrong, and doubt only that nobody knows.
const WEIGHTS: [f32; 3] = [3.0, 2.0, 1.0];

/// Strength of what rests on words alone, where only the rules speak.
const WORDS_ALONE: f32 = 0.5;

/// Why an entry is worth a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A model that did not learn from its label does not believe it.
    LabelLooksWrong,
    /// The model and the rules do not say the same.
    Disagree,
    /// The probability is close to where the decision changes; of the rules, words alone decide.
    #[default]
    Unsure,
}

impl Reason {
    fn weight(self) -> f32 {
        WEIGHTS[self as usize]
    }
}

/// What a model says of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ByModel {
    pub(super) probability: f32,
    /// From which on it is a failure.
    pub(super) threshold: f32,
}

impl ByModel {
    pub(super) fn is_failure(self) -> bool {
        self.probability >= self.threshold
    }

    /// How sure it is: 0 at the threshold, 1 at the end of the scale.
    fn sureness(self) -> f32 {
        let room = if self.is_failure() {
            1.0 - self.threshold
        } else {
            self.threshold
        };
        let distance = (self.probability - self.threshold).abs();
        if room > 0.0 {
            (distance / room).min(1.0)
        } else {
            0.0
        }
    }
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) model: Option<ByModel>,
    pub(super) rules_say: bool,
    /// For the rules nothing but words decides.
    pub(super) words_alone: bool,
    /// Somebody labelled it.
    pub(super) is_labelled: bool,
    /// Difference between its label and the probability of a model that did not learn it, where that is suspect.
    pub(super) doubt: Option<f32>,
}

/// The reason and how strong it is, 0 to 1, if it is worth a look.
pub(super) fn reason(known: Known) -> Option<(Reason, f32)> {
    if let Some(doubt) = known.doubt {
        return Some((Reason::LabelLooksWrong, doubt));
    }
    if known.is_labelled {
        return None;
    }
    let Some(model) = known.model else {
        return known.words_alone.then_some((Reason::Unsure, WORDS_ALONE));
    };
    let sureness = model.sureness();
    if sureness < UNSURE_MARGIN {
        Some((Reason::Unsure, 1.0 - sureness / UNSURE_MARGIN))
    } else if model.is_failure() != known.rules_say {
        Some((Reason::Disagree, sureness))
    } else {
        None
    }
}

/// By what entries are ranked: frequent ones before rare ones, but not by much.
pub(super) fn urgency(reason: Reason, strength: f32, count: u64) -> f32 {
    reason.weight() * strength * (count as f32).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_a_look() {
        let plain = Known {
            model: None,
            rules_say: false,
            words_alone: false,
            is_labelled: false,
            doubt: None,
        };
        let model = |probability| {
            Some(ByModel {
                probability,
                threshold: 0.4,
            })
        };
        for (known, expect) in [
            (plain, None),
            (
                Known {
                    words_alone: true,
                    rules_say: true,
                    ..plain
                },
                Some((Reason::Unsure, 0.5)),
            ),
            // At the threshold nobody is surer of one side.
            (
                Known {
                    model: model(0.4),
                    ..plain
                },
                Some((Reason::Unsure, 1.0)),
            ),
            (
                Known {
                    model: model(0.36),
                    ..plain
                },
                Some((Reason::Unsure, 0.6)),
            ),
            (
                Known {
                    model: model(0.1),
                    ..plain
                },
                None,
            ),
            (
                Known {
                    model: model(1.0),
                    ..plain
                },
                Some((Reason::Disagree, 1.0)),
            ),
            (
                Known {
                    model: model(0.2),
                    rules_say: true,
                    ..plain
                },
                Some((Reason::Disagree, 0.5)),
            ),
            (
                Known {
                    model: model(0.4),
                    is_labelled: true,
                    ..plain
                },
                None,
            ),
            (
                Known {
                    model: model(0.4),
                    is_labelled: true,
                    doubt: Some(0.9),
                    ..plain
                },
                Some((Reason::LabelLooksWrong, 0.9)),
            ),
        ] {
            let got = reason(known);
            assert_eq!(
                got.map(|got| got.0),
                expect.map(|expect| expect.0),
                "{known:?}"
            );
            if let (Some((_, got)), Some((_, expect))) = (got, expect) {
                assert!((got - expect).abs() < 1e-3, "{known:?}: {got}");
            }
        }
        assert!(urgency(Reason::LabelLooksWrong, 0.8, 1) > urgency(Reason::Disagree, 1.0, 1));
        assert!(urgency(Reason::Unsure, 1.0, 100) > urgency(Reason::Disagree, 1.0, 2));
    }
}
