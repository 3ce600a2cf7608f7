//! Android's logcat: `threadtime` and `brief`.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;

/// After the time stamp: `  1702  2395 D Tag: message`.
pub(super) fn thread_time<'a>(time: &'a str, after: &'a str) -> Option<Fields<'a>> {
    let (_process, rest) = number(after)?;
    let (_thread, rest) = number(rest)?;
    let rest = rest.strip_prefix(' ')?;
    let level = priority(*rest.as_bytes().first()?)?;
    let rest = rest[1..].strip_prefix(' ')?;
    let (tag, message) = rest
        .split_once(": ")
        .or_else(|| Some((rest.strip_suffix(':')?, "")))?;
    Some(Fields {
        timestamp: Some(Cow::Borrowed(time)),
        ..said(level, tag, message)
    })
}

/// `D/Tag( 1702): message`.
pub(super) fn brief(line: &str) -> Option<Fields<'_>> {
    let (letter, rest) = line.split_once('/')?;
    let level = priority(*letter.as_bytes().first()?).filter(|_| letter.len() == 1)?;
    let (head, message) = rest.split_once("): ")?;
    let (tag, process) = head.rsplit_once('(')?;
    process
        .trim_ascii()
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| said(level, tag, message))
}

fn said<'a>(level: Level, tag: &'a str, message: &'a str) -> Fields<'a> {
    Fields {
        level: Some(level),
        component: Some(tag.trim_ascii())
            .filter(|tag| !tag.is_empty())
            .map(Cow::Borrowed),
        message: Cow::Borrowed(message.trim()),
        ..Fields::default()
    }
}

fn priority(letter: u8) -> Option<Level> {
    Some(match letter {
        b'V' => Level::Trace,
        b'D' => Level::Debug,
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' | b'A' => Level::Fatal,
        _ => return None,
    })
}

/// A number after spaces, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix(' ')?.trim_start_matches(' ');
    let end = text.bytes().position(|byte| !byte.is_ascii_digit())?;
    (end > 0).then(|| text.split_at(end))
}
