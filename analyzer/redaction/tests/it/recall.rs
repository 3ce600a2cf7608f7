//! Everything labelled in the corpus is found, and only that is replaced.

use logloop_redaction::{Config, Kind, Kinds};

use crate::corpus::{self, Case};
use crate::redactor;

#[track_caller]
fn check(cases: &[Case], kinds: Kinds) {
    let redactor = redactor(Config {
        kinds,
        ..Config::default()
    });
    let mut missed = Vec::new();
    for Case { kind, value, text } in cases {
        let (head, tail) = text.split_once("{}").unwrap();
        let input = format!("{head}{value}{tail}");
        let redacted = redactor.redact(&input);
        let open = format!("{head}[REDACTED:{}:", kind.name());
        let exact = redacted.text.starts_with(&open)
            && redacted.text.ends_with(&format!("]{tail}"))
            && redacted.text.len() == open.len() + 13 + tail.len();
        if !exact || redacted.counts.get(*kind) != 1 || redacted.counts.total() != 1 {
            missed.push(format!("{input}\n    → {}", redacted.text));
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {} wrong:\n{}",
        missed.len(),
        cases.len(),
        missed.join("\n")
    );
}

#[test]
fn tokens_are_found() {
    check(&corpus::tokens(), Kinds::NONE.with(Kind::Token));
}

#[test]
fn passwords_are_found() {
    check(&corpus::passwords(), Kinds::NONE.with(Kind::Password));
}

#[test]
fn emails_are_found() {
    check(&corpus::emails(), Kinds::NONE.with(Kind::Email));
}

#[test]
fn cards_are_found() {
    check(&corpus::cards(), Kinds::NONE.with(Kind::Card));
}

/// The passes look at some bytes only: a value is found wherever it lies.
#[test]
fn values_are_found_at_every_offset() {
    let redactor = redactor(Config::default());
    for case in corpus::cards().iter().chain(&corpus::tokens()) {
        for before in 0..24 {
            let text = format!(
                "{}{}",
                "#".repeat(before),
                case.text.replacen("{}", &case.value, 1)
            );
            let redacted = redactor.redact(&text);
            assert!(
                redacted.counts.total() == 1 || redacted.text.contains("x-access-token"),
                "{text}"
            );
        }
    }
}

#[test]
fn addresses_are_found() {
    check(&corpus::ips(), Kinds::NONE.with(Kind::Ip));
}

/// With every kind on, whichever rule takes the value, nothing of it is left.
#[test]
fn nothing_is_left_with_every_kind_on() {
    let redactor = redactor(Config {
        kinds: Kinds::ALL,
        ..Config::default()
    });
    let all = [
        corpus::tokens(),
        corpus::passwords(),
        corpus::emails(),
        corpus::cards(),
        corpus::ips(),
    ];
    for Case { value, text, .. } in all.iter().flatten() {
        let input = text.replacen("{}", value, 1);
        let redacted = redactor.redact(&input);
        assert!(
            !redacted.text.contains(value.as_str()),
            "{input} → {}",
            redacted.text
        );
    }
}

#[test]
fn private_keys_are_found_and_keep_their_lines() {
    for kinds in [Kinds::NONE.with(Kind::PrivateKey), Kinds::ALL] {
        let redactor = redactor(Config {
            kinds,
            ..Config::default()
        });
        for (text, pieces) in corpus::private_keys() {
            let redacted = redactor.redact(&text);
            for piece in &pieces {
                assert!(
                    !redacted.text.contains(piece.as_str()),
                    "{piece} in {}",
                    redacted.text
                );
            }
            assert_eq!(redacted.text.split('\n').count(), text.split('\n').count());
            assert!(
                redacted.text.contains("-----BEGIN RSA PRIVATE KEY-----") || !text.contains('\n')
            );
            assert_eq!(redactor.redact(&redacted.text).text, redacted.text);
        }
    }
}
