//! What the caller may set, its bounds, and what can be wrong with it.

use crate::key::MIN_KEY_BYTES;
use crate::kind::{Kind, Kinds};

/// The version of the built-in rules, first part of every rule set's name. It rises whenever a rule finds more, less or
/// something else, or the placeholder's form changes.
pub const RULES_VERSION: &str = "v1";
/// At most this many user patterns.
pub const MAX_PATTERNS: usize = 32;
/// At most this many bytes in one user pattern.
pub const MAX_PATTERN_BYTES: usize = 1024;
/// At most this many bytes of memory for one user pattern when compiled, and again for its cache.
pub const MAX_COMPILED_PATTERN_BYTES: usize = 1 << 20;

/// What to redact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The built-in kinds that are on.
    pub kinds: Kinds,
    /// Regular expressions (syntax of the `regex` crate) of the user's own, each seeing one line at a time. Where one
    /// has a capture group, only what its first group matched is replaced, else the whole match.
    pub patterns: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            kinds: Kinds::DEFAULT,
            patterns: Vec::new(),
        }
    }
}

/// What is wrong with the settings or the key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A list of kinds names one that does not exist.
    #[error(
        "unknown kind '{0}': known are token, private-key, password, email, card, ip, and secrets, default, all, none"
    )]
    UnknownKind(String),
    /// The key is too short to keep values from being guessed.
    #[error("the redaction key has {0} bytes, {MIN_KEY_BYTES} are needed")]
    ShortKey(usize),
    /// More patterns than [`MAX_PATTERNS`].
    #[error("{0} redaction patterns, {MAX_PATTERNS} are allowed")]
    TooManyPatterns(usize),
    /// A pattern longer than [`MAX_PATTERN_BYTES`].
    #[error("redaction pattern {number} has {bytes} bytes, {MAX_PATTERN_BYTES} are allowed")]
    LongPattern {
        /// Its place in the list, from 1.
        number: usize,
        /// Its length in bytes.
        bytes: usize,
    },
    /// A pattern that does not compile, or compiles to more than [`MAX_COMPILED_PATTERN_BYTES`].
    #[error("redaction pattern {number}: {source}")]
    BadPattern {
        /// Its place in the list, from 1.
        number: usize,
        /// What the engine says.
        source: Box<regex::Error>,
    },
    /// A pattern that matches the empty text would match everywhere.
    #[error("redaction pattern {0} matches the empty text")]
    EmptyPattern(usize),
}

/// The name of a rule set: the version and what is on, `v1:secrets,email,card`. User patterns are named by a digest of
/// all of them.
pub(crate) fn rule_set(kinds: Kinds, patterns: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = kinds;
    if kinds.contains_all(Kinds::SECRETS) {
        parts.push("secrets".to_owned());
        for kind in [Kind::Token, Kind::PrivateKey, Kind::Password] {
            rest = rest.without(kind);
        }
    }
    parts.extend(
        Kind::ALL
            .into_iter()
            .filter(|kind| rest.contains(*kind))
            .map(|kind| kind.name().to_owned()),
    );
    if !patterns.is_empty() {
        let digest = crate::key::digest(patterns);
        parts.push(format!("{}-{digest}", Kind::Pattern.name()));
    }
    if parts.is_empty() {
        parts.push("none".to_owned());
    }
    format!("{RULES_VERSION}:{}", parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_sets_have_stable_names() {
        let one = ["a+".to_owned()];
        let two = ["a+".to_owned(), "b".to_owned()];
        for (kinds, patterns, expected) in [
            (Kinds::NONE, &[][..], "v1:none"),
            (Kinds::DEFAULT, &[], "v1:secrets,email,card"),
            (Kinds::ALL, &[], "v1:secrets,email,card,ip"),
            (
                Kinds::DEFAULT.without(Kind::Password),
                &[],
                "v1:token,private-key,email,card",
            ),
            (Kinds::NONE, &one, "v1:pattern-0fae516d8449"),
        ] {
            assert_eq!(rule_set(kinds, patterns), expected);
        }
        assert_ne!(rule_set(Kinds::NONE, &one), rule_set(Kinds::NONE, &two));
    }
}
