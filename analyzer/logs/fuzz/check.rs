//! What must hold for any input. The fuzz targets, the property tests and the corpus test call these.

use logloop_logs::{
    Format, Line, Parsed, decode, lines, mask, parse, parse_each, template, template_id,
};

/// Masked text for each byte of a message: at worst every second byte is a variable.
const MAX_GROWTH: usize = "<*>".len();

/// Names of formats that a log is forced into, besides the detected one.
const FORCED: [&str; 3] = ["plain", "json", "leveled"];

/// Checks all that is promised of a log.
pub(crate) fn log(bytes: &[u8]) {
    let Ok((text, _)) = decode(bytes) else { return };
    let all: Vec<_> = lines(&text).collect();
    every_byte_is_in_one_line(&text, &all);
    let parsed = parse(&text, None);
    every_line_is_in_one_entry(&text, &all, &parsed);
    same_again(&text, &parsed);
    for entry in &parsed.entries {
        message(&entry.message);
    }
    for name in FORCED {
        let format: Format = name.parse().expect("a format's name");
        every_line_is_in_one_entry(&text, &all, &parse(&text, Some(format)));
    }
}

/// Checks all that is promised of a message.
pub(crate) fn message(text: &str) {
    let masked = mask(text);
    assert_eq!(masked, mask(text), "the same text, another mask: {text:?}");
    assert!(
        masked.len() <= MAX_GROWTH * text.len(),
        "{} bytes became {}",
        text.len(),
        masked.len()
    );
    let found = template(text);
    assert_eq!(found, template(text), "another template: {text:?}");
    assert_eq!(found.id, template_id(&found.text));
}

/// Lines and their endings, laid end to end, are the text.
fn every_byte_is_in_one_line(text: &str, all: &[Line<'_>]) {
    let mut next = 0;
    for (index, line) in all.iter().enumerate() {
        assert_eq!(line.number, index as u64 + 1);
        assert_eq!(line.start, next, "line {} leaves bytes out", line.number);
        assert_eq!(line.text, &text[line.start..line.end]);
        assert!(
            !line.text.contains(['\n', '\r']),
            "an ending inside {:?}",
            line.text
        );
        let rest = &text[line.end..];
        let ending = ["\r\n", "\n", "\r"]
            .into_iter()
            .find(|end| rest.starts_with(end));
        assert!(
            ending.is_some() || rest.is_empty(),
            "line {} ends early",
            line.number
        );
        next = line.end + ending.unwrap_or_default().len();
    }
    assert_eq!(next, text.len(), "bytes after the last line");
}

/// Entries follow each other, hold each line that is not blank once, and say where they stand.
fn every_line_is_in_one_entry(text: &str, all: &[Line<'_>], parsed: &Parsed<'_>) {
    assert_eq!(parsed.total_lines, all.len() as u64);
    let mut next = 1;
    for entry in &parsed.entries {
        let (first, last) = (entry.line_start, entry.line_end);
        assert!(
            first >= next && last >= first,
            "{first}-{last} after line {}",
            next - 1
        );
        assert!(
            last <= parsed.total_lines,
            "line {last} of {}",
            parsed.total_lines
        );
        blank(&all[next as usize - 1..first as usize - 1]);
        let span = &text[all[first as usize - 1].start..all[last as usize - 1].end];
        assert_eq!(entry.raw.trim(), span.trim(), "lines {first}-{last}");
        next = last + 1;
    }
    blank(&all[next as usize - 1..]);
}

fn blank(between: &[Line<'_>]) {
    for line in between {
        assert!(
            says_nothing(line.text),
            "line {} is in no entry: {:?}",
            line.number,
            line.text
        );
    }
}

/// Blank, or nothing but what a runtime, a CI system or a syslog puts before a line.
fn says_nothing(line: &str) -> bool {
    let after_bar = line.rsplit('|').next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let only_time = words
        .next()
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '['))
        && words.all(|word| matches!(word, "stdout" | "stderr" | "F" | "P"));
    after_bar.trim().is_empty() || only_time || parse(line, None).entries.is_empty()
}

/// The same text, parsed again and entry by entry, gives the same.
fn same_again(text: &str, parsed: &Parsed<'_>) {
    let mut entries = parsed.entries.iter();
    let summary = parse_each(text, None, |entry| assert_eq!(Some(&entry), entries.next()));
    assert_eq!(entries.next(), None);
    assert_eq!(summary.total_lines, parsed.total_lines);
    assert_eq!(summary.detection, parsed.detection);
}
