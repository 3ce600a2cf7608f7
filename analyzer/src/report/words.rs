//! Words that the summary and the terminal's report share.

use std::cmp::Reverse;

use logloop_logs::Level;
use logloop_records::{AnalysisStats, Failure, SequenceCounts, TemplateChange, WhyRule, WhyWord};

use super::printable;

/// Between the message and the line that names the cause, in a template.
const CAUSE: &str = " ⏎ ";

/// Sequences of a log from which on a share of them says something.
const MIN_SEQUENCES: u64 = 10;

/// What is said where most of a log is not normal.
pub(crate) const MOST_ARE_ODD: &str = "Most of this log is not as the model knows it: is it of another release of the program? Then let it learn from its logs.";

/// Reasons that are told in one line.
const MAX_TOLD: usize = 3;

/// Bytes that a template must begin with to find the message by them.
const MIN_FIXED_BYTES: usize = 4;

/// A severity in one word.
pub(crate) fn severity(severity: f32) -> &'static str {
    match severity {
        s if s >= 0.85 => "critical",
        s if s >= 0.65 => "high",
        s if s >= 0.4 => "medium",
        _ => "low",
    }
}

/// `1 line`, `2,000 lines`.
pub(crate) fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { more })
}

/// How many transactions and windows are not normal, of how many.
pub(crate) fn anomalies(counts: &SequenceCounts) -> String {
    format!(
        "Not as usual: {} of {}",
        number(counts.anomalous),
        counted(
            counts.checked,
            "transaction or window",
            "transactions and windows"
        )
    )
}

/// Whether so many are not normal that the log, not they, is odd.
pub(crate) fn most_are_odd(counts: &SequenceCounts) -> bool {
    counts.checked >= MIN_SEQUENCES && counts.anomalous * 2 > counts.checked
}

/// A number with a comma between thousands.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A pattern's name as people say it.
pub(crate) fn pattern(name: &str) -> String {
    name.replace('_', " ")
}

/// What a group is called: its patterns that say what happened, none of which is only "error".
pub(crate) fn patterns(failure: &Failure) -> String {
    let named = failure
        .error_patterns
        .iter()
        .filter(|name| *name != "error");
    named
        .map(|name| pattern(name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `line 3`, `lines 3, 7 and 12`, `lines 3, 7, 12 … 900`, up to `max` numbers.
pub(crate) fn lines(lines: &[u64], max: usize) -> String {
    let all: Vec<String> = lines.iter().map(u64::to_string).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] => format!("line {one}"),
        [first @ .., last] if all.len() <= max => format!("lines {} and {last}", first.join(", ")),
        [.., last] => format!("lines {} … {last}", all[..max - 1].join(", ")),
    }
}

/// What the first entry of a group says, on one line of at most `max` columns: its message as logged where that can be
/// told from the template, and what caused it where that stands below.
pub(crate) fn said(failure: &Failure, max: usize) -> String {
    let raw = printable::one_line(&failure.log_entry, usize::MAX);
    let (message, cause) = match failure.template.split_once(CAUSE) {
        Some((message, cause)) => (message, Some(cause)),
        None => (failure.template.as_str(), None),
    };
    let fixed = message.split("<*>").next().unwrap_or_default().trim();
    let is_object = raw.starts_with('{')
        || (raw.ends_with('}') && raw.contains("{\"") && !message.contains("{\""));
    let text = if is_object && !message.trim().is_empty() {
        // Of a JSON object, also of one behind what wraps it, only the message is for people.
        message.to_owned()
    } else if fixed.len() >= MIN_FIXED_BYTES
        && let Some(at) = raw.find(fixed)
    {
        raw[at..].to_owned()
    } else {
        raw
    };
    match cause {
        Some(cause) => printable::one_line(&format!("{text}{CAUSE}{cause}"), max),
        None => printable::one_line(&text, max),
    }
}

/// Levels with their entries, the most severe first.
pub(crate) fn levels(stats: &AnalysisStats) -> Vec<(&str, u64)> {
    let mut all: Vec<_> = stats
        .levels
        .iter()
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    all.sort_by_key(|(name, _)| Reverse(Level::from_word(name)));
    all
}

/// How often a template was there in the good run and is here.
pub(crate) fn change(change: &TemplateChange) -> String {
    format!(
        "{}× → {}×",
        number(change.baseline_count),
        number(change.count)
    )
}

/// Why a group failed, in a few words; `quoted` makes a stranger's text fit for where it goes. None where that is not
/// known.
pub(crate) fn why(failure: &Failure, quoted: impl Fn(&str) -> String) -> Option<String> {
    let why = failure.why.as_ref()?;
    let percent = (why.probability * 100.0).round();
    let version = why.version.as_deref().unwrap_or("unknown");
    let told: Vec<String> = match why.source.as_str() {
        "correction" => {
            let by_reviewer = why.corrected_by.as_deref() == Some("reviewer");
            let who = if by_reviewer {
                "a reviewer"
            } else {
                "a correction"
            };
            return Some(format!("{who} says so"));
        }
        "model" => {
            let word = |word: &WhyWord| {
                let of = match word.of.as_deref() {
                    None => String::new(),
                    Some("before") => "after ".to_owned(),
                    Some(of) => format!("{of} "),
                };
                format!("{of}{} {:+.1}", quoted(&word.text), word.contribution)
            };
            why.words.iter().take(MAX_TOLD).map(word).collect()
        }
        _ => why
            .rules
            .iter()
            .take(MAX_TOLD)
            .map(|r| rule(r, &quoted))
            .collect(),
    };
    let who = match why.source.as_str() {
        "model" => format!("model {version}, {percent} %"),
        _ => "rules".to_owned(),
    };
    (!told.is_empty()).then(|| format!("{who}: {}", told.join(", ")))
}

fn rule(rule: &WhyRule, quoted: &impl Fn(&str) -> String) -> String {
    match (&rule.level, &rule.pattern, &rule.phrase) {
        (Some(level), ..) => format!("level {}", quoted(level)),
        (None, Some(name), Some(phrase)) if pattern(name) != *phrase => {
            format!("{} ({})", pattern(name), quoted(phrase))
        }
        (None, Some(name), _) => pattern(name),
        (None, None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use logloop_records::Why;

    use super::*;

    #[test]
    fn reasons_fit_in_a_line() {
        let word = |text: &str, contribution| WhyWord {
            text: text.to_owned(),
            of: None,
            contribution,
        };
        let rule = |level: Option<&str>, pattern: Option<&str>, phrase: Option<&str>| WhyRule {
            level: level.map(str::to_owned),
            pattern: pattern.map(str::to_owned),
            phrase: phrase.map(str::to_owned),
        };
        let why = |source: &str| Why {
            source: source.to_owned(),
            ..Why::default()
        };
        for (why, expect) in [
            (
                Why {
                    version: Some("v1".to_owned()),
                    probability: 0.968,
                    words: vec![
                        word("refused", 1.94),
                        word("ok", -0.42),
                        WhyWord {
                            of: Some("level".to_owned()),
                            ..word("INFO", 0.1)
                        },
                        WhyWord {
                            of: Some("before".to_owned()),
                            ..word("b", 0.1)
                        },
                    ],
                    ..why("model")
                },
                Some("model v1, 97 %: <refused> +1.9, <ok> -0.4, level <INFO> +0.1"),
            ),
            (
                Why {
                    rules: vec![
                        rule(Some("ERROR"), None, None),
                        rule(None, Some("disk_full"), Some("no space left")),
                        rule(None, Some("timeout"), None),
                    ],
                    ..why("rules")
                },
                Some("rules: level <ERROR>, disk full (<no space left>), timeout"),
            ),
            (
                Why {
                    corrected_by: Some("reviewer".to_owned()),
                    ..why("correction")
                },
                Some("a reviewer says so"),
            ),
            (why("correction"), Some("a correction says so")),
            (why("model"), None),
        ] {
            let failure = Failure {
                why: Some(why),
                ..Failure::default()
            };
            let told = super::why(&failure, |text| format!("<{text}>"));
            assert_eq!(told.as_deref(), expect);
        }
        assert_eq!(super::why(&Failure::default(), str::to_owned), None);
    }

    #[test]
    fn numbers_and_lines() {
        for (count, said) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(count), said);
        }
        for (numbers, said) in [
            (vec![], ""),
            (vec![3], "line 3"),
            (vec![3, 7], "lines 3 and 7"),
            (vec![3, 7, 12], "lines 3, 7 and 12"),
            (vec![3, 7, 12, 900], "lines 3, 7 … 900"),
        ] {
            assert_eq!(lines(&numbers, 3), said);
        }
    }

    #[test]
    fn what_an_entry_says_is_its_message() {
        for (log_entry, template, text) in [
            (
                "10:00 ERROR db: card 17 declined",
                "card <*> declined",
                "card 17 declined",
            ),
            (
                "10:00 ERROR 17 declined",
                "<*> declined",
                "10:00 ERROR 17 declined",
            ),
            (
                r#"{"msg":"card 17 declined"}"#,
                "card <*> declined",
                "card <*> declined",
            ),
            (
                r#"2026-11-22T10:00:00Z stderr F {"msg":"card 17 declined","pid":1}"#,
                "card <*> declined",
                "card <*> declined",
            ),
            (
                r#"10:00 ERROR declined {"card": 17}"#,
                r#"declined {"card": <*>}"#,
                r#"declined {"card": 17}"#,
            ),
            (
                "10:00 ERROR request failed\nTraceback\nValueError: 7",
                "request failed ⏎ ValueError: <*>",
                "request failed ⏎ ValueError: <*>",
            ),
            ("\u{1b}[31mfatal\u{1b}[0m: gone", "", "fatal: gone"),
        ] {
            let failure = Failure {
                log_entry: log_entry.to_owned(),
                template: template.to_owned(),
                ..Failure::default()
            };
            assert_eq!(said(&failure, 80), text);
        }
    }
}
