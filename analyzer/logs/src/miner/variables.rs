//! The values of a template's variables in a message.

use crate::continuation;
use crate::mask::{CAUSE, MAX_CUT_BYTES, VARIABLE};
use crate::template::MAX_TEMPLATE_BYTES;

/// What stands in `message` for each `<*>` of a template's text, in order; `None` if the
/// message is no instance of the template. White space counts as one space.
///
/// Where a value could end at several places, it ends at the first.
pub fn variables<'m>(template: &str, message: &'m str) -> Option<Vec<&'m str>> {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    let mut values = Vec::new();
    let (head, tail) = match template.split_once(CAUSE) {
        Some((head, tail)) => (head, Some(tail)),
        None => (template, None),
    };
    // A template that was cut says nothing about the end of its message.
    let cut = template.len() + MAX_CUT_BYTES + MAX_CHARACTER_BYTES > MAX_TEMPLATE_BYTES;
    line(head, first, cut && tail.is_none(), &mut values)?;
    if let Some(tail) = tail {
        line(tail, continuation::cause(lines)?, cut, &mut values)?;
    }
    Some(values)
}

/// Longest character in UTF-8, in bytes.
const MAX_CHARACTER_BYTES: usize = 4;

fn line<'m>(template: &str, message: &'m str, cut: bool, values: &mut Vec<&'m str>) -> Option<()> {
    let message = message.trim_matches(is_blank);
    let mut parts = template.split(VARIABLE);
    let mut at = literal(message, 0, parts.next()?)?;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let start = at;
        let (end, next) = if last && part.is_empty() {
            (message.len(), message.len())
        } else {
            place(message, start, part, last && !cut)?
        };
        values.push(message[start..end].trim_matches(is_blank));
        at = next;
    }
    (cut || at == message.len()).then_some(())
}

/// Where `part` is first at or after `from`, and where it ends; with `closes` at the end of
/// the message.
fn place(message: &str, from: usize, part: &str, closes: bool) -> Option<(usize, usize)> {
    message[from..]
        .char_indices()
        .map(|(at, _)| from + at)
        .find_map(|at| {
            let end = literal(message, at, part)?;
            (!closes || end == message.len()).then_some((at, end))
        })
}

/// The end of `part` in `message`, if it is there at `at`. A space stands for any white space.
fn literal(message: &str, at: usize, part: &str) -> Option<usize> {
    let mut rest = message.get(at..)?;
    for expected in part.chars() {
        if expected == ' ' {
            let trimmed = rest.trim_start_matches(is_blank);
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
        } else {
            rest = rest.strip_prefix(expected)?;
        }
    }
    Some(message.len() - rest.len())
}

fn is_blank(c: char) -> bool {
    c <= ' ' || c == '\u{7f}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (template, message, expected) in [
            (
                "user <*> in <*>",
                "user  bob in 3 ms",
                Some(vec!["bob", "3 ms"]),
            ),
            ("<*> of <*>.", " 1 of 2.", Some(vec!["1", "2"])),
            (
                "at <*> now",
                "at Fri Jun 17 07:07:00 now",
                Some(vec!["Fri Jun 17 07:07:00"]),
            ),
            ("a=(<*>) b", "a=() b", Some(vec![""])),
            ("plain", "plain", Some(vec![])),
            ("plain", "plainer", None),
            ("user <*> in", "host x in", None),
            ("<*>", "", Some(vec![""])),
            (
                "bad ⏎ KeyError: <*>",
                "bad\n  File \"a.py\", line 1\nKeyError: 'k'",
                Some(vec!["'k'"]),
            ),
        ] {
            assert_eq!(
                variables(template, message),
                expected,
                "{template} {message}"
            );
        }
    }

    #[test]
    fn of_a_long_message() {
        let message = format!("job 7 {}", "word ".repeat(200));
        assert_eq!(variables(&crate::mask(&message), &message), Some(vec!["7"]));
    }

    #[test]
    fn of_the_masked_text() {
        for message in [
            "open /a/b: 5 of 10,000 bytes at 2026-11-24 10:00:00,5 by <7.a@b.test>",
            "took <5 s from host-12.example.com:80",
        ] {
            let template = crate::mask(message);
            let count = template.matches(VARIABLE).count();
            assert_eq!(
                variables(&template, message).map(|v| v.len()),
                Some(count),
                "{template}"
            );
        }
    }
}
