//! Passwords in URLs (`scheme://user:password@host`) and e-mail addresses: both stand around an `@`.

use super::value;
use crate::bytes::{alnum, at, before, run_end, run_start};

/// What an `@` turned out to belong to.
pub(crate) enum At {
    /// Credentials of a URL up to `end`; the password is in `password`, if there is one to hide.
    Url {
        password: Option<(usize, usize)>,
        end: usize,
    },
    /// An e-mail address.
    Email(usize, usize),
    /// Nothing.
    Other,
}

/// Looks at the `@` at `pos`.
pub(crate) fn at_sign(text: &str, pos: usize) -> At {
    let bytes = text.as_bytes();
    let start = run_start(bytes, pos, |b| in_authority(b) && b != b'@');
    if bytes[..start].ends_with(b"://") {
        return credentials(bytes, start, pos);
    }
    match email(text, pos, pos + 1) {
        Some((start, end)) => At::Email(start, end),
        None => At::Other,
    }
}

/// A byte of a URL between `//` and the path. A `#`, `?` or `/` is written `%23`, `%3F`, `%2F` there.
fn in_authority(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'/' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'?' | 0x7f)
}

fn credentials(text: &[u8], start: usize, pos: usize) -> At {
    // The last `@` before the path: passwords with a raw `@` occur.
    let authority = run_end(text, pos, in_authority);
    let sign = pos
        + text[pos..authority]
            .iter()
            .rposition(|b| *b == b'@')
            .unwrap_or(0);
    let password = text[start..sign]
        .iter()
        .position(|b| *b == b':')
        .map(|colon| (start + colon + 1, sign))
        .filter(|(from, to)| !value::means_nothing(&text[*from..*to]));
    At::Url {
        password,
        end: sign + 1,
    }
}

/// The longest local part in bytes (RFC 5321), and the longest domain.
const MAX_LOCAL_BYTES: usize = 64;
const MAX_DOMAIN_BYTES: usize = 255;
/// The longest top-level domain in bytes; the registered ones are up to 24.
const MAX_TLD_BYTES: usize = 24;

/// What stands where a top-level domain would, but is a unit of systemd or a file: `user@1000.service`, `icon@2x.png`.
const NOT_TLDS: &[&str] = &[
    "automount",
    "bak",
    "cfg",
    "class",
    "conf",
    "css",
    "device",
    "dll",
    "exe",
    "gif",
    "gz",
    "html",
    "jar",
    "java",
    "jpeg",
    "jpg",
    "js",
    "json",
    "jsx",
    "lock",
    "log",
    "mjs",
    "mount",
    "path",
    "png",
    "scope",
    "service",
    "slice",
    "socket",
    "svg",
    "swap",
    "target",
    "tgz",
    "timer",
    "tmp",
    "ts",
    "tsx",
    "txt",
    "webp",
    "whl",
    "xml",
    "yaml",
    "yml",
];

/// An e-mail address whose `@` (or `%40`) lies at `sign..domain`.
pub(crate) fn email(text: &str, sign: usize, domain: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let end = domain_end(text, domain)?;
    let start = local_start(text, sign);
    let local = &bytes[start..sign];
    let used = local.iter().any(|b| alnum(*b) || *b >= 0x80);
    let remote_shell = local == b"git" || bytes[..start].ends_with(b"//");
    (used && local.len() <= MAX_LOCAL_BYTES && !remote_shell).then_some((start, end))
}

fn local_start(text: &str, sign: usize) -> usize {
    let local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '%');
    let head = &text[..sign];
    let start = head
        .char_indices()
        .rev()
        .take(MAX_LOCAL_BYTES + 1)
        .take_while(|(_, c)| local(*c))
        .last()
        .map_or(sign, |(at, _)| at);
    // Signs that lead are of the text around: `...me@`, `--me@`, `%20me@`, `=%3Dme@`.
    let mut start = start
        + run_end(&text.as_bytes()[start..sign], 0, |b| {
            matches!(b, b'.' | b'-' | b'+')
        });
    while let [b'%', a, b, ..] = text.as_bytes()[start..sign] {
        if !(a.is_ascii_hexdigit() && b.is_ascii_hexdigit()) {
            break;
        }
        start += 3;
    }
    start
}

/// The end of a domain that begins at `start`, if it is one that mail goes to: labels with dots between them, the last of
/// letters.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let class = |b: u8| alnum(b) || matches!(b, b'.' | b'-') || b >= 0x80;
    let mut end = run_end(
        &bytes[..bytes.len().min(start + MAX_DOMAIN_BYTES)],
        start,
        class,
    );
    // A bound may cut a character.
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    end = start + text[start..end].find(|c| !letter(c)).unwrap_or(end - start);
    end = start + text[start..end].trim_end_matches(['.', '-']).len();
    let domain = &text[start..end];
    let (host, tld) = domain.rsplit_once('.')?;
    let tld_bytes = tld.as_bytes();
    let one_case = tld_bytes.iter().all(|b| !b.is_ascii_uppercase())
        || tld_bytes.iter().all(|b| !b.is_ascii_lowercase());
    let named = (2..=MAX_TLD_BYTES).contains(&tld.len())
        && one_case
        && (tld.starts_with("xn--")
            || tld_bytes
                .iter()
                .all(|b| b.is_ascii_alphabetic() || *b >= 0x80))
        && !NOT_TLDS.iter().any(|no| no.eq_ignore_ascii_case(tld));
    let labels = host.split('.').all(|label| !label.is_empty());
    let version = host.split('.').next().is_some_and(|l| {
        l.trim_start_matches('v')
            .bytes()
            .all(|b| b.is_ascii_digit())
    }) && host.contains('.');
    let called = matches!(at(bytes, end), b'(' | b'@') || before(bytes, end) == b'.';
    (named && labels && !version && !called).then_some(end)
}
