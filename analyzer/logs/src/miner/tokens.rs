//! A masked text as words and what stands between them.

/// A word and the separators in front of it. The last token of a text may have an empty word:
/// the separators at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) before: &'a str,
    pub(super) word: &'a str,
}

/// Whether a byte stands between words. `<` and `>` do not: they are part of variables.
fn separates(byte: u8) -> bool {
    byte <= b' '
        || matches!(
            byte,
            b'=' | b','
                | b';'
                | b':'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'"'
                | b'\''
                | b'|'
                | b'`'
        )
}

/// The tokens of a text. Joined they are the text again. A full stop, `!` or `?` at the end
/// of a word belongs to what follows, and so do dots in a row (`size......0`).
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let start = at;
        while at < bytes.len() && (separates(bytes[at]) || is_stop(bytes, at)) {
            at += 1;
        }
        let word = at;
        while at < bytes.len() && !separates(bytes[at]) && !is_stop(bytes, at) {
            at += 1;
        }
        Some(Token {
            before: &text[start..word],
            word: &text[word..at],
        })
    })
}

/// A mark which ends a sentence: behind it the word ends too; or dots in a row.
fn is_stop(bytes: &[u8], at: usize) -> bool {
    let mut end = at;
    while end < bytes.len() && matches!(bytes[end], b'.' | b'!' | b'?') {
        end += 1;
    }
    let leader = bytes[at] == b'.'
        && (bytes.get(at + 1) == Some(&b'.') || (at > 0 && bytes[at - 1] == b'.'));
    leader || end > at && bytes.get(end).is_none_or(|byte| separates(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_separators() {
        for (text, words) in [
            (
                "user=<*>, host a.b failed.",
                vec!["user", "<*>", "host", "a.b", "failed", ""],
            ),
            ("<*>: x", vec!["<*>", "x"]),
            ("f() [ok]", vec!["f", "ok", ""]),
            ("...", vec![""]),
            ("wait ... done", vec!["wait", "done"]),
            ("size....<*> a.b", vec!["size", "<*>", "a.b"]),
            ("", vec![]),
        ] {
            let all: Vec<_> = tokens(text).collect();
            assert_eq!(
                all.iter().map(|t| t.word).collect::<Vec<_>>(),
                words,
                "{text}"
            );
            let joined: String = all.iter().flat_map(|t| [t.before, t.word]).collect();
            assert_eq!(joined, text);
        }
    }
}
