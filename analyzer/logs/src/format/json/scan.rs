//! The members of a JSON object, without building it.
//!
//! Only as strict as finding them needs: a line that was cut off is read as far as it goes.

use crate::message::closing_quote;

/// A value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// Between the quotes, escapes as written.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Bare(&'a str),
    /// An object or a list, with its brackets.
    Nested(&'a str),
}

/// Members of the object that `text` is; ends at what is no JSON.
pub(super) struct Members<'a> {
    rest: &'a str,
    /// The closing brace was found at the end, or the text ended within the object.
    pub(super) sound: bool,
}

impl<'a> Members<'a> {
    /// `None`: this is no object.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        let rest = text.trim_ascii().strip_prefix('{')?.trim_ascii_start();
        rest.starts_with(['"', '}'])
            .then_some(Self { rest, sound: true })
    }

    fn broken(&mut self) -> Option<(&'a str, Value<'a>)> {
        self.sound = false;
        self.rest = "";
        None
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix('}') {
            self.sound = after.trim_ascii().is_empty();
            self.rest = "";
            return None;
        }
        let Some(quoted) = rest.strip_prefix('"') else {
            return self.broken();
        };
        let end = closing_quote(quoted);
        let key = &quoted[..end];
        let Some(after) = quoted.get(end + 1..) else {
            // Cut off within a key.
            self.rest = "";
            return None;
        };
        let Some(after) = after.trim_ascii_start().strip_prefix(':') else {
            return if after.trim_ascii().is_empty() {
                None
            } else {
                self.broken()
            };
        };
        let after = after.trim_ascii_start();
        let (value, length) = match after.as_bytes().first() {
            Some(b'"') => {
                let end = closing_quote(&after[1..]);
                (Value::Text(&after[1..1 + end]), (end + 2).min(after.len()))
            }
            Some(b'{' | b'[') => {
                let end = nested(after.as_bytes());
                (Value::Nested(&after[..end]), end)
            }
            Some(_) => {
                let end = after
                    .bytes()
                    .position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'))
                    .unwrap_or(after.len());
                if !is_bare(&after[..end]) {
                    return self.broken();
                }
                (Value::Bare(&after[..end]), end)
            }
            None => {
                self.rest = "";
                return None;
            }
        };
        let rest = after[length..].trim_ascii_start();
        self.rest = match rest.as_bytes().first() {
            Some(b',') => &rest[1..],
            Some(b'}') | None => rest,
            _ => return self.broken(),
        };
        Some((key, value))
    }
}

/// A number or one of the words of JSON.
fn is_bare(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
        || (!text.is_empty()
            && text.bytes().all(|byte| {
                byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
            }))
}

/// Length of the object or list that `bytes` begin with.
fn nested(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b'"' => {
                at += 1;
                loop {
                    match memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
                        Some(found) if bytes[at + found] == b'"' => {
                            at += found;
                            break;
                        }
                        Some(found) => at += found + 2,
                        None => return bytes.len(),
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Option<(Vec<(&str, Value<'_>)>, bool)> {
        let mut members = Members::new(text)?;
        let all = members.by_ref().collect();
        Some((all, members.sound))
    }

    #[test]
    fn members_of_objects() {
        let text = r#" {"a": "x\"y", "b":-1.5e3,"c":{"d":["}"]},"e" : null } "#;
        let expect = vec![
            ("a", Value::Text(r#"x\"y"#)),
            ("b", Value::Bare("-1.5e3")),
            ("c", Value::Nested(r#"{"d":["}"]}"#)),
            ("e", Value::Bare("null")),
        ];
        assert_eq!(members(text), Some((expect, true)));
        assert_eq!(members("{}"), Some((vec![], true)));
        for cut in [
            r#"{"a"#,
            r#"{"a""#,
            r#"{"a":"#,
            r#"{"a":"b"#,
            r#"{"a":{"b":"c\"#,
            r#"{"a":"b","#,
        ] {
            assert!(members(cut).is_some_and(|(_, sound)| sound), "{cut}");
        }
        for broken in [
            r#"{"a" b}"#,
            r#"{"a":b}"#,
            r#"{"a":"b" "c"}"#,
            r#"{"a":1} x"#,
        ] {
            assert!(members(broken).is_some_and(|(_, sound)| !sound), "{broken}");
        }
        for other in ["", "{", "{not json", "[1]", "{ x"] {
            assert_eq!(members(other), None, "{other}");
        }
    }
}
