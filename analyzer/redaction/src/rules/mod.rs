//! The rules: which literal leads to which verifier, and the verifiers.

mod assign;
mod card;
mod command;
mod header;
mod ip;
mod pattern;
mod pem;
mod token;
mod url;
mod value;

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr_iter;

use crate::kind::{Kind, Kinds};
use crate::prefilter::{Hit, Literal, Prefilter};
use crate::span::Span;
use command::Command;
use token::Form;

pub(crate) use pattern::Patterns;

/// What a literal leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Token(&'static Form),
    Jwt,
    Entra,
    Telegram,
    Pem,
    Assign,
    Authorization,
    Bearer,
    Basic,
    User,
    ShortUser,
    EncodedEmail,
    Command(&'static Command),
    Identified,
    Cookies,
}

/// The kinds that have literals.
const LITERALS: [Kind; 4] = [Kind::Token, Kind::PrivateKey, Kind::Password, Kind::Email];

/// The prefilter over the literals of all kinds, made once.
static PREFILTER: LazyLock<Prefilter<Rule>> = LazyLock::new(|| {
    let mut literals = Vec::new();
    let mut add = |text, then, rule: Rule| {
        // Tokens are as their issuers write them; people write names of values and headers in any case.
        let any_case = !matches!(rule.kind(), Kind::Token | Kind::PrivateKey);
        literals.push(Literal {
            text,
            any_case,
            then,
            rule,
        });
    };
    for form in token::FORMS {
        let short = form.prefix.len() == 3;
        let then = if short {
            token::AFTER_SHORT_PREFIX
        } else {
            b""
        };
        add(form.prefix, then, Rule::Token(form));
    }
    add("eyJ", token::AFTER_EYJ, Rule::Jwt);
    add("Q~", b"", Rule::Entra);
    add(":AA", token::AFTER_SHORT_PREFIX, Rule::Telegram);
    add("-----BEGIN", b"", Rule::Pem);
    for stem in assign::STEMS {
        add(stem, b"", Rule::Assign);
    }
    for stem in assign::SHORT_STEMS {
        add(stem, assign::AFTER_NAME, Rule::Assign);
    }
    add("authorization", b"", Rule::Authorization);
    add("bearer ", b"", Rule::Bearer);
    for name in ["basic ", "\"auth\"", "_auth"] {
        add(name, b"", Rule::Basic);
    }
    for name in ["--user", "--proxy-user"] {
        add(name, b"", Rule::User);
    }
    add(" -u ", b"", Rule::ShortUser);
    for command in command::COMMANDS {
        add(command.words, b"", Rule::Command(command));
    }
    add("identified by ", b"", Rule::Identified);
    add("cookie", b":\"'", Rule::Cookies);
    add(
        "%40",
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        Rule::EncodedEmail,
    );
    Prefilter::new(literals)
});

/// Makes what is made once, so that no text waits for it.
pub(crate) fn prepare() {
    LazyLock::force(&PREFILTER);
}

impl Rule {
    fn kind(self) -> Kind {
        match self {
            Rule::Token(_) | Rule::Jwt | Rule::Entra | Rule::Telegram => Kind::Token,
            Rule::Pem => Kind::PrivateKey,
            Rule::EncodedEmail => Kind::Email,
            _ => Kind::Password,
        }
    }

    /// What a rule finds at its literal `start..end`.
    fn verify(self, text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        match self {
            Rule::Token(form) => token::find(bytes, start, form),
            Rule::Jwt => token::jwt(bytes, start),
            Rule::Entra => token::entra(bytes, start),
            Rule::Telegram => token::telegram(bytes, start),
            Rule::Pem | Rule::Cookies => None,
            Rule::Assign => assign::find(bytes, start, end - start),
            Rule::Authorization => header::authorization(bytes, end),
            Rule::Bearer => header::bearer(bytes, end),
            Rule::Basic => header::basic(bytes, end),
            Rule::User => header::user_flag(bytes, end),
            Rule::ShortUser if header::client_before(bytes, start) => {
                header::user_flag(bytes, end - 1)
            }
            Rule::ShortUser => None,
            Rule::EncodedEmail => url::email(text, start, end),
            Rule::Command(command) => command::find(bytes, start, command),
            Rule::Identified => command::identified(bytes, end),
        }
    }
}

/// How far the passes over a text have come: what lies before is decided.
#[derive(Default)]
pub(crate) struct Progress {
    literals: usize,
    signs: usize,
    /// Kept from block to block for its memory.
    hits: Vec<Hit>,
}

/// Adds what the built-in rules find in `range`, which ends where a line ends.
pub(crate) fn scan(
    kinds: Kinds,
    text: &str,
    range: Range<usize>,
    progress: &mut Progress,
    spans: &mut Vec<Span>,
) {
    let bytes = text.as_bytes();
    let prefilter = &*PREFILTER;
    if LITERALS.into_iter().any(|kind| kinds.contains(kind)) {
        prefilter.scan(bytes, range.clone(), &mut progress.hits);
    }
    for hit in &progress.hits {
        let (start, literal) = (hit.start, prefilter.literal(*hit));
        if start < progress.literals || !kinds.contains(literal.rule.kind()) {
            continue;
        }
        let kind = literal.rule.kind();
        let mut found = |from, to| {
            progress.literals = to;
            spans.push(Span::new(from, to, kind));
        };
        let end = start + literal.text.len();
        match literal.rule {
            Rule::Pem => pem::find(bytes, start, found),
            Rule::Cookies if command::begins_word(bytes, start) => {
                command::cookies(bytes, end, found);
            }
            rule => {
                if let Some((from, to)) = rule.verify(text, start, end) {
                    found(from, to);
                }
            }
        }
    }
    let (email, password) = (kinds.contains(Kind::Email), kinds.contains(Kind::Password));
    if email || password {
        for sign in memchr_iter(b'@', &bytes[range.clone()]).map(|n| range.start + n) {
            if sign < progress.signs {
                continue;
            }
            match url::at_sign(text, sign) {
                url::At::Url {
                    password: found,
                    end,
                } => {
                    progress.signs = end;
                    spans.extend(
                        found
                            .filter(|_| password)
                            .map(|(from, to)| Span::new(from, to, Kind::Password)),
                    );
                }
                url::At::Email(from, to) if email => spans.push(Span::new(from, to, Kind::Email)),
                _ => {}
            }
        }
    }
    if kinds.contains(Kind::Card) {
        card::scan(bytes, range.clone(), |from, to| {
            spans.push(Span::new(from, to, Kind::Card))
        });
    }
    if kinds.contains(Kind::Ip) {
        ip::scan(bytes, range, |from, to| {
            spans.push(Span::new(from, to, Kind::Ip))
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whole literals and parts of them, as written and in other cases, and what stands around.
    fn piece() -> impl Strategy<Value = String> {
        let forms = token::FORMS.iter().map(|form| form.prefix);
        let words = assign::STEMS.iter().chain(assign::SHORT_STEMS).copied();
        let others = [
            "eyJhbG",
            "1Q~x",
            ":AAb",
            "-----BEGIN",
            "authorization",
            "bearer ",
            "basic ",
        ];
        let more = [
            "\"auth\"",
            "_auth",
            "--user",
            "--proxy-user",
            " -u ",
            "%40a",
        ];
        let all: Vec<&str> = forms.chain(words).chain(others).chain(more).collect();
        prop_oneof![
            4 => (prop::sample::select(all), 0..3usize, 0..4usize).prop_map(|(text, case, cut)| {
                let text = match case {
                    0 => text.to_owned(),
                    1 => text.to_ascii_uppercase(),
                    _ => text.to_ascii_lowercase(),
                };
                text[..text.len() - cut.saturating_sub(1).min(text.len())].to_owned()
            }),
            1 => "[=: \"a-zA-Z0-9_é\n-]{0,3}",
        ]
    }

    proptest! {
        #[test]
        fn every_literal_is_found_and_nothing_else(pieces in prop::collection::vec(piece(), 0..40)) {
            let text = pieces.concat();
            let expected = PREFILTER.one_by_one(text.as_bytes());
            for hits in PREFILTER.both_ways(text.as_bytes(), 0..text.len()) {
                prop_assert_eq!(&hits, &expected);
            }
        }
    }
}
