//! A label in the first column, as in the logs of supercomputers: `- 1117838570 2005.06.03 …` is normal, `APPREAD
//! 1117869872 2005.06.04 …` an alert.

/// Lines at the beginning that tell whether a log has such a column.
const TELLING_LINES: usize = 100;

/// Bytes of the longest tag.
const MAX_TAG_BYTES: usize = 32;

/// Digits of a time in seconds since 1970.
const EPOCH_DIGITS: usize = 10;

/// Whether the first column of a log is a label: on all of its first lines (the last of them may be cut).
pub(super) fn has_labels(head: &[u8]) -> bool {
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .take(TELLING_LINES)
        .peekable();
    lines.peek().is_some()
        && lines.all(|line| tag(line).is_some() || !head.ends_with(b"\n") && head.ends_with(line))
}

/// The first column of a line.
pub(super) fn tag(line: &[u8]) -> Option<&[u8]> {
    let blank = line
        .iter()
        .take(MAX_TAG_BYTES + 1)
        .position(|b| *b == b' ')?;
    let (tag, rest) = line.split_at(blank);
    let is_tag = tag == b"-"
        || (tag.first().is_some_and(u8::is_ascii_uppercase)
            && tag
                .iter()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-')));
    let (epoch, rest) = rest[1..].split_at_checked(EPOCH_DIGITS)?;
    let is_time = epoch.iter().all(u8::is_ascii_digit) && rest.first() == Some(&b' ');
    (is_tag && is_time).then_some(tag)
}

/// Whether a tag marks an alert.
pub(super) fn is_alert(tag: &[u8]) -> bool {
    tag != b"-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns() {
        let normal = "- 1117838570 2005.06.03 R02 2005-06-03-15.42.50 R02 RAS KERNEL INFO ok\n";
        let alert = "APPREAD 1117869872 2005.06.04 R23 2005-06-04-00.24.32 R23 RAS APP FATAL no\n";
        for (log, expect) in [
            (normal.repeat(3), true),
            (format!("{normal}\n{alert}"), true),
            (format!("{normal}{alert}- 11178"), true),
            (format!("{normal}a line without\n"), false),
            (String::new(), false),
            ("- a list\n- of things\n".to_owned(), false),
            ("ERROR 1117838570 is a number\n".to_owned(), true),
            ("Error 1117838570 is a number\n".to_owned(), false),
        ] {
            assert_eq!(has_labels(log.as_bytes()), expect, "{log}");
        }
        assert!(
            is_alert(tag(alert.as_bytes()).unwrap()) && !is_alert(tag(normal.as_bytes()).unwrap())
        );
    }
}
