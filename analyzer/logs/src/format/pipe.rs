//! `ts|LEVEL|component|operation|message` and its shorter forms.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::timestamp;

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let (first, rest) = line.split_once('|')?;
    let (time, rest) = match timestamp::leading(first.trim()) {
        Some(length) if length == first.trim().len() => (Some(first.trim()), rest),
        _ => (None, line),
    };
    let (level, rest) = rest.split_once('|')?;
    let level = Level::from_word(level.trim())?;
    let mut parts = rest.splitn(3, '|');
    let (a, b, c) = (parts.next()?, parts.next(), parts.next());
    let (component, operation, message) = match (b, c) {
        (Some(operation), Some(message)) => (Some(a), Some(operation), message),
        (Some(message), None) => (Some(a), None, message),
        _ => (None, None, a),
    };
    Some(Fields {
        timestamp: time.map(Cow::Borrowed),
        level: Some(level),
        component: component.and_then(filled).map(Cow::Borrowed),
        operation: operation.and_then(filled).map(Cow::Borrowed),
        transaction_id: None,
        message: Cow::Borrowed(message.trim()),
    })
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
