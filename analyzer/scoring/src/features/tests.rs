use super::*;
use crate::rules;

fn cut(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    parts(name, 0, &mut Vec::new(), |part, _| {
        found.push(part.iter().collect());
    });
    found
}

fn features(template: &str, level: Option<&str>, component: Option<&str>) -> Features {
    let rule = rules::score(template, level);
    Features::of(Input {
        template,
        level,
        component,
        rule: &rule,
    })
}

#[test]
fn names_are_cut_at_dots_and_humps() {
    assert_eq!(
        cut("org.apache.BlockManager"),
        ["org", "apache", "block", "manager"]
    );
    assert_eq!(cut("HTTPServer2Go"), ["http", "server2", "go"]);
    assert_eq!(
        cut("disk_full: ÄrgerGroß"),
        ["disk", "full", "ärger", "groß"]
    );
    assert!(cut("--- ::").is_empty());
}

const SHARED_FIELDS: [u32; 5] = [657, 11640, 64574, 32928, 26887];
const SHARED_WORDS: [u32; 3] = [58282, 8452, 26989];
const SHARED_SUM: u64 = 3_548_499_108_760_121_084;
const SHARED_HASH: u64 = 0x7202_d35f_e020_6199;

/// The shared vector: these numbers may only change together with [`FEATURE_VERSION`].
#[test]
fn buckets_never_change() {
    let rule = RuleScore {
        evidence: Evidence::Clear,
        patterns: vec!["not_found"],
        ..RuleScore::default()
    };
    let features = Features::of(Input {
        template: "Failed to open <*>: NotFound",
        level: Some("error"),
        component: Some("kubelet.Volume"),
        rule: &rule,
    });
    let blocks = features.blocks();
    assert_eq!(
        blocks.fields[..5],
        SHARED_FIELDS,
        "level, evidence, pattern, component, its parts"
    );
    assert_eq!(blocks.words[..3], SHARED_WORDS);
    let sum = |sum: u64, bucket: &u32| stir(sum ^ u64::from(*bucket));
    assert_eq!(features.buckets.iter().fold(0u64, sum), SHARED_SUM);
    assert_eq!(stable_hash("Failed to open <*>"), SHARED_HASH);
}

#[test]
fn every_feature_says_what_made_it() {
    let template = "Failed to  open <*>/ÄrgerGroß:\u{a0}NotFound";
    let rule = rules::score(template, Some("error"));
    let input = Input {
        template,
        level: Some("error"),
        component: Some("kubelet.Volume"),
        rule: &rule,
    };
    let traced = trace(input);
    let features = Features::of(input);
    for (traced, block) in traced.iter().zip(features.blocks().each()) {
        let buckets: Vec<u32> = traced.iter().map(|feature| feature.bucket).collect();
        assert_eq!(buckets, block);
    }
    let of = |origin: Origin| {
        let fields = traced[0].iter();
        fields
            .filter(move |feature| feature.origin == origin)
            .count()
    };
    assert_eq!((of(Origin::Level), of(Origin::Component)), (1, 3));
    assert_eq!(of(Origin::Rules), 1 + rule.patterns.len());
    let mut spans: Vec<&str> = traced[1..]
        .iter()
        .flatten()
        .filter_map(|feature| match &feature.origin {
            Origin::Text(span) => Some(&template[span.clone()]),
            _ => None,
        })
        .collect();
    spans.sort_unstable();
    spans.dedup();
    let words = [
        "<*>",
        "<*>/Ärger",
        "<*>/ÄrgerGroß:",
        "Failed",
        "Failed to",
        "Found",
        "Groß",
        "Groß:\u{a0}Not",
        "Not",
        "NotFound",
        "open",
        "open <*>",
        "to",
        "to  open",
        "Ärger",
        "ÄrgerGroß",
    ];
    assert_eq!(spans, words);
}

#[test]
fn the_fields_stand_apart() {
    let with = features("disk full", Some("Info"), None);
    let without = features("disk full", None, None);
    assert_eq!(with.blocks().words, without.blocks().words);
    assert_eq!(with.blocks().grams, without.blocks().grams);
    assert_ne!(with.blocks().fields, without.blocks().fields);
    assert_eq!(with, features("disk full", Some("INFO"), Some("")));
    let rule = rules::score("disk full", None);
    assert_eq!(
        field_buckets(None, Some(" "), &rule),
        without.blocks().fields
    );
}

#[test]
fn words_meet_their_camel_case_form() {
    let plain = features("block not found", None, None);
    let camel = features("BlockNotFound", None, None);
    for (plain, camel) in [
        (plain.blocks().words, camel.blocks().words),
        (plain.blocks().grams, camel.blocks().grams),
    ] {
        assert!(!plain.is_empty() && plain.iter().all(|bucket| camel.contains(bucket)));
    }
}

#[test]
fn memory_is_used_again_and_nothing_else() {
    let (mut used, mut scratch) = (Features::default(), Scratch::default());
    for template in ["a b", "Lost node <*>", "", "x"] {
        let rule = rules::score(template, None);
        let input = Input {
            template,
            level: Some("WARN"),
            component: Some("a.b"),
            rule: &rule,
        };
        used.set(input, &mut scratch);
        assert_eq!(used, Features::of(input), "{template:?}");
    }
}

#[test]
fn anything_is_bounded() {
    for text in [
        "",
        " ",
        "<*>",
        "<*><*> <*>",
        "\u{0}\u{fffd}",
        "é",
        "=== :::",
    ] {
        assert!(features(text, None, None).buckets.len() < 16, "{text:?}");
    }
    for text in [
        "a ".repeat(100_000),
        "aB".repeat(100_000),
        "é".repeat(100_000),
        MASK.repeat(100_000),
    ] {
        let found = features(&text, Some(&text), Some(&text));
        assert!(
            found.buckets.len() <= MAX_FEATURES
                && found.buckets.iter().all(|bucket| *bucket < BUCKETS)
        );
    }
}
