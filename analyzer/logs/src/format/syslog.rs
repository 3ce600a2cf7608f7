//! RFC 3164: `<13>Nov 22 10:00:00 host program[pid]: message`, the priority being optional.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::timestamp;

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let (priority, rest) = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((number, rest)) => (Some(number.parse::<u16>().ok()?), rest),
        None => (None, line),
    };
    let length =
        timestamp::leading(rest).filter(|_| rest.starts_with(|c: char| c.is_ascii_uppercase()))?;
    let after = rest[length..].strip_prefix(' ')?;
    let (_host, after) = after.split_once(' ')?;
    let (program, message) = after.split_once(": ").unwrap_or(("", after));
    let program = program.split('[').next().unwrap_or_default();
    Some(Fields {
        timestamp: Some(Cow::Borrowed(&rest[..length])),
        level: priority.map(|priority| severity(priority % 8)),
        component: Some(program)
            .filter(|name| !name.is_empty())
            .map(Cow::Borrowed),
        message: Cow::Borrowed(message),
        ..Fields::default()
    })
}

fn severity(number: u16) -> Level {
    match number {
        0..=2 => Level::Fatal,
        3 => Level::Error,
        4 => Level::Warn,
        5 | 6 => Level::Info,
        _ => Level::Debug,
    }
}
