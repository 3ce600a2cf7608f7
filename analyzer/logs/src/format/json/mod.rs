//! One JSON object a line, with any of the field names in common use: zap, slog, logrus, pino, bunyan,
//! winston, logstash, log4j, python-json-logger, structlog, ECS, Serilog, Stackdriver, MongoDB, journald.

mod keys;
mod scan;

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::message::{self, unescape};
use keys::Key;
use scan::{Members, Value};

/// Deepest object within objects whose members are looked at (`log.level`, `error.message`).
const MAX_DEPTH: u32 = 2;

/// Reads an object; `None`: this is none.
pub(super) fn parse(text: &str) -> Option<Fields<'_>> {
    let mut found = Found::default();
    let mut members = Members::new(text)?;
    let mut any = false;
    for (key, value) in members.by_ref() {
        any = true;
        found.add("", key, value, 0);
    }
    if !members.sound || !any {
        return None;
    }
    if found.nothing() && !text.trim_ascii_end().ends_with('}') {
        return None;
    }
    Some(found.fields(text))
}

/// A line of the Docker engine's JSON file.
pub(super) struct Docker<'a> {
    pub(super) log: Cow<'a, str>,
    pub(super) stream: Cow<'a, str>,
    pub(super) time: Option<Cow<'a, str>>,
}

/// Reads a line of the Docker engine's JSON file.
pub(super) fn docker(line: &str) -> Option<Docker<'_>> {
    let (mut log, mut stream, mut time) = (None, None, None);
    let mut members = Members::new(line)?;
    for (key, value) in members.by_ref() {
        if let Value::Text(text) = value {
            match key {
                "log" => log = Some(unescape(text)),
                "stream" => stream = Some(unescape(text)),
                "time" => time = Some(unescape(text)),
                _ => {}
            }
        }
    }
    members.sound.then_some(())?;
    Some(Docker {
        log: log?,
        stream: stream?,
        time,
    })
}

/// What the members say; of several with one meaning the best counts.
#[derive(Default)]
struct Found<'a> {
    time: Option<(usize, &'a str)>,
    level: Option<(usize, Level)>,
    said: Option<(usize, Cow<'a, str>)>,
    component: Option<(usize, &'a str)>,
    operation: Option<(usize, &'a str)>,
    transaction: Option<(usize, &'a str)>,
    /// What went wrong, behind the message; stacks come last.
    errors: String,
    stacks: String,
}

impl<'a> Found<'a> {
    /// Takes a member; `outer` is the key of the object that it is in.
    fn add(&mut self, outer: &str, key: &'a str, value: Value<'a>, depth: u32) {
        if let Value::Nested(text) = value
            && text.starts_with('{')
            && depth < MAX_DEPTH
            && keys::opens(key)
        {
            for (inner, value) in Members::new(text).into_iter().flatten() {
                self.add(key, inner, value, depth + 1);
            }
            if !keys::is_said(outer, key) {
                return;
            }
        }
        let scalar = match value {
            Value::Text(text) if !text.is_empty() => Some(text),
            Value::Bare(text) if !matches!(text, "null" | "true" | "false") => Some(text),
            _ => None,
        };
        match keys::of(outer, key) {
            Some(Key::Time(rank)) => better(&mut self.time, rank, scalar),
            Some(Key::Level(rank)) => better(&mut self.level, rank, scalar.and_then(level)),
            Some(Key::Said(rank)) => {
                let text = match value {
                    Value::Nested(text) => Some(Cow::Borrowed(text)),
                    _ => scalar.map(unescape),
                };
                better(&mut self.said, rank, text);
            }
            Some(Key::Error) => {
                let text = match value {
                    Value::Nested(text) => Some(text),
                    _ => scalar,
                };
                if let Some(text) = text {
                    let name = if outer.is_empty() { key } else { outer };
                    if !self.errors.is_empty() {
                        self.errors.push(' ');
                    }
                    self.errors.push_str(name);
                    self.errors.push('=');
                    self.errors.push_str(&unescape(text));
                }
            }
            Some(Key::Stack) => {
                if let Some(text) = scalar {
                    self.stacks.push('\n');
                    self.stacks.push_str(unescape(text).trim_end());
                }
            }
            None if depth == 0 => {
                let of = |rank: fn(&str) -> Option<usize>| rank(key);
                let rank = of(message::component_rank);
                rank.inspect(|rank| better(&mut self.component, *rank, scalar));
                let rank = of(message::operation_rank);
                rank.inspect(|rank| better(&mut self.operation, *rank, scalar));
                let rank = of(message::transaction_rank);
                rank.inspect(|rank| better(&mut self.transaction, *rank, scalar));
            }
            None => match keys::nested(outer, key) {
                Some("component") => better(&mut self.component, 0, scalar),
                Some("transaction") => better(&mut self.transaction, 0, scalar),
                _ => {}
            },
        }
    }

    fn nothing(&self) -> bool {
        self.said.is_none() && self.level.is_none() && self.errors.is_empty()
    }

    fn fields(self, text: &'a str) -> Fields<'a> {
        let field = |found: Option<(usize, &'a str)>| found.map(|(_, text)| unescape(text));
        let mut message = self.said.map_or(Cow::Borrowed(""), |(_, text)| text);
        if message.contains('\u{1b}') {
            message = Cow::Owned(crate::ansi::strip(&message).into_owned());
        }
        if !self.errors.is_empty() {
            let said = message.to_mut();
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(&self.errors);
        }
        if !self.stacks.is_empty() {
            message.to_mut().push_str(&self.stacks);
        }
        let message = match message {
            // Nothing was said: the fields are what there is.
            Cow::Borrowed("") => Cow::Borrowed(text.trim()),
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        Fields {
            timestamp: field(self.time),
            level: self.level.map(|(_, level)| level),
            component: field(self.component),
            operation: field(self.operation),
            transaction_id: field(self.transaction),
            message,
        }
    }
}

fn better<T>(best: &mut Option<(usize, T)>, rank: usize, value: Option<T>) {
    if let Some(value) = value
        && best.as_ref().is_none_or(|(other, _)| rank < *other)
    {
        *best = Some((rank, value));
    }
}

/// A word, or a number as pino (10–60) and syslog (0–7) write it.
fn level(word: &str) -> Option<Level> {
    if let [letter] = word.as_bytes() {
        // MongoDB's, and syslog's digits.
        return match letter {
            b'F' => Some(Level::Fatal),
            b'E' => Some(Level::Error),
            b'W' => Some(Level::Warn),
            b'I' => Some(Level::Info),
            b'D' => Some(Level::Debug),
            _ => numbered(word),
        };
    }
    Level::from_word(word).or_else(|| numbered(word))
}

fn numbered(word: &str) -> Option<Level> {
    Some(match word.parse::<u32>().ok()? {
        0..=2 => Level::Fatal,
        3 => Level::Error,
        4 => Level::Warn,
        5..=6 | 30..=39 => Level::Info,
        7 | 20..=29 => Level::Debug,
        10..=19 => Level::Trace,
        40..=49 => Level::Warn,
        50..=59 => Level::Error,
        60 => Level::Fatal,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
