//! One JSON object a line, with any of the field names in common use.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Fields, nested};
use crate::level::Level;
use crate::message;

const TIME_KEYS: [&str; 8] = [
    "timestamp",
    "ts",
    "time",
    "@timestamp",
    "datetime",
    "t",
    "eventtime",
    "__realtime_timestamp",
];
const LEVEL_KEYS: [&str; 6] = [
    "level",
    "severity",
    "lvl",
    "loglevel",
    "log.level",
    "priority",
];
const MESSAGE_KEYS: [&str; 5] = ["message", "msg", "event", "text", "body"];

/// Fields whose value belongs to what was said.
const ERROR_KEYS: [&str; 7] = [
    "error",
    "err",
    "exception",
    "reason",
    "stack",
    "stacktrace",
    "exc_info",
];

pub(super) fn parse(line: &str, depth: usize) -> Option<Fields<'static>> {
    let text = line.trim();
    if !text.starts_with('{') || !text.ends_with('}') {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(text).ok()?;
    // The Docker engine's JSON file: the program's own line is inside.
    if let (Some(Value::String(log)), true) = (object.get("log"), object.contains_key("stream")) {
        let inner = nested(log.trim_end_matches(['\n', '\r']), depth).into_owned();
        let timestamp = inner
            .timestamp
            .or_else(|| find(&object, &TIME_KEYS, scalar).map(Cow::Owned));
        return Some(Fields { timestamp, ..inner });
    }
    let said = find(&object, &MESSAGE_KEYS, plain);
    let level = find(&object, &LEVEL_KEYS, scalar).and_then(|word| level(&word));
    if said.is_none() && level.is_none() {
        return None;
    }
    let mut message = said.unwrap_or_default();
    for key in ERROR_KEYS {
        if let Some(value) = get(&object, key, plain) {
            if !message.is_empty() {
                message.push(' ');
            }
            message.push_str(&format!("{key}={value}"));
        }
    }
    let best = |rank: fn(&str) -> Option<usize>| {
        object
            .iter()
            .filter_map(|(key, value)| Some((rank(key)?, scalar(value)?)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, value)| Cow::Owned(value))
    };
    Some(Fields {
        timestamp: find(&object, &TIME_KEYS, scalar).map(Cow::Owned),
        level,
        component: best(message::component_rank),
        operation: best(message::operation_rank),
        transaction_id: best(message::transaction_rank),
        message: Cow::Owned(message),
    })
}

/// Reads a value as text, or finds it no text.
type Read = fn(&Value) -> Option<String>;

fn find(object: &Map<String, Value>, keys: &[&str], read: Read) -> Option<String> {
    keys.iter().find_map(|key| get(object, key, read))
}

fn get(object: &Map<String, Value>, key: &str, read: Read) -> Option<String> {
    let (_, value) = object
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    read(value)
}

/// What was said may be an object or a list.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Object(_) | Value::Array(_) => Some(value.to_string()),
        other => scalar(other),
    }
}

/// A name, a time and a level are none.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A word, or a number as pino (10–60) and syslog (0–7) write it.
fn level(word: &str) -> Option<Level> {
    let number = || word.parse::<u32>().ok();
    Level::from_word(word).or_else(|| match number()? {
        0..=2 => Some(Level::Fatal),
        3 => Some(Level::Error),
        4 => Some(Level::Warn),
        5..=6 | 30..=39 => Some(Level::Info),
        7 | 20..=29 => Some(Level::Debug),
        10..=19 => Some(Level::Trace),
        40..=49 => Some(Level::Warn),
        50..=59 => Some(Level::Error),
        60 => Some(Level::Fatal),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_lists_name_nothing() {
        let line = r#"{"level":"error","message":{"a":1},"service":{"name":"x"},"target":"db","op":["y"],"trace":{}}"#;
        let fields = parse(line, 0).unwrap();
        assert_eq!(fields.component.as_deref(), Some("db"));
        assert_eq!((fields.operation, fields.transaction_id), (None, None));
        assert_eq!(fields.message, r#"{"a":1}"#);
    }
}
