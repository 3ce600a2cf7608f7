//! Logs of supercomputers (BGL, Thunderbird): `<label> <epoch> <yyyy.mm.dd> <node> …`.

use std::borrow::Cow;

use super::{Fields, Format, Reading, syslog};
use crate::level::Level;
use crate::timestamp;

pub(super) fn parse(line: &str, depth: u32) -> Option<Reading<'_>> {
    let (label, rest) = line.split_once(' ')?;
    let (epoch, rest) = rest.split_once(' ')?;
    if epoch.len() != 10 || !epoch.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (date, rest) = rest.split_once(' ')?;
    if !matches!(date.as_bytes(), [_, _, _, _, b'.', _, _, b'.', _, _]) {
        return None;
    }
    let (_node, rest) = rest.split_once(' ')?;
    let mut reading = match timestamp::leading(rest) {
        Some(length) => syslog::after_time(rest, length, None, depth),
        None => Reading::claimed(Format::Ras, event(rest)?),
    };
    reading.format = Format::Ras;
    if let Some((format, _)) = &mut reading.source {
        *format = Format::Ras;
    }
    reading.fields.timestamp = Some(Cow::Borrowed(epoch));
    if label != "-" {
        // The first column marks an alert, whatever the level says.
        reading.fields.level = reading.fields.level.max(Some(Level::Error));
    }
    Some(reading)
}

/// `2005-06-03-15.42.50.675872 R02-M1-N0 RAS KERNEL INFO message`.
fn event(text: &str) -> Option<Fields<'_>> {
    let mut words = text.splitn(6, ' ');
    let (time, _node, kind) = (words.next()?, words.next()?, words.next()?);
    if time.len() < 19
        || !kind
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    {
        return None;
    }
    let (component, level) = (words.next()?, words.next()?);
    Some(Fields {
        level: Level::from_word(level),
        component: Some(Cow::Borrowed(component)),
        message: Cow::Borrowed(words.next().unwrap_or_default().trim()),
        ..Fields::default()
    })
}
