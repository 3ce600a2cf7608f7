//! `key=value` pairs, as Go programs write them.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::message::{self, unescape};

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let first = line.split('=').next()?;
    if first.len() == line.len() || !message::is_key(first) {
        return None;
    }
    let mut fields = Fields::default();
    let mut said = None;
    let mut error = None;
    let (mut component, mut operation, mut transaction) = (None, None, None);
    for (key, value) in message::pairs(line) {
        match key {
            "time" | "ts" | "t" | "timestamp" | "@timestamp" | "date" | "datetime" => {
                fields.timestamp = Some(unescape(value))
            }
            "level" | "lvl" | "severity" | "log_level" | "loglevel" => {
                fields.level = Level::from_word(value)
            }
            "msg" | "message" => said = Some(value),
            "error" | "err" | "reason" => error = Some((key, value)),
            _ => {
                prefer(&mut component, message::component_rank(key), value);
                prefer(&mut operation, message::operation_rank(key), value);
                prefer(&mut transaction, message::transaction_rank(key), value);
            }
        }
    }
    if said.is_none() && fields.level.is_none() {
        return None;
    }
    let mut message = said.map_or(Cow::Borrowed(""), unescape);
    if let Some((key, value)) = error {
        let message = message.to_mut();
        if !message.is_empty() {
            message.push(' ');
        }
        message.push_str(key);
        message.push('=');
        message.push_str(&unescape(value));
    }
    if message.is_empty() {
        // A level and fields alone.
        message = Cow::Borrowed(line.trim());
    }
    fields.message = message;
    fields.component = component.map(|(_, value)| unescape(value));
    fields.operation = operation.map(|(_, value)| unescape(value));
    fields.transaction_id = transaction.map(|(_, value)| unescape(value));
    Some(fields)
}

fn prefer<'a>(best: &mut Option<(usize, &'a str)>, rank: Option<usize>, value: &'a str) {
    if let Some(rank) = rank.filter(|_| !value.is_empty())
        && best.is_none_or(|(other, _)| rank < other)
    {
        *best = Some((rank, value));
    }
}
