//! The template of an entry: its message without what varies.

use serde::{Deserialize, Serialize};

use crate::continuation;
use crate::mask::mask;

/// Changes whenever the same message could get another template.
pub const TEMPLATE_VERSION: u32 = 1;

/// Longest template in bytes; the rest of a longer message does not count.
pub const MAX_TEMPLATE_BYTES: usize = 512;

/// Text and id of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Template {
    /// Stable between runs: the version and a hash of the text.
    pub id: String,
    /// The message with `<*>` for each variable.
    pub text: String,
}

/// Template of a message, which may span lines.
///
/// Of a stack trace the first line and the line that names the exception count: the frames
/// between them change with every release.
pub fn template(message: &str) -> Template {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    let mut text = mask(cut(first));
    if let Some(cause) = continuation::cause(lines) {
        text.push_str(" ⏎ ");
        text.push_str(&mask(cut(cause)));
    }
    let text = cut(&text).to_owned();
    Template {
        id: template_id(&text),
        text,
    }
}

/// Id of a template's text: `t<version>-<16 hex digits>` (FNV-1a, 64 bits).
pub fn template_id(text: &str) -> String {
    format!("t{TEMPLATE_VERSION}-{:016x}", hash(text))
}

impl Template {
    /// The number in its id: what to count and compare templates by where many are.
    pub fn key(&self) -> u64 {
        hash(&self.text)
    }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEMPLATE_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_statement_same_template() {
        let a = template("request 17 took 3ms");
        assert_eq!(a, template("request 18 took 450ms"));
        assert_ne!(a.id, template("request failed").id);
        assert_eq!(a.id, format!("t1-{:016x}", a.key()));
    }

    #[test]
    fn a_trace_is_told_by_its_exception() {
        let key =
            "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nKeyError: 'x'";
        let value =
            "Traceback (most recent call last):\n  File \"a.py\", line 9, in f\nValueError: 7";
        assert_ne!(template(key).id, template(value).id);
        assert_eq!(
            template(value).text,
            "Traceback (most recent call last): ⏎ ValueError: <*>"
        );
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let text = template(&"ä".repeat(2000)).text;
        assert!(text.len() <= MAX_TEMPLATE_BYTES && text.ends_with('ä'));
    }
}
