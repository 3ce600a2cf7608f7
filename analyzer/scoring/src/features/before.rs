//! Features of the entry that was logged just before another one.

use super::{Hash, Kind, MAX_PATTERNS, MAX_TEMPLATE_BYTES, Words, given, head, letter, parts};
use crate::rules::RuleScore;

/// Features of an entry before, at most.
const MAX_BEFORE_FEATURES: usize = 64;

/// Buckets of the entry before: its whole masked text, level, what the rules say of it, and its words.
pub fn before_buckets(template: &str, level: Option<&str>, rule: &RuleScore) -> Vec<u32> {
    let template = head(template, MAX_TEMPLATE_BYTES);
    let mut buckets = vec![
        Hash::new(Kind::Before).chars(template.chars()).bucket(),
        Hash::new(Kind::BeforeEvidence)
            .char(letter(rule.evidence))
            .bucket(),
    ];
    if let Some(level) = given(level) {
        let upper = level.chars().flat_map(char::to_uppercase);
        buckets.push(Hash::new(Kind::BeforeLevel).chars(upper).bucket());
    }
    for name in rule.patterns.iter().take(MAX_PATTERNS) {
        buckets.push(Hash::new(Kind::BeforePattern).chars(name.chars()).bucket());
    }
    let mut words = Words::default();
    parts(template, 0, &mut words.part, |part, _| {
        if buckets.len() < MAX_BEFORE_FEATURES {
            let hash = Hash::new(Kind::BeforeWord).chars(part.iter().copied());
            buckets.push(hash.bucket());
        }
    });
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FEATURE_VERSION;
    use crate::rules::{self, Evidence};

    /// Part of the shared vector: these numbers may only change together with [`FEATURE_VERSION`].
    #[test]
    fn buckets_never_change() {
        let rule = RuleScore {
            evidence: Evidence::Clear,
            patterns: vec!["not_found"],
            ..RuleScore::default()
        };
        let buckets = before_buckets("Failed to open <*>", Some("error"), &rule);
        assert_eq!(buckets, [5028, 26227, 56703, 17057, 9892, 21583, 49499]);
        assert_eq!(FEATURE_VERSION, 3);
    }

    #[test]
    fn a_long_text_is_bounded() {
        let long = "what came before ".repeat(500);
        let buckets = before_buckets(&long, None, &rules::score(&long, None));
        assert_eq!(buckets.len(), MAX_BEFORE_FEATURES);
        assert_ne!(
            buckets[0],
            before_buckets("x", None, &RuleScore::default())[0]
        );
    }
}
