//! The rules: which literal leads to which verifier, and the verifiers.

mod assign;
mod card;
mod header;
mod ip;
mod pattern;
mod pem;
mod token;
mod url;
mod value;

use std::ops::Range;

use memchr::memchr_iter;

use crate::kind::{Kind, Kinds};
use crate::prefilter::{Literal, Prefilter};
use crate::span::Span;
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
}

/// The prefilter over the literals of the kinds that are on.
pub(crate) fn prefilter(kinds: Kinds) -> Prefilter<Rule> {
    let mut literals = Vec::new();
    let mut add = |text, then, rule: Rule| {
        if kinds.contains(rule.kind()) {
            literals.push(Literal { text, then, rule });
        }
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
    for digit in [
        "0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~",
    ] {
        add(digit, token::AFTER_SHORT_PREFIX, Rule::Entra);
    }
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
    add(
        "%40",
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        Rule::EncodedEmail,
    );
    Prefilter::new(literals)
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
            Rule::Entra => token::entra(bytes, start + 1),
            Rule::Telegram => token::telegram(bytes, start),
            Rule::Pem => None,
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
        }
    }
}

/// How far the passes over a text have come: what lies before is decided.
#[derive(Default)]
pub(crate) struct Progress {
    literals: usize,
    signs: usize,
}

/// Adds what the built-in rules find in `range`, which ends where a line ends.
pub(crate) fn scan(
    prefilter: &Prefilter<Rule>,
    kinds: Kinds,
    text: &str,
    range: Range<usize>,
    progress: &mut Progress,
    spans: &mut Vec<Span>,
) {
    let bytes = text.as_bytes();
    prefilter.scan(bytes, range.clone(), |start, literal| {
        if start < progress.literals {
            return;
        }
        let kind = literal.rule.kind();
        if let Rule::Pem = literal.rule {
            pem::find(bytes, start, |from, to| {
                progress.literals = to;
                spans.push(Span::new(from, to, kind));
            });
        } else if let Some((from, to)) =
            literal.rule.verify(text, start, start + literal.text.len())
        {
            progress.literals = to;
            spans.push(Span::new(from, to, kind));
        }
    });
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
