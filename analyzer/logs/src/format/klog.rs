//! klog and glog: `E1122 10:00:00.123456   12 kubelet.go:99] "message" key="value"`.

use std::borrow::Cow;

use super::Fields;
use crate::level::Level;
use crate::message::{self, closing_quote};
use crate::timestamp;

/// Bytes in which the source file must end.
const MAX_HEAD_BYTES: usize = 256;

pub(super) fn parse(line: &str) -> Option<Fields<'_>> {
    let level = Level::from_klog(*line.as_bytes().first()?)?;
    let length = timestamp::leading(line.get(1..)?)?;
    if line.as_bytes().get(5) != Some(&b' ') {
        return None;
    }
    let within = &line[..line.floor_char_boundary(MAX_HEAD_BYTES)];
    let close = within.find(']')?;
    let source = line[1 + length..close]
        .split_ascii_whitespace()
        .next_back()?;
    let file = source.rsplit_once(':').map_or(source, |(file, _)| file);
    let message = line[close + 1..]
        .strip_prefix(' ')
        .unwrap_or(&line[close + 1..]);
    let mut fields = Fields {
        timestamp: Some(Cow::Borrowed(&line[1..=length])),
        level: Some(level),
        component: Some(Cow::Borrowed(file)),
        message: Cow::Borrowed(message.trim_end()),
        ..Fields::default()
    };
    // Structured klog quotes the message and appends pairs.
    if let Some(quoted) = message.strip_prefix('"') {
        let end = closing_quote(quoted);
        let tail = quoted.get(end + 1..).unwrap_or_default();
        let mut said = message::unescape(&quoted[..end]).into_owned();
        said.push_str(tail.trim_end());
        fields.message = Cow::Owned(said);
        for (key, value) in message::pairs(tail) {
            if fields.operation.is_none() && message::operation_rank(key).is_some() {
                fields.operation = Some(Cow::Borrowed(value));
            }
            if fields.transaction_id.is_none() && message::transaction_rank(key).is_some() {
                fields.transaction_id = Some(Cow::Borrowed(value));
            }
        }
    }
    Some(fields)
}
