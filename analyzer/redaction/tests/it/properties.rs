//! What holds for every text, tried on texts put together from all that the rules look at.

use logloop_redaction::{Config, Kinds, Redacted, Redactor};
use std::sync::LazyLock;

use proptest::prelude::*;

use crate::{corpus, redactor};

/// Pieces of texts: whole values, parts of what rules look for, placeholders, signs, line ends.
fn piece() -> impl Strategy<Value = String> {
    let mut values: Vec<String> = corpus::tokens()
        .into_iter()
        .chain(corpus::passwords())
        .chain(corpus::emails())
        .chain(corpus::cards())
        .chain(corpus::ips())
        .flat_map(|case| [case.value.clone(), case.text.replacen("{}", &case.value, 1)])
        .collect();
    for (text, _) in corpus::private_keys() {
        values.extend(text.split_inclusive('\n').map(str::to_owned));
        values.push(text);
    }
    let parts = [
        "\n",
        "\r",
        "\r\n",
        " ",
        "\t",
        "=",
        ":",
        "\"",
        "'",
        "\\",
        "\\\"",
        "@",
        "%40",
        "://",
        "/",
        ".",
        "-",
        "_",
        ",",
        ";",
        "&",
        "[",
        "]",
        "<",
        ">",
        "(",
        ")",
        "`",
        "--",
        "{",
        "}",
        "$",
        "*",
        "password",
        "secret",
        "token",
        "api_key",
        "Authorization",
        "Bearer ",
        "Basic ",
        "--user",
        "curl -u ",
        "eyJ",
        "AKIA",
        "ghp_",
        "sk-",
        "SG.",
        ":AA",
        "Q~",
        "-----BEGIN",
        "-----END",
        "[REDACTED:email:0123456789ab]",
        "[REDACTED:private-key:0123456789ab]",
        "[REDACTED:",
        "0123456789ab]",
        "Some(",
        "4111",
        "1111",
        "é",
        "邮",
        "\u{feff}",
        "“",
        "a",
        "x1",
        "example.com",
        "Proc-Type:",
        "null",
    ];
    prop_oneof![
        3 => proptest::sample::select(values),
        5 => proptest::sample::select(parts.map(str::to_owned).to_vec()),
        1 => any::<String>(),
        1 => "[a-zA-Z0-9=:@./ -]{1,20}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

fn redactors() -> &'static [Redactor; 3] {
    static REDACTORS: LazyLock<[Redactor; 3]> = LazyLock::new(make_redactors);
    &REDACTORS
}

fn make_redactors() -> [Redactor; 3] {
    let patterns = vec!["[0-9a-f]{6,}".to_owned(), "x(.*)1".to_owned()];
    [
        redactor(Config::default()),
        redactor(Config {
            kinds: Kinds::ALL,
            patterns: Vec::new(),
        }),
        redactor(Config {
            kinds: Kinds::SECRETS,
            patterns,
        }),
    ]
}

/// The ends of lines, in order.
fn line_ends(text: &str) -> Vec<char> {
    text.chars().filter(|c| matches!(c, '\n' | '\r')).collect()
}

/// Whether the text between placeholders is that of the input, in its order.
fn untouched_elsewhere(input: &str, Redacted { text, .. }: &Redacted<'_>) -> bool {
    let mut rest = input;
    let mut pieces = Vec::new();
    let mut output: &str = text;
    while let Some(open) = output.find("[REDACTED:") {
        pieces.push(&output[..open]);
        let close = output[open..]
            .find(']')
            .map_or(output.len(), |close| open + close + 1);
        output = &output[close..];
    }
    let last = output;
    let Some(head) = pieces.first() else {
        return input == last;
    };
    if !rest.starts_with(head) || !rest.ends_with(last) {
        return false;
    }
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_stay_lines_and_twice_is_once(text in text()) {
        for redactor in redactors() {
            let once = redactor.redact(&text);
            prop_assert_eq!(line_ends(&once.text), line_ends(&text));
            prop_assert_eq!(once.counts.total() == 0, once.text == text.as_str());
            let twice = redactor.redact(&once.text);
            prop_assert_eq!(&twice.text, &once.text);
            prop_assert_eq!(twice.counts.total(), 0);
        }
    }

    #[test]
    fn the_rest_is_untouched(text in text()) {
        prop_assume!(!text.contains("[REDACTED:"));
        for redactor in redactors() {
            let once = redactor.redact(&text);
            prop_assert!(untouched_elsewhere(&text, &once), "{:?} → {:?}", text, once.text);
        }
    }

    #[test]
    fn equal_values_stay_equal(name in "[a-z]{3,12}", other in "[a-z]{3,12}") {
        prop_assume!(name != other);
        let redactor = &redactors()[0];
        let mail = |name: &str| redactor.redact(&format!("{name}@example.com")).text.into_owned();
        prop_assert_eq!(mail(&name), mail(&name));
        prop_assert_ne!(mail(&name), mail(&other));
    }
}

/// The size of a hostile text.
const HOSTILE_BYTES: usize = 64 << 10;

/// Time is linear: a text made to be looked at again and again takes no longer than a bounded factor of one that is
/// not. Without the bounds these take minutes.
#[test]
fn hostile_texts_take_linear_time() {
    let redactors = redactors();
    for unit in [
        "password=\"",
        "password='is ",
        "token=",
        "secret:",
        "sk-",
        "GOCSPX-",
        "eyJh.",
        "eyJhbGciOiJIUzI1NiJ9",
        "authorization:",
        "bearer ",
        "@",
        "a@",
        "a@b.",
        "://a:",
        "1.1",
        "a:",
        "4111 ",
        "1111-",
        "-----BEGIN RSA PRIVATE KEY-----",
        "--user",
        "curl -u ",
        "1Q~",
        "12345678:AA",
        "[REDACTED:",
        "\\\"",
        "password=\\\"",
        "pass",
        "%40a",
        "<password>",
        "-----BEGIN RSA PRIVATE KEY-----\n\n",
        "\n",
        "é",
        "token=a(",
        "password=\\",
        "::",
        "basic ",
    ] {
        let text = unit.repeat(HOSTILE_BYTES / unit.len());
        for redactor in redactors {
            let once = redactor.redact(&text);
            assert_eq!(line_ends(&once.text), line_ends(&text));
            assert_eq!(redactor.redact(&once.text).text, once.text, "{unit}");
        }
    }
}
