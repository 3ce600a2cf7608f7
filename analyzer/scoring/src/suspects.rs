//! `suspects.json` of a version: labels that the model, which did not learn from them, does not believe.
//!
//! Templates are named by their ids, which are hashes: a version holds no text of anybody's log.

use serde::{Deserialize, Serialize};

/// Name of the file.
pub const SUSPECTS_FILE: &str = "suspects.json";
/// Suspects of a version, at most.
pub const MAX_SUSPECTS: usize = 1_000;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspects {
    /// Those that a person labelled first, then the ones that the model is surest about.
    #[serde(default)]
    pub suspects: Vec<Suspect>,
}

/// A label that looks wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Id of the masked text.
    pub template_id: String,
    /// Level of the entries, if they have one.
    #[serde(default)]
    pub level: Option<String>,
    /// The label.
    pub is_failure: bool,
    /// Where it comes from, as the data set says it.
    pub label_source: String,
    /// Probability of a failure, by a model that was not trained on the template.
    pub probability: f32,
}
