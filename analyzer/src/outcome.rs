//! The result of a command that a Job runs: one JSON object for the termination message.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::out::note;

/// Bytes that Kubernetes keeps of a termination message.
const MAX_MESSAGE_BYTES: usize = 4096;

/// Writes the outcome of `step` to the termination log, if one was asked for, and passes the
/// failure on.
pub(crate) fn report(
    step: &str,
    termination_log: Option<&Path>,
    outcome: Result<Value, logloop_records::Error>,
) -> anyhow::Result<()> {
    let message = match &outcome {
        Ok(fields) => {
            let mut object = Map::from_iter([("step".to_owned(), json!(step))]);
            object.extend(fields.as_object().cloned().unwrap_or_default());
            Value::Object(object)
        }
        Err(error) => {
            json!({"step": step, "error": {"code": error.code(), "message": error.to_string()}})
        }
    };
    if let Some(path) = termination_log
        && let Err(error) = std::fs::write(path, bounded(message))
    {
        tracing::warn!(path = %path.display(), %error, "the termination message could not be written");
    }
    outcome.map(drop).map_err(Into::into)
}

/// Tells where a Job's result is looked for that the arguments are wrong.
pub(crate) fn report_usage(arguments: &[OsString], message: &str) {
    const OPTION: &str = "--termination-log";
    let path = arguments.iter().enumerate().find_map(|(at, argument)| {
        if argument == OPTION {
            return arguments.get(at + 1).map(PathBuf::from);
        }
        let value = argument.to_str()?.strip_prefix(OPTION)?;
        value.strip_prefix('=').map(PathBuf::from)
    });
    let Some(path) = path else { return };
    let step = arguments.get(1).map(|step| step.to_string_lossy());
    let message = json!({"step": step, "error": {"code": "usage", "message": message}});
    if let Err(error) = std::fs::write(&path, bounded(message)) {
        note!(
            "warning: cannot write the result to {}: {error}; it stands above",
            path.display()
        );
    }
}

/// Shortens the longest text until the message fits.
fn bounded(mut message: Value) -> String {
    let mut text = message.to_string();
    while text.len() > MAX_MESSAGE_BYTES {
        let over = text.len() - MAX_MESSAGE_BYTES;
        match longest(&mut message) {
            Some(Value::String(longest)) if longest.len() > 1 => {
                let keep = longest.len().saturating_sub(over.max(16));
                longest.truncate(longest.floor_char_boundary(keep));
            }
            Some(Value::Array(items)) => items.truncate(items.len() / 2),
            _ => break,
        }
        text = message.to_string();
    }
    text
}

fn longest(value: &mut Value) -> Option<&mut Value> {
    match value {
        Value::Object(fields) => fields
            .iter_mut()
            .map(|(_, field)| field)
            .max_by_key(|field| field.to_string().len())
            .and_then(longest),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_fits_whatever_it_says() {
        for value in [
            json!({"a": 1, "message": "ü".repeat(9000)}),
            json!({"datasets": vec!["a-data-set"; 2000], "message": "x"}),
            json!({"error": {"code": "c", "message": "\"".repeat(9000)}}),
        ] {
            let text = bounded(value);
            assert!(text.len() <= MAX_MESSAGE_BYTES, "{}", text.len());
            serde_json::from_str::<Value>(&text).expect("still JSON");
        }
    }

    #[test]
    fn wrong_usage_is_told_in_the_termination_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let path = log.to_str().unwrap();
        for rest in [
            vec!["--termination-log".to_owned(), path.to_owned()],
            vec![format!("--termination-log={path}")],
        ] {
            let arguments = ["logloop-analyzer", "prune", "--wrong"].map(str::to_owned);
            let arguments = arguments.into_iter().chain(rest).map(OsString::from);
            assert_eq!(crate::cli::parse(arguments).unwrap_err(), 2);
            let told = std::fs::read(&log).unwrap();
            let told: Value = serde_json::from_slice(&told).unwrap();
            assert_eq!(
                (&told["step"], &told["error"]["code"]),
                (&json!("prune"), &json!("usage"))
            );
            assert!(
                told["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains("--wrong")
            );
            std::fs::remove_file(&log).unwrap();
        }
    }
}
