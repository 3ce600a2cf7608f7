//! Whether a phrase stands in a text as words of its own: not in a path, a flag or an identifier.

use std::ops::Range;

/// Endings of the names of exceptions.
const EXCEPTION_ENDINGS: [&str; 5] = ["Error", "Exception", "Failure", "Fault", "Timeout"];

/// Whether what was found at `range` counts as said, not as a part of some name.
pub(super) fn is_said(text: &str, range: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let phrase = &bytes[range.clone()];
    let before = range.start.checked_sub(1).map(|at| bytes[at]);
    let after = bytes.get(range.end).copied();
    let begins_with_letter = phrase.first().is_some_and(u8::is_ascii_alphanumeric);
    let ends_with_letter = phrase.last().is_some_and(u8::is_ascii_alphanumeric);
    if phrase.iter().any(|byte| matches!(byte, b' ' | b':')) {
        // Several words, or a word with its punctuation: only the first could belong to a name.
        return !(begins_with_letter && before.is_some_and(joins));
    }
    let word = word_around(bytes, range.clone());
    if word != range {
        return begins_with_letter
            && is_exception(&text[word.clone()])
            && !is_located(bytes, &word);
    }
    let camel =
        phrase[1..].iter().any(u8::is_ascii_uppercase) && phrase.iter().any(u8::is_ascii_lowercase);
    let joined_before = begins_with_letter
        && before.is_some_and(|byte| if camel { byte == b'/' } else { joins(byte) });
    let joined_after = ends_with_letter && joins_after(bytes, range.end, after);
    !joined_before && !joined_after
}

/// Whether what begins at `start` begins in the middle of a word.
pub(super) fn begins_within(text: &str, start: usize) -> bool {
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    letter(bytes.get(start)) && letter(start.checked_sub(1).and_then(|at| bytes.get(at)))
}

/// Whether a word is the name of an exception: `IOException`, `TypeError`.
pub(super) fn is_exception(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase())
        && EXCEPTION_ENDINGS
            .iter()
            .any(|ending| word.ends_with(ending))
}

/// Bytes that make what follows a part of a name.
fn joins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'\\' | b'_' | b'-' | b'.' | b'@')
}

/// `error.log`, `error_code`, `fail-fast`, `error/`, `error(`; but `error.` and `error(s)`.
fn joins_after(bytes: &[u8], end: usize, after: Option<u8>) -> bool {
    let next = bytes.get(end + 1).copied();
    match after {
        Some(b'/' | b'\\' | b'_') => true,
        Some(b'.' | b'-') => next.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(b'(') => {
            next.is_some_and(|byte| byte.is_ascii_alphanumeric())
                && !bytes[end..].starts_with(b"(s)")
        }
        _ => false,
    }
}

/// Whether a name goes on after the word, or is part of a path: `IOException.java`, `x/IOException`.
fn is_located(bytes: &[u8], word: &Range<usize>) -> bool {
    let before = word.start.checked_sub(1).map(|at| bytes[at]);
    matches!(before, Some(b'/' | b'\\' | b'_' | b'-'))
        || joins_after(bytes, word.end, bytes.get(word.end).copied())
}

fn word_around(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let letters = |bytes: &mut dyn Iterator<Item = &u8>| {
        bytes
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count()
    };
    let before = letters(&mut bytes[..range.start].iter().rev());
    let after = letters(&mut bytes[range.end..].iter());
    range.start - before..range.end + after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_parts_of_names() {
        for (text, phrase, expect) in [
            ("an error occurred", "error", true),
            ("error", "error", true),
            ("level=error msg", "error", true),
            ("{\"error\":\"x\"}", "error", true),
            ("Error(s) during compilation", "Error", true),
            ("it is an error.", "error", true),
            ("rm /var/log/error.log", "error", false),
            ("error.log", "error", false),
            ("src/error/mod.rs", "error", false),
            ("on_error", "error", false),
            ("--fail-fast", "fail", false),
            ("origin/partial-on-error -> x", "error", false),
            ("golang.org/x/xerrors", "errors", false),
            ("Running org.acme.error.ShouldFail", "error", false),
            ("Running org.acme.ErrorMessageTest", "Error", false),
            ("java.io.IOException: x", "Exception", true),
            (
                "java.lang.NullPointerException",
                "NullPointerException",
                true,
            ),
            ("cause=SocketTimeoutException", "Timeout", true),
            ("ProvisionException.java updated", "Exception", false),
            ("connection refused by host", "connection refused", true),
            ("on-connection refused", "connection refused", false),
            ("@Test(timeout = 3)", "timeout", true),
            ("getError(x)", "Error", false),
        ] {
            let start = text.find(phrase).unwrap();
            assert_eq!(is_said(text, start..start + phrase.len()), expect, "{text}");
        }
    }
}
