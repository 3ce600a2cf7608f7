//! What a message says besides its text: an operation, a transaction.

/// Keys whose value names the transaction, trace or request, in the order of preference.
const TRANSACTION_KEYS: [&str; 12] = [
    "transaction_id",
    "transactionid",
    "txn",
    "trace_id",
    "traceid",
    "trace",
    "request_id",
    "requestid",
    "req_id",
    "correlation_id",
    "x-request-id",
    "audit-id",
];

/// Keys whose value names the operation.
const OPERATION_KEYS: [&str; 6] = ["operation", "op", "action", "verb", "method", "controller"];

/// Keys whose value names the component.
const COMPONENT_KEYS: [&str; 8] = [
    "component",
    "logger",
    "service",
    "module",
    "target",
    "caller",
    "subsys",
    "name",
];

/// Whether a key names the transaction; the lower, the better.
pub(crate) fn transaction_rank(key: &str) -> Option<usize> {
    TRANSACTION_KEYS
        .iter()
        .position(|name| key.eq_ignore_ascii_case(name))
}

/// Whether a key names the operation; the lower, the better.
pub(crate) fn operation_rank(key: &str) -> Option<usize> {
    OPERATION_KEYS
        .iter()
        .position(|name| key.eq_ignore_ascii_case(name))
}

/// Whether a key names the component; the lower, the better.
pub(crate) fn component_rank(key: &str) -> Option<usize> {
    COMPONENT_KEYS
        .iter()
        .position(|name| key.eq_ignore_ascii_case(name))
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
