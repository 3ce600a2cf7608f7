//! What the keys of JSON logs mean.

/// Meaning of a key; of several keys with one meaning the lowest rank counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Time(usize),
    Level(usize),
    Said(usize),
    /// What went wrong: part of what is said.
    Error,
    /// A stack trace: further lines of what is said.
    Stack,
}

const TIME: [&str; 14] = [
    "timestamp",
    "ts",
    "time",
    "@timestamp",
    "@t",
    "datetime",
    "t",
    "asctime",
    "eventtime",
    "__realtime_timestamp",
    "timemillis",
    "date",
    "epochsecond",
    "$date",
];

const LEVEL: [&str; 10] = [
    "level",
    "severity",
    "lvl",
    "levelname",
    "loglevel",
    "log.level",
    "log_level",
    "@l",
    "priority",
    "s",
];

const SAID: [&str; 11] = [
    "message",
    "msg",
    "event",
    "text",
    "textpayload",
    "body",
    "@m",
    "@mt",
    "short_message",
    "full_message",
    "messagetemplate",
];

const ERROR: [&str; 7] = [
    "error",
    "err",
    "exception",
    "reason",
    "error.message",
    "thrown",
    "cause",
];

const STACK: [&str; 10] = [
    "stack",
    "stacktrace",
    "stack_trace",
    "error.stack_trace",
    "exc_info",
    "exc_text",
    "traceback",
    "@x",
    "extendedstacktrace",
    "errorverbose",
];

/// Letters of the longest key above.
const MAX_KEY_BYTES: usize = 20;

/// Meaning of a member, by the object that it is in.
pub(super) fn of(outer: &str, key: &str) -> Option<Key> {
    let mut folded = [0; MAX_KEY_BYTES];
    let folded = folded.get_mut(..key.len())?;
    folded.copy_from_slice(key.as_bytes());
    folded.make_ascii_lowercase();
    let place = |keys: &[&str]| keys.iter().position(|name| name.as_bytes() == &*folded);
    match outer {
        "" => {}
        "error" | "err" | "exception" | "thrown" | "cause" => {
            return match &*folded {
                b"message" | b"msg" => Some(Key::Error),
                _ => place(&STACK).map(|_| Key::Stack),
            };
        }
        "log" => return place(&LEVEL[..3]).map(Key::Level),
        "instant" | "t" => return place(&TIME[12..]).map(|rank| Key::Time(rank + 12)),
        "jsonPayload" | "fields" | "message" | "record" => {}
        _ => return None,
    }
    // An inner one counts less.
    let less = if outer.is_empty() { 0 } else { 20 };
    place(&LEVEL)
        .map(|rank| Key::Level(rank + less))
        .or_else(|| place(&SAID).map(|rank| Key::Said(rank + less)))
        .or_else(|| place(&TIME[..12]).map(|rank| Key::Time(rank + less)))
        .or_else(|| place(&ERROR).map(|_| Key::Error))
        .or_else(|| place(&STACK).map(|_| Key::Stack))
}

/// Whether the members of an object under this key are looked at.
pub(super) fn opens(key: &str) -> bool {
    matches!(
        key,
        "error"
            | "err"
            | "exception"
            | "thrown"
            | "cause"
            | "log"
            | "instant"
            | "t"
            | "jsonPayload"
            | "fields"
            | "record"
            | "service"
            | "trace"
            | "transaction"
    )
}

/// Whether an object under this key is what was said, as it stands.
pub(super) fn is_said(outer: &str, key: &str) -> bool {
    matches!(of(outer, key), Some(Key::Said(_)))
}

/// Meaning of a member of an inner object besides [`of`].
pub(super) fn nested(outer: &str, key: &str) -> Option<&'static str> {
    match (outer, key) {
        ("log", "logger") | ("service", "name") => Some("component"),
        ("trace" | "transaction", "id") => Some("transaction"),
        _ => None,
    }
}
