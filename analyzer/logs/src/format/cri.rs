//! The container runtime interface's prefix: `<time> stdout|stderr F|P <line>`.

use std::borrow::Cow;

use super::{Fields, nested};
use crate::timestamp;

pub(super) fn parse(line: &str, depth: usize) -> Option<Fields<'_>> {
    let length = timestamp::leading(line)?;
    let rest = line[length..].strip_prefix(' ')?;
    let rest = rest
        .strip_prefix("stdout ")
        .or_else(|| rest.strip_prefix("stderr "))?;
    let inner = rest
        .strip_prefix("F ")
        .or_else(|| rest.strip_prefix("P "))?;
    let fields = nested(inner, depth);
    let timestamp = fields.timestamp.or(Some(Cow::Borrowed(&line[..length])));
    Some(Fields {
        timestamp,
        ..fields
    })
}
