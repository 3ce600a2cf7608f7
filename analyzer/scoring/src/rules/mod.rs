//! The rules: what a message and its level say without any model.

mod knowledge;

pub use knowledge::{Knowledge, Pattern};
use logloop_logs::Level;

/// Bytes of a message that the rules read; a longer one is judged by its beginning.
pub const MAX_RULE_BYTES: usize = 16 << 10;

/// Severity from which on a pattern makes a WARN entry a failure.
const WARN_FAILURE_SEVERITY: f32 = 0.65;

/// Share of a pattern's severity that is left where no level backs it.
const UNBACKED_SHARE: f32 = 0.8;

/// What the rules say of one entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleScore {
    /// Did it fail?
    pub is_failure: bool,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// Names of the patterns found, the most severe first; the generic one only if alone.
    pub patterns: Vec<&'static str>,
    /// The phrases that were found, in the order of the text.
    pub keywords: Vec<String>,
}

/// Scores a message with its level (any spelling), if it has one.
pub fn score(message: &str, level: Option<&str>) -> RuleScore {
    let text = &message[..message.floor_char_boundary(MAX_RULE_BYTES)];
    let level = level.and_then(Level::from_word);
    // What follows the first line of an informational entry is a listing (a configuration, a
    // table): the words in it name settings, not events.
    let text = match level {
        Some(Level::Trace | Level::Debug | Level::Info) => text.lines().next().unwrap_or_default(),
        _ => text,
    };
    let mut patterns: Vec<&'static Pattern> = vec![];
    let mut keywords: Vec<String> = vec![];
    for found in Knowledge::built_in().find(text) {
        if !patterns
            .iter()
            .any(|known| known.name == found.pattern.name)
        {
            patterns.push(found.pattern);
        }
        let word = found.phrase.trim();
        if !keywords.iter().any(|known| known == word) {
            keywords.push(word.to_owned());
        }
    }
    patterns.sort_by(|a, b| {
        (a.generic, b.severity)
            .partial_cmp(&(b.generic, a.severity))
            .expect("no NaN")
    });
    if patterns.len() > 1 {
        patterns.retain(|pattern| !pattern.generic);
    }
    let (is_failure, severity) = judge(level, &patterns);
    RuleScore {
        is_failure,
        severity,
        patterns: patterns
            .iter()
            .map(|pattern| pattern.name.as_str())
            .collect(),
        keywords,
    }
}

/// The decision: the level, where there is one, weighs more than words.
fn judge(level: Option<Level>, patterns: &[&Pattern]) -> (bool, f32) {
    let worst = patterns
        .iter()
        .map(|pattern| pattern.severity)
        .fold(0.0, f32::max);
    let strong = patterns.iter().any(|pattern| pattern.strong);
    match level {
        Some(Level::Fatal) => (true, worst.max(0.95)),
        Some(Level::Error) => (true, worst.max(0.7)),
        Some(Level::Warn) => (worst >= WARN_FAILURE_SEVERITY, worst.max(0.3)),
        Some(_) => (strong, if strong { worst * UNBACKED_SHARE } else { 0.0 }),
        None => (worst > 0.0, worst * UNBACKED_SHARE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions() {
        for (message, level, is_failure, pattern) in [
            (
                "connection refused by 10.0.0.1",
                Some("ERROR"),
                true,
                Some("connection_refused"),
            ),
            ("anything at all", Some("ERROR"), true, None),
            (
                "request failed: context deadline exceeded",
                Some("warning"),
                true,
                Some("timeout"),
            ),
            ("cache miss", Some("WARN"), false, None),
            ("request failed", Some("INFO"), false, Some("error")),
            (
                "container was OOMKilled",
                Some("INFO"),
                true,
                Some("out_of_memory"),
            ),
            ("BUILD FAILURE", None, true, Some("compile_error")),
            ("Tests run: 5, Failures: 0, Errors: 0", None, false, None),
            ("finished with 0 errors", None, false, None),
            ("synced err=<nil>", None, false, None),
            ("retry succeeded after 3 attempts", None, false, None),
            ("starting with timeout=30s", None, false, None),
            ("job exited with code 0", None, false, None),
            ("job exited with code 3", None, true, Some("exit_code")),
            (
                "java.lang.NullPointerException",
                None,
                true,
                Some("null_reference"),
            ),
            (
                "Effective configuration config=<\n  crashLoopBackOff 5m\n",
                Some("INFO"),
                false,
                None,
            ),
            ("event=\"NodeHasNoDiskPressure\"", Some("INFO"), false, None),
            (
                "mounted /proc/sys/kernel/panic:{ro}",
                Some("INFO"),
                false,
                None,
            ),
            ("panic: runtime error", Some("INFO"), true, Some("crash")),
            ("hello world", None, false, None),
            ("", None, false, None),
        ] {
            let got = score(message, level);
            assert_eq!(got.is_failure, is_failure, "{message}: {got:?}");
            assert_eq!(got.patterns.first().copied(), pattern, "{message}");
            assert!((0.0..=1.0).contains(&got.severity));
        }
    }

    #[test]
    fn levels_order_the_severity() {
        let at = |level| score("request timed out", level).severity;
        assert!(at(Some("FATAL")) > at(Some("ERROR")));
        assert!(at(Some("ERROR")) >= at(Some("WARN")));
        assert!(at(None) < at(Some("ERROR")));
    }
}
