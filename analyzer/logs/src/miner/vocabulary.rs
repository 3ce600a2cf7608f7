//! Words that mean something wherever they stand, and what a word looks like.

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
    /// Made up by a programmer or an administrator: `root_domain`, `webServer`.
    Identifier,
    /// A word of a language, or a constant in capitals: `alice`, `READING`.
    Plain,
    /// A word that tells one event from another: `opened`, `failed`, `not`.
    Meaning,
}

/// Words which tell one event from another or hold a sentence together, in lower case. Sorted.
const MEANINGS: &[&str] = &[
    "active",
    "after",
    "again",
    "alert",
    "all",
    "already",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "bad",
    "be",
    "been",
    "before",
    "begin",
    "begun",
    "bound",
    "broken",
    "built",
    "busy",
    "but",
    "by",
    "can",
    "canceled",
    "cancelled",
    "cannot",
    "complete",
    "could",
    "critical",
    "dead",
    "debug",
    "degraded",
    "denied",
    "died",
    "done",
    "down",
    "due",
    "during",
    "else",
    "emergency",
    "empty",
    "end",
    "error",
    "errors",
    "exception",
    "expired",
    "expiry",
    "failed",
    "failure",
    "failures",
    "false",
    "fatal",
    "follower",
    "for",
    "forbidden",
    "found",
    "free",
    "from",
    "full",
    "get",
    "good",
    "had",
    "has",
    "have",
    "healthy",
    "high",
    "idle",
    "if",
    "in",
    "inactive",
    "info",
    "input",
    "into",
    "invalid",
    "is",
    "its",
    "leader",
    "less",
    "login",
    "logout",
    "lost",
    "low",
    "made",
    "missing",
    "more",
    "must",
    "never",
    "new",
    "no",
    "none",
    "normal",
    "not",
    "now",
    "null",
    "off",
    "offline",
    "ok",
    "old",
    "on",
    "once",
    "online",
    "only",
    "open",
    "or",
    "out",
    "output",
    "over",
    "panic",
    "passive",
    "pending",
    "post",
    "put",
    "quit",
    "ran",
    "read",
    "ready",
    "reset",
    "response",
    "run",
    "running",
    "sent",
    "set",
    "shut",
    "shutdown",
    "slow",
    "still",
    "stopped",
    "stopping",
    "succeeded",
    "success",
    "successful",
    "successfully",
    "than",
    "that",
    "the",
    "their",
    "then",
    "this",
    "timeout",
    "to",
    "trace",
    "true",
    "unable",
    "unavailable",
    "unhealthy",
    "unknown",
    "unreachable",
    "until",
    "up",
    "valid",
    "warn",
    "warning",
    "was",
    "were",
    "when",
    "while",
    "will",
    "with",
    "without",
    "written",
    "wrong",
    "yes",
    "yet",
];

/// Stems of verbs which tell one event from another, in lower case; see [`is_verb`]. Sorted.
const VERBS: &[&str] = &[
    "abort",
    "accept",
    "acquir",
    "activ",
    "add",
    "allocat",
    "allow",
    "appl",
    "assert",
    "attach",
    "attempt",
    "authenticat",
    "authoriz",
    "block",
    "break",
    "cancel",
    "chang",
    "check",
    "clean",
    "clear",
    "clos",
    "commit",
    "complet",
    "configur",
    "connect",
    "corrupt",
    "crash",
    "creat",
    "deactivat",
    "delet",
    "deni",
    "deny",
    "destroy",
    "detach",
    "detect",
    "die",
    "disabl",
    "disallow",
    "disconnect",
    "download",
    "drop",
    "elect",
    "enabl",
    "enter",
    "evict",
    "exceed",
    "exist",
    "exit",
    "expir",
    "export",
    "fail",
    "finish",
    "grant",
    "ignor",
    "import",
    "initialis",
    "initializ",
    "insert",
    "install",
    "join",
    "kill",
    "leav",
    "load",
    "lock",
    "match",
    "mount",
    "open",
    "overload",
    "pass",
    "paus",
    "permit",
    "reboot",
    "receiv",
    "recover",
    "refus",
    "register",
    "reject",
    "rejoin",
    "releas",
    "reload",
    "remov",
    "renew",
    "request",
    "resolv",
    "restart",
    "resum",
    "retr",
    "retri",
    "return",
    "sav",
    "schedul",
    "send",
    "skip",
    "sleep",
    "start",
    "stop",
    "submit",
    "succeed",
    "suspend",
    "switch",
    "terminat",
    "trigger",
    "unblock",
    "uninstall",
    "unload",
    "unlock",
    "unmount",
    "unregister",
    "updat",
    "upgrad",
    "upload",
    "wait",
    "writ",
];

/// Units written as a word of their own. Sorted.
const UNITS: &[&str] = &[
    "B",
    "GB",
    "GiB",
    "KB",
    "Kb",
    "KiB",
    "MB",
    "MBytes",
    "Mb",
    "MiB",
    "TB",
    "TiB",
    "byte",
    "bytes",
    "day",
    "days",
    "hour",
    "hours",
    "hr",
    "hrs",
    "kB",
    "kb",
    "microseconds",
    "millis",
    "milliseconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "ms",
    "msec",
    "nanoseconds",
    "ns",
    "s",
    "sec",
    "second",
    "seconds",
    "secs",
    "us",
    "usec",
    "week",
    "weeks",
];

/// Last parts of keys whose value names one thing of many. Sorted.
const IDENTITIES: &[&str] = &[
    "account",
    "act",
    "addr",
    "address",
    "alias",
    "bucket",
    "caller",
    "client",
    "cmp",
    "container",
    "database",
    "db",
    "device",
    "dir",
    "directory",
    "dst",
    "email",
    "filename",
    "folder",
    "group",
    "guid",
    "hash",
    "host",
    "hostname",
    "id",
    "image",
    "instance",
    "ip",
    "job",
    "key",
    "label",
    "lock",
    "login",
    "name",
    "namespace",
    "node",
    "package",
    "path",
    "peer",
    "pkg",
    "pod",
    "queue",
    "rhost",
    "secret",
    "serial",
    "session",
    "sha",
    "sid",
    "src",
    "table",
    "tag",
    "task",
    "thread",
    "title",
    "token",
    "topic",
    "uid",
    "uri",
    "url",
    "user",
    "username",
    "uuid",
    "volume",
    "ws",
];

/// Nouns in front of the name of one thing of many. Sorted.
const NAMED: &[&str] = &[
    "account",
    "bucket",
    "container",
    "database",
    "device",
    "directory",
    "disk",
    "domain",
    "file",
    "folder",
    "group",
    "host",
    "hostname",
    "image",
    "instance",
    "interface",
    "job",
    "module",
    "namespace",
    "node",
    "package",
    "partition",
    "pod",
    "queue",
    "service",
    "table",
    "task",
    "thread",
    "topic",
    "user",
    "username",
    "volume",
];

/// Names of accounts that are the same on many machines. Sorted.
const ACCOUNTS: &[&str] = &[
    "admin",
    "administrator",
    "guest",
    "mysql",
    "nobody",
    "postgres",
    "root",
    "ubuntu",
    "www-data",
];

fn has(sorted: &[&str], word: &str) -> bool {
    sorted.binary_search(&word).is_ok()
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
    has(UNITS, word)
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
    has(IDENTITIES, &last.to_ascii_lowercase()) || has(IDENTITIES, &camel.to_ascii_lowercase())
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
    has(NAMED, &word.to_ascii_lowercase())
}

/// Whether this is a unit of size that follows the size: what is 900 KB is 1 MB soon.
pub(super) fn is_scaled(unit: &str) -> bool {
    let (last, first) = (unit.as_bytes().last(), unit.as_bytes().first());
    matches!(last, Some(b'B' | b'b')) && matches!(first, Some(b'k' | b'K' | b'M' | b'G' | b'T'))
        || matches!(unit, "B" | "byte" | "bytes")
}

/// Whether this is the name of an account everywhere.
pub(super) fn is_account(word: &str) -> bool {
    has(ACCOUNTS, word)
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
        .any(|part| has(MEANINGS, part) || is_verb(part))
}

/// Whether the word is a form of one of [`VERBS`]: `stop`, `stops`, `stopped`, `stopping`.
fn is_verb(word: &str) -> bool {
    if has(VERBS, word) {
        return true;
    }
    ["ing", "ion", "ed", "es", "er", "e", "s", "y"]
        .iter()
        .any(|end| {
            word.strip_suffix(end).is_some_and(|stem| {
                let bytes = stem.as_bytes();
                let doubled = bytes.len() > 2 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2];
                has(VERBS, stem) || (doubled && has(VERBS, &stem[..stem.len() - 1]))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [MEANINGS, VERBS, UNITS, IDENTITIES, NAMED, ACCOUNTS] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

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
            ("root_domain", Look::Identifier),
            ("com.example.App", Look::Qualified),
            ("LNKD", Look::Plain),
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
