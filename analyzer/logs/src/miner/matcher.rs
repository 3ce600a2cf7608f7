//! Which of many templates a masked text is an instance of.

use std::collections::HashMap;

use super::tokens::tokens;
use super::vocabulary;
use crate::mask::VARIABLE;

/// Comparisons for one template and one text; who needs more does not match.
const MAX_STEPS: usize = 500;

/// Templates by text, to find the one that a masked text is an instance of: equal but for the
/// template's variables.
///
/// A variable of the template stands for one word of the text, or for several which are
/// variables themselves (`<*> KB`, `<*>, <*>`): `user <*>` does not match `user is unknown`.
/// Few templates are compared with a text: those whose rarest word is in it.
#[derive(Debug, Default)]
pub struct TemplateMatcher {
    templates: Vec<Parts>,
    exact: HashMap<Box<str>, u32>,
    by_word: HashMap<Box<str>, Vec<u32>>,
    /// Those without a constant word.
    wordless: Vec<u32>,
}

/// A template as the constant parts between its variables; the first and last may be empty.
#[derive(Debug)]
struct Parts {
    parts: Vec<Box<str>>,
    constant_bytes: usize,
}

impl TemplateMatcher {
    /// A matcher for these templates. Of equal ones the first counts.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        let mut seen: HashMap<&str, u32> = HashMap::new();
        for word in texts.iter().flat_map(|text| words(text)) {
            *seen.entry(word).or_default() += 1;
        }
        let mut matcher = Self::default();
        for (index, text) in texts.iter().enumerate() {
            let index = index as u32;
            let parts: Vec<Box<str>> = text.split(VARIABLE).map(Box::from).collect();
            if parts.len() > 1 {
                let rarest = words(text).min_by_key(|word| (seen[word], usize::MAX - word.len()));
                match rarest {
                    Some(word) => matcher.by_word.entry(word.into()).or_default().push(index),
                    None => matcher.wordless.push(index),
                }
            }
            matcher.exact.entry((*text).into()).or_insert(index);
            matcher.templates.push(Parts {
                constant_bytes: parts.iter().map(|part| part.len()).sum(),
                parts,
            });
        }
        matcher
    }

    /// How many templates there are.
    pub fn len(&self) -> usize {
        self.templates.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// Index of the template that `masked` is an instance of, in the order of [`Self::new`]:
    /// the equal one, else the one with most constant text, else the first.
    pub fn find(&self, masked: &str) -> Option<usize> {
        if let Some(index) = self.exact.get(masked) {
            return Some(*index as usize);
        }
        let mut best: Option<(usize, u32)> = None;
        let listed = words(masked)
            .filter_map(|word| self.by_word.get(word))
            .flatten();
        for &index in listed.chain(&self.wordless) {
            let template = &self.templates[index as usize];
            let better = best.is_none_or(|(bytes, known)| {
                template.constant_bytes > bytes
                    || (template.constant_bytes == bytes && index < known)
            });
            if better && template.matches(masked) {
                best = Some((template.constant_bytes, index));
            }
        }
        best.map(|(_, index)| index as usize)
    }
}

/// Words of a text without a variable in them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    tokens(text)
        .map(|token| token.word)
        .filter(|word| !word.is_empty() && !word.contains(VARIABLE))
}

impl Parts {
    fn matches(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(&*self.parts[0]) else {
            return false;
        };
        follows(rest, &self.parts[1..], &mut 0)
    }
}

/// Whether `text` is: a value, the first part, a value, the next part, and so on.
fn follows(text: &str, parts: &[Box<str>], steps: &mut usize) -> bool {
    let Some((part, more)) = parts.split_first() else {
        return text.is_empty();
    };
    if more.is_empty() {
        return text.strip_suffix(&**part).is_some_and(is_value);
    }
    let mut from = 0;
    while let Some(found) = text[from..].find(&**part) {
        *steps += 1;
        let value = &text[..from + found];
        if *steps > MAX_STEPS || !could_be_value(value) {
            return false;
        }
        let rest = &text[from + found + part.len()..];
        if is_value(value) && follows(rest, more, steps) {
            return true;
        }
        let Some(next) = text[from + found..].chars().next() else {
            return false;
        };
        from += found + next.len_utf8();
    }
    false
}

/// Whether a variable of a template can stand for `value`.
fn is_value(value: &str) -> bool {
    !value.starts_with(' ') && !value.ends_with(' ') && could_be_value(value)
}

/// Whether `value` is a value or the beginning of one.
fn could_be_value(value: &str) -> bool {
    !value.trim().contains(' ')
        || value
            .split(' ')
            .filter(|word| !word.is_empty())
            .all(|word| word.contains(VARIABLE) || vocabulary::is_unit(word.trim_end_matches(')')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found() {
        let matcher = TemplateMatcher::new([
            "user <*> logged in",
            "user <*> logged <*>",
            "read <*> from disk",
            "<*>: <*>",
            "plain text",
            "peers (<*>) left",
            "user <*>",
        ]);
        assert_eq!(matcher.len(), 7);
        for (masked, expected) in [
            ("user alice logged in", Some(0)),
            ("user <*> logged in", Some(0)),
            ("user alice logged out", Some(1)),
            ("read <*> KB from disk", Some(2)),
            ("read <*> from disk", Some(2)),
            ("read all of it from disk", None),
            ("a: b", Some(3)),
            ("plain text", Some(4)),
            ("plain texts", None),
            ("peers () left", Some(5)),
            ("peers (<*>, <*>) left", Some(5)),
            ("user bob", Some(6)),
            ("user is unknown", None),
            ("", None),
        ] {
            assert_eq!(matcher.find(masked), expected, "{masked}");
        }
        assert!(TemplateMatcher::default().is_empty());
    }

    #[test]
    fn bounded() {
        let template = "<*> ".repeat(30) + "end";
        let matcher = TemplateMatcher::new([template.as_str()]);
        assert_eq!(matcher.find(&("<*> ".repeat(60) + "stop")), None);
    }
}
