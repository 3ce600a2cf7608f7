//! What settings do: kinds, patterns, keys, names of rule sets.

use logloop_redaction::{
    Config, Counts, Error, Key, Kind, Kinds, MAX_PATTERN_BYTES, MAX_PATTERNS, Redactor,
};

use crate::{corpus, redactor};

fn patterns(patterns: &[&str]) -> Config {
    Config {
        kinds: Kinds::NONE,
        patterns: patterns.iter().map(|p| (*p).to_owned()).collect(),
    }
}

#[test]
fn each_kind_can_be_turned_off() {
    let by_kind = [
        corpus::tokens(),
        corpus::passwords(),
        corpus::emails(),
        corpus::cards(),
        corpus::ips(),
    ];
    for kind in Kind::ALL {
        let without = redactor(Config {
            kinds: Kinds::ALL.without(kind),
            ..Config::default()
        });
        for case in by_kind.iter().flatten() {
            let text = case.text.replacen("{}", &case.value, 1);
            assert_eq!(without.redact(&text).counts.get(kind), 0, "{text}");
        }
    }
    let none = redactor(Config {
        kinds: Kinds::NONE,
        ..Config::default()
    });
    assert_eq!(none.redact("password=hunter2").counts, Counts::default());
    assert_eq!(none.rule_set(), "v1:none");
}

#[test]
fn patterns_replace_matches_or_their_first_group() {
    let whole = redactor(patterns(&["EMP-[0-9]{6}"]));
    let redacted = whole.redact("by EMP-123456, EMP-12 and EMP-654321\n");
    assert_eq!(redacted.counts.get(Kind::Pattern), 2);
    assert!(
        redacted.text.starts_with("by [REDACTED:pattern:") && redacted.text.contains("EMP-12 and")
    );
    let group = redactor(patterns(&["account=([^ ]+)"]));
    let redacted = group.redact("account=42 account=43");
    assert!(
        redacted.text.starts_with("account=[REDACTED:pattern:"),
        "{}",
        redacted.text
    );
    assert_eq!(redacted.counts.get(Kind::Pattern), 2);
}

#[test]
fn patterns_see_one_line_and_no_placeholder() {
    let hungry = redactor(patterns(&["a[\\s\\S]*z", "[0-9a-f]{4,}", "^x$"]));
    for text in ["a\nz", "abc\r\nx\rz", "a1\n2z\nx\n", "deadbeef and feed\nx"] {
        let once = hungry.redact(text).text;
        assert_eq!(once.lines().count(), text.lines().count());
        assert_eq!(hungry.redact(&once).text, once);
    }
}

#[test]
fn patterns_have_bounds() {
    let make = |config| Redactor::new(config, Key::new(&[7; 32]).unwrap()).err();
    let long = "a".repeat(MAX_PATTERN_BYTES + 1);
    let many = vec!["a"; MAX_PATTERNS + 1];
    assert!(matches!(
        make(patterns(&many)),
        Some(Error::TooManyPatterns(_))
    ));
    assert!(matches!(
        make(patterns(&["a", &long])),
        Some(Error::LongPattern { number: 2, .. })
    ));
    assert!(matches!(
        make(patterns(&["(a"])),
        Some(Error::BadPattern { number: 1, .. })
    ));
    assert!(matches!(
        make(patterns(&["(\\w{200}){200}"])),
        Some(Error::BadPattern { .. })
    ));
    assert!(matches!(
        make(patterns(&["a*"])),
        Some(Error::EmptyPattern(1))
    ));
}

#[test]
fn the_key_makes_the_placeholders() {
    let text = "ann@example.com, bob@example.com, ann@example.com";
    let one = redactor(Config::default()).redact(text).text.into_owned();
    let other = Redactor::new(Config::default(), Key::new(&[8; 32]).unwrap()).unwrap();
    assert_ne!(other.redact(text).text, one);
    let parts: Vec<&str> = one.split(", ").collect();
    assert_eq!(parts[0], parts[2]);
    assert_ne!(parts[0], parts[1]);
}

#[test]
fn texts_of_a_record_are_redacted_in_place() {
    let redactor = redactor(Config::default());
    let mut counts = Counts::default();
    let mut texts = [
        "why?".to_owned(),
        "ann@example.com".to_owned(),
        "password=hunter2".to_owned(),
    ];
    for text in &mut texts {
        redactor.redact_in_place(text, &mut counts);
    }
    assert_eq!(texts[0], "why?");
    assert!(texts[1].starts_with("[REDACTED:email:"));
    assert_eq!(
        counts.iter().collect::<Vec<_>>(),
        [(Kind::Password, 1), (Kind::Email, 1)]
    );
}
