//! Results as JSON: for the termination message of a container, which holds 4,096 bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bootstrap::Intervals;
use crate::error::TrainerError;
use crate::measured::Measured;

/// Bytes of a result message, at most.
pub const MAX_MESSAGE_BYTES: usize = 4096;
/// Characters of one text in a message that is too long, at first.
const LONGEST_TEXT: usize = 1024;

/// What `train` gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainResult {
    /// Always `train`.
    pub step: &'static str,
    /// The published version.
    pub version: String,
    /// Its digest.
    pub digest: String,
    /// The data set.
    pub dataset: String,
    /// Its digest.
    pub dataset_digest: String,
    /// What the version predicts.
    pub trained: Vec<String>,
    /// Models that were not trained.
    pub left_out: Vec<LeftOut>,
    /// Figures on the test part.
    pub metrics: BTreeMap<String, f64>,
    /// Items of each part.
    pub samples: BTreeMap<String, u64>,
    /// For people.
    pub message: String,
}

/// A model that was not trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    pub model: String,
    /// Why.
    pub reason: String,
}

/// What `evaluate` gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluateResult {
    /// Always `evaluate`.
    pub step: &'static str,
    /// The data set.
    pub dataset: String,
    /// The version on trial.
    pub candidate: Side,
    /// What serves today.
    pub serving: Side,
    /// The rules on the same entries, where they are not what serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Side>,
    /// Ends of 95 % of how much higher the candidate's figures are than those of what serves, by resampling statements.
    pub gain: Intervals,
    /// Entries behind each figure.
    pub samples: BTreeMap<String, u64>,
    /// For people.
    pub message: String,
}

/// One of those that are compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Its name; `rules` for the rules.
    pub version: String,
    /// Its digest; none for the rules.
    pub digest: Option<String>,
    /// Figures that have samples.
    pub metrics: BTreeMap<String, f64>,
    /// Ends of 95 % of them.
    pub intervals: Intervals,
    /// By component: for people on standard output, since a message has no room for them.
    #[serde(skip)]
    pub components: BTreeMap<String, Measured>,
}

/// The message of a failed step.
pub fn of_error(step: &str, error: &TrainerError) -> Value {
    json!({"step": step, "error": {"code": error.code, "message": error.message}})
}

/// JSON of at most [`MAX_MESSAGE_BYTES`]: long texts for people are cut, names and figures never.
pub fn bounded(mut value: Value) -> String {
    let mut longest = LONGEST_TEXT;
    loop {
        let json = value.to_string();
        if json.len() <= MAX_MESSAGE_BYTES || longest == 0 {
            return json;
        }
        cut(&mut value, longest);
        longest /= 2;
    }
}

/// Cuts what is meant for people, and may be long, to this many characters.
fn cut(value: &mut Value, longest: usize) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| cut(value, longest)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "message" || name == "reason" => {
                        shorten(text, longest)
                    }
                    other => cut(other, longest),
                }
            }
        }
        _ => {}
    }
}

fn shorten(text: &mut String, longest: usize) {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
}

/// Writes the message where the container's runtime reads it. One that cannot be written fails no step: the next
/// attempt finds what was published.
pub fn write(path: &Path, value: Value) {
    if let Err(error) = fs::write(path, bounded(value)) {
        eprintln!(
            "warning: cannot write the result to {}: {error}; it stands above",
            path.display()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_fits() {
        let long = "ü\"\n".repeat(3000);
        let error = bounded(of_error(
            "train",
            &TrainerError::new("not_enough_data", long.clone()),
        ));
        assert!(error.len() <= MAX_MESSAGE_BYTES);
        let read: Value = serde_json::from_str(&error).expect("still JSON");
        assert_eq!(read["error"]["code"], "not_enough_data");

        let left_out = (0..20)
            .map(|i| LeftOut {
                model: format!("m{i}"),
                reason: long.clone(),
            })
            .collect();
        let result = TrainResult {
            step: "train",
            version: "v".repeat(63),
            digest: format!("sha256:{}", "a".repeat(64)),
            dataset: "d".repeat(63),
            dataset_digest: format!("sha256:{}", "b".repeat(64)),
            trained: vec!["failure".to_owned()],
            left_out,
            metrics: (0..30).map(|i| (format!("metric_{i}"), 0.1234)).collect(),
            samples: BTreeMap::new(),
            message: long,
        };
        let json = bounded(serde_json::to_value(&result).expect("plain data"));
        assert!(json.len() <= MAX_MESSAGE_BYTES);
        let read: Value = serde_json::from_str(&json).expect("still JSON");
        assert_eq!(
            (read["digest"].as_str(), &read["metrics"]["metric_7"]),
            (Some(&*result.digest), &0.1234.into())
        );
    }

    /// A gate reads these: whatever they are, none is cut.
    #[test]
    fn all_figures_of_an_evaluation_fit() {
        let names = [
            "failure_accuracy",
            "failure_brier",
            "failure_ece",
            "failure_f1",
            "failure_pr_auc",
            "failure_precision",
            "failure_recall",
            "severity_mae",
            "severity_pairs",
        ];
        let intervals: Intervals = names
            .map(|name| (name.to_owned(), [-0.1234, -0.1234]))
            .into();
        let of_sequences = [
            "sequence_alarm_rate",
            "sequence_f1",
            "sequence_precision",
            "sequence_recall",
        ];
        let all = names.iter().chain(&of_sequences);
        let figures: BTreeMap<String, f64> = all
            .clone()
            .map(|name| ((*name).to_owned(), 0.1234))
            .collect();
        let side = |version: char| Side {
            version: version.to_string().repeat(63),
            digest: Some(format!("sha256:{}", "a".repeat(64))),
            metrics: figures.clone(),
            intervals: intervals.clone(),
            components: [("c".to_owned(), Measured::default())].into(),
        };
        let result = EvaluateResult {
            step: "evaluate",
            dataset: "d".repeat(63),
            candidate: side('c'),
            serving: side('s'),
            rules: Some(side('r')),
            gain: intervals.clone(),
            samples: all.map(|name| ((*name).to_owned(), 123_456)).collect(),
            message: "ü".repeat(3000),
        };
        let json = bounded(serde_json::to_value(&result).expect("plain data"));
        assert!(json.len() <= MAX_MESSAGE_BYTES, "{}", json.len());
        let read: Value = serde_json::from_str(&json).expect("still JSON");
        assert_eq!(read["rules"]["intervals"]["failure_f1"][1], -0.1234);
        assert_eq!(
            read["candidate"].get("components"),
            None,
            "no room for them"
        );
    }

    #[test]
    fn short_ones_stay_as_they_are() {
        let value = json!({"message": "x".repeat(3000)});
        assert_eq!(bounded(value.clone()), value.to_string());
    }
}
