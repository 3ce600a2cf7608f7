//! `ts|LEVEL|component|operation|message` and its shorter forms; without a level `ts|component|…|message`.

use std::borrow::Cow;

use super::{Fields, leveled};
use crate::level::Level;

/// Fields of a line without its time stamp, if it has one.
pub(super) fn parse<'a>(rest: &'a str, time: Option<&'a str>) -> Option<Fields<'a>> {
    let (first, after) = rest.split_once('|')?;
    let timestamp = time.map(Cow::Borrowed);
    let Some(level) = Level::from_word(first.trim_ascii()) else {
        return without_level(first, after, time?);
    };
    let mut parts = after.splitn(3, '|');
    let (a, b, c) = (parts.next()?, parts.next(), parts.next());
    let (component, operation, message) = match (b, c) {
        (Some(operation), Some(message)) => (Some(a), Some(operation), message),
        (Some(message), None) => (Some(a), None, message),
        _ if time.is_some() => {
            let (component, message) = leveled::component_and_message(a);
            (component, None, message)
        }
        _ => (None, None, a),
    };
    Some(Fields {
        timestamp,
        level: Some(level),
        component: component.and_then(filled).map(Cow::Borrowed),
        operation: operation.and_then(filled).map(Cow::Borrowed),
        transaction_id: None,
        message: Cow::Borrowed(message.trim()),
    })
}

/// `component|process|message`.
fn without_level<'a>(first: &'a str, after: &'a str, time: &'a str) -> Option<Fields<'a>> {
    let component = filled(first).filter(|name| leveled::is_name(name))?;
    let message = match after.split_once('|') {
        Some((process, message)) if process.bytes().all(|byte| byte.is_ascii_digit()) => message,
        _ => after,
    };
    Some(Fields {
        timestamp: Some(Cow::Borrowed(time)),
        component: Some(Cow::Borrowed(component)),
        message: Cow::Borrowed(message.trim()),
        ..Fields::default()
    })
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
