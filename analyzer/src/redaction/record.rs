//! Imported records: every text of them is redacted where it lies.

use std::collections::HashMap;

use logloop_records::import::Redact;
use logloop_redaction::{Counts, Kind, without_hashes};
use serde_json::{Map, Value};

use super::Redaction;

/// Fields of a record that name things, and hold nothing that people wrote.
const NAMES: [&str; 8] = [
    "timestamp",
    "id",
    "subject",
    "model_version",
    "schema",
    "log_blob",
    "idempotency_key",
    "request_digest",
];

/// A text up to this many bytes is also looked at together with its name.
const MAX_NAMED_BYTES: usize = 1024;

impl Redact for Redaction {
    /// A record that says already what it passed is redacted all the same: to do so twice changes nothing.
    fn record(&self, record: &mut Value) -> bool {
        let (Some(rule_set), Some(fields)) = (self.rule_set(), record.as_object_mut()) else {
            return false;
        };
        let mut pass = Pass {
            redaction: self,
            counts: Counts::default(),
            key_lines: HashMap::new(),
        };
        // First, for what the others take from it.
        if let Some(Value::String(log)) = fields.get_mut("log_content") {
            pass.log(log);
        }
        for (name, value) in fields.iter_mut() {
            match (name.as_str(), value) {
                ("log_content", Value::String(_)) => {}
                ("log_filename", Value::String(name)) => self.redact_name(name, &mut pass.counts),
                (name, value) if !NAMES.contains(&name) => pass.value(value),
                _ => {}
            }
        }
        let passed = passed(fields.get("redaction").and_then(Value::as_str), rule_set);
        fields.insert("redaction".to_owned(), Value::String(passed));
        pass.counts.total() > 0
    }

    fn text(&self, text: &mut String) -> bool {
        let mut counts = Counts::default();
        self.redact(text, &mut counts);
        counts.total() > 0
    }

    fn anonymous(&self, text: &str) -> String {
        without_hashes(text)
    }
}

/// The rule sets that a record passed, now this one too.
fn passed(before: Option<&str>, now: String) -> String {
    match before {
        Some(before) if before.split('+').any(|one| one == now) => before.to_owned(),
        Some(before) => format!("{before}+{now}"),
        None => now,
    }
}

/// One record.
struct Pass<'a> {
    redaction: &'a Redaction,
    counts: Counts,
    /// Lines of private keys in the log and what stands for them: by themselves they tell nothing, and results quote
    /// single lines.
    key_lines: HashMap<String, String>,
}

impl Pass<'_> {
    fn log(&mut self, log: &mut String) {
        let mut counts = Counts::default();
        let before = log.clone();
        self.redaction.redact(log, &mut counts);
        if counts.get(Kind::PrivateKey) > 0 {
            let changed = before
                .lines()
                .zip(log.lines())
                .filter(|(old, new)| old != new);
            let owned = changed.map(|(old, new)| (old.trim().to_owned(), new.trim().to_owned()));
            self.key_lines = owned.collect();
        }
        self.counts.add(&counts);
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| self.field(name, value))
                    .collect::<Map<_, _>>();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, text: &mut String) {
        if !self.key_lines.is_empty() {
            let lines = text.split_inclusive('\n').map(|line| {
                let bare = line.trim();
                match self.key_lines.get(bare) {
                    Some(new) if !bare.is_empty() => line.replace(bare, new),
                    _ => line.to_owned(),
                }
            });
            *text = lines.collect();
        }
        self.redaction.redact(text, &mut self.counts);
    }

    /// A field below the record's own. Counts by component have names that came from the log; and what a value is may be
    /// told by its name alone (`{"password": "…"}`).
    fn field(&mut self, mut name: String, mut value: Value) -> (String, Value) {
        self.value(&mut value);
        if value
            .as_str()
            .is_some_and(|text| text.len() <= MAX_NAMED_BYTES)
        {
            let fields = Map::from_iter([(name.clone(), value.clone())]);
            let mut written = Value::Object(fields).to_string();
            let mut counts = Counts::default();
            self.redaction.redact(&mut written, &mut counts);
            let field = match counts.total() {
                0 => None,
                _ => serde_json::from_str::<Map<String, Value>>(&written).ok(),
            };
            if let Some(field) = field.and_then(|fields| fields.into_iter().next()) {
                self.counts.add(&counts);
                return field;
            }
        }
        self.redaction.redact(&mut name, &mut self.counts);
        (name, value)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use logloop_redaction::Kinds;
    use serde_json::json;

    use super::*;
    use crate::cli::RedactionArgs;

    fn redaction(kinds: Kinds) -> Redaction {
        let options = RedactionArgs {
            redact: kinds,
            redact_pattern: vec![],
            redact_key_file: None,
        };
        Redaction::new(&options, Path::new("/nowhere")).unwrap()
    }

    #[test]
    fn every_text_of_a_record_is_redacted() {
        let redaction = redaction(Kinds::DEFAULT);
        let mail = "ann@example.com";
        let mut record = json!({
            "id": "x", "log_filename": format!("of-{mail}.log.1"), "log_content": format!("from {mail}\n"),
            "analysis_results": {"stats": {"components": {mail: 1}}, "failures": [{"log_entry": mail}]},
            "context": {"db_password": "hunter2", "note": "a \"quote\"", "list": [{"api_key": "a1b2c3d4e5"}]},
        });
        assert!(redaction.record(&mut record));
        let text = record.to_string();
        for secret in [mail, "hunter2", "a1b2c3d4e5"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_eq!(record["context"]["note"], "a \"quote\"");
        assert_eq!(record["redaction"], "v1:secrets,email,card");
        let once = record.clone();
        assert!(!redaction.record(&mut record));
        assert_eq!(record, once);
    }

    #[test]
    fn what_a_record_says_to_have_passed_is_not_trusted() {
        let mut record = json!({"user_query": "of ann@example.com", "redaction": "v1:ip"});
        assert!(redaction(Kinds::DEFAULT).record(&mut record));
        assert!(!record.to_string().contains("ann@"));
        assert_eq!(record["redaction"], "v1:ip+v1:secrets,email,card");
        let mut record = json!({"user_query": "of ann@example.com"});
        assert!(!redaction(Kinds::NONE).record(&mut record));
        assert!(record.get("redaction").is_none());
    }

    #[test]
    fn single_lines_of_a_key_are_known_from_the_log() {
        let line = "MIIEowIBAAKCAQEAx5Rr9mUO";
        let (begin, end) = (
            "-----BEGIN RSA PRIVATE KEY-----",
            "-----END RSA PRIVATE KEY-----",
        );
        let mut record = json!({
            "log_content": format!("start\n{begin}\n{line}\n{end}\n"),
            "analysis_results": {"failures": [{"context": [{"line": 3, "text": line}], "log_entry": format!("x\n  {line}\ny")}]},
        });
        assert!(redaction(Kinds::DEFAULT).record(&mut record));
        let text = record.to_string();
        assert!(!text.contains("MIIE"), "{text}");
        assert_eq!(
            record["analysis_results"]["failures"][0]["log_entry"]
                .as_str()
                .unwrap()
                .lines()
                .count(),
            3
        );
    }
}
