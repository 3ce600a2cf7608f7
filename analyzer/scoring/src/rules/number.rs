//! Numbers that decide: `exit code 3`, `0 errors`, `status=503`.

use std::ops::Range;

use serde::Deserialize;

/// Bytes that may lie between a phrase and its number, quotes included.
const MAX_GAP_BYTES: usize = 4;

/// Words before a count: in "disk 1 failed" the number is a name, in "found 1 failed" it counts.
const COUNTING: [&str; 14] = [
    "and",
    "are",
    "found",
    "generated",
    "got",
    "had",
    "has",
    "have",
    "of",
    "produced",
    "reported",
    "there",
    "were",
    "with",
];

/// What a masked text has in place of a number.
const MASKED: &str = "<*>";

/// Which numbers mean a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Fails {
    /// All but zero.
    #[serde(rename = "nonzero")]
    Nonzero,
    /// 500 to 599.
    #[serde(rename = "5xx")]
    ServerError,
}

/// Where the number of a phrase stands and what it decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumberRule {
    fails: Fails,
    /// It announces how a whole ended.
    pub(super) outcome: bool,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    /// With whether a colon or equals sign must stand between.
    After {
        marked: bool,
    },
}

/// What the number beside a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// There is none.
    None,
    /// It is masked: the message must be looked at.
    Masked,
    /// It means a failure.
    Fails,
    /// It means that all is well.
    Fine,
}

impl NumberRule {
    /// Reads `# errors` or `exit code #`; with the rule comes the text to search for.
    pub(super) fn read(phrase: &str, fails: Fails, outcome: bool) -> Option<(Self, &str)> {
        let (before, after) = phrase.split_once('#')?;
        let (side, literal) = if before.is_empty() {
            (Side::Before, after.trim_start())
        } else {
            let literal = before.trim_end_matches([' ', ':', '=']);
            let marked = before[literal.len()..].contains([':', '=']);
            (Side::After { marked }, literal)
        };
        let rule = Self {
            fails,
            outcome,
            side,
        };
        (!literal.is_empty()).then_some((rule, literal))
    }

    /// The number beside a phrase found at `range`.
    pub(super) fn judge(self, text: &str, range: Range<usize>) -> Number {
        let digits = match self.side {
            Side::Before => number_before(&text[..range.start]),
            Side::After { marked } => number_after(&text[range.end..], marked),
        };
        match digits {
            None => Number::None,
            Some(MASKED) => Number::Masked,
            Some(digits) if self.fails(digits) => Number::Fails,
            Some(_) => Number::Fine,
        }
    }

    fn fails(self, digits: &str) -> bool {
        match self.fails {
            Fails::Nonzero => digits.bytes().any(|digit| matches!(digit, b'1'..=b'9')),
            Fails::ServerError => digits.len() == 3 && digits.starts_with('5'),
        }
    }
}

fn number_before(text: &str) -> Option<&str> {
    let text = text.strip_suffix([' ', '-'])?;
    let (number, rest) = if let Some(rest) = text.strip_suffix(MASKED) {
        (MASKED, rest)
    } else {
        let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
        (&text[rest.len()..], rest)
    };
    (!number.is_empty() && is_counting(rest)).then_some(number)
}

/// Whether a number after `before` counts what follows it: at the beginning, after a mark, after some words.
fn is_counting(before: &str) -> bool {
    let trimmed = before.trim_end();
    let spaced = trimmed.len() < before.len();
    let word = trimmed
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default();
    if trimmed.is_empty() {
        true
    } else if word.is_empty() {
        // "[3 errors]", "ok; 0 failed"; but "v1.2 failed", "10:00:03 error" and "/0 errors".
        spaced || trimmed.ends_with(['(', '[', '"', '\'', '='])
    } else {
        spaced
            && COUNTING
                .iter()
                .any(|counting| word.eq_ignore_ascii_case(counting))
    }
}

fn number_after(text: &str, marked: bool) -> Option<&str> {
    let is_gap = |c: char| matches!(c, ' ' | '\t' | ':' | '=' | '"' | '\'' | '(' | '-');
    let number = text.trim_start_matches(is_gap);
    let gap = &text[..text.len() - number.len()];
    if gap.is_empty() || gap.len() > MAX_GAP_BYTES || (marked && !gap.contains([':', '='])) {
        return None;
    }
    if number.starts_with(MASKED) {
        return Some(MASKED);
    }
    let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &number[..number.len() - rest.len()];
    (!digits.is_empty() && !rest.starts_with(char::is_alphanumeric)).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beside_phrases() {
        for (phrase, fails, text, expect) in [
            ("# errors", Fails::Nonzero, "0 errors", Number::Fine),
            ("# errors", Fails::Nonzero, "10 errors", Number::Fails),
            ("# errors", Fails::Nonzero, "<*> errors", Number::Masked),
            ("# errors", Fails::Nonzero, "found 2 errors", Number::Fails),
            (
                "# failed",
                Fails::Nonzero,
                "ok. 3 passed; 0 failed",
                Number::Fine,
            ),
            ("# failed", Fails::Nonzero, "disk 0 failed", Number::None),
            ("# failed", Fails::Nonzero, "disk <*> failed", Number::None),
            (
                "# failed",
                Fails::Nonzero,
                "version 1.2 failed",
                Number::None,
            ),
            ("# errors", Fails::Nonzero, "some errors", Number::None),
            ("# errors", Fails::Nonzero, "e0 errors", Number::None),
            ("# errors", Fails::Nonzero, "10:00:01 errors", Number::None),
            ("errors: #", Fails::Nonzero, "errors: 0,", Number::Fine),
            ("errors: #", Fails::Nonzero, "errors=2", Number::Fails),
            ("errors: #", Fails::Nonzero, "errors 2", Number::None),
            ("errors: #", Fails::Nonzero, "errors: 2nd", Number::None),
            (
                "exit code #",
                Fails::Nonzero,
                "exit code 137",
                Number::Fails,
            ),
            ("exit code #", Fails::Nonzero, "exit code: 0", Number::Fine),
            ("exit code #", Fails::Nonzero, "exit code -1", Number::Fails),
            ("exit code #", Fails::Nonzero, "exit code", Number::None),
            (
                "exit code #",
                Fails::Nonzero,
                "exit code <*>",
                Number::Masked,
            ),
            (
                "status #",
                Fails::ServerError,
                "status=\"503\"",
                Number::Fails,
            ),
            ("status #", Fails::ServerError, "status 404", Number::Fine),
            ("status #", Fails::ServerError, "status 5000", Number::Fine),
        ] {
            let (rule, literal) = NumberRule::read(phrase, fails, false).unwrap();
            let start = text.find(literal).unwrap();
            let got = rule.judge(text, start..start + literal.len());
            assert_eq!(got, expect, "{phrase} in {text}");
        }
        assert_eq!(NumberRule::read("errors", Fails::Nonzero, false), None);
        assert_eq!(NumberRule::read("# ", Fails::Nonzero, false), None);
    }
}
