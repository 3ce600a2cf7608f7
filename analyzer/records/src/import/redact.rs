//! What an import needs of redaction: nothing of a line reaches the disk before it.

use serde_json::Value;

/// Takes out of imported texts what must not be stored.
pub trait Redact {
    /// Redacts every text of a record's object where it lies, its log in `log_content`, and writes into it what it
    /// passed. Says whether something was replaced.
    fn record(&self, record: &mut Value) -> bool;

    /// Redacts a text that is no record; its lines stay as many. Says whether something was replaced.
    fn text(&self, text: &mut String) -> bool;

    /// A redacted text without what tells one replaced value from another: the same under every key.
    fn anonymous(&self, text: &str) -> String;
}

/// Everything stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Unredacted;

impl Redact for Unredacted {
    fn record(&self, _: &mut Value) -> bool {
        false
    }

    fn text(&self, _: &mut String) -> bool {
        false
    }

    fn anonymous(&self, text: &str) -> String {
        text.to_owned()
    }
}
