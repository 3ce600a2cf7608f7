//! What a line is by the way it begins and ends: a verdict, an echoed command, a line of code.

use super::knowledge::{Knowledge, Opening};
use super::number::Number;
use super::word;

/// What `text` says by its beginning, beyond marks that programs put before it.
pub(super) fn opening(knowledge: &Knowledge, text: &str) -> Option<Opening> {
    let text = text.trim_start();
    for start in [text, without_mark(text)] {
        if let Some((opening, end)) = knowledge.opening(start)
            && is_whole(start, end)
        {
            return Some(opening);
        }
    }
    exception(text).then(|| Opening::Failure(knowledge.generic()))
}

/// Whether the beginning ends where a word ends.
fn is_whole(text: &str, end: usize) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric();
    !(text[..end].ends_with(letter) && text[end..].starts_with(letter))
}

/// Leaves out a mark such as `#6 `, `[stage] ` or `web | ` before what is said.
fn without_mark(text: &str) -> &str {
    let rest = match text.as_bytes().first() {
        Some(b'#') => text[1..].trim_start_matches(|c: char| c.is_ascii_digit()),
        Some(b'[') => text.split_once(']').map_or(text, |(_, rest)| rest),
        Some(b'*' | b'!' | b'|') => &text[1..],
        _ => text,
    };
    if rest.starts_with(' ') {
        rest.trim_start()
    } else {
        text
    }
}

/// `java.io.IOException: x`, `ValueError: bad`, `Caused by` left to the phrases.
fn exception(text: &str) -> bool {
    let name = text.split([':', ' ', '\n']).next().unwrap_or_default();
    let rest = &text[name.len()..];
    let is_name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'$');
    // Alone on its line only a name with its package is an exception that was printed.
    let said = rest.starts_with(": ") || rest.starts_with(":\n") || (rest.starts_with('\n'));
    let said = said || (name.contains('.') && matches!(rest, "" | ":"));
    said && name.bytes().all(is_name)
        && word::is_exception(name.rsplit(['.', '$']).next().unwrap_or_default())
}

/// Whether a text of one line is a line of a program: the words in it are not said by one that runs.
pub(super) fn is_code(text: &str) -> bool {
    let text = text.trim();
    let last = text.as_bytes().last();
    !text.contains('\n') && matches!(last, Some(b'{' | b';' | b'}')) && !text.starts_with('{')
}

/// What the number at the end of a line counts, after a colon or equals sign: `failures in tests: 0`.
pub(super) fn last_number(text: &str) -> Number {
    let text = text.trim_end();
    let label = |end: &str| text.strip_suffix(end).map(str::trim_end);
    let counted = |rest: Option<&str>| rest.is_some_and(|rest| rest.ends_with([':', '=']));
    if counted(label("0")) {
        Number::Fine
    } else if counted(label("<*>")) {
        Number::Masked
    } else {
        Number::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings() {
        let knowledge = Knowledge::built_in();
        for (text, failure) in [
            ("error: could not open x", true),
            ("#6 ERROR: failed to copy", true),
            ("[build] error: x", true),
            ("java.io.IOException: No route", true),
            ("org.acme.BadException", true),
            ("ValueError: bad", true),
            ("NoSuchElementException", false),
            ("ErrorHandler: ready", false),
            ("errorless run", false),
            ("the error: x", false),
            ("+ echo error: x", false),
            ("error handling is on", false),
            ("", false),
        ] {
            let got = opening(knowledge, text);
            let is_failure = matches!(got, Some(Opening::Failure(_)));
            assert_eq!(is_failure, failure, "{text}: {got:?}");
        }
    }

    #[test]
    fn lines_of_programs() {
        for (text, code) in [
            ("} catch (IOException e) {", true),
            ("throw new Error();", true),
            ("{\"error\": \"x\"}", false),
            ("request failed", false),
        ] {
            assert_eq!(is_code(text), code, "{text}");
        }
    }
}
