//! What a container says at its end: one JSON object in the termination message.
//!
//! Unknown fields are ignored and missing ones default, so that the parts can be of different releases.

use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// Longest termination message Kubernetes keeps. Units: bytes.
pub const MESSAGE_MAX: usize = 4_096;

/// What an export says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Export {
    /// ID of the data set.
    pub dataset: String,
    /// SHA-256 over its content.
    pub digest: String,
    /// Examples in it.
    pub examples: i64,
    /// Examples of failures in it.
    pub failures: Option<i64>,
    /// Corrections in it.
    pub corrections: Option<i64>,
    /// Examples held out of training.
    pub held_out: Option<i64>,
    /// In its own words.
    #[serde(default)]
    pub message: String,
}

/// What training says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Train {
    /// Name of the version.
    pub version: String,
    /// SHA-256 of its `model.safetensors`.
    pub digest: String,
    /// SHA-256 over the data set.
    #[serde(default)]
    pub dataset_digest: String,
    /// What was measured; a metric that is not a number is left out.
    #[serde(default, deserialize_with = "finite")]
    pub metrics: BTreeMap<String, f64>,
    /// In its own words.
    #[serde(default)]
    pub message: String,
}

/// What an evaluation says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Evaluate {
    /// The new version.
    pub candidate: Scored,
    /// The version in service, or the rules.
    pub serving: Scored,
    /// Samples behind each metric.
    #[serde(default)]
    pub samples: BTreeMap<String, i64>,
    /// In its own words.
    #[serde(default)]
    pub message: String,
}

/// A version and what it scored.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Scored {
    /// Name of the version.
    #[serde(default)]
    pub version: String,
    /// SHA-256 of its `model.safetensors`.
    pub digest: Option<String>,
    /// What was measured.
    #[serde(default, deserialize_with = "finite")]
    pub metrics: BTreeMap<String, f64>,
}

/// What a prune says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Prune {
    /// Whether it only reported.
    pub dry_run: bool,
    /// Digest of the plan it carried out.
    pub plan_digest: String,
    /// Interactions removed.
    #[serde(default)]
    pub interactions: i64,
    /// Bytes freed.
    #[serde(default)]
    pub freed_bytes: i64,
    /// Segments removed.
    #[serde(default)]
    pub segments: i64,
    /// Segments rewritten.
    #[serde(default)]
    pub rewritten: i64,
    /// Data sets removed.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// Models removed.
    #[serde(default)]
    pub models: Vec<String>,
    /// Interactions kept.
    pub kept_interactions: Option<i64>,
    /// Time of the oldest kept.
    pub oldest_kept: Option<String>,
    /// In its own words.
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
struct Named<T> {
    step: String,
    #[serde(flatten)]
    result: T,
}

#[derive(Deserialize)]
struct Failed {
    error: FailedError,
}

#[derive(Deserialize)]
struct FailedError {
    #[serde(default)]
    code: String,
    message: String,
}

/// Reads the result of a step; in words why, if it cannot be read.
pub fn parse<T: DeserializeOwned>(step: &str, message: &str) -> Result<T, String> {
    if message.trim().is_empty() {
        return Err("its result was lost: the termination message is empty".into());
    }
    let named: Named<T> = serde_json::from_str(message.trim())
        .map_err(|error| format!("its result cannot be read ({error}): {}", shown(message)))?;
    if named.step == step {
        Ok(named.result)
    } else {
        Err(format!(
            "its result is that of another step ({:?}, not {step:?})",
            named.step
        ))
    }
}

/// The words of a container that failed: the message of its error, or the tail of its log.
pub fn last_words(message: &str) -> String {
    match serde_json::from_str::<Failed>(message.trim()) {
        Ok(Failed { error }) if error.code.is_empty() => error.message,
        Ok(Failed { error }) => format!("{} ({})", error.message, error.code),
        Err(_) => shown(message),
    }
}

/// The end of a text, cut to what a status should hold. The end of a log says more than its beginning.
fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 1_500;
    let text = text.trim();
    let mut start = text.len().saturating_sub(SHOWN_MAX);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}

fn finite<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, f64>, D::Error> {
    let all = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    Ok(all
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_f64().filter(|v| v.is_finite())?)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_another_release_are_read() {
        let text =
            r#"{"step":"export","dataset":"a-1","digest":"sha256:0","examples":3,"new_field":[1]}"#;
        let export: Export = parse("export", text).expect("the known fields are there");
        assert_eq!(
            (export.dataset.as_str(), export.examples, export.failures),
            ("a-1", 3, None)
        );
        let text = r#"{"step":"train","version":"v","digest":"d","metrics":{"failure_f1":0.9,"auc":null}}"#;
        let train: Train = parse("train", text).expect("a metric without a value is left out");
        assert_eq!(train.metrics.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (step, text, why) in [
            ("export", "", "lost"),
            ("export", "{\"step\":\"exp", "cannot be read"),
            (
                "export",
                r#"{"step":"export","dataset":"a"}"#,
                "cannot be read",
            ),
            (
                "export",
                r#"{"step":"train","version":"v","digest":"d"}"#,
                "cannot be read",
            ),
            (
                "train",
                r#"{"step":"export","version":"v","digest":"d"}"#,
                "another step",
            ),
        ] {
            let error = if step == "train" {
                parse::<Train>(step, text)
                    .map(|_| ())
                    .expect_err("it is not a result")
            } else {
                parse::<Export>(step, text)
                    .map(|_| ())
                    .expect_err("it is not a result")
            };
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn last_words_are_the_containers_own() {
        let text = r#"{"step":"train","error":{"code":"no_examples","message":"the data set has no failures"}}"#;
        assert_eq!(
            last_words(text),
            "the data set has no failures (no_examples)"
        );
        assert_eq!(
            last_words("thread 'main' panicked at x\n"),
            "thread 'main' panicked at x"
        );
        assert!(last_words(&"é".repeat(4_000)).len() <= 1_500);
    }
}
