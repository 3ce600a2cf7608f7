//! The logger and the message after a level.

/// Brackets between the level and the message (process, thread, logger, request).
const MAX_BRACKETS: usize = 4;

/// Bytes in which a bracket must close.
const MAX_BRACKET_BYTES: usize = 512;

/// `logger: message`, `logger - message`, `[thread] logger : message`, `7 --- [thread] logger : message`,
/// `logger [req-…] message`, `[thread:Class@12] - message`: the logger, and the message.
///
/// A bracket is cut off only if it says who speaks: `[main]`, a request's id, or one before a logger
/// or a dash; any other one belongs to the message.
#[inline]
pub(in crate::format) fn component_and_message(text: &str) -> (Option<&str>, &str) {
    let mut rest = separated(text);
    let (_, behind) = brackets(rest);
    if let Some(after) = after_process(behind) {
        rest = after;
    }
    let (brackets, after) = brackets(rest);
    if let (Some(name), message) = named(after) {
        return (Some(name), message.trim_ascii());
    }
    if after.len() == rest.len() {
        return (None, rest.trim());
    }
    let dashed = after
        .strip_prefix("- ")
        .or_else(|| after.strip_prefix(": "));
    let last = &brackets[1..brackets.trim_ascii_end().len().max(2) - 1];
    if let Some(message) = dashed {
        return (of_position(last), message.trim());
    }
    // Without a dash only the brackets that name someone are no part of the message.
    let (component, rest) = without_speakers(rest);
    match (component, named(rest)) {
        (None, (name, message)) => (name, message.trim()),
        (component, _) => (component, rest.trim()),
    }
}

/// The same after a level that a name stands before: the logger, unless one follows behind a dash.
pub(super) fn after_name<'a>(name: &'a str, text: &'a str) -> (Option<&'a str>, &'a str) {
    let (_, rest) = without_speakers(separated(text));
    let word = rest.find(' ').map_or("", |end| &rest[..end]);
    match rest[word.len()..].trim_ascii_start().strip_prefix("- ") {
        Some(message) if is_name(word) => (Some(of_line(word)), message.trim()),
        _ => (Some(name), rest.trim()),
    }
}

/// The last name in the brackets that say who speaks, and what comes after those.
fn without_speakers(text: &str) -> (Option<&str>, &str) {
    let mut rest = text;
    let mut component = None;
    while let Some(inside) = rest
        .strip_prefix('[')
        .and_then(|_| Some(&rest[1..closing(rest.as_bytes())?]))
    {
        let speaks = inside.is_empty() || is_name(inside) || is_request(inside);
        if !speaks {
            break;
        }
        if is_name(inside) {
            component = Some(inside);
        }
        rest = separated(&rest[inside.len() + 2..]);
    }
    (component, rest)
}

/// What comes after Spring's process and dashes: `7 --- [thread] …`.
fn after_process(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = text[digits..].strip_prefix(" --- ")?;
    (digits > 0).then(|| after.trim_ascii_start())
}

/// Without the white space and colon after a level, and the dash after those.
fn separated(text: &str) -> &str {
    let text = text.trim_start_matches([' ', ':', '\t', '|']);
    text.strip_prefix("- ")
        .or_else(|| text.strip_prefix("-- "))
        .unwrap_or(text)
        .trim_start_matches([' ', ':', '\t'])
}

/// The brackets that `text` begins with, and what comes after them.
fn brackets(text: &str) -> (&str, &str) {
    let mut rest = text;
    for _ in 0..MAX_BRACKETS {
        let Some(close) = rest
            .strip_prefix('[')
            .and_then(|_| closing(rest.as_bytes()))
        else {
            break;
        };
        rest = rest[close + 1..].trim_ascii_start();
    }
    (&text[..text.len() - rest.len()], rest)
}

/// A process, thread or request, not a part of what is said.
fn is_request(inside: &str) -> bool {
    inside.starts_with("req-")
        || inside.starts_with("pid ")
        || inside.bytes().all(|byte| byte.is_ascii_digit())
        || crate::message::header_transaction(inside).is_some()
}

/// The name that `text` begins with, and what it says.
#[inline]
fn named(text: &str) -> (Option<&str>, &str) {
    let bytes = text.as_bytes();
    let Some(end) = bytes.iter().position(|byte| matches!(byte, b' ' | b'\t')) else {
        return match text.strip_suffix(':') {
            Some(name) if is_name(name) => (Some(of_line(name)), ""),
            _ => (None, text),
        };
    };
    let (word, after) = text.split_at(end);
    if let Some(name) = word.strip_suffix(':')
        && is_name(name)
    {
        return (Some(of_line(name)), after.trim_ascii_start());
    }
    let padded = after.len() - after.trim_ascii_start().len() > 1;
    let after = after.trim_ascii_start();
    if let Some(message) = after
        .strip_prefix("- ")
        .or_else(|| after.strip_prefix(": "))
        && is_name(word)
    {
        return (Some(of_line(word)), message.trim_ascii_start());
    }
    // `nova.compute.manager [req-…] message`.
    if after.starts_with('[') && word.contains('.') && is_name(word) {
        let (brackets, message) = brackets(after);
        if brackets.len() > 3 && is_request(brackets[1..].trim_ascii_end()) || brackets == "[-] " {
            return (Some(word), message);
        }
        return (Some(word), after);
    }
    // A column: `CBS    message`.
    if padded && word.len() > 1 && bytes[..end].iter().all(u8::is_ascii_uppercase) {
        return (Some(word), after);
    }
    (None, text)
}

/// Without the number of a line: `pool.py:12`.
fn of_line(name: &str) -> &str {
    match name.rsplit_once([':', '@']) {
        Some((file, line))
            if !file.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            file.trim_end_matches(':')
        }
        _ => name,
    }
}

/// `thread:Class@12` → `Class`; other brackets name a component only as a whole.
fn of_position(inside: &str) -> Option<&str> {
    match inside.rsplit_once('@') {
        Some((before, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => {
            before.rsplit(':').next()
        }
        _ => Some(inside).filter(|name| is_name(name)),
    }
}

/// Whether `text` could be the name of a logger, module or program.
#[inline]
pub(in crate::format) fn is_name(text: &str) -> bool {
    let mut before = 0;
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| {
            // `https://…` names nothing.
            let twice = byte == b'/' && before == b'/';
            before = byte;
            !twice
                && (byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'.' | b'_' | b':' | b'$' | b'-' | b'/' | b'#' | b'@' | b'<' | b'>'
                    ))
        })
}

/// Index of the bracket that closes the one that `bytes` begin with.
#[inline]
pub(super) fn closing(bytes: &[u8]) -> Option<usize> {
    let open = bytes[0];
    let close = match open {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        _ => b'>',
    };
    let mut depth = 0;
    for (index, byte) in bytes.iter().take(MAX_BRACKET_BYTES).enumerate() {
        if *byte == open {
            depth += 1;
        } else if *byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// tracing's spans before the target: `request{id=7}:query{table="a"}: target: message`.
#[inline]
pub(super) fn spans(text: &str) -> (Option<&str>, &str) {
    let start = text.len() - text.trim_ascii_start().len();
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        let name = bytes[at..]
            .iter()
            .position(|byte| {
                !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b' '))
            })
            .map_or(at, |length| at + length);
        if name == at || bytes.get(name) != Some(&b'{') || bytes[at..name].contains(&b' ') {
            return (None, text);
        }
        let Some(close) = closing(&bytes[name..]) else {
            return (None, text);
        };
        let after = name + close + 1;
        match (bytes.get(after), bytes.get(after + 1)) {
            (Some(b':'), Some(b' ')) => return (Some(&text[start..after]), &text[after + 2..]),
            (Some(b':'), Some(_)) => at = after + 1,
            _ => return (None, text),
        }
    }
}

/// Name of the innermost span.
pub(super) fn last_span(spans: &str) -> Option<&str> {
    let mut rest = spans;
    loop {
        let open = rest.find('{')?;
        let close = open + closing(&rest.as_bytes()[open..])?;
        match rest[close + 1..].strip_prefix(':') {
            Some(next) => rest = next,
            None => return Some(&rest[..open]),
        }
    }
}
