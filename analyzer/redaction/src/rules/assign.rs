//! Values that their name gives away: `password=…`, `"client_secret": "…"`, `--token …`, `DB_PASSWORD=…`,
//! `<password>…</password>`, connection strings.

use super::value;
use crate::bytes::{
    alnum, at, before, blank, line_end, newline, run_end, short_run_end, short_run_start,
};

/// How readily a name's value is taken for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// Whatever stands there was chosen to be secret.
    Password,
    /// As a password, but names of resources are written so too (`secret: my-tls`).
    Secret,
    /// Keys and tokens: long, and of no words.
    Key,
    /// `token` alone: parsers and messages say it too.
    BareToken,
    /// The signature of a presigned address.
    Signature,
}

/// What stands between name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// `=`, `:=`, `=>`.
    Equals,
    /// `:`.
    Colon,
    /// `<name>value<`.
    Element,
    /// `--name value`.
    Flag,
    /// `NAME 'value'` of SQL.
    Quoted,
}

/// The longest name in bytes; of a longer one only the end counts.
const MAX_NAME_BYTES: usize = 64;
/// The most blanks around the sign between name and value.
const MAX_GAP: usize = 16;
/// What shows whether a value without quotation marks is a secret lies within this many bytes.
const MAX_JUDGED_BYTES: usize = 1024;
/// Keys and tokens are at least this long, in bytes.
const MIN_KEY_BYTES: usize = 8;
/// A token behind `token:` alone is at least this long, in bytes.
const MIN_BARE_TOKEN_BYTES: usize = 16;
/// Signatures of presigned addresses are at least this long, in bytes.
const MIN_SIGNATURE_BYTES: usize = 32;

/// The ends of names (in small letters, without `_`, `-`, `.`) and what they say of the value.
const ENDS: &[(&str, Name)] = &[
    ("password", Name::Password),
    ("passwd", Name::Password),
    ("passphrase", Name::Password),
    ("passwort", Name::Password),
    ("passcode", Name::Password),
    ("pwd", Name::Password),
    ("secret", Name::Secret),
    ("secretkeybase", Name::Key),
    ("secretid", Name::Key),
    ("token", Name::Key),
    ("apikey", Name::Key),
    ("authkey", Name::Key),
    ("accesskey", Name::Key),
    ("accountkey", Name::Key),
    ("secretkey", Name::Key),
    ("privatekey", Name::Key),
    ("signingkey", Name::Key),
    ("encryptionkey", Name::Key),
    ("masterkey", Name::Key),
    ("sharedkey", Name::Key),
    ("storagekey", Name::Key),
    ("clientkeydata", Name::Key),
    ("jsessionid", Name::Key),
    ("phpsessid", Name::Key),
    ("xamzsignature", Name::Signature),
    ("xgoogsignature", Name::Signature),
];

/// Names that end in `token` and hold no secret: places in lists, signals, and what parsers speak of.
const HARMLESS_TOKENS: &[&str] = &[
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "canceltoken",
    "cancellationtoken",
    "synctoken",
    "resumetoken",
    "continuetoken",
    "endtoken",
    "starttoken",
    "unexpectedtoken",
    "invalidtoken",
    "fencingtoken",
    "pertoken",
    "maxtoken",
    "tokentoken",
    "stoptoken",
    "eostoken",
    "bostoken",
    "padtoken",
    "nexttoken",
    "previoustoken",
];

/// The stems by which the prefilter finds names: of each end in [`ENDS`] the piece that ordinary words have least.
pub(crate) const STEMS: &[&str] = &[
    "ssword",
    "sswd",
    "sswort",
    "ssphrase",
    "sscode",
    "secr",
    "oken",
    "-amz-sig",
    "-goog-sig",
    "?sig=",
    "&sig=",
    "?signature=",
    "&signature=",
    "key-data",
    "jsessionid",
    "phpsessid",
];
/// Stems that need one of [`AFTER_NAME`] behind them.
pub(crate) const SHORT_STEMS: &[&str] = &["ass", "pwd", "key"];
/// What can follow a name that has a value.
pub(crate) const AFTER_NAME: &[u8] = b"=: \t>]\"'`\\";

/// The value of the name that holds the stem at `hit`.
pub(crate) fn find(text: &[u8], hit: usize, stem: usize) -> Option<(usize, usize)> {
    // `?sig=`, `&sig=` and the like begin with what is before the name.
    let stem = if matches!(text[hit], b'?' | b'&') {
        hit + 1
    } else {
        hit + stem.min(3)
    };
    let end = short_run_end(text, stem, MAX_NAME_BYTES, in_name);
    let start = short_run_start(text, stem, MAX_NAME_BYTES, in_name);
    if !may_assign(text, start, end) {
        return None;
    }
    let name = judge(&text[start..end])?;
    let in_url = text[..start].ends_with(b"//");
    let (sign, value) = sign_after(text, start, end, name)?;
    if in_url && sign == Sign::Colon {
        return None;
    }
    value_at(text, value, &text[start..end], name, sign)
}

fn in_name(byte: u8) -> bool {
    alnum(byte) || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether a sign, a quotation mark or, behind a flag, anything follows a name: most words have none.
fn may_assign(text: &[u8], start: usize, end: usize) -> bool {
    let next = at(text, skip_blanks(text, end));
    matches!(
        next,
        b'=' | b':' | b'>' | b'"' | b'\'' | b'`' | b'\\' | b']'
    ) || text[start..].starts_with(b"--")
}

/// What a name says of its value, by its end; digits behind it (`password2`) do not count.
fn judge(written: &[u8]) -> Option<Name> {
    let mut buffer = [0; 2 * MAX_NAME_BYTES];
    let mut length = 0;
    for (slot, byte) in buffer.iter_mut().zip(written.iter().filter(|b| alnum(**b))) {
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    let mut name = &buffer[..length];
    while let [head @ .., b'0'..=b'9'] = name {
        name = head;
    }
    if let Some((end, found)) = ENDS.iter().find(|(end, _)| name.ends_with(end.as_bytes())) {
        return match *end {
            "token" if name == b"token" => Some(Name::BareToken),
            "token" if HARMLESS_TOKENS.iter().any(|t| name.ends_with(t.as_bytes())) => None,
            _ => Some(*found),
        };
    }
    match name {
        b"sig" | b"signature" => Some(Name::Signature),
        _ if name.ends_with(b"pass") && is_pass(written) => Some(Name::Password),
        _ => None,
    }
}

/// Whether a name's last word is `pass`: `pass`, `db_pass`, `dbPass`, `DB_PASS`, but not `bypass`.
fn is_pass(written: &[u8]) -> bool {
    let written = &written[..written.len()
        - written
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_digit())
            .count()];
    let Some(at) = written.len().checked_sub(4) else {
        return false;
    };
    match before(written, at) {
        b'\n' | b'_' | b'-' | b'.' => true,
        b'a'..=b'z' => written[at] == b'P',
        _ => false,
    }
}

/// The sign behind the name `start..end`, and where the value begins.
fn sign_after(text: &[u8], start: usize, end: usize, name: Name) -> Option<(Sign, usize)> {
    let mut pos = end;
    // `user[password]=`
    if at(text, pos) == b']' {
        pos += 1;
    }
    let unquoted = pos;
    pos = match text.get(pos..) {
        Some([b'\\', b'"' | b'\'', ..]) => pos + 2,
        Some([b'"' | b'\'' | b'`', ..]) => pos + 1,
        _ => pos,
    };
    let quoted = pos > unquoted;
    let gap = skip_blanks(text, pos);
    let behind = |length: usize| skip_blanks(text, gap + length);
    match text.get(gap..).unwrap_or_default() {
        [b'=', b'=' | b'~', ..] | [b':', b':', ..] | [b':', b'/', b'/', ..] => None,
        [b'=', b'>', ..] | [b':', b'=', ..] => Some((Sign::Equals, behind(2))),
        [b'=', ..] => Some((Sign::Equals, behind(1))),
        [b':', ..] => Some((Sign::Colon, behind(1))),
        [b'>', ..] if gap == end && opens_element(text, start) => Some((Sign::Element, end + 1)),
        _ if gap > pos && !quoted && text[start..end].starts_with(b"--") => Some((Sign::Flag, gap)),
        [b'\'' | b'"', ..] if gap > pos && !quoted && name == Name::Password => {
            Some((Sign::Quoted, gap))
        }
        _ => None,
    }
}

/// Whether `<` stands before a name, perhaps with a namespace (`<db:password>`).
fn opens_element(text: &[u8], start: usize) -> bool {
    let namespace = match before(text, start) {
        b':' => short_run_start(text, start - 1, MAX_NAME_BYTES, in_name),
        _ => start,
    };
    before(text, namespace) == b'<'
}

fn skip_blanks(text: &[u8], pos: usize) -> usize {
    short_run_end(text, pos, MAX_GAP, blank)
}

/// The value at `pos`, without its quotation marks, if it is a secret.
fn value_at(
    text: &[u8],
    mut pos: usize,
    written: &[u8],
    name: Name,
    sign: Sign,
) -> Option<(usize, usize)> {
    if text[pos..].starts_with(b"Some(") {
        pos += 5;
    }
    if sign == Sign::Element {
        let end = run_end(text, pos, |b| b != b'<' && !newline(b));
        return (at(text, end) == b'<' && !value::means_nothing(&text[pos..end]))
            .then_some((pos, end));
    }
    // Prefixes of strings in Python and others: u'…', b'…'
    if matches!(
        text.get(pos..),
        Some([b'u' | b'b' | b'r', b'\'' | b'"', ..])
    ) {
        pos += 1;
    }
    let (start, end, quoted) = match text.get(pos..) {
        Some([b'\\', mark @ (b'"' | b'\''), ..]) => {
            (pos + 2, escaped_end(text, pos + 2, *mark), true)
        }
        Some([mark @ (b'"' | b'\'' | b'`'), ..]) => {
            (pos + 1, quoted_end(text, pos + 1, *mark), true)
        }
        _ => (
            pos,
            plain_end(&text[..text.len().min(pos + MAX_JUDGED_BYTES)], pos),
            false,
        ),
    };
    let value = &text[start..end];
    if value.starts_with(b"-----BEGIN") || value::means_nothing(value) || value::is_sentence(value)
    {
        return None;
    }
    let secret = match quoted {
        true => allows(name, value, sign),
        false => plain_value(text, start, end, sign, written) && allows(name, value, sign),
    };
    if !secret {
        return None;
    }
    let goes_on = !quoted && end - start == MAX_JUDGED_BYTES;
    Some((
        start,
        if goes_on {
            plain_end(text, start).max(end)
        } else {
            end
        },
    ))
}

/// Whether a value may be one of such a name.
fn allows(name: Name, value: &[u8], sign: Sign) -> bool {
    let digit = value.iter().any(u8::is_ascii_digit);
    let letter = value.iter().any(u8::is_ascii_alphabetic);
    let spaces = value.iter().any(|b| blank(*b));
    match name {
        Name::Password => true,
        Name::Secret => !value::is_resource_name(value),
        Name::Key => value.len() >= MIN_KEY_BYTES && !spaces && !value::is_resource_name(value),
        Name::BareToken => {
            let long = match sign {
                Sign::Colon => value.len() >= MIN_BARE_TOKEN_BYTES,
                _ => value.len() >= MIN_KEY_BYTES,
            };
            // `token: Proxy@1f2e3d` names an object in memory.
            let object = value.contains(&b'@');
            long && !spaces && digit && letter && !object && !value::is_resource_name(value)
        }
        Name::Signature => value.len() >= MIN_SIGNATURE_BYTES && !spaces,
    }
}

/// Whether a value without quotation marks is one, and not code, a path or the next word of a sentence.
fn plain_value(text: &[u8], start: usize, end: usize, sign: Sign, written: &[u8]) -> bool {
    let value = &text[start..end];
    if matches!(value[0], b'{' | b'[' | b'(' | b'<' | b'=') {
        return false;
    }
    let path = matches!(value[0], b'/' | b'~') || value.get(1..3) == Some(b":\\");
    if path && written.to_ascii_lowercase().ends_with(b"pwd") {
        return false;
    }
    let pass = written.len() == 4 && written.eq_ignore_ascii_case(b"pass");
    match sign {
        // Results of tests: `pass=12 fail=0`, `pass: 12`
        Sign::Equals if pass => !value
            .iter()
            .all(|b| b.is_ascii_digit() || *b == b'%' || *b == b'.'),
        Sign::Colon if pass => value::looks_chosen(value) && value::ends(text, end),
        Sign::Colon => value::ends(text, end) || value::looks_chosen(value),
        Sign::Flag => value[0] != b'-',
        _ => true,
    }
}

/// The end of a value without quotation marks. Of a call (`password = config.get(…)`) or a structure
/// (`token=Token{…}`) nothing is taken.
fn plain_end(text: &[u8], start: usize) -> usize {
    let stops = |b: u8| {
        b <= b' '
            || matches!(
                b,
                b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'<' | b'>' | b'|' | b')' | b']' | b'}'
            )
    };
    let mut pos = start;
    loop {
        pos = run_end(text, pos, |b| {
            !stops(b) && !matches!(b, b'\\' | b'(' | b'{')
        });
        match text.get(pos..) {
            // Written-out quotation marks and line ends belong to the text around.
            Some([b'\\', b'"' | b'\'' | b'n' | b'r' | b't', ..]) => return pos,
            Some([b'(' | b'{', ..]) if is_path(&text[start..pos]) => return start,
            Some([b'\\' | b'(' | b'{', ..]) => pos += 1,
            _ => return pos,
        }
    }
}

/// A function's name, perhaps with where it is: letters, `_`, `.`, `:`.
fn is_path(value: &[u8]) -> bool {
    value
        .iter()
        .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b':' | b'$'))
}

/// The end of a value in quotation marks: the closing one that no `\` precedes, or the line's end.
fn quoted_end(text: &[u8], start: usize, mark: u8) -> usize {
    let mut pos = start;
    loop {
        pos = run_end(text, pos, |b| b != mark && b != b'\\' && !newline(b));
        match text.get(pos..) {
            Some([b'\\', next, ..]) if !newline(*next) => pos += 2,
            Some([b'\\', ..]) => return (pos + 1).min(text.len()),
            _ => return pos.min(text.len()),
        }
    }
}

/// The end of a value in quotation marks that are themselves written with `\`, as JSON within JSON has them.
fn escaped_end(text: &[u8], start: usize, mark: u8) -> usize {
    let end = line_end(text, start);
    text[start..end]
        .windows(2)
        .position(|pair| pair == [b'\\', mark])
        .map_or(end, |found| start + found)
}
