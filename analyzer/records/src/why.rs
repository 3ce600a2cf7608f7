//! Why an entry is taken for a failure, as it is answered and stored.

use serde::{Deserialize, Serialize};

/// What made the first entry of a group a failure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Why {
    /// Who decided: `correction`, `model` or `rules`.
    pub source: String,
    /// Version of the model, or `rules`; none for a correction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Probability of a failure, 0 to 1.
    pub probability: f32,
    /// Of a model: what the words did, the strongest first, up to a named bound. With [`Why::others`] and
    /// [`Why::rest`] they add up to `ln(probability / (1 - probability))`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WhyWord>,
    /// Of a model: sum of the contributions of all other words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<f32>,
    /// Of a model: what is there whatever the words are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<f32>,
    /// Of the rules: what they found, up to a named bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<WhyRule>,
    /// Of a correction: `reviewer`, or `own` if it is of whoever asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<String>,
}

/// What one word did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhyWord {
    /// The word as the template has it, or the level, the component, or the entry before; up to a named bound.
    pub text: String,
    /// `level`, `rules`, `component` or `before`; absent: a word of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// In natural logarithms of odds: above 0 towards a failure, below away from it.
    pub contribution: f32,
}

/// One thing that the rules found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhyRule {
    /// Name of the pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The phrase that named it; none where the way the message begins did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// A level that makes every entry a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}
