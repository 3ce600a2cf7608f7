//! Tokens, and the text they are kept in.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Scope, Scopes};

/// Bytes of the shortest token: what is shorter can be guessed.
pub const MIN_TOKEN_BYTES: usize = 16;

/// Bytes of a token.
const MAX_TOKEN_BYTES: usize = 1024;

/// Bytes of a subject.
pub const MAX_SUBJECT_BYTES: usize = 256;

/// Lines of a token file.
const MAX_TOKENS: usize = 10_000;

/// A token's SHA-256: what is looked up by it tells nothing by its time.
type TokenId = [u8; 32];

/// What a token stands for.
#[derive(Clone, Debug)]
pub struct Token {
    /// Who shows it; opaque.
    pub subject: String,
    /// What they may do.
    pub scopes: Scopes,
    /// Until when; `None`: until it is taken out of the file.
    pub until: Option<DateTime<Utc>>,
    id: TokenId,
    /// Names the token in a session's cookie, and tells nothing of it.
    pub(super) session_id: [u8; 32],
    /// Signs sessions; follows from the token, so that they end with it and every process knows them.
    pub(super) session_key: [u8; 32],
}

/// All tokens of a file.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    by_id: HashMap<TokenId, Token>,
    by_session: HashMap<[u8; 32], TokenId>,
}

impl Tokens {
    /// Reads a token file: on each line a token, its subject, its scopes (commas between them) and, if it ends, when
    /// (RFC 3339), with spaces between; `#` begins a comment. An error names the line, never the token.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut all = HashMap::new();
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in text.lines().enumerate() {
            let line = without_comment(line).trim();
            if line.is_empty() {
                continue;
            }
            let token =
                read_line(line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
            if all.insert(token.id, token).is_some() {
                return Err(format!(
                    "line {}: this token is there already: give each line one of its own",
                    number + 1
                ));
            }
            if all.len() > MAX_TOKENS {
                return Err(format!("there are more than {MAX_TOKENS} tokens"));
            }
        }
        if all.is_empty() {
            return Err(
                "there is no token: write lines of `TOKEN SUBJECT SCOPES`, such as `… ann analyze,feedback`"
                    .to_owned(),
            );
        }
        let by_session = all.values().map(|token| (token.session_id, token.id));
        Ok(Self {
            by_session: by_session.collect(),
            by_id: all,
        })
    }

    /// What a token stands for, if it is valid now.
    pub fn find(&self, token: &str, now: DateTime<Utc>) -> Option<&Token> {
        self.by_id(&Sha256::digest(token).into(), now)
    }

    /// What the token stands for that a session's cookie names.
    pub(super) fn of_session(&self, id: &[u8; 32], now: DateTime<Utc>) -> Option<&Token> {
        self.by_id(self.by_session.get(id)?, now)
    }

    fn by_id(&self, id: &TokenId, now: DateTime<Utc>) -> Option<&Token> {
        let token = self.by_id.get(id)?;
        token.until.is_none_or(|until| now < until).then_some(token)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// A comment begins a line, or follows a space.
fn without_comment(line: &str) -> &str {
    let begins = |(at, _): &(usize, &str)| *at == 0 || line[..*at].ends_with(char::is_whitespace);
    let comment = line.match_indices('#').find(begins);
    comment.map_or(line, |(at, _)| &line[..at])
}

fn read_line(line: &str) -> Result<Token, String> {
    let mut parts = line.split_whitespace();
    let (Some(token), Some(subject), Some(scopes), until, None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return Err(
            "write `TOKEN SUBJECT SCOPES [UNTIL]`, scopes with commas and no spaces".to_owned(),
        );
    };
    if !(MIN_TOKEN_BYTES..=MAX_TOKEN_BYTES).contains(&token.len()) {
        return Err(format!(
            "a token has {MIN_TOKEN_BYTES} to {MAX_TOKEN_BYTES} bytes: make one with `openssl rand -hex 24`"
        ));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token is made of ASCII letters, digits and signs".to_owned());
    }
    if subject.len() > MAX_SUBJECT_BYTES {
        return Err(format!("a subject has at most {MAX_SUBJECT_BYTES} bytes"));
    }
    let until = until.map(DateTime::parse_from_rfc3339).transpose();
    let until = until.map_err(|_| "the end is no time such as 2026-01-31T00:00:00Z".to_owned())?;
    let derived = |what: &str| Sha256::new().chain_update(what).chain_update(token);
    Ok(Token {
        subject: subject.to_owned(),
        // A wrong scope may be a token in the wrong place: it is not repeated.
        scopes: scopes.parse().map_err(|_| {
            let names = Scope::ALL.map(Scope::as_str).join(", ");
            format!(
                "the third part is no list of scopes: use {names} or all, with commas between them"
            )
        })?,
        until: until.map(|until| until.to_utc()),
        id: Sha256::digest(token).into(),
        session_id: derived("logloop session id\0").finalize().into(),
        session_key: derived("logloop session\0").finalize().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "0123456789abcdef0123";

    #[test]
    fn lines_are_read() {
        let text = format!(
            "\u{feff}# people\n\n{ANN} ann analyze,feedback # since May\r\n  {ANN}4 ann all 2026-06-01T02:00:00+02:00\n"
        );
        let tokens = Tokens::read(&text).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-05-31T23:59:59Z");
        assert_eq!(tokens.len(), 2);
        assert_eq!(tokens.find(ANN, now).unwrap().scopes, Scopes::ASKING);
        assert_eq!(tokens.find(&format!("{ANN}4"), now).unwrap().subject, "ann");
        assert!(
            tokens
                .find(&format!("{ANN}4"), at("2026-06-01T00:00:00Z"))
                .is_none()
        );
        assert!(
            tokens.find("0123456789abcdef012", now).is_none() && tokens.find("", now).is_none()
        );
    }

    #[test]
    fn what_is_wrong_is_told_without_the_token() {
        for (text, told) in [
            ("", "no token"),
            ("# nothing\n", "no token"),
            ("\nshort ann all", "line 2: a token has 16"),
            (&format!("{ANN} ann")[..], "TOKEN SUBJECT SCOPES"),
            (
                &format!("{ANN} ann analyze, feedback"),
                "the end is no time",
            ),
            (&format!("{ANN} ann admin"), "no list of scopes"),
            (
                &format!("build-farm-service analyze {ANN}"),
                "no list of scopes",
            ),
            (&format!("{ANN}é ann all"), "ASCII"),
            (&format!("{ANN} ann all tomorrow"), "the end is no time"),
            (
                &format!("{ANN} ann all\n{ANN} bob all"),
                "line 2: this token",
            ),
            (&format!("{ANN} {} all", "x".repeat(257)), "at most 256"),
        ] {
            let error = Tokens::read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
            assert!(!error.contains(ANN), "{error}");
        }
    }
}
