//! Which values are no secrets: empty or masked ones, references to where a secret is, words that speak about one.

use crate::bytes::{alnum, at, blank, newline, run_end, short_run_end};

/// Longer values than this, in bytes, are taken as they are: none of these words, names or marks is so long.
const MAX_JUDGED_BYTES: usize = 128;

/// The longest of the words below, in bytes, with signs behind it.
const MAX_WORD_BYTES: usize = 24;

/// Words that stand where a value would in messages, help texts, types and settings. Sorted, in small letters.
const WORDS: &[&str] = &[
    "a",
    "absent",
    "accepted",
    "already",
    "an",
    "and",
    "any",
    "are",
    "argument",
    "array",
    "as",
    "at",
    "authentication",
    "available",
    "be",
    "been",
    "blank",
    "bool",
    "boolean",
    "by",
    "bytes",
    "can",
    "can't",
    "cannot",
    "changed",
    "char",
    "configured",
    "could",
    "created",
    "default",
    "defaults",
    "denied",
    "deprecated",
    "did",
    "disabled",
    "does",
    "empty",
    "enabled",
    "eof",
    "error",
    "expected",
    "expired",
    "expires",
    "failed",
    "failure",
    "false",
    "field",
    "file",
    "flag",
    "for",
    "found",
    "from",
    "generated",
    "got",
    "has",
    "have",
    "hidden",
    "if",
    "in",
    "incorrect",
    "instead",
    "int",
    "integer",
    "invalid",
    "is",
    "it",
    "length",
    "long",
    "masked",
    "match",
    "mismatch",
    "missing",
    "must",
    "n/a",
    "na",
    "need",
    "needs",
    "never",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "number",
    "object",
    "of",
    "off",
    "ok",
    "on",
    "only",
    "option",
    "optional",
    "or",
    "password",
    "please",
    "present",
    "prompt",
    "provided",
    "redacted",
    "rejected",
    "required",
    "reset",
    "revoked",
    "secret",
    "set",
    "should",
    "str",
    "string",
    "success",
    "text",
    "that",
    "the",
    "this",
    "to",
    "token",
    "true",
    "type",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "updated",
    "use",
    "using",
    "valid",
    "value",
    "varchar",
    "via",
    "was",
    "were",
    "when",
    "will",
    "with",
    "without",
    "wrong",
    "yes",
    "you",
    "your",
];

/// Whether a value hides nothing.
pub(crate) fn means_nothing(value: &[u8]) -> bool {
    if value.len() > MAX_JUDGED_BYTES {
        return false;
    }
    masked(value) || reference(value) || is_word(value)
}

/// Whether a value of several words speaks about a secret: its first word is one of messages.
pub(crate) fn is_sentence(value: &[u8]) -> bool {
    let word = short_run_end(value, 0, MAX_WORD_BYTES + 1, |b| !blank(b));
    word < value.len() && is_word(&value[..word])
}

/// Empty, or of nothing but the signs that stand for hidden characters.
fn masked(value: &[u8]) -> bool {
    let sign = |b: &u8| {
        matches!(
            b,
            b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'?' | b'#' | b' ' | 0x80..
        )
    };
    let letters = value.iter().all(|b| matches!(b, b'x' | b'X'));
    value.iter().all(sign) && (!letters || value.len() > 2 || value.is_empty())
}

/// `${NAME}`, `$NAME`, `{{ name }}`, `<name>`, `%s`, `[FILTERED]`: filled in or hidden elsewhere.
fn reference(value: &[u8]) -> bool {
    match value {
        [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] | [b'%', b'{' | b'(', ..] => true,
        [b'#', b'{', ..] | [b'%', b's' | b'v' | b'd'] => true,
        [b'<', .., b'>'] | [b'[', .., b']'] | [b'(', .., b')'] | [b'{', .., b'}'] => true,
        [b'$', name @ ..] | [b'%', name @ .., b'%'] => {
            !name.is_empty()
                && name
                    .iter()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        }
        _ => {
            value.starts_with(b"!Ref")
                || value.starts_with(b"!vault")
                || value.starts_with(b"process.env")
        }
    }
}

fn is_word(value: &[u8]) -> bool {
    let mut value = value.trim_ascii();
    while let [head @ .., b'.' | b'!' | b':' | b','] = value {
        value = head;
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    text.len() <= MAX_WORD_BYTES
        && WORDS
            .binary_search(&text.to_ascii_lowercase().as_str())
            .is_ok()
}

/// Whether what follows a value shows that it was a value: the line's end, a separator, or the next name with its value.
pub(crate) fn ends(text: &[u8], end: usize) -> bool {
    /// The longest name that is looked for, in bytes.
    const MAX_NEXT_NAME: usize = 64;
    let next = at(text, end);
    if newline(next)
        || matches!(
            next,
            b',' | b';' | b'}' | b']' | b')' | b'|' | b'"' | b'\'' | b'&' | b'\\' | b'<' | b'`'
        )
    {
        return true;
    }
    let word = short_run_end(text, end, MAX_JUDGED_BYTES, blank);
    if newline(at(text, word)) {
        return true;
    }
    let name = run_end(&text[..text.len().min(word + MAX_NEXT_NAME)], word, |b| {
        alnum(b) || matches!(b, b'_' | b'-' | b'.')
    });
    name > word && matches!(at(text, name), b'=' | b':')
        || matches!(at(text, word), b'-' | b'|' | b'#' | b'}' | b'&')
}

/// Whether a value has more than small or capital letters: a digit or a sign beside letters.
pub(crate) fn looks_chosen(value: &[u8]) -> bool {
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let others = value.iter().any(|b| {
        b.is_ascii_digit()
            || matches!(
                b,
                b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'~' | b'+'
            )
    });
    letters && others
}

/// Whether a value is a name as resources have them: words in small letters, joined by `-`, `/` or `.`, perhaps with
/// short numbers or generated endings.
pub(crate) fn is_resource_name(value: &[u8]) -> bool {
    /// The longest part of a name that is not letters alone, in bytes (`5d4f8c7b9` of a replica set).
    const MAX_ENDING: usize = 10;
    let joined = value.iter().any(|b| matches!(b, b'-' | b'/'));
    let small = value.iter().all(|b| {
        b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'/' | b'.' | b'_')
    });
    let mut parts = value.split(|b| matches!(b, b'-' | b'/' | b'.' | b'_'));
    let first = parts.next().unwrap_or_default();
    let word = |part: &[u8]| part.iter().all(u8::is_ascii_lowercase);
    joined
        && small
        && first.len() >= 2
        && word(first)
        && parts.all(|part| word(part) || part.len() <= MAX_ENDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted() {
        assert!(
            WORDS.is_sorted(),
            "{:?}",
            WORDS.windows(2).find(|w| w[0] > w[1])
        );
    }

    #[test]
    fn values_that_hide_nothing() {
        for value in [
            "",
            "***",
            "********",
            "xxxx",
            "....",
            "null",
            "None",
            "TRUE",
            "${DB}",
            "$(cat x)",
            "$DB_PASS",
            "<pw>",
            "[FILTERED]",
            "{{ .Values.x }}",
            "%s",
            "%PW%",
            "required",
            "invalid.",
            "••••",
        ] {
            assert!(means_nothing(value.as_bytes()), "{value}");
        }
        for value in [
            "x", "hunter2", "$ecret", "a*b", "12345", "letmein", "nullable", "<b",
        ] {
            assert!(!means_nothing(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn names_of_resources() {
        for name in [
            "my-tls-secret",
            "default/db",
            "kube-system/token-5d4f8",
            "web-7c5ddbdf54-x2x1z",
        ] {
            assert!(is_resource_name(name.as_bytes()), "{name}");
        }
        for value in [
            "hunter2",
            "550e8400-e29b-41d4-a716-446655440000",
            "Abc-def",
            "letmein",
        ] {
            assert!(!is_resource_name(value.as_bytes()), "{value}");
        }
    }
}
