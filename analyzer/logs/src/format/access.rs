//! Apache and nginx access logs, common and combined: the status tells the level.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;

/// Bytes in which the client, the user and the time stamp must begin.
const MAX_CLIENT_BYTES: usize = 256;

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let within = &line[..line.floor_char_boundary(MAX_CLIENT_BYTES)];
    let open = within.find(" [")?;
    let (time, rest) = line[open + 2..].split_once("] \"")?;
    if time.len() < 20 || time.as_bytes()[2] != b'/' {
        return None;
    }
    let close = rest.find("\" ")?;
    let request = &rest[..close];
    let status = rest.get(close + 2..close + 5)?;
    let level = match status.as_bytes() {
        [class @ b'1'..=b'5', b, c] if b.is_ascii_digit() && c.is_ascii_digit() => match class {
            b'5' => Level::Error,
            b'4' => Level::Warn,
            _ => Level::Info,
        },
        _ => return None,
    };
    // From the opening quote to the status.
    let start = line.len() - rest.len() - 1;
    Some(Fields {
        timestamp: Some(Cow::Borrowed(time)),
        level: Some(level),
        operation: request
            .split(' ')
            .next()
            .filter(|verb| !verb.is_empty())
            .map(Cow::Borrowed),
        message: Cow::Borrowed(&line[start..start + 1 + close + 5]),
        ..Fields::default()
    })
}
