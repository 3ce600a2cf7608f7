//! The score of an entry: from a correction of its template, else the model, else the rules.

use std::collections::HashMap;
use std::sync::Arc;

use logloop_logs::{Entry, Level, Template, template};
use logloop_scoring::rules::Evidence;
use logloop_scoring::{Model, features, rules};

use super::ScoredEntry;
use crate::corrections::Corrections;

/// Severity of a failure that nothing but a person's word makes one.
const DEFAULT_CORRECTED_SEVERITY: f32 = 0.7;

/// Model scores remembered during an analysis, at most some 400 bytes each; what comes after these
/// is scored each time.
const MAX_REMEMBERED: usize = 50_000;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Did it fail?
    pub is_failure: bool,
    /// Probability of that, 0 to 1.
    pub score: f32,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// How far the verdict can be relied on.
    pub evidence: Evidence,
    /// It announces that a whole succeeded.
    pub is_success: bool,
    /// Who decided.
    pub by: ScoredBy,
    /// Patterns found in the text, whoever decided.
    pub patterns: Vec<&'static str>,
    /// Phrases found in the text.
    pub keywords: Vec<String>,
}

/// Scores entries; one for each analysis, since it remembers what it has scored.
pub struct Scorer {
    model: Option<Arc<Model>>,
    corrections: Arc<Corrections>,
    /// Model scores by template, level and component: cost follows distinct ones, not lines.
    known: HashMap<(u64, Option<Level>, Option<String>), Verdict>,
}

#[derive(Clone, Copy)]
struct Verdict {
    is_failure: bool,
    score: f32,
    severity: f32,
}

impl Scorer {
    /// With a model (none: the rules) and what people corrected.
    pub fn new(model: Option<Arc<Model>>, corrections: Arc<Corrections>) -> Self {
        Self {
            model,
            corrections,
            known: HashMap::new(),
        }
    }

    /// The rules alone.
    pub fn rules() -> Self {
        Self::new(None, Arc::default())
    }

    /// Version that answers, `rules` without a model.
    pub fn version(&self) -> &str {
        self.model
            .as_ref()
            .map_or("rules", |model| &model.manifest.version)
    }

    /// Makes the template of an entry, and scores it.
    pub fn entry<'a>(&mut self, entry: Entry<'a>) -> ScoredEntry<'a> {
        let template = template(&entry.message);
        let scored = self.score(&entry, &template);
        ScoredEntry {
            entry,
            template,
            scored,
        }
    }

    /// Scores one entry.
    pub fn score(&mut self, entry: &Entry<'_>, template: &Template) -> Scored {
        let level = entry.level.map(Level::as_str);
        let rule = rules::score(&entry.message, level);
        let by_rule = Verdict {
            is_failure: rule.is_failure,
            score: f32::from(u8::from(rule.is_failure)),
            severity: rule.severity,
        };
        let (verdict, by) = if let Some(correction) = self.corrections.of(&template.id) {
            let severity = correction
                .severity
                .unwrap_or(by_rule.severity.max(DEFAULT_CORRECTED_SEVERITY));
            let is_failure = correction.is_failure;
            let score = f32::from(u8::from(is_failure));
            (
                Verdict {
                    is_failure,
                    score,
                    severity: severity * score,
                },
                ScoredBy::Correction,
            )
        } else if let Some(model) = &self.model {
            let component = entry.component.as_deref();
            let key = (template.key(), entry.level, component.map(str::to_owned));
            let verdict = match self.known.get(&key) {
                Some(known) => *known,
                None => {
                    let verdict = by_model(model, &template.text, level, component);
                    if self.known.len() < MAX_REMEMBERED {
                        self.known.insert(key, verdict);
                    }
                    verdict
                }
            };
            (verdict, ScoredBy::Model)
        } else {
            (by_rule, ScoredBy::Rules)
        };
        let evidence = match by {
            ScoredBy::Rules => rule.evidence,
            _ if verdict.is_failure => Evidence::Clear,
            _ => Evidence::None,
        };
        Scored {
            evidence,
            is_success: rule.is_success,
            is_failure: verdict.is_failure,
            score: verdict.score,
            severity: verdict.severity.clamp(0.0, 1.0),
            by,
            patterns: rule.patterns,
            keywords: rule.keywords,
        }
    }
}

fn by_model(
    model: &Model,
    template: &str,
    level: Option<&str>,
    component: Option<&str>,
) -> Verdict {
    let scores = model
        .network
        .score(&features::hash(template, level, component));
    Verdict {
        is_failure: model.network.is_failure(scores),
        score: scores.failure,
        severity: scores.severity,
    }
}
