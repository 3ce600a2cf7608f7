//! Apache and nginx access logs, common and combined: the status tells the level.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let (_client, rest) = line.split_once(" [")?;
    let (time, rest) = rest.split_once("] \"")?;
    if time.len() < 20 || time.as_bytes().get(2) != Some(&b'/') {
        return None;
    }
    let close = rest.find("\" ")?;
    let request = &rest[..close];
    let status = rest.get(close + 2..close + 5)?;
    let level = match status.as_bytes() {
        [b'5', b, c] if b.is_ascii_digit() && c.is_ascii_digit() => Level::Error,
        [b'4', b, c] if b.is_ascii_digit() && c.is_ascii_digit() => Level::Warn,
        [b'1'..=b'3', b, c] if b.is_ascii_digit() && c.is_ascii_digit() => Level::Info,
        _ => return None,
    };
    Some(Fields {
        timestamp: Some(Cow::Borrowed(time)),
        level: Some(level),
        operation: request
            .split(' ')
            .next()
            .filter(|verb| !verb.is_empty())
            .map(Cow::Borrowed),
        // From the opening quote to the status.
        message: Cow::Owned(format!("\"{request}\" {status}")),
        ..Fields::default()
    })
}
