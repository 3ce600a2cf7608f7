//! A masked text in the form in which the miner compares it.

use super::tokens::{Token, tokens};
use super::vocabulary;
use crate::mask::VARIABLE;

/// One place of a text: what stands in front of it, the word by which texts are compared, and
/// what the template shows as long as all of its texts agree on that.
///
/// What belongs to a variable is compared as one `<*>`: its unit (`<*> KB`), a list of them,
/// empty brackets where others are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    pub(super) before: &'a str,
    pub(super) word: &'a str,
    pub(super) shown: &'a str,
}

/// Tokens of `<*> bytes (<*> KB`, the longest form of a quantity.
const IN_PARENTHESES: usize = 4;

/// Words of a quoted value that are taken for one.
const MAX_QUOTED_WORDS: usize = 3;

/// The cells of a masked text.
pub(super) fn cells(text: &str) -> Vec<Cell<'_>> {
    let mut all: Vec<(usize, Token<'_>)> = Vec::with_capacity(32);
    let mut at = 0;
    for token in tokens(text) {
        all.push((at + token.before.len(), token));
        at += token.before.len() + token.word.len();
    }
    let mut cells: Vec<Cell<'_>> = Vec::with_capacity(all.len() + 2);
    let (mut next, mut read) = (0, 0);
    while next < all.len() {
        let (start, token) = all[next];
        let mut before = &text[read..start];
        if let Some(open) = empty_brackets(before) {
            cells.push(Cell {
                before: &before[..open],
                word: VARIABLE,
                shown: "",
            });
            before = &before[open..];
        }
        let left = cells.last().map_or("", |cell| cell.word);
        let rest = &all[next..];
        let after = rest.get(1).map_or("", |(_, token)| token.before);
        let mut closing = 0;
        let (taken, word, shown) = if token.word == VARIABLE {
            let taken = quantity(rest);
            closing = usize::from(taken == IN_PARENTHESES);
            let taken = list(rest, taken);
            let end = end_of(rest[taken - 1]) + closing;
            (taken, VARIABLE, &text[start..end])
        } else if let Some(taken) = series(rest)
            && taken < all.len()
        {
            (taken, VARIABLE, VARIABLE)
        } else if let Some(taken) = quoted(rest) {
            let value = &text[start..end_of(rest[taken - 1])];
            let known = vocabulary::is_identity(left);
            (
                taken,
                if known { VARIABLE } else { value },
                if known { VARIABLE } else { value },
            )
        } else if is_value(token.word, before, left, after)
            || is_user(token.word, before, &cells, after)
        {
            (1, VARIABLE, VARIABLE)
        } else {
            (1, token.word, token.word)
        };
        cells.push(Cell {
            before,
            word,
            shown,
        });
        read = end_of(rest[taken - 1]) + closing;
        next += taken;
    }
    cells
}

/// Where a token that starts there ends.
fn end_of((start, token): (usize, Token<'_>)) -> usize {
    start + token.word.len()
}

/// Index behind the opening bracket of an empty pair which stands alone: ` () `, `=[]`.
fn empty_brackets(before: &str) -> Option<usize> {
    let open = ["()", "[]", "{}"]
        .iter()
        .find_map(|pair| before.find(pair))?;
    (open > 0).then_some(open + 1)
}

/// A variable and its unit, also with the same in parentheses: `<*> bytes (<*> KB)`.
fn quantity(rest: &[(usize, Token<'_>)]) -> usize {
    let unit = |at: usize| {
        rest.get(at)
            .is_some_and(|(_, token)| token.before == " " && vocabulary::is_unit(token.word))
    };
    if !unit(1) {
        return 1;
    }
    let again = rest
        .get(2)
        .is_some_and(|(_, token)| token.before == " (" && token.word == VARIABLE)
        && unit(3)
        && rest
            .get(4)
            .is_none_or(|(_, token)| token.before.starts_with(')'));
    if again { IN_PARENTHESES } else { 2 }
}

/// The variables that follow with always the same separator.
fn list(rest: &[(usize, Token<'_>)], from: usize) -> usize {
    let Some((_, first)) = rest.get(from) else {
        return from;
    };
    let separator = first.before;
    if !matches!(separator, " " | "," | ", " | ";" | "; " | "|" | ":") {
        return from;
    }
    from + rest[from..]
        .iter()
        .take_while(|(_, token)| token.before == separator && token.word == VARIABLE)
        .count()
}

/// Words which count up, like `disk1 disk2 disk3`, as one; how many.
fn series(rest: &[(usize, Token<'_>)]) -> Option<usize> {
    let letters = |token: &Token<'_>| {
        token
            .word
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .len()
    };
    let (_, first) = rest[0];
    let stem = &first.word[..letters(&first)];
    if stem.is_empty() || stem.len() == first.word.len() {
        return None;
    }
    let more = rest[1..]
        .iter()
        .take_while(|(_, token)| {
            token.before == " "
                && token.word.starts_with(stem)
                && letters(token) == stem.len()
                && token.word.len() > stem.len()
        })
        .count();
    (more > 0).then_some(more + 1)
}

/// A quoted value of a key, of a few words, as one.
fn quoted(rest: &[(usize, Token<'_>)]) -> Option<usize> {
    let (_, first) = rest[0];
    if !first.before.ends_with(['"', '\'']) || !vocabulary::is_keyed(first.before) {
        return None;
    }
    let quote = &first.before[first.before.len() - 1..];
    let closing = rest
        .iter()
        .skip(1)
        .take(MAX_QUOTED_WORDS)
        .position(|(_, token)| token.before.contains(quote))?;
    (closing > 0).then_some(closing + 1)
}

/// Whether a word is a value wherever it stands like this.
fn is_value(word: &str, before: &str, left: &str, after: &str) -> bool {
    if vocabulary::is_boolean(word) {
        return true;
    }
    let before = before.trim_end_matches([' ', '"', '\'']);
    if !left.is_empty() && vocabulary::is_package(word) {
        return true;
    }
    let keyed = vocabulary::is_keyed(before);
    if vocabulary::is_null(word) {
        return keyed || before.ends_with([':', '|', ',', '(', '[']);
    }
    if vocabulary::is_account(word) {
        return keyed
            || (before.ends_with('(') && after.starts_with(')'))
            || matches!(left, "user" | "for" | "from" | "by" | "to");
    }
    keyed
        && word.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && vocabulary::is_identity(left)
        && !after.starts_with(['(', '{'])
        && vocabulary::look(word) != vocabulary::Look::Meaning
}

/// Whether a word is the name in `for user alice`, `invalid user bob`.
fn is_user(word: &str, before: &str, cells: &[Cell<'_>], after: &str) -> bool {
    let [.., first, second] = cells else {
        return false;
    };
    before == " "
        && second.word == "user"
        && matches!(first.word, "for" | "by" | "of" | "invalid")
        && vocabulary::look(word) != vocabulary::Look::Meaning
        && !after.starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compared_as() {
        for (text, compared, shown) in [
            (
                "read <*> KB from a",
                "read <*> from a",
                "read <*> KB from a",
            ),
            (
                "sent <*> bytes (<*> KB) now",
                "sent <*> now",
                "sent <*> bytes (<*> KB) now",
            ),
            ("at (<*> s)", "at (<*>)", "at (<*> s)"),
            ("from <*> () at", "from <*> (<*>) at", "from <*> () at"),
            ("init() ok", "init() ok", "init() ok"),
            ("irqs <*> <*> <*>, x", "irqs <*>, x", "irqs <*> <*> <*>, x"),
            (
                "ready=true mode: null",
                "ready=<*> mode: <*>",
                "ready=<*> mode: <*>",
            ),
            ("tag=\"a b\" x", "tag=\"<*>\" x", "tag=\"<*>\" x"),
            (
                "session for user root by x",
                "session for user <*> by x",
                "session for user <*> by x",
            ),
            (
                "opened for user bob",
                "opened for user <*>",
                "opened for user <*>",
            ),
            (
                "(root) CMD (root:x)",
                "(<*>) CMD (root:x)",
                "(<*>) CMD (root:x)",
            ),
            ("root cause", "root cause", "root cause"),
            ("use disk1 disk2", "use <*>", "use <*>"),
            ("disk1 disk2", "disk1 disk2", "disk1 disk2"),
            ("label=/ x", "label=/ x", "label=/ x"),
            (
                "{\"user\": \"bob\", \"ok\":true}",
                "{\"user\": \"<*>\", \"ok\":<*>}",
                "{\"user\": \"<*>\", \"ok\":<*>}",
            ),
            (
                "host=failed name=bob",
                "host=failed name=<*>",
                "host=failed name=<*>",
            ),
        ] {
            let cells = cells(text);
            let join = |pick: fn(&Cell<'_>) -> String| cells.iter().map(pick).collect::<String>();
            assert_eq!(
                join(|cell| format!("{}{}", cell.before, cell.word)),
                compared,
                "{text}"
            );
            assert_eq!(
                join(|cell| format!("{}{}", cell.before, cell.shown)),
                shown,
                "{text}"
            );
        }
    }
}
