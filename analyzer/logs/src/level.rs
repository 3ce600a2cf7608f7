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
    #[inline]
    pub fn from_word(word: &str) -> Option<Self> {
        // Most words are told by their first letters.
        let &[a, b, c] = word.as_bytes().first_chunk()?;
        let start = [
            a.to_ascii_lowercase(),
            b.to_ascii_lowercase(),
            c.to_ascii_lowercase(),
        ];
        let (names, level): (&[&str], _) = match &start {
            b"tra" => (&["trace"], Self::Trace),
            b"fin" if word.len() > 4 => (&["finest"], Self::Trace),
            b"fin" => (&["fine"], Self::Debug),
            b"deb" => (&["debug"], Self::Debug),
            b"dbg" => (&["dbg"], Self::Debug),
            b"inf" => (&["info", "inf", "information"], Self::Info),
            b"not" => (&["notice"], Self::Info),
            b"war" => (&["warn", "warning"], Self::Warn),
            b"wrn" => (&["wrn"], Self::Warn),
            b"err" => (&["error", "err"], Self::Error),
            b"sev" => (&["severe"], Self::Error),
            b"fai" => (&["failure"], Self::Error),
            b"fat" => (&["fatal"], Self::Fatal),
            b"cri" => (&["critical", "crit"], Self::Fatal),
            b"pan" => (&["panic"], Self::Fatal),
            b"eme" => (&["emerg", "emergency"], Self::Fatal),
            b"ale" => (&["alert"], Self::Fatal),
            _ => return None,
        };
        names
            .iter()
            .any(|name| word.eq_ignore_ascii_case(name))
            .then_some(level)
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
