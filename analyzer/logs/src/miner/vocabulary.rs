//! Words that mean something wherever they stand, and what a word looks like.

use super::words::{ACCOUNTS, IDENTITIES, MEANINGS, NAMED, UNITS, VERBS};
use crate::mask::VARIABLE;

/// What a word looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Look {
    /// A variable already.
    Variable,
    /// Holds a variable or a digit: `node-<*>`, `eth0`.
    Numbered,
    /// A name with its path of names: `com.example.App`; the path `/`.
    Qualified,
    /// Made up by a programmer or an administrator: `home_zone`, `webServer`.
    Identifier,
    /// A word of a language, or a constant in capitals: `alice`, `READING`.
    Plain,
    /// A word that tells one event from another: `opened`, `failed`, `not`.
    Meaning,
}

/// Whether what stands in front of a word ends a key: `key=`, `key = "`, `"key": "`.
pub(super) fn is_keyed(before: &str) -> bool {
    let bare = before.trim_end_matches([' ', '"', '\'']);
    (bare.ends_with('=') && !bare.ends_with("==")) || before.contains("\":")
}

/// Whether the word is `true`, `false` or the like.
pub(super) fn is_boolean(word: &str) -> bool {
    matches!(word, "true" | "false" | "True" | "False" | "TRUE" | "FALSE")
}

/// Whether the word says that there is no value.
pub(super) fn is_null(word: &str) -> bool {
    matches!(word, "null" | "NULL" | "nil" | "None" | "undefined" | "NaN")
}

/// Whether the word is a unit.
pub(super) fn is_unit(word: &str) -> bool {
    UNITS.contains(word)
}

/// Whether the value of this key names one thing of many.
pub(super) fn is_identity(key: &str) -> bool {
    let last = key.rsplit(['.', '_', '-', '/']).next().unwrap_or_default();
    // `callingPackage` is a package.
    let camel = last
        .char_indices()
        .rev()
        .find(|(at, c)| *at > 0 && c.is_ascii_uppercase())
        .map_or(last, |(at, _)| &last[at..]);
    IDENTITIES.contains(&*last.to_ascii_lowercase())
        || IDENTITIES.contains(&*camel.to_ascii_lowercase())
}

/// Whether this is the full name of a class or package of the Java world, with the hash of an
/// object maybe (`com.example.App@<*>`), and not the name of an exception.
pub(super) fn is_package(word: &str) -> bool {
    let name = word.strip_suffix("@<*>").unwrap_or(word);
    let mut parts = name.split('.');
    let domain = matches!(parts.next(), Some("com" | "org" | "net" | "io" | "android"));
    domain
        && name.bytes().filter(|byte| *byte == b'.').count() >= 2
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        && !name.ends_with("Exception")
        && !name.ends_with("Error")
}

/// Whether a name follows this word.
pub(super) fn is_named(word: &str) -> bool {
    NAMED.contains(&*word.to_ascii_lowercase())
}

/// Whether this is a unit of size that follows the size: what is 900 KB is 1 MB soon.
pub(super) fn is_scaled(unit: &str) -> bool {
    let (last, first) = (unit.as_bytes().last(), unit.as_bytes().first());
    matches!(last, Some(b'B' | b'b')) && matches!(first, Some(b'k' | b'K' | b'M' | b'G' | b'T'))
        || matches!(unit, "B" | "byte" | "bytes")
}

/// Whether this is the name of an account everywhere.
pub(super) fn is_account(word: &str) -> bool {
    ACCOUNTS.contains(word)
}

/// What a word looks like.
pub(super) fn look(word: &str) -> Look {
    if word == VARIABLE {
        return Look::Variable;
    }
    if word.contains(VARIABLE) || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return Look::Numbered;
    }
    if is_meaning(word) {
        return Look::Meaning;
    }
    if word == "/" || word.bytes().filter(|byte| *byte == b'.').count() >= 2 {
        return Look::Qualified;
    }
    let single = word.len() == 1;
    let letters = word
        .bytes()
        .all(|byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    let upper = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    let lower = word.bytes().any(|byte| byte.is_ascii_lowercase());
    if letters && !(upper && lower) && !single {
        Look::Plain
    } else {
        Look::Identifier
    }
}

fn is_meaning(word: &str) -> bool {
    if word.ends_with("Exception") || word.ends_with("Error") {
        return true;
    }
    /// Longest word looked up, in bytes.
    const MAX_WORD: usize = 24;
    if word.len() > MAX_WORD {
        return false;
    }
    let lower = word.to_ascii_lowercase();
    lower
        .split(['-', '_'])
        .any(|part| MEANINGS.contains(part) || is_verb(part))
}

/// Whether the word is a form of one of [`VERBS`]: `stop`, `stops`, `stopped`, `stopping`.
fn is_verb(word: &str) -> bool {
    if VERBS.contains(word) {
        return true;
    }
    ["ing", "ion", "ed", "es", "er", "e", "s", "y"]
        .iter()
        .any(|end| {
            word.strip_suffix(end).is_some_and(|stem| {
                let bytes = stem.as_bytes();
                let doubled = bytes.len() > 2 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2];
                VERBS.contains(stem) || (doubled && VERBS.contains(&stem[..stem.len() - 1]))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_packages() {
        for (key, expected) in [
            ("user", true),
            ("callingPackage", true),
            ("x.user_id", true),
            ("sizeId", true),
            ("size", false),
            ("paid", false),
            ("", false),
        ] {
            assert_eq!(is_identity(key), expected, "{key}");
        }
        assert!(is_package("com.example.app") && is_package("org.example.a.B@<*>"));
        assert!(!is_package("org.example.BadError") && !is_package("java.io.File"));
    }

    #[test]
    fn looks() {
        for (word, expected) in [
            ("<*>", Look::Variable),
            ("node-<*>", Look::Numbered),
            ("eth0", Look::Numbered),
            ("home_zone", Look::Identifier),
            ("com.example.App", Look::Qualified),
            ("READING", Look::Plain),
            ("webServer", Look::Identifier),
            ("alice", Look::Plain),
            ("news", Look::Plain),
            ("a", Look::Identifier),
            ("b", Look::Identifier),
            ("Alice", Look::Plain),
            ("opened", Look::Meaning),
            ("Closed", Look::Meaning),
            ("stopping", Look::Meaning),
            ("running", Look::Meaning),
            ("Disconnected", Look::Meaning),
            ("DOWN", Look::Meaning),
            ("not-ready", Look::Meaning),
            ("KeyError", Look::Meaning),
            ("com.example.deep.name.BadThingException", Look::Meaning),
            ("successfully", Look::Meaning),
        ] {
            assert_eq!(look(word), expected, "{word}");
        }
    }
}
