//! The level of an entry, whatever its writer calls it.

use serde::{Deserialize, Serialize};

/// Levels in use, from the least to the most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Finest.
    Trace,
    /// For the developer.
    Debug,
    /// Normal.
    Info,
    /// Unusual, not wrong yet.
    Warn,
    /// Something failed.
    Error,
    /// The program, or more, cannot go on.
    Fatal,
}

impl Level {
    /// Upper-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// Reads a level word in any case: `warning`, `ERR`, `crit`, `PANIC` …
    pub fn from_word(word: &str) -> Option<Self> {
        const WORDS: [(&str, Level); 20] = [
            ("trace", Level::Trace),
            ("finest", Level::Trace),
            ("debug", Level::Debug),
            ("dbg", Level::Debug),
            ("fine", Level::Debug),
            ("info", Level::Info),
            ("inf", Level::Info),
            ("notice", Level::Info),
            ("information", Level::Info),
            ("warn", Level::Warn),
            ("warning", Level::Warn),
            ("wrn", Level::Warn),
            ("error", Level::Error),
            ("err", Level::Error),
            ("severe", Level::Error),
            ("failure", Level::Error),
            ("fatal", Level::Fatal),
            ("critical", Level::Fatal),
            ("crit", Level::Fatal),
            ("panic", Level::Fatal),
        ];
        // The longest word has 11 letters; longer input is no level.
        if word.len() > 11 || word.len() < 3 {
            return None;
        }
        if word.eq_ignore_ascii_case("emerg") || word.eq_ignore_ascii_case("alert") {
            return Some(Self::Fatal);
        }
        WORDS
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name))
            .map(|(_, level)| *level)
    }

    /// The letter that klog and glog begin a line with.
    pub fn from_klog(letter: u8) -> Option<Self> {
        match letter {
            b'I' => Some(Self::Info),
            b'W' => Some(Self::Warn),
            b'E' => Some(Self::Error),
            b'F' => Some(Self::Fatal),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (word, level) in [
            ("INFO", Some(Level::Info)),
            ("Warning", Some(Level::Warn)),
            ("crit", Some(Level::Fatal)),
            ("EMERG", Some(Level::Fatal)),
            ("err", Some(Level::Error)),
            ("errors", None),
            ("", None),
            ("information-schema", None),
        ] {
            assert_eq!(Level::from_word(word), level, "{word}");
        }
        assert!(Level::Error > Level::Warn);
    }
}
