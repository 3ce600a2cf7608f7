//! The interaction record: one JSON object a line, field by field as documented in `ARCHITECTURE.md`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::results::AnalysisResults;

/// Version of the record's layout, written to every record.
pub const SCHEMA: u32 = 1;

/// What somebody asked, what they showed, and what they were answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// When the answer was made, UTC.
    pub timestamp: DateTime<Utc>,
    /// The question, as typed; may be empty.
    #[serde(default)]
    pub user_query: String,
    /// The log. Empty when [`Interaction::log_blob`] holds it.
    #[serde(default)]
    pub log_content: String,
    /// Name of the uploaded file, or a name given to pasted text.
    #[serde(default)]
    pub log_filename: Option<String>,
    /// What the analysis found.
    #[serde(default)]
    pub analysis_results: AnalysisResults,
    /// The answer as markdown.
    #[serde(default)]
    pub response_text: String,
    /// Comment of the user, merged from the feedback events when read.
    #[serde(default)]
    pub user_feedback: Option<String>,
    /// The user's verdict, merged from the feedback events when read.
    #[serde(default)]
    pub is_useful: Option<bool>,
    /// UUIDv7; nil in records of an older tool.
    #[serde(default)]
    pub id: Uuid,
    /// Who asked; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The model version that scored the log; `rules` without a model.
    #[serde(default = "rules")]
    pub model_version: String,
    /// Rule set that removed secrets before the write; absent where none ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redaction: Option<String>,
    /// Layout of this record, see [`SCHEMA`].
    #[serde(default)]
    pub schema: u32,
    /// File name below `chat_interactions/blobs/` of a log too large for a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_blob: Option<String>,
    /// The `Idempotency-Key` of the request: sent again, it is stored once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Digest of what the request with that key asked, its texts redacted: the key is not for another request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<String>,
}

fn rules() -> String {
    "rules".to_owned()
}
