//! The score of an entry: from a correction of its template, else the model, else the rules.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use logloop_logs::{Entry, Level, TemplateMatcher};
use logloop_records::Correction;
use logloop_scoring::features::{Features, Input, before_buckets};
use logloop_scoring::network::Scores;
use logloop_scoring::rules::{self, Evidence};
use logloop_scoring::why::Explainer;
use logloop_scoring::{Model, Network, SequenceModel};

use crate::corrections::Corrections;

/// Severity of a failure that nothing but a person's word makes one.
const DEFAULT_CORRECTED_SEVERITY: f32 = 0.7;

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoredBy {
    /// A person's correction of this very template.
    Correction,
    /// The serving model.
    Model,
    /// The built-in rules.
    Rules,
}

impl ScoredBy {
    /// Name as in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Correction => "correction",
            Self::Model => "model",
            Self::Rules => "rules",
        }
    }
}

/// Score of one entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Did it fail?
    pub is_failure: bool,
    /// Probability of that, 0 to 1.
    pub score: f32,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// Who decided.
    pub by: ScoredBy,
    /// How far it can be relied on.
    pub evidence: Evidence,
    /// The rules take it for a failure, and a correction says that it is none.
    pub forgiven: bool,
    /// It announces that a whole succeeded.
    pub is_success: bool,
    /// Words, not only its level, say that it failed.
    pub worded: bool,
    /// The message itself is to be looked at: numbers in it decide.
    numbers_decide: bool,
}

/// The verdict on a masked text with a level and a component, before it is known what was logged just before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    verdict: Verdict,
    /// Where what was logged before has a say.
    open: Option<Open>,
    /// What the text adds to the failure logit of the next one.
    pub(super) as_before: f32,
}

/// What the entry before is, and does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    /// What it adds to the failure logit.
    pub(super) added: f32,
    /// Index of its masked text, where that is kept.
    pub(super) text: Option<u32>,
}

/// What the model made of an entry, and the rules.
#[derive(Clone, Copy, Debug)]
struct Open {
    logits: [f32; 2],
    by_rule: Verdict,
}

/// Scores entries by their masked text, level and component.
pub struct Scorer {
    model: Option<Arc<Model>>,
    corrections: Arc<Corrections>,
    /// Whose corrections hold, beside everybody's.
    subject: Option<String>,
    components: RandomState,
}

impl Scorer {
    /// With a model (none: the rules) and what a reviewer, or the subject who asks, corrected.
    pub fn new(
        model: Option<Arc<Model>>,
        corrections: Arc<Corrections>,
        subject: Option<String>,
    ) -> Self {
        Self {
            model,
            corrections,
            subject,
            components: RandomState::new(),
        }
    }

    /// The rules alone.
    pub fn rules() -> Self {
        Self::new(None, Arc::default(), None)
    }

    /// The network of the model, if one answers.
    pub(super) fn network(&self) -> Option<&Network> {
        self.model.as_ref().map(|model| &model.network)
    }

    /// Version that answers, `rules` without a model.
    pub fn version(&self) -> &str {
        self.model
            .as_ref()
            .map_or("rules", |model| &model.manifest.version)
    }

    /// What the model knows of sequences, if it does.
    pub(super) fn sequences(&self) -> Option<(&SequenceModel, &TemplateMatcher)> {
        self.model.as_ref()?.sequences()
    }

    /// What made up the model's scores; none without a model.
    pub(super) fn explainer(&self) -> Option<Explainer<'_>> {
        let model = self.model.as_ref();
        model.map(|model| Explainer::new(&model.network))
    }

    /// The correction that holds for a masked text.
    pub(super) fn correction(&self, masked: &str) -> Option<&Correction> {
        self.corrections.of(self.subject.as_deref()).find(masked)
    }

    /// What tells two components apart: 0 where nobody asks for the component.
    pub(super) fn component_hash(&self, entry: &Entry<'_>) -> u64 {
        match (&self.model, &entry.component) {
            (Some(_), Some(component)) => self.components.hash_one(component.as_ref()),
            _ => 0,
        }
    }

    /// Verdict on a masked text with the level and component of an entry; [`Scorer::settle`] makes it that of the entry.
    pub(super) fn judge(&self, masked: &str, entry: &Entry<'_>) -> Judged {
        let judged = rules::judge(masked, entry.level);
        let rule = judged.score;
        let by_rule = Verdict {
            is_failure: rule.is_failure,
            score: f32::from(u8::from(rule.is_failure)),
            severity: rule.severity,
            by: ScoredBy::Rules,
            evidence: rule.evidence,
            forgiven: false,
            is_success: rule.is_success,
            worded: !rule.keywords.is_empty(),
            numbers_decide: judged.numbers_decide,
        };
        let mut open = None;
        let verdict = if let Some(correction) = self.correction(masked) {
            let severity = correction
                .severity
                .unwrap_or(by_rule.severity.max(DEFAULT_CORRECTED_SEVERITY));
            let score = f32::from(u8::from(correction.is_failure));
            Verdict {
                forgiven: by_rule.is_failure && !correction.is_failure,
                ..decided(correction.is_failure, score, severity, ScoredBy::Correction)
            }
        } else if let Some(network) = self.network()
            && !by_rule.numbers_decide
        {
            let features = Features::of(Input {
                template: masked,
                level: entry.level.map(Level::as_str),
                component: entry.component.as_deref(),
                rule: &rule,
            });
            let scores = if network.heeds_neighbours() {
                let logits = network.logits(features.blocks());
                open = Some(Open { logits, by_rule });
                network.scores(logits, 0.0)
            } else {
                network.score(features.blocks())
            };
            by_model(network, scores, by_rule)
        } else {
            by_rule
        };
        let heeded = self.network().filter(|network| network.heeds_neighbours());
        Judged {
            verdict,
            open,
            as_before: heeded.map_or(0.0, |network| {
                let level = entry.level.map(Level::as_str);
                network.before(&before_buckets(masked, level, &rule))
            }),
        }
    }

    /// The verdict on an entry, given that on its masked text and what the entry before adds to the failure logit.
    #[inline]
    pub(super) fn settle(&self, judged: &Judged, before: f32, entry: &Entry<'_>) -> Verdict {
        let verdict = match (&judged.open, self.network()) {
            (Some(open), Some(network)) if before != 0.0 => {
                by_model(network, network.scores(open.logits, before), open.by_rule)
            }
            _ => judged.verdict,
        };
        if !verdict.numbers_decide {
            return verdict;
        }
        let rule = rules::judge(&entry.message, entry.level).score;
        Verdict {
            is_failure: rule.is_failure,
            score: f32::from(u8::from(rule.is_failure)),
            severity: rule.severity,
            evidence: rule.evidence,
            is_success: rule.is_success,
            worded: !rule.keywords.is_empty(),
            ..verdict
        }
    }
}

/// A verdict that does not come from the rules: it stands by itself.
fn decided(is_failure: bool, score: f32, severity: f32, by: ScoredBy) -> Verdict {
    Verdict {
        is_failure,
        score,
        severity: if is_failure {
            severity.clamp(0.0, 1.0)
        } else {
            0.0
        },
        by,
        evidence: if is_failure {
            Evidence::Clear
        } else {
            Evidence::None
        },
        forgiven: false,
        is_success: false,
        worded: is_failure,
        numbers_decide: false,
    }
}

/// The model has the rules' opinion among its features: where it agrees, what the rules know beside the label holds.
fn by_model(network: &Network, scores: Scores, by_rule: Verdict) -> Verdict {
    let is_failure = network.is_failure(scores);
    let verdict = decided(is_failure, scores.failure, scores.severity, ScoredBy::Model);
    if is_failure == by_rule.is_failure {
        Verdict {
            score: verdict.score,
            severity: verdict.severity,
            by: ScoredBy::Model,
            ..by_rule
        }
    } else {
        verdict
    }
}
