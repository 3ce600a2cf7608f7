//! Why an entry is a failure: the correction, the rules or the words that decided.

use std::collections::HashMap;

use logloop_logs::Level;
use logloop_records::{Why, WhyRule, WhyWord};
use logloop_scoring::artifact::RULES_VERSION;
use logloop_scoring::features::Input;
use logloop_scoring::rules::{Reason, RuleScore, score};
use logloop_scoring::why::{Explainer, Explanation};

use super::scorer::{ScoredBy, Scorer, Verdict};

/// Words of a model's reasons that an answer names; what the others did is one sum.
const MAX_WHY_WORDS: usize = 6;

/// Things that the rules found, of those that an answer names.
const MAX_WHY_RULES: usize = 6;

/// Bytes of a word that is named.
const MAX_WORD_BYTES: usize = 64;

/// What an entry is told by, besides its text.
pub(super) struct Entry<'e> {
    pub(super) level: Option<&'e str>,
    pub(super) component: Option<&'e str>,
    /// What was logged just before it, masked, and what that adds to the failure logit, where the model heeds it.
    pub(super) before: Option<(&'e str, f32)>,
}

/// What is known when the entry is seen: who decided and, of the rules, what they found in its message.
pub(super) fn begin(verdict: &Verdict, rule: &RuleScore, level: Option<Level>) -> Why {
    Why {
        source: verdict.by.as_str().to_owned(),
        probability: verdict.score,
        rules: if verdict.by == ScoredBy::Rules {
            rules(rule, level)
        } else {
            Vec::new()
        },
        ..Why::default()
    }
}

/// Adds what is worth finding out only for an entry that the answer lists: the words and the correction, by its masked
/// text.
pub(super) fn complete(
    why: &mut Option<Why>,
    scorer: &Scorer,
    explainer: Option<&Explainer<'_>>,
    masked: &str,
    entry: &Entry<'_>,
) {
    let Some(why) = why else {
        return;
    };
    if why.source == ScoredBy::Rules.as_str() {
        why.version = Some(RULES_VERSION.to_owned());
    } else if why.source == ScoredBy::Correction.as_str() {
        let by = scorer.correction(masked).map(|correction| correction.gold);
        why.corrected_by = by.map(|gold| if gold { "reviewer" } else { "own" }.to_owned());
    } else if let Some(explainer) = explainer {
        why.version = Some(scorer.version().to_owned());
        let rule = score(masked, entry.level);
        let input = Input {
            template: masked,
            level: entry.level,
            component: entry.component,
            rule: &rule,
        };
        let before = entry.before.map_or(0.0, |(_, added)| added);
        let found = explainer.explain(input, before);
        by_words(why, &found, masked, entry);
    }
}

fn rules(rule: &RuleScore, level: Option<Level>) -> Vec<WhyRule> {
    // From ERROR on the level alone makes an entry a failure.
    let level = level
        .filter(|level| *level >= Level::Error)
        .map(|level| WhyRule {
            level: Some(level.as_str().to_owned()),
            ..WhyRule::default()
        });
    // How a message begins says nothing new where a phrase names the same.
    let named = |reason: &Reason| {
        let mut others = rule.reasons.iter();
        others.any(|other| other.keyword.is_some() && other.pattern == reason.pattern)
    };
    let told = rule.reasons.iter();
    let told = told.filter(|reason| reason.keyword.is_some() || !named(reason));
    let found = told.map(|reason| WhyRule {
        pattern: Some(reason.pattern.to_owned()),
        phrase: reason.keyword.map(|at| rule.keywords[at].clone()),
        level: None,
    });
    level.into_iter().chain(found).take(MAX_WHY_RULES).collect()
}

/// The strongest words, those that are written alike as one, and the sum of the others.
fn by_words(why: &mut Why, found: &Explanation, masked: &str, entry: &Entry<'_>) {
    let mut words: Vec<WhyWord> = vec![];
    let mut index: HashMap<&str, usize> = HashMap::new();
    for word in &found.words {
        let text = &masked[word.span.clone()];
        let at = *index.entry(text).or_insert_with(|| {
            words.push(named(text, None));
            words.len() - 1
        });
        words[at].contribution += word.share;
    }
    for (text, of, share) in [
        (entry.level, "level", found.level),
        (Some(RULES_VERSION), "rules", found.rules),
        (entry.component, "component", found.component),
        (entry.before.map(|(text, _)| text), "before", found.before),
    ] {
        words.extend(text.map(|text| WhyWord {
            contribution: share,
            ..named(text, Some(of))
        }));
    }
    words.retain(|word| word.contribution != 0.0);
    words.sort_by(|a, b| {
        let by_strength = b.contribution.abs().total_cmp(&a.contribution.abs());
        by_strength.then_with(|| a.text.cmp(&b.text))
    });
    let others = words.split_off(words.len().min(MAX_WHY_WORDS));
    why.words = words;
    why.others = Some(others.iter().fold(0.0, |sum, word| sum + word.contribution));
    why.rest = Some(found.rest);
}

fn named(text: &str, of: Option<&str>) -> WhyWord {
    WhyWord {
        text: text[..text.floor_char_boundary(MAX_WORD_BYTES)].to_owned(),
        of: of.map(str::to_owned),
        contribution: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use logloop_scoring::rules::judge;
    use logloop_scoring::why::WordShare;

    use super::*;

    #[test]
    fn the_strongest_words_are_told_and_the_sum_is_whole() {
        let masked = "a b c d e f g h b";
        let words = (0..9).map(|at| WordShare {
            span: 2 * at..2 * at + 1,
            share: if at % 2 == 0 { -0.1 } else { 0.2 } * (at + 1) as f32,
        });
        let found = Explanation {
            level: 3.0,
            rules: 0.0,
            component: 0.0,
            before: -0.25,
            words: words.collect(),
            rest: -1.5,
        };
        let entry = Entry {
            level: Some("ERROR"),
            component: None,
            before: Some(("asked for <*>", 1.0)),
        };
        let mut why = Why::default();
        by_words(&mut why, &found, masked, &entry);
        assert_eq!(why.words.len(), MAX_WHY_WORDS);
        assert_eq!(
            (why.words[0].text.as_str(), why.words[0].of.as_deref()),
            ("ERROR", Some("level"))
        );
        assert_eq!(why.words[1].text, "h");
        let told: f32 = why.words.iter().map(|word| word.contribution).sum();
        let sum = told + why.others.unwrap_or_default() + why.rest.unwrap_or_default();
        assert!((sum - found.log_odds()).abs() < 1e-5, "{sum}");
    }

    #[test]
    fn rules_name_the_level_and_the_phrases() {
        let message = "connection refused: disk full";
        let rule = judge(message, Some(Level::Error)).score;
        let told = rules(&rule, Some(Level::Error));
        assert_eq!(told[0].level.as_deref(), Some("ERROR"));
        assert_eq!(told[1].pattern.as_deref(), Some("connection_refused"));
        assert_eq!(told[1].phrase.as_deref(), Some("connection refused"));
        let begins = rules(&judge("error: it failed", None).score, None);
        let phrases: Vec<Option<&str>> = begins.iter().map(|rule| rule.phrase.as_deref()).collect();
        assert_eq!(phrases, [Some("error"), Some("failed")]);
        let unbacked = rules(&judge(message, None).score, None);
        assert!(unbacked.iter().all(|rule| rule.level.is_none()) && !unbacked.is_empty());
    }
}
