//! The template of an entry: its message without what varies.

use serde::{Deserialize, Serialize};

use crate::mask::hash;

/// Changes whenever the same message could get another masked text.
pub const TEMPLATE_VERSION: u32 = 2;

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

/// Id of a template's text: `t<version>-<16 hex digits>`.
pub fn template_id(text: &str) -> String {
    format!("t{TEMPLATE_VERSION}-{:016x}", hash(text.as_bytes()))
}

impl Template {
    /// The template with this text.
    pub fn of(text: String) -> Self {
        Self {
            id: template_id(&text),
            text,
        }
    }

    /// The number in its id: what to count and compare templates by where many are.
    pub fn key(&self) -> u64 {
        hash(self.text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use crate::{TEMPLATE_VERSION, key, template};

    #[test]
    fn same_statement_same_template() {
        let a = template("request 17 took 3ms");
        assert_eq!(a, template("request 18 took 450ms"));
        assert_ne!(a.id, template("request failed").id);
        assert_eq!(a.id, format!("t{TEMPLATE_VERSION}-{:016x}", a.key()));
        assert_eq!(a.key(), key("request 1 took 2s"));
    }
}
