//! klog and glog: `E1122 10:00:00.123456   12 kubelet.go:99] "message" key="value"`.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::message::{self, closing_quote};

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let bytes = line.as_bytes();
    let level = Level::from_klog(*bytes.first()?)?;
    let all_digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if !all_digits(1..5)
        || bytes.get(5) != Some(&b' ')
        || !all_digits(6..8)
        || bytes.get(8) != Some(&b':')
    {
        return None;
    }
    let (head, message) = line.split_once("] ")?;
    let mut words = head[6..].split_ascii_whitespace();
    let time = words.next()?;
    let source = words.next_back()?;
    let file = source.rsplit_once(':').map_or(source, |(file, _)| file);
    let mut fields = Fields {
        timestamp: Some(Cow::Borrowed(&line[1..6 + time.len()])),
        level: Some(level),
        component: Some(Cow::Borrowed(file)),
        message: Cow::Borrowed(message),
        ..Fields::default()
    };
    // Structured klog quotes the message and appends pairs.
    if let Some(quoted) = message.strip_prefix('"') {
        let end = closing_quote(quoted);
        let tail = quoted.get(end + 1..).unwrap_or_default();
        let said = quoted[..end].replace("\\\"", "\"").replace("\\n", "\n");
        fields.message = Cow::Owned(format!("{said}{tail}"));
        for (key, value) in message::pairs(tail) {
            if message::operation_rank(key).is_some() {
                fields.operation.get_or_insert(Cow::Borrowed(value));
            }
            if message::transaction_rank(key).is_some() {
                fields.transaction_id.get_or_insert(Cow::Borrowed(value));
            }
        }
    }
    Some(fields)
}
