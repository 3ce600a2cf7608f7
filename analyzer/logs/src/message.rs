//! What a message says besides its text: an operation, a transaction.

use std::borrow::Cow;

use memchr::{memchr, memchr3_iter};

/// Keys whose value names the transaction, trace or request, in the order of preference; compared
/// without case and without `_`, `-` and `.`.
const TRANSACTION_KEYS: [&str; 15] = [
    "transactionid",
    "txnid",
    "txid",
    "txn",
    "traceid",
    "ddtraceid",
    "logginggoogleapiscomtrace",
    "trace",
    "requestid",
    "xrequestid",
    "reqid",
    "correlationid",
    "xcorrelationid",
    "auditid",
    "operationid",
];

/// Keys whose value names the operation.
const OPERATION_KEYS: [&str; 7] = [
    "operation",
    "op",
    "action",
    "verb",
    "method",
    "controller",
    "funcname",
];

/// Keys whose value names the component.
const COMPONENT_KEYS: [&str; 17] = [
    "component",
    "logger",
    "loggername",
    "loglogger",
    "service",
    "servicename",
    "module",
    "target",
    "caller",
    "subsys",
    "sourcecontext",
    "syslogidentifier",
    "name",
    "appname",
    "app",
    "c",
    "comm",
];

/// Bytes of a message that are looked at for a transaction id.
const MAX_SEARCHED_BYTES: usize = 4096;

/// Letters and digits of a key are compared up to this length; a longer key is none of ours.
const MAX_KEY_BYTES: usize = 32;

/// Whether a key names the transaction; the lower, the better.
pub(crate) fn transaction_rank(key: &str) -> Option<usize> {
    rank(key, &TRANSACTION_KEYS)
}

/// Whether a key names the operation; the lower, the better.
pub(crate) fn operation_rank(key: &str) -> Option<usize> {
    rank(key, &OPERATION_KEYS)
}

/// Whether a key names the component; the lower, the better.
pub(crate) fn component_rank(key: &str) -> Option<usize> {
    rank(key, &COMPONENT_KEYS)
}

fn rank(key: &str, names: &[&str]) -> Option<usize> {
    let mut folded = [0; MAX_KEY_BYTES];
    let mut length = 0;
    for byte in key.bytes().filter(u8::is_ascii_alphanumeric) {
        *folded.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    names
        .iter()
        .position(|name| name.as_bytes() == &folded[..length])
}

/// The transaction, trace or request id that a text names: `trace_id=…`, `X-Request-Id: …`,
/// `[req-…]`, `[550e8400-e29b-41d4-a716-446655440000]`.
///
/// Ids of things that are worked on (blocks, pods, files) are none: they group what
/// happened to the thing, not what one request did.
pub(crate) fn transaction(text: &str) -> Option<&str> {
    let text = &text[..text.floor_char_boundary(MAX_SEARCHED_BYTES)];
    let bytes = text.as_bytes();
    for at in memchr3_iter(b'=', b':', b'[', bytes) {
        let found = if bytes[at] == b'[' {
            bracketed_id(&text[at + 1..])
        } else {
            keyed_id(text, at)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The same in what stands before a message (thread, context): there a trace's id of 16 or 32
/// hexadecimal digits needs no key, as Spring writes it (`[service,<trace>,<span>]`).
pub(crate) fn header_transaction(text: &str) -> Option<&str> {
    if !text
        .bytes()
        .any(|byte| matches!(byte, b'[' | b'=' | b',' | b'-'))
    {
        return None;
    }
    transaction(text)
        .or_else(|| {
            text.starts_with("req-")
                .then(|| text.split([' ', ']']).next())?
        })
        .or_else(|| trace_id(text))
}

/// The first word of 16 or 32 hexadecimal digits.
fn trace_id(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut start = 0;
    for end in 0..=bytes.len() {
        let byte = bytes.get(end).copied().unwrap_or(b' ');
        if byte.is_ascii_hexdigit() {
            continue;
        }
        let ends = matches!(byte, b'[' | b']' | b',' | b'-' | b' ');
        if ends && matches!(end - start, 16 | 32) {
            let word = &bytes[start..end];
            let whole = start == 0 || matches!(bytes[start - 1], b'[' | b']' | b',' | b'-' | b' ');
            if whole && word.iter().any(|byte| *byte != b'0') {
                return Some(&text[start..end]);
            }
        }
        start = end + 1;
    }
    None
}

/// The value after `=` or `:` at byte `at`, if the word before names a transaction.
fn keyed_id(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    // All keys that are looked for in a text end so: most words are told by this letter.
    let last = *bytes[..at].last()?;
    let (quoted, last) = match last {
        b'"' if at > 1 => (1, bytes[at - 2]),
        _ => (0, last),
    };
    if !matches!(last, b'd' | b'D') {
        return None;
    }
    let key_end = at - quoted;
    let key_start = bytes[..key_end]
        .iter()
        .rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
        .map_or(0, |before| before + 1);
    transaction_rank(&text[key_start..key_end])?;
    let mut rest = &text[at + 1..];
    if bytes[at] == b':' {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let end = rest.find(|c: char| !is_id_char(c)).unwrap_or(rest.len());
    let id = &rest[..end];
    (!id.is_empty() && id.bytes().any(|byte| byte != b'0' && byte != b'-')).then_some(id)
}

/// A request id or UUID right after a bracket.
fn bracketed_id(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let id = if bytes.starts_with(b"req-") {
        let end = text.find(|c: char| !is_id_char(c))?;
        (end > 4).then(|| &text[..end])?
    } else {
        let id = bytes.get(..UUID_BYTES)?;
        is_uuid(id).then(|| &text[..UUID_BYTES])?
    };
    matches!(bytes.get(id.len()), Some(b']' | b' ' | b',')).then_some(id)
}

const UUID_BYTES: usize = 36;

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+')
}

/// `key=value` pairs of a logfmt tail; values may be quoted with `"` and `\` escapes.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let equals = rest.find(['=', ' '])?;
            if rest.as_bytes()[equals] == b' ' {
                rest = &rest[equals..];
                continue;
            }
            let key = &rest[..equals];
            let after = &rest[equals + 1..];
            let (value, end) = match after.strip_prefix('"') {
                Some(quoted) => {
                    let close = closing_quote(quoted);
                    (&quoted[..close], (close + 2).min(after.len()))
                }
                None => {
                    let stop = after.find(' ').unwrap_or(after.len());
                    (&after[..stop], stop)
                }
            };
            rest = &after[end..];
            if is_key(key) {
                return Some((key, value));
            }
        }
    })
}

/// Whether `text` could be the key of a pair.
pub(crate) fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
}

/// The text of a quoted value: Go's, JSON's and C's escapes.
pub(crate) fn unescape(value: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'\\', value.as_bytes()) else {
        return Cow::Borrowed(value);
    };
    let mut out = String::with_capacity(value.len());
    out.push_str(&value[..first]);
    let mut rest = &value[first..];
    while let Some(after) = rest.strip_prefix('\\') {
        let (text, length) = escaped(after);
        out.push_str(text.encode_utf8(&mut [0; 4]));
        rest = &after[length..];
        let next = memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(out)
}

/// The character after a backslash, and the bytes that name it.
fn escaped(after: &str) -> (char, usize) {
    let hex = |at: usize, length: usize| {
        let digits = after.get(at..at + length)?;
        u32::from_str_radix(digits, 16).ok()
    };
    match after.as_bytes().first() {
        Some(b'n') => ('\n', 1),
        Some(b't') => ('\t', 1),
        Some(b'r') => ('\r', 1),
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'x') if hex(1, 2).is_some() => {
            (hex(1, 2).and_then(char::from_u32).unwrap_or_default(), 3)
        }
        Some(b'u') => match hex(1, 4) {
            Some(high @ 0xd800..0xdc00) => {
                let low = hex(7, 4)
                    .filter(|low| after.get(5..7) == Some("\\u") && (0xdc00..0xe000).contains(low));
                let both = low.map(|low| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                match both.and_then(char::from_u32) {
                    Some(c) => (c, 11),
                    None => (char::REPLACEMENT_CHARACTER, 5),
                }
            }
            Some(unit) => (
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                5,
            ),
            None => ('u', 1),
        },
        _ => match after.chars().next() {
            Some(c) => (c, c.len_utf8()),
            None => ('\\', 0),
        },
    }
}

/// Index of the quote that ends `text`, or its length.
pub(crate) fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return index,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions() {
        for (text, id) in [
            ("done trace_id=4bf92f35 span_id=1", Some("4bf92f35")),
            ("X-Request-Id: abc-1, more", Some("abc-1")),
            (r#"{"requestId":"r7"}"#, Some("r7")),
            ("[req-38101a0b 113d - - -] GET", Some("req-38101a0b")),
            (
                "[550e8400-e29b-41d4-a716-446655440000] failed",
                Some("550e8400-e29b-41d4-a716-446655440000"),
            ),
            ("[instance: 550e8400-e29b-41d4-a716-446655440000] x", None),
            ("Receiving block blk_-1608999687919862906 src: x", None),
            ("uid=0 euid=0 pid: 17", None),
            ("traceId= spanId=", None),
            ("trace_id=00000000", None),
            ("ends with id=", None),
            ("=", None),
            (":", None),
            ("\"=", None),
            ("[", None),
        ] {
            assert_eq!(transaction(text), id, "{text}");
        }
    }

    #[test]
    fn keys_are_compared_without_case_and_joints() {
        assert_eq!(
            transaction_rank("X-Request-ID"),
            transaction_rank("x_request_id")
        );
        assert_eq!(transaction_rank("trace.id"), transaction_rank("traceId"));
        assert_eq!(transaction_rank(&"x".repeat(99)), None);
        assert_eq!(component_rank("log.logger"), component_rank("logLogger"));
        assert_eq!(operation_rank(""), None);
    }

    #[test]
    fn logfmt_pairs() {
        let text = r#"time="a b" level=info msg="say \"hi\"" bare id=7 x="#;
        let got: Vec<_> = pairs(text).collect();
        assert_eq!(
            got,
            [
                ("time", "a b"),
                ("level", "info"),
                ("msg", r#"say \"hi\""#),
                ("id", "7"),
                ("x", "")
            ]
        );
        assert_eq!(pairs(r#"a="open"#).collect::<Vec<_>>(), [("a", "open")]);
        assert_eq!(pairs("no pairs here").count(), 0);
        assert_eq!(pairs("=").count(), 0);
    }
}
