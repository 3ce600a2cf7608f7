//! The serving document: which versions an analyzer answers with. Written by one hand (operator, or `promote`).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Bytes of a serving document, at most.
pub const MAX_SERVING_BYTES: usize = 64 * 1024;

/// What to serve. Of two documents the one with the higher generation holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServingDocument {
    /// Goes up with each change; an older one is refused.
    pub generation: u64,
    /// What answers; none means the rules.
    #[serde(default)]
    pub stable: Option<VersionRef>,
    /// What is on trial beside it.
    #[serde(default)]
    pub candidate: Option<Candidate>,
}

/// A version, and the digest that its model must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRef {
    /// Name below `models/`.
    pub version: String,
    /// `sha256:` and the SHA-256 of `model.safetensors` in hex.
    pub digest: String,
}

/// A version on trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which version.
    #[serde(flatten)]
    pub version: VersionRef,
    /// How it takes part.
    pub mode: CandidateMode,
    /// Share of the requests it answers, in percent.
    #[serde(default)]
    pub weight: u8,
    /// Without renewal it is dropped then.
    pub expires: DateTime<Utc>,
}

/// How a candidate takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandidateMode {
    /// Scores each request, answers none.
    Shadow,
    /// Answers its share of the requests.
    Canary,
}

/// Why a serving document is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ServingError {
    /// Larger than any real one.
    #[error("the serving document has {0} bytes, at most {MAX_SERVING_BYTES} are read")]
    TooLarge(usize),
    /// Not the expected JSON.
    #[error("the serving document is not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// A field is out of range.
    #[error("the serving document is not valid: {0}")]
    Field(String),
}

impl ServingDocument {
    /// Parses and checks a document.
    pub fn parse(bytes: &[u8]) -> Result<Self, ServingError> {
        if bytes.len() > MAX_SERVING_BYTES {
            return Err(ServingError::TooLarge(bytes.len()));
        }
        let document: Self = serde_json::from_slice(bytes)?;
        let candidate = document.candidate.as_ref();
        for reference in document
            .stable
            .iter()
            .chain(candidate.map(|candidate| &candidate.version))
        {
            crate::artifact::check_version(&reference.version)
                .map_err(|error| ServingError::Field(error.to_string()))?;
            if !crate::artifact::is_digest(&reference.digest) {
                return Err(ServingError::Field(format!(
                    "{:?} is not sha256: and 64 hex digits",
                    reference.digest
                )));
            }
        }
        match candidate {
            Some(candidate) if candidate.weight > 100 => Err(ServingError::Field(format!(
                "weight {} is above 100 percent",
                candidate.weight
            ))),
            _ => Ok(document),
        }
    }

    /// The document as it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> String {
        format!("sha256:{}", "a".repeat(64))
    }

    #[test]
    fn reads_what_it_writes() {
        let version = VersionRef {
            version: "first-1a2b3c4d".to_owned(),
            digest: digest(),
        };
        let candidate = Candidate {
            version: version.clone(),
            mode: CandidateMode::Canary,
            weight: 5,
            expires: DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default(),
        };
        let document = ServingDocument {
            generation: 3,
            stable: Some(version),
            candidate: Some(candidate),
        };
        assert_eq!(
            ServingDocument::parse(document.to_json().as_bytes()).ok(),
            Some(document)
        );
    }

    #[test]
    fn nulls_and_absent_fields_mean_the_rules() {
        for text in [
            r#"{"generation":1}"#,
            r#"{"generation":1,"stable":null,"candidate":null,"later":true}"#,
        ] {
            let document = ServingDocument::parse(text.as_bytes()).expect(text);
            assert_eq!(
                (document.generation, document.stable, document.candidate),
                (1, None, None)
            );
        }
    }

    #[test]
    fn odd_documents_are_refused() {
        for stable in [
            r#"{"version":"../x","digest":"DIGEST"}"#,
            r#"{"version":"x","digest":"sha256:1"}"#,
            "7",
        ] {
            let text = format!(
                r#"{{"generation":1,"stable":{}}}"#,
                stable.replace("DIGEST", &digest())
            );
            assert!(ServingDocument::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(ServingDocument::parse(&vec![b' '; MAX_SERVING_BYTES + 1]).is_err());
    }
}
