//! The rules: what a message and its level say without any model.

mod knowledge;
mod line;
mod number;
mod word;

use std::ops::Range;

pub use knowledge::{Knowledge, Pattern};
use knowledge::{Opening, Phrase};
use logloop_logs::Level;
use number::Number;

/// Bytes of a message that the rules read; a longer one is judged by its beginning.
pub const MAX_RULE_BYTES: usize = 16 << 10;

/// Bytes of a line that only announces how a whole ended; a longer one says more than that.
const MAX_BANNER_BYTES: usize = 64;

/// Severity from which on a pattern makes a WARN entry a failure.
const WARN_FAILURE_SEVERITY: f32 = 0.65;

/// Share of a pattern's severity that is left where no level backs it.
const UNBACKED_SHARE: f32 = 0.8;

/// Share of a pattern's severity that is left where an entry only announces the end of a whole.
const OUTCOME_SHARE: f32 = 0.6;

/// How far a verdict can be relied on, from the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// It did not fail.
    #[default]
    None,
    /// Words alone: they count where nothing clearer is known.
    Weak,
    /// It announces how a whole ended (a build, a test run, a command), not why.
    Outcome,
    /// The level or the way it is said leaves no doubt.
    Clear,
}

/// What the rules say of one entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleScore {
    /// Did it fail, as far as it can be told from this entry alone?
    pub is_failure: bool,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// How far that can be relied on.
    pub evidence: Evidence,
    /// It announces that a whole (a build, a job) succeeded: what failed before was survived.
    pub is_success: bool,
    /// Names of the patterns found, the most severe first; the generic one only if alone.
    pub patterns: Vec<&'static str>,
    /// The phrases that were found, in the order of the text.
    pub keywords: Vec<String>,
    /// What named each of the patterns, in the order of the text.
    pub reasons: Vec<Reason>,
}

/// What named a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Name of the pattern.
    pub pattern: &'static str,
    /// Index of the phrase in [`RuleScore::keywords`]; none where the way the message begins named it.
    pub keyword: Option<usize>,
}

/// What the rules say of a masked text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// The score; where numbers decide, that of numbers which mean a failure.
    pub score: RuleScore,
    /// Numbers that are masked decide: score the message itself.
    pub numbers_decide: bool,
}

/// Scores a message with its level (any spelling), if it has one.
pub fn score(message: &str, level: Option<&str>) -> RuleScore {
    judge(message, level.and_then(Level::from_word)).score
}

/// Scores a message or a masked text (`<*>` for what varies) with its level, if it has one.
pub fn judge(text: &str, level: Option<Level>) -> Judged {
    let text = &text[..text.floor_char_boundary(MAX_RULE_BYTES)];
    let text = match level {
        // What follows the first line of an informational entry is a listing (a configuration, a
        // table): the words in it name settings, not events.
        Some(Level::Trace | Level::Debug | Level::Info) => text.lines().next().unwrap_or_default(),
        _ => text,
    };
    let backed = level >= Some(Level::Error);
    let knowledge = Knowledge::built_in();
    let opening = line::opening(knowledge, text);
    if opening == Some(Opening::Echo) && !backed {
        return Judged::default();
    }
    let mut found = Findings::default();
    for (phrase, range) in knowledge.find(text) {
        found.add(knowledge, phrase, text, range);
    }
    if let Some(Opening::Failure(index)) = opening {
        found.name(index, None);
        found.clear = true;
    }
    let last = line::last_number(text);
    found.masked |= last == Number::Masked && !found.patterns.is_empty();
    let named_only = opening == Some(Opening::Announcement)
        || found.absolved
        || (last == Number::Fine && !found.outcome);
    if line::is_code(text) && !backed {
        found.patterns.clear();
    } else if named_only && !backed {
        let is_strong = |index: &usize| knowledge.at(*index).strong && !found.absolved;
        found.patterns.retain(is_strong);
        found.outcome = false;
    }
    Judged {
        numbers_decide: found.masked,
        score: found.score(knowledge, level, text),
    }
}

/// What was found in a text.
#[derive(Default)]
struct Findings {
    /// Indices of patterns, each once, in the order of the text.
    patterns: Vec<usize>,
    keywords: Vec<String>,
    /// Each pattern with the keywords that named it.
    reasons: Vec<(usize, Option<usize>)>,
    /// Something was said in a way that leaves no doubt.
    clear: bool,
    outcome: bool,
    absolved: bool,
    masked: bool,
    success: bool,
}

impl Findings {
    fn add(&mut self, knowledge: &Knowledge, phrase: &Phrase, text: &str, range: Range<usize>) {
        if phrase.benign {
            // "if failed" is harmless, "stif failed" only ends like it: what follows its first word counts.
            if let Some(blank) = text[range.clone()].find(' ')
                && word::begins_within(text, range.start)
            {
                let inner = range.start + blank..range.end;
                for (phrase, found) in knowledge.find(&text[inner.clone()]) {
                    let found = inner.start + found.start..inner.start + found.end;
                    self.add(knowledge, phrase, text, found);
                }
            }
            return;
        }
        self.absolved |= phrase.absolving;
        self.success |= phrase.success && text.len() <= MAX_BANNER_BYTES;
        for (rule, pattern) in &phrase.numbers {
            match rule.judge(text, range.clone()) {
                Number::None => continue,
                Number::Fine => return,
                Number::Masked => self.masked = true,
                Number::Fails => {}
            }
            self.outcome |= rule.outcome;
            self.clear |= !rule.outcome && knowledge.at(*pattern).strong;
            let keyword = self.keyword(&phrase.text);
            return self.name(*pattern, Some(keyword));
        }
        if let Some(pattern) = phrase.pattern
            && word::is_said(text, range)
        {
            self.clear |= phrase.clear || knowledge.at(pattern).strong;
            self.outcome |= phrase.outcome;
            let keyword = self.keyword(&phrase.text);
            self.name(pattern, Some(keyword));
        }
    }

    fn name(&mut self, pattern: usize, keyword: Option<usize>) {
        if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
        if !self.reasons.contains(&(pattern, keyword)) {
            self.reasons.push((pattern, keyword));
        }
    }

    /// Index of a phrase among those that were found.
    fn keyword(&mut self, phrase: &str) -> usize {
        let word = phrase.trim_matches(|c: char| !c.is_alphanumeric());
        let known = self.keywords.iter().position(|known| known == word);
        known.unwrap_or_else(|| {
            self.keywords.push(word.to_owned());
            self.keywords.len() - 1
        })
    }

    fn score(self, knowledge: &'static Knowledge, level: Option<Level>, text: &str) -> RuleScore {
        let mut patterns: Vec<_> = self.patterns.iter().map(|at| knowledge.at(*at)).collect();
        patterns.sort_by(|a, b| {
            (a.generic, b.severity)
                .partial_cmp(&(b.generic, a.severity))
                .expect("no NaN")
        });
        if patterns.len() > 1 {
            patterns.retain(|pattern| !pattern.generic);
        }
        let named = patterns.iter().map(|pattern| pattern.name.as_str());
        let reason = |(pattern, keyword): &(usize, Option<usize>)| Reason {
            pattern: knowledge.at(*pattern).name.as_str(),
            keyword: *keyword,
        };
        let mut reasons: Vec<Reason> = self.reasons.iter().map(reason).collect();
        reasons.retain(|reason| named.clone().any(|name| name == reason.pattern));
        let banner = self.outcome && text.len() <= MAX_BANNER_BYTES;
        let (evidence, severity) = decide(level, &patterns, self.clear, self.outcome, banner);
        RuleScore {
            is_failure: evidence > Evidence::None,
            severity,
            evidence,
            is_success: self.success && evidence == Evidence::None,
            patterns: named.collect(),
            keywords: self.keywords,
            reasons,
        }
    }
}

/// The decision: the level, where there is one, weighs more than words.
fn decide(
    level: Option<Level>,
    patterns: &[&Pattern],
    clear: bool,
    outcome: bool,
    banner: bool,
) -> (Evidence, f32) {
    let worst = patterns
        .iter()
        .map(|pattern| pattern.severity)
        .fold(0.0, f32::max);
    let strong = patterns.iter().any(|pattern| pattern.strong);
    let words = |clear: bool| match (clear && !banner, outcome, worst > 0.0) {
        (_, _, false) => (Evidence::None, 0.0),
        (true, _, _) => (Evidence::Clear, worst * UNBACKED_SHARE),
        (_, true, _) => (Evidence::Outcome, worst * OUTCOME_SHARE),
        _ => (Evidence::Weak, worst * UNBACKED_SHARE),
    };
    match level {
        Some(Level::Fatal) => (Evidence::Clear, worst.max(0.95)),
        Some(Level::Error) if banner => (Evidence::Outcome, worst.max(0.7)),
        Some(Level::Error) => (Evidence::Clear, worst.max(0.7)),
        Some(Level::Warn) if strong => (Evidence::Clear, worst),
        Some(Level::Warn) if outcome || worst >= WARN_FAILURE_SEVERITY => (words(false).0, worst),
        Some(Level::Warn) => (Evidence::None, worst.max(0.3)),
        Some(_) if strong || outcome => words(false),
        Some(_) => (Evidence::None, 0.0),
        None => words(clear),
    }
}

#[cfg(test)]
mod tests;
